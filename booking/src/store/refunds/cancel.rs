//! Ends a booking in one transaction: tickets, booking, reservation and claims, and the promise of its money.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use serde_json::json;
use shared::ids::Identity;
use shared::money::Money;
use shared::store::StoreError;
use sqlx::PgConnection;

use super::{Promised, Refunds, Terms, lock_payment, refund_status, write};
use crate::domain::booking::BookingStatus;
use crate::domain::cancel::{CancelPolicy, share_of};
use crate::domain::ids::{BookingId, RefundId, ReservationId};
use crate::domain::outbox::{Message, Row};
use crate::domain::refund::{CancelError, Cancelled, RefundStatus, lease_end};
use crate::store::bookings::{currency, unexpected};
use crate::store::{events, outbox, postgres};

impl From<sqlx::Error> for CancelError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl Refunds {
    /// Cancels a booking as its show's policy allows now, or this one where the show has none, and promises its buyer the
    /// share that is given back. One that was cancelled before says what became of it.
    pub async fn cancel(
        &self,
        id: BookingId,
        reservation: ReservationId,
        buyer: &Identity,
        default_policy: &CancelPolicy,
        now: Timestamp,
    ) -> Result<(Cancelled, Promised), CancelError> {
        postgres(async {
            let mut tx = self.pool.begin().await?;
            let booked = lock_booking(&mut tx, id, reservation).await?.ok_or(CancelError::NotFound)?;
            if booked.status != BookingStatus::Confirmed {
                return Ok((cancelled(&mut tx, id, &booked).await?, Promised::default()));
            }
            let used = lock_tickets(&mut tx, id).await?;
            if used {
                return Err(CancelError::AlreadyUsed);
            }
            let percent = booked.percent(default_policy, now).ok_or(CancelError::TooLate)?;
            let terms = Terms {
                cause: "cancelled",
                percent,
                reason: "cancelled by its buyer",
                by: buyer.as_str(),
                key: None,
                // Whoever writes it carries it out; the worker does if that one dies.
                due_at: lease_end(now),
            };
            let mut promised = Promised::default();
            let paid = lock_payment(&mut tx, reservation).await?;
            let amount = paid.as_ref().map_or(Money::new(0, booked.total.currency), |paid| {
                let share = share_of(paid.attempt.amount, percent);
                if share.amount_minor < paid.left.amount_minor { share } else { paid.left }
            });
            if let Some(paid) = paid.filter(|_| amount.amount_minor > 0) {
                promised.refund = Some(write(&mut tx, paid.attempt, amount, &terms, now).await?);
            }
            let refund = promised.refund.as_ref().map(|due| due.id);
            let ending = Ending { booking: id, reservation, percent, refund, by: buyer.as_str() };
            promised.messages.push(end(&mut tx, &ending, now).await?);
            tx.commit().await?;
            let refund = if refund.is_some() { RefundStatus::Pending } else { RefundStatus::None };
            let status = BookingStatus::Cancelled;
            Ok((Cancelled { booking: id, status, amount, percent, refund }, promised))
        })
        .await
    }
}

/// A booking that its buyer has seen, locked with its reservation.
pub(in crate::store) struct Booked {
    pub status: BookingStatus,
    pub total: Money,
    pub show_cancelled: bool,
    starts_at: Timestamp,
    policy: Option<CancelPolicy>,
    given_back: Option<i32>,
    refund: Option<RefundId>,
}

impl Booked {
    /// What percentage of its price it is given back for now; `None`: it is too late.
    pub fn percent(&self, default_policy: &CancelPolicy, now: Timestamp) -> Option<u8> {
        let policy = self.policy.as_ref().unwrap_or(default_policy);
        if self.show_cancelled { Some(100) } else { policy.percent(self.starts_at.duration_since(now)) }
    }
}

