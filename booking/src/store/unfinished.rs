//! What was begun and has not come to its end, counted.

use jiff::Timestamp;
use shared::store::{Dependency, StoreError, within};
use sqlx::PgPool;

/// So many of one kind, and since when the oldest of them is there.
#[derive(Debug)]
pub struct Unfinished {
    /// What they are.
    pub what: String,
    /// Where they are.
    pub state: String,
    /// How many.
    pub count: i64,
    /// When the oldest began.
    pub oldest: Option<Timestamp>,
}

/// Live reservations, payments and refunds under way, and messages that wait in the outbox, by state.
pub async fn unfinished(pool: &PgPool) -> Result<Vec<Unfinished>, StoreError> {
    let query = sqlx::query!(
        r#"SELECT what AS "what!", state AS "state!", count(*) AS "count!",
                  min(created_at) AS "oldest: jiff_sqlx::Timestamp"
           FROM (
               SELECT 'reservation' AS what, status AS state, created_at FROM booking.reservations
               WHERE status = 'pending'
               UNION ALL
               SELECT 'reservation', status, created_at FROM booking.reservations WHERE status = 'paying'
               UNION ALL
               SELECT 'payment', state, created_at FROM booking.payments
               WHERE state IN ('authorising', 'authorised', 'capturing', 'voiding', 'refunding')
               UNION ALL
               SELECT 'refund', state, created_at FROM booking.refunds WHERE state = 'pending'
               UNION ALL
               SELECT 'message', 'unsent', created_at FROM booking.outbox WHERE sent_at IS NULL AND dead_at IS NULL
           ) AS unfinished GROUP BY what, state"#,
    );
    let rows = within(Dependency::Postgres, query.fetch_all(pool)).await?;
    let rows = rows.into_iter().map(|row| Unfinished {
        what: row.what,
        state: row.state,
        count: row.count,
        oldest: row.oldest.map(jiff_sqlx::Timestamp::to_jiff),
    });
    Ok(rows.collect())
}
