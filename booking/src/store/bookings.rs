//! Bookings and their tickets: written unseen before the capture, confirmed with it, read by their owner.

mod exchange;
mod list;
mod owner;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use shared::ids::{DropSlug, Identity, Sid};
use shared::money::{Currency, Money};
use shared::store::{Dependency, StoreError, within};
use sqlx::{PgConnection, PgPool};

pub use exchange::{BookedSwap, Swapped, exchange};
pub use list::{Filter, ListedBooking, ListedRefund, list};
pub use owner::{GivenBack, contact, given_back, paid};

use crate::domain::booking::{Booking, BookingStatus, Reference, Ticket, Unseen};
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
           FROM booking.tickets WHERE booking_id = $1 AND replaced_at IS NULL ORDER BY seat"#,
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

/// The booking of a reservation whose capture is under way, as its buyer will see it.
pub(super) async fn read_unseen(
    connection: &mut PgConnection,
    reservation: ReservationId,
    now: Timestamp,
) -> Result<Option<Unseen>, StoreError> {
    let row = sqlx::query!(
        r#"SELECT id AS "id: BookingId", reference, show_id AS "show: ShowId", buyer AS "buyer: Identity",
                  drop AS "drop: DropSlug", sid AS "sid: Sid", total_minor, currency
           FROM booking.bookings WHERE reservation_id = $1 AND status = 'booked'"#,
        reservation.0,
    )
    .fetch_optional(&mut *connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let booking = Booking {
        id: row.id,
        reservation,
        reference: Reference(row.reference),
        show: row.show,
        buyer: row.buyer,
        status: BookingStatus::Confirmed,
        total: Money::new(row.total_minor, currency(&row.currency)?),
        booked_at: now,
        tickets: tickets(connection, row.id).await?,
    };
    Ok(Some(Unseen { booking, drop: row.drop, sid: row.sid }))
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
