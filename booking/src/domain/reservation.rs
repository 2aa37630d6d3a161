//! A reservation: seats held for one buyer for a while, and what becomes of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared::ids::{DropSlug, Identity, Sid};
use shared::money::Money;
use utoipa::ToSchema;

use super::ids::{BookingId, ReservationId, ShowId};

/// Where a reservation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReservationStatus {
    /// Its seats are held until `expires_at`.
    Pending,
    /// Its payment is under way; only the payment's outcome ends it.
    Paying,
    /// Paid for: there is a booking.
    Confirmed,
    /// Left to expire.
    Expired,
    /// Given back by its buyer.
    Released,
    /// Ended by the shop: its seats were lost, its show cancelled.
    Cancelled,
}

impl ReservationStatus {
    /// Every status.
    pub const ALL: [Self; 6] =
        [Self::Pending, Self::Paying, Self::Confirmed, Self::Expired, Self::Released, Self::Cancelled];

    /// The word for it in the database and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Paying => "paying",
            Self::Confirmed => "confirmed",
            Self::Expired => "expired",
            Self::Released => "released",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether its seats are its buyer's.
    pub fn is_live(self) -> bool {
        matches!(self, Self::Pending | Self::Paying | Self::Confirmed)
    }
}

/// The text is no status of a reservation.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is no status of a reservation")]
pub struct UnknownStatus(String);

impl std::str::FromStr for ReservationStatus {
    type Err = UnknownStatus;

    fn from_str(text: &str) -> Result<Self, UnknownStatus> {
        let known = Self::ALL.into_iter().find(|status| status.as_str() == text);
        known.ok_or_else(|| UnknownStatus(text.to_owned()))
    }
}

/// One seat of a reservation, at the price it was reserved for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReservedSeat {
    /// The seat's place in the screen's order, and its byte in Redis.
    pub seat: u32,
    /// The seat's label: `A12`.
    pub label: String,
    /// The price category.
    pub category: String,
    /// The fare.
    pub fare: String,
    /// The price.
    pub price: Money,
}

/// Seats held for one buyer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// Its id, and its hold's.
    pub id: ReservationId,
    /// The show.
    pub show: ShowId,
    /// The drop it was admitted by.
    pub drop: DropSlug,
    /// The admission.
    pub sid: Sid,
    /// Whose it is.
    pub buyer: Identity,
    /// Where it is.
    pub status: ReservationStatus,
    /// Its seats, in seat order.
    pub seats: Vec<ReservedSeat>,
    /// What they cost together.
    pub total: Money,
    /// Grows with every hold of the show.
    pub fence: i64,
    /// When the hold ends. Never moves.
    pub expires_at: Timestamp,
    /// While paying: until when the payment may take.
    pub payment_deadline: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ended, if it did.
    pub ended_at: Option<Timestamp>,
    /// Its booking, once confirmed.
    pub booking: Option<BookingId>,
}
