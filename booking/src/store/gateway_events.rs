//! Webhooks of the gateway: each is stored once, and wakes its payment where that waits for the gateway.

use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx as _;
use shared::store::{Dependency, StoreError, within};
use sqlx::PgPool;

use crate::gateway::GatewayEvent;

/// How long an event is remembered: gateways send one again for some days.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How many one purge forgets.
const PURGE_BATCH: i64 = 1_000;

/// Stores an event; `false`: it was known. A payment that waits to ask the gateway again is due at once. One in
/// somebody's hands stays there: its money may be on its way, and a look too early would find nothing.
pub async fn take(
    pool: &PgPool,
    gateway: &str,
    event: &GatewayEvent,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let query = sqlx::query_scalar!(
        r#"WITH taken AS (
               INSERT INTO booking.gateway_events (gateway, id, kind, payment_id, received_at)
               VALUES ($1, $2, $3, $4, $5)
               ON CONFLICT ON CONSTRAINT gateway_events_are_stored_once DO NOTHING
               RETURNING payment_id),
           woken AS (
               UPDATE booking.payments SET next_attempt_at = $5
               WHERE id = (SELECT payment_id FROM taken) AND gateway = $1 AND last_error IS NOT NULL
                 AND state IN ('authorising', 'authorised', 'capturing', 'voiding') AND next_attempt_at > $5)
           SELECT EXISTS (SELECT FROM taken) AS "taken!""#,
        gateway,
        event.id,
        event.kind,
        event.payment.map(|payment| payment.0),
        now.to_sqlx() as _,
    );
    within(Dependency::Postgres, query.fetch_one(pool)).await
}

/// Forgets old events.
pub async fn purge(pool: &PgPool, now: Timestamp) -> Result<(), StoreError> {
    let query = sqlx::query!(
        "DELETE FROM booking.gateway_events WHERE (gateway, id) IN (
             SELECT gateway, id FROM booking.gateway_events WHERE received_at < $1 LIMIT $2)",
        (now - KEPT).to_sqlx() as _,
        PURGE_BATCH,
    );
    within(Dependency::Postgres, query.execute(pool)).await.map(drop)
}
