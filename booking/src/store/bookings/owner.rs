//! What only a booking's owner is shown: for whom it was made, and what was given back of it.

use shared::money::Money;
use shared::store::{Dependency, StoreError, within};
use sqlx::PgPool;

use super::currency;
use crate::domain::booking::Contact;
use crate::domain::ids::{BookingId, ReservationId};
use crate::domain::refund::RefundStatus;
use crate::store::refunds::refund_status;

/// What the buyer of a cancelled booking gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GivenBack {
    /// How much.
    pub amount: Money,
    /// Which share of the price that is.
    pub percent: u8,
    /// Where the money is.
    pub status: RefundStatus,
}

/// Whom a booking is for.
pub async fn contact(pool: &PgPool, id: BookingId) -> Result<Option<Contact>, StoreError> {
    let query = sqlx::query!(
        "SELECT contact_email, contact_name FROM booking.bookings WHERE id = $1 AND confirmed_at IS NOT NULL",
        id.0,
    );
    let row = within(Dependency::Postgres, query.fetch_optional(pool)).await?;
    Ok(row.map(|row| Contact { email: row.contact_email, name: row.contact_name }))
}

/// What is given back of a booking; `None` where it was not cancelled.
pub async fn given_back(pool: &PgPool, id: BookingId) -> Result<Option<GivenBack>, StoreError> {
    let query = sqlx::query!(
        r#"SELECT cancel_percent, currency, refund.amount_minor AS "amount_minor?", refund.state AS "state?"
           FROM (SELECT cancel_percent, currency, cancel_refund_id FROM booking.bookings
                 WHERE id = $1 AND cancelled_at IS NOT NULL AND confirmed_at IS NOT NULL) AS cancelled
           LEFT JOIN (SELECT id, amount_minor, state FROM booking.refunds) AS refund ON refund.id = cancel_refund_id"#,
        id.0,
    );
    let Some(row) = within(Dependency::Postgres, query.fetch_optional(pool)).await? else { return Ok(None) };
    Ok(Some(GivenBack {
        amount: Money::new(row.amount_minor.unwrap_or_default(), currency(&row.currency)?),
        percent: row.cancel_percent.and_then(|percent| u8::try_from(percent).ok()).unwrap_or_default(),
        status: row.state.map_or(Ok(RefundStatus::None), |state| refund_status(&state))?,
    }))
}

/// What was captured for a reservation, and how much of it has not been given back; `None` where nothing was.
pub async fn paid(pool: &PgPool, reservation: ReservationId) -> Result<Option<(Money, Money)>, StoreError> {
    let query = sqlx::query!(
        "SELECT amount_minor, refunds_minor, currency FROM booking.payments
         WHERE reservation_id = $1 AND state IN ('captured', 'refunded') AND failure IS NULL",
        reservation.0,
    );
    let Some(row) = within(Dependency::Postgres, query.fetch_optional(pool)).await? else { return Ok(None) };
    let currency = currency(&row.currency)?;
    Ok(Some((
        Money::new(row.amount_minor, currency),
        Money::new(row.amount_minor - row.refunds_minor, currency),
    )))
}
