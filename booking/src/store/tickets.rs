//! Single tickets, to be drawn and printed.

use shared::ids::Identity;
use shared::money::Money;
use shared::store::{Dependency, StoreError, within};
use sqlx::PgPool;

use super::bookings::{currency, unexpected};
use crate::domain::booking::Ticket;
use crate::domain::ids::{BookingId, ReservationId, ShowId, TicketId};

/// A ticket, whose it is, and where it belongs.
#[derive(Clone, Debug)]
pub struct OwnedTicket {
    /// The reservation its booking was made from.
    pub reservation: ReservationId,
    /// Its booking.
    pub booking: BookingId,
    /// The booking's reference.
    pub reference: String,
    /// The booking's owner.
    pub buyer: Identity,
    /// The ticket.
    pub ticket: Ticket,
}

/// A ticket of a booking that its buyer may see.
pub async fn find(pool: &PgPool, id: TicketId) -> Result<Option<OwnedTicket>, StoreError> {
    let query = sqlx::query!(
        r#"SELECT booking.reservation_id AS "reservation: ReservationId", booking.id AS "booking: BookingId",
                  booking.reference, booking.buyer AS "buyer: Identity", ticket.show_id AS "show: ShowId", ticket.label,
                  ticket.category, ticket.fare, ticket.price_minor, ticket.currency, ticket.status
           FROM booking.tickets AS ticket
           JOIN booking.bookings AS booking ON booking.id = ticket.booking_id
           WHERE ticket.id = $1 AND booking.confirmed_at IS NOT NULL"#,
        id.0,
    );
    let Some(row) = within(Dependency::Postgres, query.fetch_optional(pool)).await? else { return Ok(None) };
    let ticket = Ticket {
        id,
        show: row.show,
        seat: row.label,
        category: row.category,
        fare: row.fare,
        price: Money::new(row.price_minor, currency(&row.currency)?),
        status: row.status.parse().map_err(unexpected)?,
    };
    let (reservation, booking, reference, buyer) = (row.reservation, row.booking, row.reference, row.buyer);
    Ok(Some(OwnedTicket { reservation, booking, reference, buyer, ticket }))
}
