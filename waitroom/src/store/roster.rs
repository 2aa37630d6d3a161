//! The roster of a draw in Postgres: gathered after opening, stored once, read in pages.
//!
//! A replica gathers every place that was in the lobby, writes its pages under a name of its own, and then puts them in
//! force, unless a roster is: one guarded update of the drop's row. Whoever comes second deletes its pages. A lease in Redis
//! spares the replicas doing the work twice; nothing rests on it.

use std::sync::Arc;

use jiff_sqlx::ToSqlx as _;
use shared::clock::Clock;
use shared::ids::{DropSlug, uuid_v7};
use shared::redis::Redis;
use shared::store::{Dependency, StoreError, within};
use sqlx::PgPool;
use tokio::sync::Semaphore;
use uuid::Uuid;

mod gather;
mod pages;

use crate::domain::drop::{Drop, Roster};
use crate::domain::place::PlaceId;
use crate::domain::roster::DrawnOrder;
use gather::Gathering;

/// How many pages this replica reads at the same time for those who download rosters: the line needs Postgres more.
const READS_AT_ONCE: usize = 2;

/// The rosters of all drops.
#[derive(Clone)]
pub struct Rosters {
    pool: PgPool,
    redis: Redis,
    clock: Clock,
    reads: Arc<Semaphore>,
}

impl Rosters {
    /// Gathered from this Redis, kept in this database.
    pub fn new(pool: PgPool, redis: Redis, clock: Clock) -> Self {
        Self { pool, redis, clock, reads: Arc::new(Semaphore::new(READS_AT_ONCE)) }
    }

    /// Gathers and stores the roster of a drop that has opened, from what Redis knows in this epoch. `None` where another
    /// replica is at it or was first.
    ///
    /// Errors: [`StoreError::Lost`] also where the epoch is another one.
    pub async fn store(&self, drop: &Drop, epoch: i64) -> Result<Option<Roster>, StoreError> {
        let gathering = self.gathering(&drop.slug);
        if !gathering.lease().await? {
            return Ok(None);
        }
        let stored = self.gather_and_store(drop, epoch, &gathering).await;
        gathering.release().await;
        stored
    }

    async fn gather_and_store(
        &self,
        drop: &Drop,
        epoch: i64,
        gathering: &Gathering,
    ) -> Result<Option<Roster>, StoreError> {
        let drawn = gathering.drawn(epoch).await?;
        let called = pages::called(&self.pool, &drop.slug).await?;
        let order = in_order(drop, drawn, called).await?;
        let id = uuid_v7(self.clock.now());
        pages::write(&self.pool, &drop.slug, id, &order.places).await?;
        let count = u64::try_from(order.places.len()).unwrap_or(u64::MAX);
        let roster = Roster { id, sha256: order.sha256, count, stored_at: self.clock.now() };
        let stored = self.put_in_force(&drop.slug, &roster).await?;
        pages::delete_others(&self.pool, &drop.slug).await?;
        Ok(stored.then_some(roster))
    }

    /// Says in the drop's row that this roster is the one, unless there is one.
    async fn put_in_force(&self, slug: &DropSlug, roster: &Roster) -> Result<bool, StoreError> {
        let update = sqlx::query!(
            "UPDATE waitroom.drops SET roster = $2, roster_sha256 = $3, roster_count = $4, roster_stored_at = $5
             WHERE slug = $1 AND roster IS NULL",
            slug.as_str(),
            roster.id,
            &roster.sha256[..],
            i64::try_from(roster.count).unwrap_or(i64::MAX),
            roster.stored_at.to_sqlx() as _,
        );
        let updated = within(Dependency::Postgres, update.execute(&self.pool)).await?;
        Ok(updated.rows_affected() == 1)
    }

    /// Tells the scripts that the roster is stored; changes nothing the second time.
    pub async fn close(&self, slug: &DropSlug) -> Result<(), StoreError> {
        self.gathering(slug).close().await
    }

    /// The text of one page of a roster; empty after the last.
    pub async fn page(&self, slug: &DropSlug, roster: Uuid, number: u32) -> Result<Vec<u8>, StoreError> {
        let _one_of_few = self.reads.acquire().await.expect("nobody closes it");
        pages::text(&self.pool, slug, roster, number).await
    }

    fn gathering(&self, slug: &DropSlug) -> Gathering {
        Gathering::new(self.redis.clone(), self.clock.clone(), slug)
    }
}

/// All places of a roster that is stored, in its order.
pub(crate) async fn places(
    pool: &PgPool,
    slug: &DropSlug,
    roster: &Roster,
) -> Result<Vec<PlaceId>, StoreError> {
    let mut places = Vec::new();
    for number in 0.. {
        let page = pages::places(pool, slug, roster.id, number).await?;
        if page.is_empty() {
            break;
        }
        places.extend(page);
    }
    Ok(places)
}

/// Computes the order beside the requests: of a million places that takes a second.
async fn in_order(drop: &Drop, drawn: Vec<PlaceId>, called: Vec<PlaceId>) -> Result<DrawnOrder, StoreError> {
    let (seed, turn) = (drop.seed.clone(), drop.turn());
    let work = move || DrawnOrder::of(&seed, turn, drawn.into_iter().chain(called));
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| StoreError::unexpected(Dependency::Postgres, error.to_string()))
}
