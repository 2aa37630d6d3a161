//! Filling Redis again for a drop that it has no memory of: a new drop, an emptied server, a restart from an old
//! snapshot, a failover. One replica does it, under the lock of the drop's row.
//!
//! With the row locked the epoch is raised and Redis is filled from the ledger. Only when the new epoch is committed, so
//! that no arrival counter can repeat, the mark is written by which the scripts work. Who waits is not in the ledger:
//! members of the queue that survived stay, the replicas put back whom they remember, the others come back with their
//! place tokens.

use std::time::Instant;

use shared::clock::Clock;
use shared::ids::DropSlug;
use shared::redis::Redis;
use shared::store::{Dependency, StoreError, within};
use sqlx::{PgConnection, PgPool};

mod fill;
mod memory;
mod patience;
mod replay;

use super::line::LineKeys;
use super::{drops, ledger, passes};
use crate::domain::drop::Drop;
use fill::{Filling, Remembers};
use patience::Patience;

/// Fills Redis again.
#[derive(Clone)]
pub struct Restorer {
    pool: PgPool,
    redis: Redis,
    clock: Clock,
}

/// What became of restoring a drop.
#[derive(Debug, PartialEq, Eq)]
pub enum Restored {
    /// Redis is filled; the drop as it is now.
    Done(Box<Drop>),
    /// Redis remembers it as Postgres does, or another replica is at it.
    NotNeeded,
}

impl Restorer {
    /// From this database into this Redis.
    pub fn new(pool: PgPool, redis: Redis, clock: Clock) -> Self {
        Self { pool, redis, clock }
    }

    /// Fills Redis for this drop, if it has no memory of it.
    pub async fn restore(&self, slug: &DropSlug) -> Result<Restored, StoreError> {
        let started = Instant::now();
        let filling = Filling::new(self.redis.clone(), LineKeys::of(slug), self.clock.clone());
        filling.known().await?;
        let mut tx = within(Dependency::Postgres, self.pool.begin()).await?;
        let Some(mut drop) = within(Dependency::Postgres, drops::lock_unless_locked(&mut tx, slug)).await?
        else {
            return Ok(Restored::NotNeeded);
        };
        let known = filling.known().await?;
        // Somebody may have filled it before the row was ours. An epoch that is not the row's was filled on a server that
        // did not last: a primary that had been replaced without knowing it.
        if known.memory == Remembers::Epoch(drop.epoch) {
            return Ok(Restored::NotNeeded);
        }
        // The row has this epoch, so all was filled: only the last step is missing, whoever did the others.
        if known.memory == Remembers::Filled(drop.epoch) {
            filling.mark(drop.epoch, &known.run_id).await?;
            return Ok(Restored::Done(Box::new(drop)));
        }
        for entries in filling.surviving_entries().await?.chunks(1_000) {
            within(Dependency::Postgres, ledger::insert(&mut tx, slug, entries)).await?;
        }
        drop.epoch += 1;
        within(Dependency::Postgres, set_epoch(&mut tx, &drop)).await?;
        let memory = memory::read(&mut tx, slug).await?;
        let passes = within(Dependency::Postgres, passes::of(&mut tx, slug)).await?;
        let mut patience = Patience::new(&mut tx);
        filling.fill(&drop, &known.run_id, &memory, &mut patience).await?;
        filling.put_passes(&passes, &mut patience).await?;
        within(Dependency::Postgres, tx.commit()).await?;
        filling.mark(drop.epoch, &known.run_id).await?;
        tracing::info!(
            drop = %slug,
            epoch = drop.epoch,
            slots = memory.slots.len(),
            gone = memory.gone.len(),
            aside = memory.aside.len(),
            passes = passes.len(),
            rows = memory.rows,
            took_ms = started.elapsed().as_millis(),
            "the line was put into Redis"
        );
        Ok(Restored::Done(Box::new(drop)))
    }
}

async fn set_epoch(tx: &mut PgConnection, drop: &Drop) -> Result<(), StoreError> {
    sqlx::query!("UPDATE waitroom.drops SET epoch = $2 WHERE slug = $1", drop.slug.as_str(), drop.epoch)
        .execute(tx)
        .await?;
    Ok(())
}
