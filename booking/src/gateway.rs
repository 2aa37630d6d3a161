//! Payment gateways: what the shop asks of one, whichever it is. Every operation carries a key derived from the
//! payment attempt and the operation, so that asking again changes nothing. Not here: what an answer means for a
//! reservation (`domain::confirm`).

mod books;
mod configured;
mod event;
pub mod sandbox;
pub mod signature;
pub mod stripe;

use std::fmt;
use std::str::FromStr;
use std::time::Instant;

use futures::future::BoxFuture;
use http::HeaderMap;
use jiff::Timestamp;
use shared::money::Money;

pub use self::books::{BookedCharge, BookedStatus, BooksPage};
pub use self::configured::{Gateways, start};
pub use self::event::{BadEvent, GatewayEvent};
use crate::domain::ids::{PaymentId, RefundId, ReservationId};
use crate::domain::payment::{Decline, GatewayReference, Payment, Voided};
use crate::metrics::money as measured;

/// Which gateway takes the money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GatewayKind {
    /// The sandbox in the box: plays at money.
    Sandbox,
    /// Stripe.
    Stripe,
}

impl GatewayKind {
    /// Its name, in settings, in the books and in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sandbox => "sandbox",
            Self::Stripe => "stripe",
        }
    }
}

/// The text names no gateway.
#[derive(Debug, thiserror::Error)]
#[error("there is no gateway {0:?}; there are: sandbox, stripe")]
pub struct UnknownGateway(String);

impl FromStr for GatewayKind {
    type Err = UnknownGateway;

    fn from_str(text: &str) -> Result<Self, UnknownGateway> {
        match text {
            "sandbox" => Ok(Self::Sandbox),
            "stripe" => Ok(Self::Stripe),
            _ => Err(UnknownGateway(text.to_owned())),
        }
    }
}

/// What the browser gave us in place of a card. It never prints and is never stored, only its digest is.
#[derive(Clone)]
pub struct PaymentToken(pub String);

impl fmt::Debug for PaymentToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PaymentToken(…)")
    }
}

/// A payment attempt as a gateway is told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Names the attempt; the keys of every operation are derived from it.
    pub payment: PaymentId,
    /// What is paid for: the attempts of one reservation may continue each other.
    pub reservation: ReservationId,
    /// The whole amount.
    pub amount: Money,
    /// The gateway's name for the charge, once it is known.
    pub reference: Option<GatewayReference>,
}

impl Attempt {
    /// The attempt, with the gateway's name for its charge where it is known.
    pub fn of<S>(payment: &Payment<S>, reference: Option<&GatewayReference>) -> Self {
        Self {
            payment: payment.id,
            reservation: payment.reservation,
            amount: payment.amount,
            reference: reference.cloned(),
        }
    }
}

/// The answer to an authorisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authorisation {
    /// The money is held for us under this name.
    Authorised(GatewayReference),
    /// The card was refused.
    Declined(Decline),
}

/// The answer to a capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capture {
    /// The money is ours.
    Captured,
    /// Refused for good: there is no authorisation to capture any more.
    Refused,
}

/// A charge as the gateway knows it when asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Charge {
    /// It has never heard of it. The request may still be on its way.
    NotFound,
    /// It has not decided yet.
    Processing,
    /// The money is held for us.
    Authorised(GatewayReference),
    /// The card was refused.
    Declined(Decline),
    /// The money is ours.
    Captured(GatewayReference),
    /// Nothing is held, and nothing will be.
    Voided,
}

/// The gateway gave no answer: what was asked for may have happened. Only a look-up tells.
#[derive(Debug, thiserror::Error)]
#[error("the gateway's answer is not known: {reason}")]
pub struct NoAnswer {
    /// What went wrong on the way.
    pub reason: String,
}

/// A call of the gateway, measured.
pub async fn timed<T>(
    operation: &'static str,
    call: impl Future<Output = Result<T, NoAnswer>>,
) -> Result<T, NoAnswer> {
    let started = Instant::now();
    let answer = call.await;
    measured::gateway(operation, answer.is_ok(), started.elapsed());
    answer
}

impl NoAnswer {
    /// No answer, for this reason.
    pub fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into() }
    }
}

/// A payment gateway. Every call is bounded in time by the adapter and may be repeated.
pub trait Gateway: Send + Sync {
    /// The name it is configured by and stored under.
    fn name(&self) -> &'static str;

    /// The key that a browser's script needs to make payment tokens.
    fn publishable_key(&self) -> &str;

    /// Asks to hold the amount.
    fn authorise<'a>(
        &'a self,
        attempt: &'a Attempt,
        token: &'a PaymentToken,
    ) -> BoxFuture<'a, Result<Authorisation, NoAnswer>>;

    /// Asks to take the whole amount that is held.
    fn capture<'a>(&'a self, attempt: &'a Attempt) -> BoxFuture<'a, Result<Capture, NoAnswer>>;

    /// Asks to let go of what is held. A charge the gateway has not seen yet is refused when it comes.
    fn void<'a>(&'a self, attempt: &'a Attempt) -> BoxFuture<'a, Result<Voided, NoAnswer>>;

    /// Asks to give back a part of what was taken; `false`: refused for good, there is not so much to give back.
    fn refund<'a>(
        &'a self,
        attempt: &'a Attempt,
        refund: RefundId,
        amount: Money,
    ) -> BoxFuture<'a, Result<bool, NoAnswer>>;

    /// Asks whether a refund was carried out, after an answer to it was lost. A gateway that answers a repeated refund as
    /// it answered the first need not know.
    fn look_up_refund<'a>(&'a self, _: &'a Attempt, _: RefundId) -> BoxFuture<'a, Result<bool, NoAnswer>> {
        Box::pin(async { Err(NoAnswer::new("the gateway is asked for the refund again")) })
    }

    /// Asks what became of a payment attempt.
    fn look_up<'a>(&'a self, attempt: &'a Attempt) -> BoxFuture<'a, Result<Charge, NoAnswer>>;

    /// A page of the gateway's own books: the charges made from `since` on and before `until`. `after` is the `next`
    /// of the page before.
    fn books<'a>(
        &'a self,
        since: Timestamp,
        until: Timestamp,
        after: Option<&'a str>,
    ) -> BoxFuture<'a, Result<BooksPage, NoAnswer>>;

    /// The buyer's bank, where the gateway plays it; real ones have real ones.
    fn bank(&self) -> Option<&dyn PlayedBank> {
        None
    }

    /// Reads a webhook that claims to come from the gateway, if its signature signs these very bytes and is fresh.
    fn event(&self, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Result<GatewayEvent, BadEvent>;
}

/// The bank of a buyer, as a gateway for tries plays it.
pub trait PlayedBank: Send + Sync {
    /// The buyer answers the question whether it is them.
    fn hear<'a>(&'a self, client_secret: &'a str, approves: bool) -> BoxFuture<'a, Result<Heard, NoAnswer>>;
}

/// What the bank makes of a buyer's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It has it, now or before.
    Noted,
    /// It does not ask any more, or was told otherwise before.
    TooLate,
    /// It has never asked this.
    Unknown,
}
