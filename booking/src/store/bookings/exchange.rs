//! Recording that a booking has other seats, in one transaction: claims, tickets, the audit trail, and what must reach
//! Redis. It waits for a gate that is about to use one of its tickets, and for a cancellation; the unique index decides
//! about the seats.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use serde_json::json;
use shared::store::StoreError;
use sqlx::{PgPool, PgTransaction};
use uuid::Uuid;

use crate::domain::booking::{Booking, BookingStatus};
use crate::domain::cancel::CancelPolicy;
use crate::domain::ids::{BookingId, TicketId};
use crate::domain::outbox::{Message, Row};
use crate::store::refunds::{Booked, lock_booking};
use crate::store::reservations::{NewReservation, Refusal, SqlSeat, StoreOr, check_show, decided, swap};
use crate::store::{events, outbox, postgres};

/// Other seats for a booking.
pub struct BookedSwap<'a> {
    /// The booking, as it was when its buyer chose.
    pub booking: &'a Booking,
    /// What its reservation is to be.
    pub new: NewReservation,
    /// When it may be given back, where its show does not say it.
    pub policy: &'a CancelPolicy,
    /// The time.
    pub now: Timestamp,
}

/// What became of recording them.
#[derive(Debug)]
pub enum Swapped {
    /// They are recorded; the row must reach Redis.
    Done(Booking, Row),
    /// They were recorded before.
    Already(Booking),
    /// Postgres refused the seats; nothing was written.
    Refused(Refusal),
    /// The booking is over; nothing was written.
    Ended(BookingStatus),
    /// Another exchange was recorded since its buyer chose; nothing was written.
    Superseded,
    /// A ticket has let somebody in; nothing was written.
    Used,
    /// It could not be given back any more either; nothing was written.
    TooLate,
    /// There is no such booking.
    Gone,
}

/// Records them.
///
/// Errors: [`StoreError::Unavailable`] also means that they may have been recorded.
pub async fn exchange(pool: &PgPool, asked: &BookedSwap<'_>) -> Result<Swapped, StoreError> {
    postgres(async { decided(transaction(pool, asked).await, Swapped::Refused(Refusal::SeatsOwned)) }).await
}

async fn transaction(pool: &PgPool, asked: &BookedSwap<'_>) -> Result<Swapped, StoreOr> {
    let BookedSwap { booking, new, now, .. } = asked;
    let seats: Vec<SqlSeat> = new.seats.iter().map(|seat| seat.seat.cast_signed()).collect();
    let mut tx = pool.begin().await?;
    // The show's row first, as everywhere. Its own admission is spent: on this booking.
    let refusal = check_show(&mut tx, new, &seats, None).await?;
    let booked = lock_booking(&mut tx, booking.id, booking.reservation).await.map_err(StoreOr::Store)?;
    let Some(booked) = booked else { return Ok(Swapped::Gone) };
    let known = lock_tickets(&mut tx, booking.id).await?;
    let labels = new.seats.iter().map(|seat| seat.label.as_str());
    if booked.status == BookingStatus::Confirmed && labels.eq(known.iter().map(|known| known.label.as_str()))
    {
        let already = super::read(&mut tx, booking.id).await.map_err(StoreOr::Store)?;
        return Ok(already.map_or(Swapped::Gone, Swapped::Already));
    }
    if let Some(stays) = asked.obstacle(&booked, &known) {
        return Ok(stays);
    }
    if let Some(refusal) = refusal {
        return Ok(Swapped::Refused(refusal));
    }
    let Some(given) = swap(&mut tx, new, &seats).await? else { return Ok(Swapped::Superseded) };
    replace_tickets(&mut tx, asked, &seats).await?;
    let payload = json!({ "reservation_id": new.hold.id, "given_back": given });
    events::record(&mut tx, "booking.exchanged", booking.id.0, new.buyer.as_str(), payload, *now).await?;
    let row =
        outbox::add(&mut tx, new.hold.id.0, Message::SeatMap { reservation: new.hold.id }, *now).await?;
    let exchanged = super::read(&mut tx, booking.id).await.map_err(StoreOr::Store)?;
    tx.commit().await?;
    Ok(exchanged.map_or(Swapped::Gone, |exchanged| Swapped::Done(exchanged, row)))
}

/// A ticket that its booking names.
struct Known {
    id: TicketId,
    label: String,
    status: String,
}

/// Locks the tickets that the booking names, in the order in which a cancellation and the gates do.
async fn lock_tickets(tx: &mut PgTransaction<'_>, booking: BookingId) -> sqlx::Result<Vec<Known>> {
    sqlx::query_as!(
        Known,
        r#"SELECT id AS "id: TicketId", label, status FROM booking.tickets
           WHERE booking_id = $1 AND replaced_at IS NULL ORDER BY seat, id FOR UPDATE"#,
        booking.0,
    )
    .fetch_all(&mut **tx)
    .await
}

impl BookedSwap<'_> {
    /// Why the booking, as it is now, stays as it is.
    fn obstacle(&self, booked: &Booked, known: &[Known]) -> Option<Swapped> {
        let chosen_from = self.booking.tickets.iter().map(|ticket| ticket.id);
        match () {
            () if booked.status != BookingStatus::Confirmed => Some(Swapped::Ended(booked.status)),
            () if !chosen_from.eq(known.iter().map(|known| known.id)) => Some(Swapped::Superseded),
            () if known.iter().any(|known| known.status == "used") => Some(Swapped::Used),
            () if booked.show_cancelled => Some(Swapped::Refused(Refusal::NotOnSale)),
            () if booked.percent(self.policy, self.now).is_none() => Some(Swapped::TooLate),
            () => None,
        }
    }
}

/// Cancels the tickets of seats that the booking has no more, and writes one for each that it did not have.
async fn replace_tickets(
    tx: &mut PgTransaction<'_>,
    asked: &BookedSwap<'_>,
    seats: &[SqlSeat],
) -> sqlx::Result<()> {
    let BookedSwap { booking, new, now, .. } = asked;
    sqlx::query!(
        "UPDATE booking.tickets SET status = 'cancelled', cancelled_at = $3, replaced_at = $3
         WHERE booking_id = $1 AND replaced_at IS NULL AND seat <> ALL ($2)",
        booking.id.0,
        seats,
        now.to_sqlx() as _,
    )
    .execute(&mut **tx)
    .await?;
    let ids: Vec<Uuid> = seats.iter().map(|_| TicketId::at(*now).0).collect();
    sqlx::query!(
        "INSERT INTO booking.tickets
             (id, booking_id, show_id, seat, label, category, fare, price_minor, currency, status, created_at)
         SELECT ticket.id, $1, $2, ticket.seat, label, category, fare, price_minor, $5, 'valid', $6
         FROM UNNEST($3::uuid[], $4::integer[]) AS ticket (id, seat)
         JOIN booking.reservation_seats AS asked ON asked.reservation_id = $7 AND asked.seat = ticket.seat
         WHERE NOT EXISTS (SELECT FROM booking.tickets AS kept
                           WHERE kept.booking_id = $1 AND kept.seat = ticket.seat AND kept.replaced_at IS NULL)",
        booking.id.0,
        new.show.0,
        &ids,
        seats,
        new.total.currency.as_str(),
        now.to_sqlx() as _,
        new.hold.id.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
