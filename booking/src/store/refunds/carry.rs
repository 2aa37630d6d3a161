//! Carrying refunds out: taking them up, putting them off, and writing how they ended.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use serde_json::json;
use shared::money::Money;
use shared::store::{Dependency, StoreError, within};
use sqlx::PgConnection;

use super::Refunds;
use crate::domain::ids::{PaymentId, RefundId, ReservationId};
use crate::domain::payment::GatewayReference;
use crate::domain::refund::{DueRefund, RefundEnd, lease_end};
use crate::gateway::Attempt;
use crate::store::bookings::currency;
use crate::store::{events, postgres};

impl Refunds {
    /// Takes up refunds at these gateways that are due, for a lease.
    pub async fn take_up(
        &self,
        gateways: &[String],
        limit: i64,
        now: Timestamp,
    ) -> Result<Vec<DueRefund>, StoreError> {
        let query = sqlx::query!(
            r#"WITH due AS (
                   SELECT refund.id FROM booking.refunds AS refund
                   JOIN booking.payments AS payment ON payment.id = refund.payment_id
                   WHERE refund.state = 'pending' AND refund.next_attempt_at <= $1 AND payment.gateway = ANY ($4)
                   ORDER BY refund.next_attempt_at LIMIT $2 FOR UPDATE OF refund SKIP LOCKED)
               UPDATE booking.refunds AS refund SET attempts = refund.attempts + 1, next_attempt_at = $3
               FROM due, booking.payments AS payment
               WHERE refund.id = due.id AND payment.id = refund.payment_id
               RETURNING refund.id AS "id: RefundId", payment_id AS "payment: PaymentId",
                         payment.reservation_id AS "reservation: ReservationId", refund.amount_minor,
                         refund.currency, refund.attempts, payment.amount_minor AS paid_minor,
                         payment.gateway, payment.gateway_reference"#,
            now.to_sqlx() as _,
            limit,
            lease_end(now).to_sqlx() as _,
            gateways,
        );
        let rows = within(Dependency::Postgres, query.fetch_all(&self.pool)).await?;
        rows.into_iter()
            .map(|row| {
                let currency = currency(&row.currency)?;
                Ok(DueRefund {
                    id: row.id,
                    attempt: Attempt {
                        payment: row.payment,
                        reservation: row.reservation,
                        amount: Money::new(row.paid_minor, currency),
                        reference: row.gateway_reference.map(GatewayReference),
                    },
                    gateway: row.gateway,
                    amount: Money::new(row.amount_minor, currency),
                    attempts: row.attempts,
                })
            })
            .collect()
    }

    /// Puts a refund off whose gateway has no answer yet.
    pub async fn put_off(&self, id: RefundId, error: &str, until: Timestamp) -> Result<(), StoreError> {
        let query = sqlx::query!(
            "UPDATE booking.refunds SET last_error = $2, next_attempt_at = $3 WHERE id = $1 AND state = 'pending'",
            id.0,
            error,
            until.to_sqlx() as _,
        );
        within(Dependency::Postgres, query.execute(&self.pool)).await.map(drop)
    }

    /// Writes how a refund ended, and what that means for its payment and its booking. Doing it again changes nothing.
    pub async fn finish(&self, due: &DueRefund, end: RefundEnd, now: Timestamp) -> Result<(), StoreError> {
        postgres(async {
            let mut tx = self.pool.begin().await?;
            // Reservation, payment, refund: the order in which a cancellation takes them.
            sqlx::query!(
                "SELECT id FROM booking.reservations WHERE id = $1 FOR UPDATE",
                due.attempt.reservation.0
            )
            .fetch_one(&mut *tx)
            .await?;
            sqlx::query!("SELECT id FROM booking.payments WHERE id = $1 FOR UPDATE", due.attempt.payment.0)
                .fetch_one(&mut *tx)
                .await?;
            if !end_refund(&mut tx, due.id, end, now).await? {
                return Ok(());
            }
            settle_payment(&mut tx, due.attempt.payment, now).await?;
            settle_booking(&mut tx, due, now).await?;
            tx.commit().await?;
            Ok(())
        })
        .await
    }
}

async fn end_refund(
    tx: &mut PgConnection,
    id: RefundId,
    end: RefundEnd,
    now: Timestamp,
) -> Result<bool, sqlx::Error> {
    let (state, error) = match end {
        RefundEnd::Refunded => ("refunded", None),
        RefundEnd::Failed => ("failed", Some("the gateway refused it for good")),
    };
    let ended = sqlx::query!(
        "UPDATE booking.refunds
         SET state = $2, last_error = $3, updated_at = $4::timestamptz, next_attempt_at = NULL,
             refunded_at = CASE WHEN $2 = 'refunded' THEN $4::timestamptz END
         WHERE id = $1 AND state = 'pending'",
        id.0,
        state,
        error,
        now.to_sqlx() as _,
    )
    .execute(&mut *tx)
    .await?;
    if ended.rows_affected() == 0 {
        return Ok(false);
    }
    events::record(tx, &format!("refund.{state}"), id.0, "booking", json!({}), now).await?;
    Ok(true)
}

/// A payment of which everything was given back is over.
async fn settle_payment(tx: &mut PgConnection, id: PaymentId, now: Timestamp) -> Result<(), sqlx::Error> {
    let settled = sqlx::query!(
        "UPDATE booking.payments AS payment SET state = 'refunded', updated_at = $2
         WHERE id = $1 AND state IN ('captured', 'refunding')
           AND amount_minor = (SELECT sum(amount_minor) FROM booking.refunds
                               WHERE payment_id = payment.id AND state = 'refunded')",
        id.0,
        now.to_sqlx() as _,
    )
    .execute(&mut *tx)
    .await?;
    if settled.rows_affected() == 1 {
        events::record(tx, "payment.refunded", id.0, "booking", json!({}), now).await?;
    }
    Ok(())
}

/// A booking that was given back, and all that is promised of its money too, is refunded.
async fn settle_booking(tx: &mut PgConnection, due: &DueRefund, now: Timestamp) -> Result<(), sqlx::Error> {
    let settled = sqlx::query_scalar!(
        r#"UPDATE booking.bookings SET status = 'refunded', updated_at = $3
           WHERE reservation_id = $1 AND status = 'cancelled' AND confirmed_at IS NOT NULL
             AND EXISTS (SELECT FROM booking.refunds WHERE id = cancel_refund_id AND state = 'refunded')
             AND NOT EXISTS (SELECT FROM booking.refunds WHERE payment_id = $2 AND state = 'pending')
           RETURNING id"#,
        due.attempt.reservation.0,
        due.attempt.payment.0,
        now.to_sqlx() as _,
    )
    .fetch_optional(&mut *tx)
    .await?;
    if let Some(booking) = settled {
        let payload = json!({ "refund_id": due.id });
        events::record(tx, "booking.refunded", booking, "booking", payload, now).await?;
    }
    Ok(())
}
