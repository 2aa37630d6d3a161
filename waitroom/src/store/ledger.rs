//! The ledger in Postgres: append only, each entry once.

use serde::Serialize;
use shared::ids::DropSlug;
use shared::store::{Dependency, StoreError, within};
use sqlx::{PgConnection, PgPool};
use utoipa::ToSchema;

mod columns;

use columns::Columns;

use crate::domain::ledger::Entry;

/// Calls and ends in Postgres.
#[derive(Clone)]
pub struct Ledger(PgPool);

/// What the ledger counts of a drop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Totals {
    /// Places called, each as often as it was.
    pub called: i64,
    /// Admissions picked up.
    pub admitted: i64,
    /// Admissions that ended because their visitor was done.
    pub finished: i64,
    /// Slots that lapsed unclaimed or unused.
    pub lapsed: i64,
    /// Places that their visitors gave up after opening.
    pub left: i64,
}

impl Ledger {
    /// Over this pool.
    pub fn new(pool: PgPool) -> Self {
        Self(pool)
    }

    /// Records entries in one statement; those that are there already stay as they are.
    pub async fn record(&self, drop: &DropSlug, entries: &[Entry]) -> Result<(), StoreError> {
        within(Dependency::Postgres, async {
            let mut connection = self.0.acquire().await?;
            insert(&mut connection, drop, entries).await
        })
        .await
    }

    /// What the ledger counts of a drop.
    pub async fn totals(&self, drop: &DropSlug) -> Result<Totals, StoreError> {
        within(Dependency::Postgres, async {
            let totals = sqlx::query_as!(
                Totals,
                r#"SELECT count(*) FILTER (WHERE kind = 'called') AS "called!",
                          count(*) FILTER (WHERE kind = 'claimed') AS "admitted!",
                          count(*) FILTER (WHERE kind = 'finished') AS "finished!",
                          count(*) FILTER (WHERE kind = 'freed' AND reason <> 'expired') AS "lapsed!",
                          count(*) FILTER (WHERE kind = 'ended' AND reason = 'left') AS "left!"
                   FROM waitroom.ledger WHERE drop = $1"#,
                drop.as_str(),
            );
            totals.fetch_one(&self.0).await
        })
        .await
    }
}

/// Inserts entries in one statement; those that are there already stay as they are.
pub(super) async fn insert(
    tx: &mut PgConnection,
    drop: &DropSlug,
    entries: &[Entry],
) -> Result<(), StoreError> {
    let columns = Columns::of(entries);
    sqlx::query!(
        "INSERT INTO waitroom.ledger (drop, epoch, stream_ms, stream_seq, kind, at, place, sid, score, source, lives_until,
                reason, outcome, successor, successor_score, rate_per_minute, burst, max_active, control, opens_at, closes_at)
         SELECT $1, * FROM UNNEST($2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::timestamptz[], $7::uuid[],
                $8::uuid[], $9::bigint[], $10::text[], $11::timestamptz[], $12::text[], $13::text[], $14::uuid[],
                $15::bigint[], $16::integer[], $17::integer[], $18::integer[], $19::text[], $20::timestamptz[],
                $21::timestamptz[])
         ON CONFLICT ON CONSTRAINT ledger_entry_is_recorded_once DO NOTHING",
        drop.as_str(),
        &columns.epoch,
        &columns.stream_ms,
        &columns.stream_seq,
        &columns.kind as _,
        &columns.at as _,
        &columns.place as _,
        &columns.sid as _,
        &columns.score as _,
        &columns.source as _,
        &columns.lives_until as _,
        &columns.reason as _,
        &columns.outcome as _,
        &columns.successor as _,
        &columns.successor_score as _,
        &columns.rate_per_minute as _,
        &columns.burst as _,
        &columns.max_active as _,
        &columns.control as _,
        &columns.opens_at as _,
        &columns.closes_at as _,
    )
    .execute(tx)
    .await?;
    Ok(())
}
