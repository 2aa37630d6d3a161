//! The first transaction of a confirm: takes the key, locks the reservation and its claims, and writes either the
//! payment attempt, or the free booking, or the refusal.

use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx as _;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use shared::money::Money;
use shared::store::StoreError;
use sqlx::PgConnection;

use super::{Finished, LEASE, Payments, note};
use crate::domain::confirm::{Beginning, Confirmation, Facts, Refusal, begin};
use crate::domain::idempotency::StoredAnswer;
use crate::domain::ids::{BookingId, PaymentId, ReservationId};
use crate::domain::payment::{Authorising, Payment};
use crate::store::bookings::{currency, unexpected};
use crate::store::postgres;
use crate::store::{events, idempotency};

/// What a confirm began with.
#[derive(Debug)]
pub enum Begun {
    /// The attempt is committed; the gateway may be asked.
    Paying(Payment<Authorising>),
    /// There was nothing to pay: it is booked.
    Free(Finished),
    /// Refused for good.
    Refused(StoredAnswer),
    /// Refused for now; nothing was written.
    NotNow(Refusal),
    /// The key was taken by a request that came at the same time; nothing was written.
    KeyTaken,
    /// There is no such reservation; nothing was written.
    NotFound,
}

impl Payments {
    /// Begins a confirm.
    pub async fn begin(
        &self,
        asked: &Confirmation,
        gateway: &str,
        now: Timestamp,
    ) -> Result<Begun, StoreError> {
        postgres(async {
            let mut tx = self.pool.begin().await?;
            if !idempotency::take(&mut tx, &asked.keyed, asked.reservation, now).await? {
                return Ok(Begun::KeyTaken);
            }
            let Some(facts) = lock(&mut tx, asked.reservation).await? else { return Ok(Begun::NotFound) };
            let begun = match begin(&facts, asked.token.is_some(), now) {
                Ok(Beginning::Pay) => {
                    let deadline = self.deadline(now);
                    Begun::Paying(pay(&mut tx, asked, gateway, (facts.total, deadline), now).await?)
                }
                Ok(Beginning::Free) => Begun::Free(self.book_free(&mut tx, asked, now).await?),
                Err(refusal) if !refusal.is_final() => return Ok(Begun::NotNow(refusal)),
                Err(refusal) => {
                    let answer = self.answers.refused(&refusal);
                    idempotency::finish(&mut tx, &asked.keyed.buyer, &asked.keyed.key, &answer, now).await?;
                    Begun::Refused(answer)
                }
            };
            tx.commit().await?;
            Ok(begun)
        })
        .await
    }
}

/// Locks a reservation, then its claims in seat order: the order in which every transaction takes them.
pub(super) async fn lock(tx: &mut PgConnection, id: ReservationId) -> Result<Option<Facts>, StoreError> {
    let row = sqlx::query!(
        r#"SELECT status, expires_at AS "expires_at: jiff_sqlx::Timestamp", total_minor, currency, seat_count,
                  drop, sid, show_id
           FROM booking.reservations WHERE id = $1 FOR UPDATE"#,
        id.0,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let owned = sqlx::query_scalar!(
        "SELECT seat FROM booking.seat_claims WHERE reservation_id = $1 AND live ORDER BY seat FOR UPDATE",
        id.0,
    )
    .fetch_all(&mut *tx)
    .await?;
    let others = sqlx::query!(
        r#"SELECT EXISTS (SELECT FROM booking.bookings
                          WHERE drop = $2 AND sid = $3 AND spends_admission AND reservation_id <> $1) AS "spent!",
                  EXISTS (SELECT FROM booking.reservation_seats own
                          JOIN booking.seat_claims other ON other.show_id = $4 AND other.seat = own.seat
                          WHERE own.reservation_id = $1 AND other.reservation_id <> $1 AND other.live) AS "taken!",
                  (SELECT id FROM booking.bookings
                   WHERE reservation_id = $1 AND confirmed_at IS NOT NULL) AS "booking: BookingId""#,
        id.0,
        row.drop,
        row.sid,
        row.show_id,
    )
    .fetch_one(tx)
    .await?;
    Ok(Some(Facts {
        status: row.status.parse().map_err(unexpected)?,
        expires_at: row.expires_at.to_jiff(),
        total: Money::new(row.total_minor, currency(&row.currency)?),
        seats: row.seat_count.into(),
        seats_owned: i64::try_from(owned.len()).unwrap_or(i64::MAX),
        seats_taken: others.taken,
        admission_spent: others.spent,
        booking: others.booking,
    }))
}

async fn pay(
    tx: &mut PgConnection,
    asked: &Confirmation,
    gateway: &str,
    (amount, deadline): (Money, Timestamp),
    now: Timestamp,
) -> Result<Payment<Authorising>, StoreError> {
    let payment = Payment {
        id: PaymentId::at(now),
        reservation: asked.reservation,
        amount,
        deadline,
        state: Authorising,
    };
    let token_digest = Sha256::digest(asked.token.as_ref().map_or("", |token| token.0.as_str()));
    write_attempt(tx, asked, gateway, &payment, token_digest.as_slice(), now).await?;
    sqlx::query!(
        "UPDATE booking.reservations SET status = 'paying', payment_deadline = $2, updated_at = $3 WHERE id = $1",
        asked.reservation.0,
        payment.deadline.to_sqlx() as _,
        now.to_sqlx() as _,
    )
    .execute(&mut *tx)
    .await?;
    let actor = asked.keyed.buyer.as_str();
    let payload = json!({ "payment_id": payment.id });
    events::record(tx, "reservation.paying", asked.reservation.0, actor, payload, now).await?;
    note(tx, payment.id, asked.reservation, "authorising", now).await?;
    Ok(payment)
}

async fn write_attempt(
    tx: &mut PgConnection,
    asked: &Confirmation,
    gateway: &str,
    payment: &Payment<Authorising>,
    token_digest: &[u8],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let lease: SignedDuration = LEASE;
    sqlx::query!(
        "INSERT INTO booking.payments
             (id, reservation_id, gateway, amount_minor, currency, state, token_digest, contact_email, contact_name,
              buyer, idempotency_key, next_attempt_at, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, 'authorising', $6, $7, $8, $9, $10, $11, $12, $12)",
        payment.id.0,
        payment.reservation.0,
        gateway,
        payment.amount.amount_minor,
        payment.amount.currency.as_str(),
        token_digest,
        asked.contact.email,
        asked.contact.name,
        asked.keyed.buyer.as_str(),
        asked.keyed.key.as_str(),
        (now + lease).to_sqlx() as _,
        now.to_sqlx() as _,
    )
    .execute(tx)
    .await?;
    Ok(())
}
