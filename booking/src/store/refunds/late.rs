//! Money that was taken after its payment had been given up: it goes back, all of it.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use shared::money::Money;
use shared::store::StoreError;
use sqlx::PgConnection;

use super::{Refunds, Terms, write};
use crate::gateway::Attempt;
use crate::store::{events, postgres};

/// Promises back what was taken for an attempt that came to nothing; the attempt is recorded as `refunding`. The worker
/// carries it out.
pub(in crate::store) async fn promise_late_capture(
    tx: &mut PgConnection,
    attempt: Attempt,
    taken: Money,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE booking.payments SET gateway_reference = coalesce(gateway_reference, $2) WHERE id = $1",
        attempt.payment.0,
        attempt.reference.as_ref().map(|reference| reference.0.as_str()),
    )
    .execute(&mut *tx)
    .await?;
    let reason = "taken after the payment was given up";
    let terms = Terms { cause: "late_capture", percent: 100, reason, by: "booking", key: None, due_at: now };
    write(tx, attempt, taken, &terms, now).await.map(drop)
}

impl Refunds {
    /// Records that an attempt that is over was captured all the same, and promises what was taken back. `false`: it is
    /// not over, or this was done before.
    pub async fn captured_late(
        &self,
        attempt: Attempt,
        taken: Money,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        postgres(async {
            let mut tx = self.pool.begin().await?;
            sqlx::query!(
                "SELECT id FROM booking.reservations WHERE id = $1 FOR UPDATE",
                attempt.reservation.0
            )
            .fetch_one(&mut *tx)
            .await?;
            let found = sqlx::query!(
                "UPDATE booking.payments SET state = 'refunding', captured_at = $2, updated_at = $2
                 WHERE id = $1 AND state IN ('voided', 'declined', 'failed')",
                attempt.payment.0,
                now.to_sqlx() as _,
            )
            .execute(&mut *tx)
            .await?;
            if found.rows_affected() == 0 {
                return Ok(false);
            }
            let payload = serde_json::json!({ "reservation_id": attempt.reservation });
            events::record(&mut tx, "payment.refunding", attempt.payment.0, "booking", payload, now).await?;
            promise_late_capture(&mut tx, attempt, taken, now).await?;
            tx.commit().await?;
            Ok(true)
        })
        .await
    }
}
