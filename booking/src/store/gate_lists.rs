//! Tickets of a show that let nobody in any more.

use jiff::Timestamp;
use shared::store::{Dependency, StoreError, within};
use sqlx::PgPool;

use crate::domain::ids::{ShowId, TicketId};

/// The cancelled and the used tickets of a show: all of them, or those that changed from a moment on, by when it was
/// recorded rather than by when it was scanned.
pub async fn read(
    pool: &PgPool,
    show: ShowId,
    since: Option<Timestamp>,
) -> Result<(Vec<TicketId>, Vec<TicketId>), StoreError> {
    let query = sqlx::query!(
        r#"SELECT id AS "id: TicketId", status FROM booking.tickets AS ticket
           WHERE show_id = $1 AND status <> 'valid'
             AND ($2::timestamptz IS NULL OR cancelled_at >= $2
                  OR EXISTS (SELECT FROM booking.check_ins AS scan
                             WHERE scan.ticket_id = ticket.id AND scan.received_at >= $2))
           ORDER BY id"#,
        show.0,
        since.map(jiff_sqlx::ToSqlx::to_sqlx) as _,
    );
    let rows = within(Dependency::Postgres, query.fetch_all(pool)).await?;
    let (mut cancelled, mut used) = (Vec::new(), Vec::new());
    for row in rows {
        if row.status == "cancelled" { cancelled.push(row.id) } else { used.push(row.id) }
    }
    Ok((cancelled, used))
}
