//! Who was in the lobby, as Redis knows it: who still waits, and who was called or has gone since.

use std::sync::LazyLock;

use redis::{Script, Value};
use shared::clock::Clock;
use shared::ids::DropSlug;
use shared::redis::{Redis, guarded_script};
use shared::store::{Dependency, StoreError, within};

use crate::domain::place::PlaceId;
use crate::store::line::LineKeys;

/// How many places one command reads: it keeps Redis from others for a fraction of a millisecond.
const PAGE: usize = 500;
/// Longer than gathering a million places takes; a replica that was killed meanwhile is followed by another.
const LEASE_MS: u32 = 30_000;

static READ_DRAWN: LazyLock<Script> =
    LazyLock::new(|| guarded_script(include_str!("../../../lua/read_drawn.lua")));
static CLOSE_ROSTER: LazyLock<Script> =
    LazyLock::new(|| guarded_script(include_str!("../../../lua/close_roster.lua")));

pub(super) struct Gathering {
    redis: Redis,
    clock: Clock,
    keys: LineKeys,
    lease: String,
}

/// A page, and the epoch it was read in.
struct Page {
    epoch: i64,
    places: Vec<PlaceId>,
    /// The score of the last of them.
    last: Option<u64>,
}

impl Gathering {
    pub(super) fn new(redis: Redis, clock: Clock, slug: &DropSlug) -> Self {
        let keys = LineKeys::of(slug);
        Self { redis, clock, lease: keys.roster_lease(), keys }
    }

    /// Whether it is for this replica to do, for a while.
    pub(super) async fn lease(&self) -> Result<bool, StoreError> {
        let mut set = redis::cmd("SET");
        set.arg(&self.lease).arg(1).arg("NX").arg("PX").arg(LEASE_MS);
        let answer: Option<String> =
            within(Dependency::Redis, set.query_async(&mut self.redis.clone())).await?;
        Ok(answer.is_some())
    }

    /// Lets another replica try. It can also wait until the lease ends.
    pub(super) async fn release(&self) {
        let mut del = redis::cmd("DEL");
        del.arg(&self.lease);
        let released: Result<(), StoreError> =
            within(Dependency::Redis, del.query_async(&mut self.redis.clone())).await;
        if let Err(error) = released {
            tracing::debug!(%error, "the lease of a roster ends by itself");
        }
    }

    /// Every place that the draw ordered. The queue is read first: whoever leaves it meanwhile is noted in the list that
    /// is read next.
    ///
    /// Errors: [`StoreError::Lost`] also where Redis is in another epoch.
    pub(super) async fn drawn(&self, epoch: i64) -> Result<Vec<PlaceId>, StoreError> {
        let mut places = Vec::new();
        for list in [&self.keys.queue, &self.keys.drawn] {
            let mut least = 0;
            loop {
                let page = self.page(list, least).await?;
                if page.epoch != epoch {
                    return Err(StoreError::Lost);
                }
                let is_full = page.places.len() == PAGE;
                places.extend(page.places);
                match page.last {
                    // From the last score on again: another place may have the same.
                    Some(last) if is_full && last > least => least = last,
                    _ => break,
                }
            }
        }
        Ok(places)
    }

    async fn page(&self, list: &str, least: u64) -> Result<Page, StoreError> {
        let mut call = READ_DRAWN.key(&self.keys.epoch);
        call.key(list).arg(self.clock.script_ms()).arg(least).arg(PAGE);
        read(within(Dependency::Redis, call.invoke_async(&mut self.redis.clone())).await?)
    }

    /// The roster is stored.
    pub(super) async fn close(&self) -> Result<(), StoreError> {
        let mut call = CLOSE_ROSTER.key(&self.keys.epoch);
        call.key(&self.keys.settings).key(&self.keys.drawn).arg(self.clock.script_ms());
        let (status,): (String,) =
            within(Dependency::Redis, call.invoke_async(&mut self.redis.clone())).await?;
        if status == "LOST" { Err(StoreError::Lost) } else { Ok(()) }
    }
}

fn read(reply: Value) -> Result<Page, StoreError> {
    let unexpected = || StoreError::unexpected(Dependency::Redis, "read_drawn replied something else");
    let Value::Array(reply) = reply else { return Err(unexpected()) };
    match <[Value; 4]>::try_from(reply) {
        Ok([_, epoch, last, places]) => {
            let epoch = redis::from_redis_value(epoch).map_err(|_| unexpected())?;
            let last: String = redis::from_redis_value(last).map_err(|_| unexpected())?;
            let places: Vec<String> = redis::from_redis_value(places).map_err(|_| unexpected())?;
            let places: Result<_, _> = places.iter().map(|place| place.parse()).collect();
            Ok(Page { epoch, places: places.map_err(|_| unexpected())?, last: last.parse().ok() })
        }
        // The guard's only reply.
        Err(_) => Err(StoreError::Lost),
    }
}
