//! The ledger in Postgres: append only, each entry once.

use shared::ids::DropSlug;
use shared::store::{Dependency, StoreError, within};
use sqlx::{PgConnection, PgPool};

mod columns;

use columns::Columns;

use crate::domain::ledger::Entry;

/// The most entries in one insert.
const BATCH: usize = 1_000;

/// Calls and ends in Postgres.
#[derive(Clone)]
pub struct Ledger(PgPool);

impl Ledger {
    /// Over this pool.
    pub fn new(pool: PgPool) -> Self {
        Self(pool)
    }

    /// Records entries; those that are there already stay as they are.
    ///
    /// Errors: [`StoreError::Lost`] where the drop is in another epoch by now: what a server did that has been replaced
    /// since, or had lost its memory, did not happen.
    pub async fn record(&self, drop: &DropSlug, entries: &[Entry]) -> Result<(), StoreError> {
        for batch in entries.chunks(BATCH) {
            let epoch = within(Dependency::Postgres, async {
                let mut connection = self.0.acquire().await?;
                insert(&mut connection, drop, batch).await
            })
            .await?;
            if batch.iter().any(|entry| entry.epoch != epoch) {
                return Err(StoreError::Lost);
            }
        }
        Ok(())
    }
}

/// Inserts entries of the drop's epoch in one statement, and gives that epoch, which nobody raises meanwhile. Entries that
/// are there already stay as they are.
pub(super) async fn insert(
    tx: &mut PgConnection,
    drop: &DropSlug,
    entries: &[Entry],
) -> Result<i64, StoreError> {
    let columns = Columns::of(entries);
    let epoch = sqlx::query_scalar!(
        r#"WITH current AS (SELECT epoch FROM waitroom.drops WHERE slug = $1 FOR SHARE),
         recorded AS (
         INSERT INTO waitroom.ledger (drop, epoch, stream_ms, stream_seq, stream_index, kind, at, place, sid, score, source, lives_until,
                since, reason, outcome, successor, successor_score, rate_per_minute, burst, max_active, control, opens_at, closes_at)
         SELECT $1, entry.* FROM UNNEST($2::bigint[], $3::bigint[], $4::bigint[], $5::integer[], $6::text[], $7::timestamptz[],
                $8::uuid[], $9::uuid[], $10::bigint[], $11::text[], $12::timestamptz[], $13::timestamptz[], $14::text[],
                $15::text[], $16::uuid[], $17::bigint[], $18::integer[], $19::integer[], $20::integer[], $21::text[],
                $22::timestamptz[], $23::timestamptz[]) AS entry (epoch)
         JOIN current ON current.epoch = entry.epoch
         ON CONFLICT ON CONSTRAINT ledger_entry_is_recorded_once DO NOTHING)
         SELECT epoch FROM current"#,
        drop.as_str(),
        &columns.epoch,
        &columns.stream_ms,
        &columns.stream_seq,
        &columns.stream_index,
        &columns.kind as _,
        &columns.at as _,
        &columns.place as _,
        &columns.sid as _,
        &columns.score as _,
        &columns.source as _,
        &columns.lives_until as _,
        &columns.since as _,
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
    .fetch_one(tx);
    Ok(epoch.await?)
}
