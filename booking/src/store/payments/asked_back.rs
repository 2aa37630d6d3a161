//! Attempts whose bank asked the buyer back. They have ended as declined, and their charge may still be approved: once the
//! reservation is over, the gateway must let go of it.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use shared::money::Money;
use shared::store::{Dependency, StoreError, within};

use super::{LEASE, Payments, note};
use crate::domain::ids::{PaymentId, ReservationId};
use crate::domain::payment::GatewayReference;
use crate::gateway::Attempt;
use crate::store::bookings::currency;
use crate::store::postgres;

/// An attempt that the gateway is to let go of.
#[derive(Debug)]
pub struct AskedBack {
    /// The attempt.
    pub attempt: Attempt,
    /// How often it was taken up, this time included.
    pub attempts: i32,
}

/// Whether another attempt of the same reservation goes on with a charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Continued {
    /// None does.
    No,
    /// One does, and has not ended.
    UnderWay,
    /// One did, and the reservation was paid with it.
    Paid,
}

impl Payments {
    /// Takes up attempts at this gateway whose buyers were asked back and whose reservations are over, for a lease.
    pub async fn take_up_asked_back(
        &self,
        gateway: &str,
        limit: i64,
        now: Timestamp,
    ) -> Result<Vec<AskedBack>, StoreError> {
        let query = sqlx::query!(
            r#"WITH due AS (
                   SELECT payment.id FROM booking.payments AS payment
                   JOIN booking.reservations AS reservation ON reservation.id = payment.reservation_id
                   WHERE payment.state = 'declined' AND payment.failure = 'action_required'
                     AND payment.let_go_at IS NULL AND payment.gateway = $4
                     AND (payment.next_attempt_at IS NULL OR payment.next_attempt_at <= $1)
                     AND reservation.status NOT IN ('pending', 'paying')
                   ORDER BY payment.id LIMIT $2 FOR UPDATE OF payment SKIP LOCKED)
               UPDATE booking.payments AS payment SET attempts = attempts + 1, next_attempt_at = $3
               FROM due WHERE payment.id = due.id
               RETURNING payment.id AS "id: PaymentId", reservation_id AS "reservation: ReservationId", amount_minor,
                         currency, gateway_reference, attempts"#,
            now.to_sqlx() as _,
            limit,
            (now + LEASE).to_sqlx() as _,
            gateway,
        );
        let rows = within(Dependency::Postgres, query.fetch_all(&self.pool)).await?;
        rows.into_iter()
            .map(|row| {
                let attempt = Attempt {
                    payment: row.id,
                    reservation: row.reservation,
                    amount: Money::new(row.amount_minor, currency(&row.currency)?),
                    reference: row.gateway_reference.map(GatewayReference),
                };
                Ok(AskedBack { attempt, attempts: row.attempts })
            })
            .collect()
    }

    /// Whether another attempt goes on with this charge.
    pub async fn continued(
        &self,
        id: PaymentId,
        reference: &GatewayReference,
    ) -> Result<Continued, StoreError> {
        let query = sqlx::query_scalar!(
            r#"SELECT state IN ('captured', 'refunding', 'refunded') AS "paid!" FROM booking.payments
               WHERE id <> $1 AND gateway_reference = $2 AND state NOT IN ('voided', 'declined', 'failed')
               ORDER BY 1 LIMIT 1"#,
            id.0,
            reference.0,
        );
        let paid = within(Dependency::Postgres, query.fetch_optional(&self.pool)).await?;
        Ok(match paid {
            None => Continued::No,
            Some(false) => Continued::UnderWay,
            Some(true) => Continued::Paid,
        })
    }

    /// Records that the gateway expects nothing more of an attempt whose buyer was asked back.
    pub async fn record_let_go(&self, attempt: &Attempt, now: Timestamp) -> Result<(), StoreError> {
        postgres(async {
            let mut tx = self.pool.begin().await?;
            let recorded = sqlx::query!(
                "UPDATE booking.payments SET let_go_at = $2, updated_at = $2, next_attempt_at = NULL
                 WHERE id = $1 AND state = 'declined' AND let_go_at IS NULL",
                attempt.payment.0,
                now.to_sqlx() as _,
            )
            .execute(&mut *tx)
            .await?;
            if recorded.rows_affected() == 1 {
                note(&mut tx, attempt.payment, attempt.reservation, "let_go", now).await?;
            }
            tx.commit().await?;
            Ok(())
        })
        .await
    }

    /// Puts such an attempt off.
    pub async fn put_off_asked_back(&self, id: PaymentId, until: Timestamp) -> Result<(), StoreError> {
        let query = sqlx::query!(
            "UPDATE booking.payments SET next_attempt_at = $2
             WHERE id = $1 AND state = 'declined' AND let_go_at IS NULL",
            id.0,
            until.to_sqlx() as _,
        );
        within(Dependency::Postgres, query.execute(&self.pool)).await.map(drop)
    }
}
