//! Refunds: promised in the transaction that causes them, carried out later. No more is ever promised than was
//! captured: `payments_refunds_stay_within_capture` decides.

mod cancel;
mod carry;
mod late;
mod promise;

pub(super) use cancel::{Booked, lock_booking};
pub(super) use late::promise_late_capture;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use serde_json::json;
use shared::money::Money;
use shared::store::StoreError;
use sqlx::{PgConnection, PgPool};

use super::bookings::currency;
use super::events;
use crate::domain::idempotency::{BodyDigest, IdempotencyKey};
use crate::domain::ids::{PaymentId, RefundId, ReservationId};
use crate::domain::outbox::Row;
use crate::domain::payment::GatewayReference;
use crate::domain::refund::{DueRefund, RefundStatus};
use crate::gateway::Attempt;

/// The refunds of all payments.
#[derive(Clone)]
pub struct Refunds {
    pool: PgPool,
}

/// What a transaction left to be done.
#[derive(Debug, Default)]
pub struct Promised {
    /// The refund to carry out; whoever takes it has it to itself for a lease.
    pub refund: Option<DueRefund>,
    /// What must reach Redis now; the outbox sends it again if this process does not.
    pub messages: Vec<Row>,
}

impl Refunds {
    /// Refunds in this database.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }
}

/// The payment that a booking was made with, locked.
struct Paid {
    attempt: Attempt,
    /// What is captured and not promised back.
    left: Money,
}

/// Why and for whom money is given back.
struct Terms<'a> {
    cause: &'static str,
    percent: u8,
    reason: &'a str,
    by: &'a str,
    key: Option<&'a (IdempotencyKey, BodyDigest)>,
    /// When the worker takes it up.
    due_at: Timestamp,
}

/// Locks the payment that a reservation was booked with; `None` where it cost nothing. A payment that was given up and
/// captured all the same is not it.
async fn lock_payment(tx: &mut PgConnection, reservation: ReservationId) -> Result<Option<Paid>, StoreError> {
    let row = sqlx::query!(
        r#"SELECT id AS "id: PaymentId", amount_minor, refunds_minor, currency, gateway_reference FROM booking.payments
           WHERE reservation_id = $1 AND state IN ('captured', 'refunded') AND failure IS NULL
           FOR UPDATE"#,
        reservation.0,
    )
    .fetch_optional(tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let currency = currency(&row.currency)?;
    Ok(Some(Paid {
        attempt: Attempt {
            payment: row.id,
            reservation,
            amount: Money::new(row.amount_minor, currency),
            reference: row.gateway_reference.map(GatewayReference),
        },
        left: Money::new(row.amount_minor - row.refunds_minor, currency),
    }))
}

/// Writes a refund that is to be carried out.
async fn write(
    tx: &mut PgConnection,
    attempt: Attempt,
    amount: Money,
    terms: &Terms<'_>,
    now: Timestamp,
) -> Result<DueRefund, sqlx::Error> {
    let id = RefundId::at(now);
    let gateway = sqlx::query_scalar!(
        r#"INSERT INTO booking.refunds
             (id, payment_id, amount_minor, currency, percent, reason, state, next_attempt_at, created_at, updated_at,
              cause, requested_by, request_key, request_digest)
         VALUES ($1, $2, $3, $4, $5, $6, 'pending', $7, $8, $8, $9, $10, $11, $12)
         RETURNING (SELECT gateway FROM booking.payments WHERE id = payment_id) AS "gateway!""#,
        id.0,
        attempt.payment.0,
        amount.amount_minor,
        amount.currency.as_str(),
        i32::from(terms.percent),
        terms.reason,
        terms.due_at.to_sqlx() as _,
        now.to_sqlx() as _,
        terms.cause,
        terms.by,
        terms.key.map(|(key, _)| key.as_str()),
        terms.key.map(|(_, digest)| digest.0.as_slice()),
    )
    .fetch_one(&mut *tx)
    .await?;
    let payload = json!({
        "payment_id": attempt.payment, "reservation_id": attempt.reservation, "amount_minor": amount.amount_minor,
        "cause": terms.cause, "reason": terms.reason,
    });
    events::record(tx, "refund.pending", id.0, terms.by, payload, now).await?;
    Ok(DueRefund { id, attempt, gateway, amount, attempts: 0 })
}

/// The word in a refund's row.
pub(super) fn refund_status(state: &str) -> Result<RefundStatus, StoreError> {
    match state {
        "pending" => Ok(RefundStatus::Pending),
        "refunded" => Ok(RefundStatus::Refunded),
        "failed" => Ok(RefundStatus::Failed),
        other => Err(super::bookings::unexpected(format!("{other:?} is no state of a refund"))),
    }
}