/// Locks a reservation, then its booking: the order in which every transaction takes them.
pub(in crate::store) async fn lock_booking(
    tx: &mut PgConnection,
    id: BookingId,
    reservation: ReservationId,
) -> Result<Option<Booked>, StoreError> {
    sqlx::query!("SELECT id FROM booking.reservations WHERE id = $1 FOR UPDATE", reservation.0)
        .fetch_optional(&mut *tx)
        .await?;
    let row = sqlx::query!(
        r#"SELECT booking.status, total_minor, currency, cancel_percent, cancel_refund_id AS "refund: RefundId",
                  starts_at AS "starts_at: jiff_sqlx::Timestamp", show.status AS show_status, cancellation_policy
           FROM booking.bookings AS booking JOIN booking.shows AS show ON show.id = booking.show_id
           WHERE booking.id = $1 AND reservation_id = $2 AND confirmed_at IS NOT NULL
           FOR UPDATE OF booking"#,
        id.0,
        reservation.0,
    )
    .fetch_optional(tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Booked {
        status: row.status.parse().map_err(unexpected)?,
        total: Money::new(row.total_minor, currency(&row.currency)?),
        starts_at: row.starts_at.to_jiff(),
        show_cancelled: row.show_status == "cancelled",
        policy: row.cancellation_policy.map(|policy| policy.parse().map_err(unexpected)).transpose()?,
        given_back: row.cancel_percent,
        refund: row.refund,
    }))
}

/// Locks the tickets in seat order; whether one of them was used. A gate that is about to use one waits, and then finds
/// it cancelled.
pub(super) async fn lock_tickets(tx: &mut PgConnection, booking: BookingId) -> Result<bool, sqlx::Error> {
    let statuses = sqlx::query_scalar!(
        "SELECT status FROM booking.tickets WHERE booking_id = $1 ORDER BY seat, id FOR UPDATE",
        booking.0,
    )
    .fetch_all(tx)
    .await?;
    Ok(statuses.iter().any(|status| status == "used"))
}

/// How a booking ends.
pub(super) struct Ending<'a> {
    pub booking: BookingId,
    pub reservation: ReservationId,
    pub percent: u8,
    pub refund: Option<RefundId>,
    pub by: &'a str,
}

/// Ends a confirmed booking whose tickets are locked and were not used. Its seats are nobody's.
pub(super) async fn end(
    tx: &mut PgConnection,
    ending: &Ending<'_>,
    now: Timestamp,
) -> Result<Row, sqlx::Error> {
    let Ending { booking, reservation, percent, refund, by } = ending;
    sqlx::query!(
        "WITH ended AS (
             UPDATE booking.bookings
             SET status = 'cancelled', cancelled_at = $2, updated_at = $2, cancel_percent = $3, cancel_refund_id = $4
             WHERE id = $1 AND status = 'confirmed' RETURNING id)
         UPDATE booking.tickets AS ticket SET status = 'cancelled', cancelled_at = $2
         FROM ended WHERE ticket.booking_id = ended.id AND ticket.status = 'valid'",
        booking.0,
        now.to_sqlx() as _,
        i32::from(*percent),
        refund.map(|refund| refund.0),
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "WITH ended AS (
             UPDATE booking.reservations SET status = 'cancelled', ended_at = $2, updated_at = $2
             WHERE id = $1 AND status = 'confirmed' RETURNING id)
         UPDATE booking.seat_claims AS claim SET live = false, ended_at = $2
         FROM ended WHERE claim.reservation_id = ended.id AND claim.live",
        reservation.0,
        now.to_sqlx() as _,
    )
    .execute(&mut *tx)
    .await?;
    let payload = json!({ "reservation_id": reservation, "percent": percent, "refund_id": refund });
    events::record(tx, "booking.cancelled", booking.0, by, payload, now).await?;
    events::record(tx, "reservation.cancelled", reservation.0, by, json!({ "booking_id": booking }), now)
        .await?;
    outbox::add(tx, reservation.0, Message::SeatMap { reservation: *reservation }, now).await
}

/// What a booking that was cancelled before came to.
async fn cancelled(tx: &mut PgConnection, id: BookingId, booked: &Booked) -> Result<Cancelled, StoreError> {
    let refund = match booked.refund {
        None => None,
        Some(refund) => {
            sqlx::query!("SELECT amount_minor, state FROM booking.refunds WHERE id = $1", refund.0)
                .fetch_optional(tx)
                .await?
        }
    };
    let (amount_minor, refund) = match refund {
        Some(refund) => (refund.amount_minor, refund_status(&refund.state)?),
        None => (0, RefundStatus::None),
    };
    let percent = booked.given_back.and_then(|percent| u8::try_from(percent).ok()).unwrap_or_default();
    let amount = Money::new(amount_minor, booked.total.currency);
    Ok(Cancelled { booking: id, status: booked.status, amount, percent, refund })
}
