//! Bookings and their tickets: written unseen before the capture, confirmed with it, read by their owner.

mod list;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use shared::ids::Identity;
use shared::money::{Currency, Money};
use shared::store::{Dependency, StoreError, within};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

pub use list::{Filter, ListedBooking, ListedRefund, list};

use crate::domain::booking::{Booking, Contact, Reference, Ticket};
use crate::domain::ids::{BookingId, ReservationId, ShowId, TicketId};
use crate::store::postgres;

/// A booking that its buyer may see; `None` also while its capture is under way, and where it was cancelled unseen.
pub async fn find(pool: &PgPool, id: BookingId) -> Result<Option<Booking>, StoreError> {
    postgres(async {
        let mut connection = pool.acquire().await?;
        read(&mut connection, id).await
    })
    .await
}

/// The booking that a reservation became.
pub async fn of_reservation(
    pool: &PgPool,
    reservation: ReservationId,
) -> Result<Option<BookingId>, StoreError> {
    let query = sqlx::query_scalar!(
        r#"SELECT id AS "id: BookingId" FROM booking.bookings
           WHERE reservation_id = $1 AND confirmed_at IS NOT NULL"#,
        reservation.0,
    );
    within(Dependency::Postgres, query.fetch_optional(pool)).await
}

/// A confirmed booking as it is now.
pub(super) async fn read(
    connection: &mut PgConnection,
    id: BookingId,
) -> Result<Option<Booking>, StoreError> {
    let row = sqlx::query!(
        r#"SELECT reservation_id AS "reservation: ReservationId", reference, show_id AS "show: ShowId",
                  buyer AS "buyer: Identity", status, total_minor, currency,
                  confirmed_at AS "confirmed_at: jiff_sqlx::Timestamp"
           FROM booking.bookings WHERE id = $1 AND confirmed_at IS NOT NULL"#,
        id.0,
    )
    .fetch_optional(&mut *connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let Some(booked_at) = row.confirmed_at else { return Ok(None) };
    Ok(Some(Booking {
        id,
        reservation: row.reservation,
        reference: Reference(row.reference),
        show: row.show,
        buyer: row.buyer,
        status: row.status.parse().map_err(unexpected)?,
        total: Money::new(row.total_minor, currency(&row.currency)?),
        booked_at: booked_at.to_jiff(),
        tickets: tickets(connection, id).await?,
    }))
}

async fn tickets(connection: &mut PgConnection, booking: BookingId) -> Result<Vec<Ticket>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT id AS "id: TicketId", show_id AS "show: ShowId", label, category, fare, price_minor, currency, status
           FROM booking.tickets WHERE booking_id = $1 ORDER BY seat"#,
        booking.0,
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Ticket {
                id: row.id,
                show: row.show,
                seat: row.label,
                category: row.category,
                fare: row.fare,
                price: Money::new(row.price_minor, currency(&row.currency)?),
                status: row.status.parse().map_err(unexpected)?,
            })
        })
        .collect()
}

/// Writes the booking of a reservation, unseen, and its tickets. The unique indexes on reservation and admission
/// decide whether it may be.
pub(super) async fn write_unseen(
    tx: &mut PgConnection,
    reservation: ReservationId,
    contact: &Contact,
    now: Timestamp,
) -> Result<BookingId, sqlx::Error> {
    let id = BookingId::at(now);
    sqlx::query!(
        "INSERT INTO booking.bookings
             (id, reservation_id, reference, show_id, buyer, drop, sid, status, total_minor, currency, contact_email,
              contact_name, booked_at, updated_at)
         SELECT $1, id, $3, show_id, buyer, drop, sid, 'booked', total_minor, currency, $4, $5, $6, $6
         FROM booking.reservations WHERE id = $2",
        id.0,
        reservation.0,
        Reference::random(&mut rand::rng()).0,
        contact.email,
        contact.name,
        now.to_sqlx() as _,
    )
    .execute(&mut *tx)
    .await?;
    write_tickets(tx, id, reservation, now).await?;
    Ok(id)
}

async fn write_tickets(
    tx: &mut PgConnection,
    booking: BookingId,
    reservation: ReservationId,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let seats = sqlx::query_scalar!(
        "SELECT seat FROM booking.reservation_seats WHERE reservation_id = $1 ORDER BY seat",
        reservation.0,
    )
    .fetch_all(&mut *tx)
    .await?;
    let ids: Vec<Uuid> = seats.iter().map(|_| TicketId::at(now).0).collect();
    sqlx::query!(
        "INSERT INTO booking.tickets
             (id, booking_id, show_id, seat, label, category, fare, price_minor, currency, status, created_at)
         SELECT ticket.id, $1, reservation.show_id, seat, label, category, fare, price_minor, reservation.currency,
                'valid', $5
         FROM booking.reservations AS reservation
         JOIN booking.reservation_seats AS reserved ON reserved.reservation_id = reservation.id
         JOIN UNNEST($3::uuid[], $4::integer[]) AS ticket (id, seat) USING (seat)
         WHERE reservation.id = $2",
        booking.0,
        reservation.0,
        &ids,
        &seats,
        now.to_sqlx() as _,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Shows a booking to its buyer: its money is ours.
pub(super) async fn confirm(
    tx: &mut PgConnection,
    reservation: ReservationId,
    now: Timestamp,
) -> Result<Option<BookingId>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"UPDATE booking.bookings SET status = 'confirmed', confirmed_at = $2, updated_at = $2
           WHERE reservation_id = $1 AND status = 'booked'
           RETURNING id AS "id: BookingId""#,
        reservation.0,
        now.to_sqlx() as _,
    )
    .fetch_optional(tx)
    .await
}

/// Cancels a booking that its buyer never saw, and its tickets; the admission is not spent.
pub(super) async fn cancel_unseen(
    tx: &mut PgConnection,
    reservation: ReservationId,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "WITH cancelled AS (
             UPDATE booking.bookings
             SET status = 'cancelled', spends_admission = false, cancelled_at = $2, updated_at = $2
             WHERE reservation_id = $1 AND status = 'booked'
             RETURNING id)
         UPDATE booking.tickets AS ticket SET status = 'cancelled', cancelled_at = $2
         FROM cancelled WHERE ticket.booking_id = cancelled.id",
        reservation.0,
        now.to_sqlx() as _,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The currency in a row.
pub(super) fn currency(text: &str) -> Result<Currency, StoreError> {
    text.parse().map_err(unexpected)
}

/// A row says what it cannot.
pub(super) fn unexpected(error: impl std::fmt::Display) -> StoreError {
    StoreError::unexpected(Dependency::Postgres, error.to_string())
}
