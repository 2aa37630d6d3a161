//! Taking up what a crash or a lost answer left unfinished.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use shared::money::Money;
use shared::store::{Dependency, StoreError, within};

use super::{LEASE, Payments};
use crate::domain::ids::{PaymentId, ReservationId};
use crate::domain::payment::{
    Authorised, Authorising, Capturing, GatewayReference, Payment, Unfinished, Voiding,
};
use crate::store::bookings::{currency, unexpected};

/// An attempt that was taken up, and how often it was before.
#[derive(Debug)]
pub struct TakenUp {
    /// The attempt.
    pub payment: Unfinished,
    /// How often it was taken up, this time included.
    pub attempts: i32,
}

impl Payments {
    /// Takes up unfinished attempts at this gateway whose lease is over.
    pub async fn take_up(
        &self,
        gateway: &str,
        limit: i64,
        now: Timestamp,
    ) -> Result<Vec<TakenUp>, StoreError> {
        let query = sqlx::query!(
            r#"WITH due AS (
                   SELECT id FROM booking.payments
                   WHERE state IN ('authorising', 'authorised', 'capturing', 'voiding') AND next_attempt_at <= $1
                     AND gateway = $4
                   ORDER BY next_attempt_at LIMIT $2 FOR UPDATE SKIP LOCKED)
               UPDATE booking.payments AS payment
               SET attempts = attempts + 1, next_attempt_at = $3
               FROM due, booking.reservations AS reservation
               WHERE payment.id = due.id AND reservation.id = payment.reservation_id
               RETURNING payment.id AS "id: PaymentId", payment.reservation_id AS "reservation: ReservationId",
                         reservation.seat_count, payment.amount_minor, payment.currency, payment.state, payment.gateway_reference,
                         payment.failure, payment.attempts,
                         coalesce(reservation.payment_deadline, reservation.expires_at)
                             AS "deadline!: jiff_sqlx::Timestamp""#,
            now.to_sqlx() as _,
            limit,
            (now + LEASE).to_sqlx() as _,
            gateway,
        );
        let rows = within(Dependency::Postgres, query.fetch_all(&self.pool)).await?;
        rows.into_iter()
            .map(|row| {
                let payment = Payment {
                    id: row.id,
                    reservation: row.reservation,
                    seats: usize::try_from(row.seat_count).map_err(unexpected)?,
                    amount: Money::new(row.amount_minor, currency(&row.currency)?),
                    deadline: row.deadline.to_jiff(),
                    state: (),
                };
                let payment = unfinished(&payment, &row.state, row.gateway_reference, row.failure)?;
                Ok(TakenUp { payment, attempts: row.attempts })
            })
            .collect()
    }

    /// Puts an attempt off whose gateway has no answer yet.
    pub async fn put_off(&self, id: PaymentId, error: &str, until: Timestamp) -> Result<(), StoreError> {
        let query = sqlx::query!(
            "UPDATE booking.payments SET last_error = $2, next_attempt_at = $3
             WHERE id = $1 AND state IN ('authorising', 'authorised', 'capturing', 'voiding')",
            id.0,
            error,
            until.to_sqlx() as _,
        );
        within(Dependency::Postgres, query.execute(&self.pool)).await.map(drop)
    }
}

/// The attempt in the state that was stored.
fn unfinished(
    payment: &Payment<()>,
    state: &str,
    reference: Option<String>,
    failure: Option<String>,
) -> Result<Unfinished, StoreError> {
    fn with<S>(payment: &Payment<()>, state: S) -> Payment<S> {
        let Payment { id, reservation, seats, amount, deadline, state: () } = *payment;
        Payment { id, reservation, seats, amount, deadline, state }
    }
    let reference = reference.map(GatewayReference);
    let missing = || unexpected("an authorised payment has no reference");
    Ok(match state {
        "authorising" => Unfinished::Authorising(with(payment, Authorising)),
        "authorised" => {
            let reference = reference.ok_or_else(missing)?;
            Unfinished::Authorised(with(payment, Authorised { reference, is_recorded: true }))
        }
        "capturing" => {
            let reference = reference.ok_or_else(missing)?;
            Unfinished::Capturing(with(payment, Capturing { reference, booked: None }))
        }
        "voiding" => {
            let reason = failure.unwrap_or_default().parse().map_err(unexpected)?;
            Unfinished::Voiding(with(payment, Voiding { reason, reference }))
        }
        other => return Err(unexpected(format!("the state {other:?} is final"))),
    })
}
