//! The first transaction of a confirm: takes the key, locks the reservation and its claims, and writes either the
//! payment attempt, or the free booking, or the refusal.

use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx as _;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use shared::money::Money;
use shared::store::StoreError;
use sqlx::PgConnection;

use super::{Finished, LEASE, Payments};
use crate::domain::confirm::{Beginning, Confirmation, Facts, Refusal, begin};
use crate::domain::idempotency::StoredAnswer;
use crate::domain::ids::{BookingId, PaymentId, ReservationId};
use crate::domain::payment::{Authorising, Payment};
use crate::domain::reservation::ReservationStatus;
use crate::store::bookings::{currency, unexpected};
use crate::store::{idempotency, postgres};

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
                    let times = (self.deadline(now), now);
                    Begun::Paying(pay(&mut tx, asked, gateway, &facts, times).await?)
                }
                Ok(Beginning::Free) => Begun::Free(self.book_free(&mut tx, asked, &facts, now).await?),
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

/// Locks a reservation, then its claims in seat order: the order in which every transaction takes them. Whose its seats
/// are by now, and which booking it became, is looked up only where it is not pending any more.
pub(super) async fn lock(tx: &mut PgConnection, id: ReservationId) -> Result<Option<Facts>, StoreError> {
    let row = sqlx::query_file!("sql/lock_reservation.sql", id.0).fetch_optional(&mut *tx).await?;
    let Some(row) = row else { return Ok(None) };
    let claims =
        sqlx::query_file!("sql/lock_claims.sql", id.0, row.drop, row.sid).fetch_one(&mut *tx).await?;
    let status: ReservationStatus = row.status.parse().map_err(unexpected)?;
    let (seats_taken, booking) =
        if status == ReservationStatus::Pending { (false, None) } else { successors(tx, id).await? };
    Ok(Some(Facts {
        status,
        expires_at: row.expires_at.to_jiff(),
        total: Money::new(row.total_minor, currency(&row.currency)?),
        seats: row.seat_count.into(),
        seats_owned: claims.seats_owned,
        seats_taken,
        admission_spent: claims.spent,
        booking,
    }))
}

/// Whether somebody else owns one of a reservation's seats, and the booking it became. Asked once its row is locked, so
/// that nothing can be missed that was written before the lock was had.
async fn successors(
    tx: &mut PgConnection,
    id: ReservationId,
) -> Result<(bool, Option<BookingId>), sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT EXISTS (SELECT FROM booking.reservation_seats own
                          JOIN booking.seat_claims other ON other.show_id = r.show_id AND other.seat = own.seat
                          WHERE own.reservation_id = r.id AND other.reservation_id <> r.id AND other.live) AS "taken!",
                  (SELECT id FROM booking.bookings
                   WHERE reservation_id = r.id AND confirmed_at IS NOT NULL) AS "booking: BookingId"
           FROM booking.reservations r WHERE id = $1"#,
        id.0,
    )
    .fetch_one(tx)
    .await?;
    Ok((row.taken, row.booking))
}

async fn pay(
    tx: &mut PgConnection,
    asked: &Confirmation,
    gateway: &str,
    facts: &Facts,
    (deadline, now): (Timestamp, Timestamp),
) -> Result<Payment<Authorising>, StoreError> {
    let payment = Payment {
        id: PaymentId::at(now),
        reservation: asked.reservation,
        seats: usize::try_from(facts.seats).map_err(unexpected)?,
        amount: facts.total,
        deadline,
        state: Authorising,
    };
    let token_digest = Sha256::digest(asked.token.as_ref().map_or("", |token| token.0.as_str()));
    write_attempt(tx, asked, gateway, &payment, token_digest.as_slice(), now).await?;
    Ok(payment)
}

/// Writes the attempt, that its reservation is being paid for, and both into the audit trail.
async fn write_attempt(
    tx: &mut PgConnection,
    asked: &Confirmation,
    gateway: &str,
    payment: &Payment<Authorising>,
    token_digest: &[u8],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let lease: SignedDuration = LEASE;
    sqlx::query_file!(
        "sql/begin_payment.sql",
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
        payment.deadline.to_sqlx() as _,
        json!({ "payment_id": payment.id }),
        json!({ "reservation_id": payment.reservation }),
    )
    .execute(tx)
    .await?;
    Ok(())
}
