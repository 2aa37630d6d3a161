//! How often the rare things happened, for a campaign to tell that they did.

use sqlx::PgPool;

/// What happened behind the counter, by name, most usual first.
pub async fn happened(pool: &PgPool) -> anyhow::Result<Vec<(String, u64)>> {
    let rows = sqlx::query!(
        r#"SELECT what AS "what!", times AS "times!" FROM (
               SELECT 'reservations ' || status AS what, count(*) AS times FROM booking.reservations GROUP BY status
               UNION ALL SELECT 'payments ' || state, count(*) FROM booking.payments GROUP BY state
               UNION ALL SELECT 'payments given up: ' || failure, count(*) FROM booking.payments
                         WHERE state IN ('voided', 'failed') AND failure IS NOT NULL GROUP BY failure
               UNION ALL SELECT 'payments taken up again', count(*) FROM booking.payments WHERE attempts > 0
               UNION ALL SELECT 'payments in flight when the reservation was over', count(*)
                         FROM booking.payments p JOIN booking.reservations r ON r.id = p.reservation_id
                         WHERE p.ended_at > r.expires_at
               UNION ALL SELECT 'refunds ' || state, count(*) FROM booking.refunds GROUP BY state
               UNION ALL SELECT 'bookings ' || status, count(*) FROM booking.bookings GROUP BY status
               UNION ALL SELECT 'outbox messages tried more than once', count(*) FROM booking.outbox WHERE attempts > 1
               UNION ALL SELECT 'shows loaded', coalesce(sum(epoch), 0)::bigint FROM booking.shows
           ) AS happened ORDER BY what"#,
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|row| (row.what, row.times.try_into().unwrap_or_default())).collect())
}
