//! Bookings as operators see them: with their refunds, without their buyers' names and addresses.

use std::collections::HashMap;

use shared::money::Money;
use shared::store::{Dependency, StoreError, within};
use sqlx::PgPool;
use uuid::Uuid;

use super::{currency, unexpected};
use crate::domain::booking::BookingStatus;
use crate::domain::ids::{BookingId, RefundId, ShowId};
use crate::domain::refund::RefundStatus;
use crate::store::catalogue::Page;
use crate::store::refunds::refund_status;

/// Which bookings; what is left out is not looked at.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of this show.
    pub show: Option<ShowId>,
    /// Where they are.
    pub status: Option<BookingStatus>,
    /// What their buyer reads out at the counter.
    pub reference: Option<String>,
    /// With a refund that is there.
    pub refund: Option<RefundStatus>,
}

/// A booking.
#[derive(Clone, Debug)]
pub struct ListedBooking {
    /// Its id.
    pub id: BookingId,
    /// What its buyer reads out at the counter.
    pub reference: String,
    /// Where it is.
    pub status: BookingStatus,
    /// The show.
    pub show: ShowId,
    /// The seats, by label.
    pub seats: Vec<String>,
    /// What the tickets cost together.
    pub total: Money,
    /// When it was confirmed.
    pub booked_at: jiff::Timestamp,
    /// What was given back of its price, or is to be; oldest first.
    pub refunds: Vec<ListedRefund>,
}

/// A refund.
#[derive(Clone, Debug)]
pub struct ListedRefund {
    /// Its id.
    pub id: RefundId,
    /// How much.
    pub amount: Money,
    /// Where it is.
    pub status: RefundStatus,
    /// What caused it.
    pub cause: String,
    /// Why, in the words of who asked for it.
    pub reason: String,
    /// Who asked for it.
    pub by: String,
    /// When.
    pub created_at: jiff::Timestamp,
    /// What last went wrong with it.
    pub last_error: Option<String>,
}

/// Bookings that their buyers have seen, in the order in which they were made.
pub async fn list(pool: &PgPool, filter: &Filter, page: Page) -> Result<Vec<ListedBooking>, StoreError> {
    let query = sqlx::query!(
        r#"SELECT id AS "id: BookingId", reference, status, show_id AS "show: ShowId", total_minor, currency,
                  confirmed_at AS "booked_at!: jiff_sqlx::Timestamp",
                  ARRAY (SELECT label FROM booking.tickets
                         WHERE booking_id = booking.id AND replaced_at IS NULL ORDER BY seat) AS "seats!"
           FROM booking.bookings AS booking
           WHERE confirmed_at IS NOT NULL AND ($1::uuid IS NULL OR id > $1)
             AND ($2::uuid IS NULL OR show_id = $2) AND ($3::text IS NULL OR status = $3)
             AND ($4::text IS NULL OR reference = $4)
             AND ($5::text IS NULL OR EXISTS (
                 SELECT FROM booking.refunds AS refund JOIN booking.payments AS payment ON payment.id = refund.payment_id
                 WHERE payment.reservation_id = booking.reservation_id AND refund.state = $5))
           ORDER BY id LIMIT $6"#,
        page.after,
        filter.show.map(|show| show.0),
        filter.status.map(BookingStatus::as_str),
        filter.reference,
        filter.refund.map(RefundStatus::as_str),
        page.limit,
    );
    let rows = within(Dependency::Postgres, query.fetch_all(pool)).await?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id.0).collect();
    let mut refunds = refunds_of(pool, &ids).await?;
    rows.into_iter()
        .map(|row| {
            Ok(ListedBooking {
                refunds: refunds.remove(&row.id).unwrap_or_default(),
                id: row.id,
                reference: row.reference,
                status: row.status.parse().map_err(unexpected)?,
                show: row.show,
                seats: row.seats,
                total: Money::new(row.total_minor, currency(&row.currency)?),
                booked_at: row.booked_at.to_jiff(),
            })
        })
        .collect()
}

async fn refunds_of(
    pool: &PgPool,
    bookings: &[Uuid],
) -> Result<HashMap<BookingId, Vec<ListedRefund>>, StoreError> {
    let query = sqlx::query!(
        r#"SELECT booking.id AS "booking: BookingId", refund.id AS "id: RefundId", refund.amount_minor, refund.currency,
                  refund.state, refund.cause, refund.reason, refund.requested_by, refund.last_error,
                  refund.created_at AS "created_at: jiff_sqlx::Timestamp"
           FROM booking.bookings AS booking
           JOIN booking.payments AS payment ON payment.reservation_id = booking.reservation_id
           JOIN booking.refunds AS refund ON refund.payment_id = payment.id
           WHERE booking.id = ANY ($1) ORDER BY refund.id"#,
        bookings,
    );
    let mut refunds: HashMap<BookingId, Vec<ListedRefund>> = HashMap::new();
    for row in within(Dependency::Postgres, query.fetch_all(pool)).await? {
        refunds.entry(row.booking).or_default().push(ListedRefund {
            id: row.id,
            amount: Money::new(row.amount_minor, currency(&row.currency)?),
            status: refund_status(&row.state)?,
            cause: row.cause,
            reason: row.reason,
            by: row.requested_by,
            created_at: row.created_at.to_jiff(),
            last_error: row.last_error,
        });
    }
    Ok(refunds)
}
