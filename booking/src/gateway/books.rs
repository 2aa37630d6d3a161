//! A gateway's books, as it shows them: what ours are compared with.

use jiff::Timestamp;
use shared::money::Money;

use crate::domain::ids::PaymentId;
use crate::domain::payment::GatewayReference;

/// A page of the books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BooksPage {
    /// The charges, in an order of the gateway's own.
    pub charges: Vec<BookedCharge>,
    /// Asks for the page after this one; `None`: this is the last.
    pub next: Option<String>,
}

/// A charge as the gateway's books have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookedCharge {
    /// The attempt it was made for; `None` for a charge that is none of ours.
    pub payment: Option<PaymentId>,
    /// The gateway's name for it.
    pub reference: GatewayReference,
    /// The amount that was asked for; nothing for a charge that was refused before it came.
    pub amount: Money,
    /// How much was taken, minor units.
    pub captured_minor: i64,
    /// How much of that was given back, minor units.
    pub refunded_minor: i64,
    /// Where it is.
    pub status: BookedStatus,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Where a charge in the books is. What was given back later is in its amounts alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BookedStatus {
    /// Not decided: the gateway, or the buyer, has something to do.
    Open,
    /// The money is held for us.
    Authorised,
    /// The card was refused.
    Declined,
    /// The money was taken.
    Captured,
    /// Nothing is held, and nothing will be.
    Voided,
}
