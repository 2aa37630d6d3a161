//! What buyers were told: every booking that was acknowledged to somebody is there.

use serde_json::json;
use shared::audit::{Check, Finding};
use sqlx::PgPool;
use uuid::Uuid;

/// Looks for acknowledged confirmations that are gone. `bookings` are the ids that buyers were given with a 201.
pub async fn acknowledged(pool: &PgPool, bookings: &[Uuid]) -> anyhow::Result<Check> {
    let gone = sqlx::query_scalar!(
        r#"SELECT told.id AS "id!" FROM UNNEST($1::uuid[]) AS told (id)
           WHERE NOT EXISTS (SELECT FROM booking.bookings
                             WHERE bookings.id = told.id AND confirmed_at IS NOT NULL)"#,
        bookings,
    )
    .fetch_all(pool)
    .await?;
    let sentence = "a buyer was given a booking that is not there";
    let findings = gone.into_iter().map(|id| Finding::new(sentence, json!({ "booking_id": id })));
    let invariant = "every booking that was acknowledged to its buyer is still there";
    Ok(Check::new("bookings.acknowledged_are_there", invariant, bookings.len() as u64, findings.collect()))
}
