//! Payments, and with them the saga: every step is one transaction that records where it is. Guards on the recorded
//! state make a step that somebody else has taken a [`StepError::Moved`], never a second effect.

mod asked_back;
mod begin;
mod book;
mod confirm;
mod finish;
mod resume;
mod steps;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx as _;
use serde_json::json;
use shared::ids::Identity;
use shared::store::StoreError;
use sqlx::{PgConnection, PgPool};

pub use asked_back::{AskedBack, Continued};
pub use begin::Begun;
pub use book::Booked;

use crate::domain::confirm::{Answers, Refusal};
use crate::domain::idempotency::{IdempotencyKey, StoredAnswer};
use crate::domain::ids::{PaymentId, ReservationId};
use crate::domain::outbox::{Message, Row};
use crate::domain::reservation::ReservationStatus;
use crate::store::{events, outbox};

/// How long whoever takes a step has the saga to itself; longer than the gateway is waited for, asked twice.
pub const LEASE: SignedDuration = SignedDuration::from_secs(10);

/// The saga's memory.
#[derive(Clone)]
pub struct Payments {
    pool: PgPool,
    answers: Arc<dyn Answers>,
    within: SignedDuration,
}

/// Why a step was not recorded.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// Somebody else took the step, or the attempt is over.
    #[error("the payment has moved on")]
    Moved,
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for StepError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// What the last step of a saga left.
#[derive(Clone, Debug)]
pub struct Finished {
    /// What the buyer is told.
    pub outcome: Outcome,
    /// What must reach Redis now; the outbox sends it again if this process does not.
    pub messages: Vec<Row>,
}

/// How a saga ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// With an answer that is given to every repetition.
    Answered(StoredAnswer),
    /// Without effect, and the key may be used again.
    Undone(Refusal),
}

/// Whose request a payment serves.
struct Requester {
    buyer: Identity,
    key: IdempotencyKey,
}

impl Payments {
    /// Payments in this database that may take so long; final answers are worded by `answers`.
    pub fn new(pool: PgPool, answers: Arc<dyn Answers>, within: SignedDuration) -> Self {
        Self { pool, answers, within }
    }

    /// Until when a payment may take that is begun now.
    pub fn deadline(&self, now: Timestamp) -> Timestamp {
        now + self.within
    }
}

/// What must reach Redis when a reservation's seats change hands.
async fn add_seat_map(
    tx: &mut PgConnection,
    reservation: ReservationId,
    now: Timestamp,
) -> Result<Row, sqlx::Error> {
    outbox::add(tx, reservation.0, Message::SeatMap { reservation }, now).await
}

/// Ends a reservation that was being paid for; its seats are nobody's.
async fn end_reservation(
    tx: &mut PgConnection,
    reservation: ReservationId,
    status: ReservationStatus,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let status = status.as_str();
    sqlx::query!(
        "UPDATE booking.reservations SET status = $2, ended_at = $3, updated_at = $3
         WHERE id = $1 AND status = 'paying'",
        reservation.0,
        status,
        now.to_sqlx() as _,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "UPDATE booking.seat_claims SET live = false, ended_at = $2 WHERE reservation_id = $1 AND live",
        reservation.0,
        now.to_sqlx() as _,
    )
    .execute(&mut *tx)
    .await?;
    events::record(tx, &format!("reservation.{status}"), reservation.0, "booking", json!({}), now).await
}

/// Writes that a payment came to a state, in the audit trail.
async fn note(
    tx: &mut PgConnection,
    payment: PaymentId,
    reservation: ReservationId,
    state: &str,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let payload = json!({ "reservation_id": reservation });
    events::record(tx, &format!("payment.{state}"), payment.0, "booking", payload, now).await
}
