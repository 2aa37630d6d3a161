//! Single tickets, for the picture of their code.

use shared::ids::Identity;
use shared::store::{Dependency, StoreError, within};
use sqlx::PgPool;

use crate::domain::ids::{ReservationId, ShowId, TicketId};

/// A ticket's code, and whose it is.
#[derive(Clone, Debug)]
pub struct OwnedTicket {
    /// The reservation its booking was made from.
    pub reservation: ReservationId,
    /// The booking's owner.
    pub buyer: Identity,
    /// The show it lets in to.
    pub show: ShowId,
    /// The seat's label.
    pub seat: String,
}

/// A ticket of a booking that its buyer may see.
pub async fn find(pool: &PgPool, id: TicketId) -> Result<Option<OwnedTicket>, StoreError> {
    let query = sqlx::query_as!(
        OwnedTicket,
        r#"SELECT booking.reservation_id AS "reservation: ReservationId", booking.buyer AS "buyer: Identity",
                  ticket.show_id AS "show: ShowId", ticket.label AS seat
           FROM booking.tickets AS ticket
           JOIN booking.bookings AS booking ON booking.id = ticket.booking_id
           WHERE ticket.id = $1 AND booking.confirmed_at IS NOT NULL"#,
        id.0,
    );
    within(Dependency::Postgres, query.fetch_optional(pool)).await
}
