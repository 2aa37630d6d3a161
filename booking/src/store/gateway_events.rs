//! Webhooks of the gateway: each is stored once, and wakes its payment where that waits for the gateway.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx as _;
use shared::batch::Batches;
use shared::store::{Dependency, StoreError, within};
use sqlx::PgPool;
use uuid::Uuid;

use crate::gateway::GatewayEvent;

/// How long an event is remembered: gateways send one again for some days.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How many one purge forgets.
const PURGE_BATCH: i64 = 1_000;
/// How many events are stored at once, at most.
const TAKEN_AT_ONCE: usize = 64;

/// Takes events: those that come at the same time together, because each means little by itself and they come as many as
/// payments are made.
#[derive(Clone)]
pub struct GatewayEvents {
    taken: Batches<Heard, Result<bool, StoreError>>,
}

/// An event, from whom it came and when.
struct Heard {
    gateway: &'static str,
    event: GatewayEvent,
    at: Timestamp,
}

impl GatewayEvents {
    /// Events in this database.
    pub fn new(pool: PgPool) -> Self {
        let taken = Batches::new(TAKEN_AT_ONCE, move |heard: Vec<Heard>| {
            let pool = pool.clone();
            async move {
                match take(&pool, &heard).await {
                    Ok(taken) => heard.iter().map(|heard| Ok(taken.contains(&heard.name()))).collect(),
                    Err(error) => heard.iter().map(|_| Err(error.clone())).collect(),
                }
            }
        });
        Self { taken }
    }

    /// Stores an event of this gateway; `false`: it was known. A payment that waits to ask the gateway again is due at
    /// once. One in somebody's hands stays there: its money may be on its way, and a look too early would find nothing.
    pub async fn take(
        &self,
        gateway: &'static str,
        event: GatewayEvent,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let broken_off = || StoreError::Unavailable {
            dependency: Dependency::Postgres,
            reason: "an event was not stored".to_owned(),
        };
        self.taken.ask(Heard { gateway, event, at }).await.unwrap_or_else(|| Err(broken_off()))
    }
}

impl Heard {
    fn name(&self) -> (String, String) {
        (self.gateway.to_owned(), self.event.id.clone())
    }
}

/// Stores events; gateway and id of those that were not known.
async fn take(pool: &PgPool, heard: &[Heard]) -> Result<HashSet<(String, String)>, StoreError> {
    let Some(now) = heard.iter().map(|heard| heard.at).max() else { return Ok(HashSet::new()) };
    let (gateways, ids): (Vec<String>, Vec<String>) = heard.iter().map(Heard::name).unzip();
    let kinds: Vec<String> = heard.iter().map(|heard| heard.event.kind.clone()).collect();
    let payments: Vec<Option<Uuid>> =
        heard.iter().map(|heard| heard.event.payment.map(|payment| payment.0)).collect();
    let query = sqlx::query!(
        r#"WITH taken AS (
               INSERT INTO booking.gateway_events (gateway, id, kind, payment_id, received_at)
               SELECT event.gateway, event.id, event.kind, event.payment_id, $5
               FROM UNNEST($1::text[], $2::text[], $3::text[], $4::uuid[]) AS event (gateway, id, kind, payment_id)
               ON CONFLICT ON CONSTRAINT gateway_events_are_stored_once DO NOTHING
               RETURNING gateway, id, payment_id),
           waiting AS (
               SELECT id FROM booking.payments
               WHERE (id, gateway) IN (SELECT payment_id, gateway FROM taken) AND last_error IS NOT NULL
                 AND state IN ('authorising', 'authorised', 'capturing', 'voiding') AND next_attempt_at > $5
               ORDER BY id FOR UPDATE),
           woken AS (
               UPDATE booking.payments AS payment SET next_attempt_at = $5
               FROM waiting WHERE payment.id = waiting.id)
           SELECT gateway, id FROM taken"#,
        &gateways,
        &ids,
        &kinds,
        &payments as &[Option<Uuid>],
        now.to_sqlx() as _,
    );
    let taken = within(Dependency::Postgres, query.fetch_all(pool)).await?;
    Ok(taken.into_iter().map(|row| (row.gateway, row.id)).collect())
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
