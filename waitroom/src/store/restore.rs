//! Filling Redis again for a drop that it has no memory of: a new drop, an emptied server, a restart from an old
//! snapshot, a failover. One replica does it, under the lock of the drop's row.
//!
//! The epoch is raised and committed first, so that no arrival counter can repeat; then, with the row locked again,
//! Redis is filled from the ledger, and the mark by which the scripts work is written last. Who waits is not in the
//! ledger: members of the queue that survived stay, the others come back with their place tokens.

use shared::clock::Clock;
use shared::ids::DropSlug;
use shared::redis::Redis;
use shared::store::{Dependency, StoreError, within};
use sqlx::{PgConnection, PgPool};

mod fill;
mod memory;

use super::line::LineKeys;
use super::{drops, ledger};
use crate::domain::drop::Drop;
use fill::Filling;
use memory::Memory;

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
    /// Redis remembers it, or another replica is at it.
    NotNeeded,
}

impl Restorer {
    /// From this database into this Redis.
    pub fn new(pool: PgPool, redis: Redis, clock: Clock) -> Self {
        Self { pool, redis, clock }
    }

    /// Fills Redis for this drop, if it has no memory of it.
    pub async fn restore(&self, slug: &DropSlug) -> Result<Restored, StoreError> {
        let filling = Filling::new(self.redis.clone(), LineKeys::of(slug));
        if filling.lost_on().await?.is_none() {
            return Ok(Restored::NotNeeded);
        }
        let Some(epoch) = self.raise_epoch(slug, &filling).await? else { return Ok(Restored::NotNeeded) };
        self.fill(slug, &filling, epoch).await
    }

    /// Saves what survived of the unrecorded stream, and raises the epoch.
    async fn raise_epoch(&self, slug: &DropSlug, filling: &Filling) -> Result<Option<i64>, StoreError> {
        within(Dependency::Postgres, async {
            let mut tx = self.pool.begin().await?;
            let Some(epoch) = lock_unless_locked(&mut tx, slug).await? else { return Ok(None) };
            if filling.lost_on().await?.is_none() {
                return Ok(None);
            }
            for entries in filling.surviving_entries().await?.chunks(1_000) {
                ledger::insert(&mut tx, slug, entries).await?;
            }
            set_epoch(&mut tx, slug, epoch + 1).await?;
            tx.commit().await?;
            Ok::<_, StoreError>(Some(epoch + 1))
        })
        .await
    }

    async fn fill(&self, slug: &DropSlug, filling: &Filling, epoch: i64) -> Result<Restored, StoreError> {
        let mut tx = within(Dependency::Postgres, self.pool.begin()).await?;
        let drop = within(Dependency::Postgres, drops::lock(&mut tx, slug)).await?;
        let Some(drop) = drop.filter(|drop| drop.epoch == epoch) else { return Ok(Restored::NotNeeded) };
        let memory = within(Dependency::Postgres, Memory::of(&mut tx, slug)).await?;
        let Some(run_id) = filling.lost_on().await? else { return Ok(Restored::NotNeeded) };
        filling.fill(&drop, &memory, self.clock.now().as_millisecond(), &run_id).await?;
        tracing::info!(drop = %slug, epoch, slots = memory.slots.len(), gone = memory.gone.len(), "the line was put into Redis");
        Ok(Restored::Done(Box::new(drop)))
    }
}

/// The epoch of the drop, its row locked; `None` where somebody else has it locked, or there is none.
async fn lock_unless_locked(tx: &mut PgConnection, slug: &DropSlug) -> Result<Option<i64>, StoreError> {
    let epoch = sqlx::query_scalar!(
        "SELECT epoch FROM waitroom.drops WHERE slug = $1 FOR UPDATE SKIP LOCKED",
        slug.as_str()
    );
    Ok(epoch.fetch_optional(tx).await?)
}

async fn set_epoch(tx: &mut PgConnection, slug: &DropSlug, epoch: i64) -> Result<(), StoreError> {
    sqlx::query!("UPDATE waitroom.drops SET epoch = $2 WHERE slug = $1", slug.as_str(), epoch)
        .execute(tx)
        .await?;
    Ok(())
}
