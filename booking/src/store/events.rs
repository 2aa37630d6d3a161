//! The audit trail: a row for each change of state, in the transaction that made it. Holds no personal data.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

/// Adds a row: what happened (`payment.captured`), to what, by whom (an identity, an operator, or `booking`).
pub(super) async fn record(
    tx: &mut PgConnection,
    kind: &str,
    aggregate: Uuid,
    actor: &str,
    payload: Value,
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO booking.events (at, kind, aggregate_id, actor, payload) VALUES ($1, $2, $3, $4, $5)",
        at.to_sqlx() as _,
        kind,
        aggregate,
        actor,
        payload,
    )
    .execute(tx)
    .await?;
    Ok(())
}
