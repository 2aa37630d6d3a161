//! The work on reminders: which are due, who has which in hand, and what became of each.

use std::time::Duration;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use shared::ids::DropSlug;
use shared::pages::Language;
use shared::store::{Dependency, StoreError, within};
use uuid::Uuid;

use super::{Due, LEASE, Reminders, address, after, signed};
use crate::domain::place::{PlaceId, Score};

/// How many become due in one statement.
const BATCH: i64 = 500;

impl Reminders {
    /// Those whose place has a score, not turned, in one of these ranges are due now. Whether there may be more.
    pub async fn due_by_score(
        &self,
        drop: &DropSlug,
        ranges: [(u64, u64); 2],
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let update = sqlx::query!(
            "UPDATE waitroom.reminders SET due_at = $6
             WHERE id IN (SELECT id FROM waitroom.reminders
                          WHERE drop = $1 AND state = 'pending' AND due_at IS NULL
                            AND (score BETWEEN $2 AND $3 OR score BETWEEN $4 AND $5)
                          LIMIT $7 FOR UPDATE SKIP LOCKED)",
            drop.as_str(),
            signed(ranges[0].0),
            signed(ranges[0].1),
            signed(ranges[1].0),
            signed(ranges[1].1),
            now.to_sqlx() as _,
            BATCH,
        );
        let due = within(Dependency::Postgres, update.execute(&self.0)).await?;
        Ok(due.rows_affected() == BATCH.unsigned_abs())
    }

    /// Those are due now to whose places something happened in this epoch since then, ms: called by a pass, set aside,
    /// left. Their scores say nothing of it.
    pub async fn due_by_ledger(
        &self,
        drop: &DropSlug,
        epoch: i64,
        since_ms: i64,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let update = sqlx::query!(
            "UPDATE waitroom.reminders SET due_at = $4
             WHERE drop = $1 AND state = 'pending' AND due_at IS NULL
               AND place IN (SELECT (left(place::text, 32) || '0000')::uuid FROM waitroom.ledger
                             WHERE drop = $1 AND epoch = $2 AND stream_ms >= $3 AND place IS NOT NULL)",
            drop.as_str(),
            epoch,
            since_ms,
            now.to_sqlx() as _,
        );
        within(Dependency::Postgres, update.execute(&self.0)).await.map(std::mem::drop)
    }

    /// Takes at most `most` due reminders in hand, for [`LEASE`]: nobody else gets them meanwhile.
    pub async fn lease(&self, drop: &DropSlug, most: i64, now: Timestamp) -> Result<Vec<Due>, StoreError> {
        let rows = sqlx::query!(
            "UPDATE waitroom.reminders SET leased_until = $3, attempts = attempts + 1
             WHERE id IN (SELECT id FROM waitroom.reminders
                          WHERE drop = $1 AND state = 'pending' AND due_at <= $2
                            AND (leased_until IS NULL OR leased_until <= $2)
                          ORDER BY due_at, id LIMIT $4 FOR UPDATE SKIP LOCKED)
             RETURNING id, place, email, language, attempts",
            drop.as_str(),
            now.to_sqlx() as _,
            after(now, LEASE).to_sqlx() as _,
            most,
        );
        let rows = within(Dependency::Postgres, rows.fetch_all(&self.0)).await?;
        let due = rows.into_iter().map(|row| {
            Ok(Due {
                id: row.id,
                place: PlaceId(row.place),
                email: address(row.email.as_deref().unwrap_or_default())?,
                // A replica that is older than the language writes what it can.
                language: Language::of_tag(&row.language).unwrap_or(Language::English),
                attempts: u32::try_from(row.attempts).unwrap_or(u32::MAX),
            })
        });
        due.collect()
    }

    /// It is not near after all: it waits again, with the score that its place has now.
    pub async fn put_off(&self, id: Uuid, score: Option<Score>) -> Result<(), StoreError> {
        let update = sqlx::query!(
            "UPDATE waitroom.reminders SET due_at = NULL, leased_until = NULL, attempts = 0, score = coalesce($2, score)
             WHERE id = $1 AND state = 'pending'",
            id,
            score.map(|score| signed(score.0)),
        );
        within(Dependency::Postgres, update.execute(&self.0)).await.map(drop)
    }

    /// It is tried again after a while.
    pub async fn retry(&self, id: Uuid, wait: Duration, now: Timestamp) -> Result<(), StoreError> {
        let update = sqlx::query!(
            "UPDATE waitroom.reminders SET due_at = $2, leased_until = NULL WHERE id = $1 AND state = 'pending'",
            id,
            after(now, wait).to_sqlx() as _,
        );
        within(Dependency::Postgres, update.execute(&self.0)).await.map(drop)
    }

    /// It is over, in this way, and the address is erased; not where another address was given while it was in hand.
    pub async fn end(&self, id: Uuid, state: &str, now: Timestamp) -> Result<(), StoreError> {
        let update = sqlx::query!(
            "UPDATE waitroom.reminders SET state = $2, ended_at = $3, email = NULL
             WHERE id = $1 AND state = 'pending' AND leased_until IS NOT NULL",
            id,
            state,
            now.to_sqlx() as _,
        );
        within(Dependency::Postgres, update.execute(&self.0)).await.map(drop)
    }

    /// These drops are over, and so are all their reminders: the addresses are erased. Gives how many there were.
    pub async fn end_all(&self, drops: &[String], now: Timestamp) -> Result<u64, StoreError> {
        let update = sqlx::query!(
            "UPDATE waitroom.reminders SET state = 'over', ended_at = $2, email = NULL
             WHERE drop = ANY($1) AND state = 'pending'",
            drops,
            now.to_sqlx() as _,
        );
        let ended = within(Dependency::Postgres, update.execute(&self.0)).await?;
        Ok(ended.rows_affected())
    }

    /// How many wait in all drops.
    pub async fn pending(&self) -> Result<i64, StoreError> {
        let count = sqlx::query_scalar!(
            r#"SELECT count(*) AS "count!" FROM waitroom.reminders WHERE state = 'pending'"#
        );
        within(Dependency::Postgres, count.fetch_one(&self.0)).await
    }
}
