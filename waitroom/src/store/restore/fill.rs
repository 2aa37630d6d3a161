//! Writing a line into Redis: without the guard, because there is no mark yet, and with the mark last.

use redis::{Pipeline, Value};
use serde_json::json;
use shared::redis::Redis;
use shared::store::{Dependency, StoreError, within};

use super::memory::{Gone, LiveSlot, Memory};
use crate::domain::drop::Drop;
use crate::domain::ledger::Entry;
use crate::domain::place::PlaceId;
use crate::store::line::{LineKeys, entries, keys, scripts};

/// How many writes go in one pipeline.
const BATCH: usize = 500;
/// A new drop begins with all the credit that a burst allows; after a loss there is none.
const FULL_CREDIT: u64 = 9_000_000_000_000_000;

pub(super) struct Filling {
    redis: Redis,
    keys: LineKeys,
}

impl Filling {
    pub(super) fn new(redis: Redis, keys: LineKeys) -> Self {
        Self { redis, keys }
    }

    /// The run id of the server that has no memory of the drop; `None` where it remembers.
    pub(super) async fn lost_on(&self) -> Result<Option<String>, StoreError> {
        let mut redis = self.redis.clone();
        let call = scripts::CHECK_EPOCH.key(&self.keys.epoch);
        let (status, run_id): (String, String) =
            within(Dependency::Redis, call.invoke_async(&mut redis)).await?;
        Ok((status == "LOST").then_some(run_id))
    }

    /// What survived of the stream: nothing after an emptied server, something after a restart.
    pub(super) async fn surviving_entries(&self) -> Result<Vec<Entry>, StoreError> {
        let mut redis = self.redis.clone();
        let range = redis::cmd("XRANGE").arg(&self.keys.unrecorded).arg("-").arg("+").to_owned();
        let reply: Value = within(Dependency::Redis, range.query_async(&mut redis)).await?;
        entries::all(reply)
    }

    /// Writes everything but the mark.
    pub(super) async fn fill(&self, drop: &Drop, memory: &Memory, now_ms: i64) -> Result<(), StoreError> {
        self.clear(drop.epoch).await?;
        self.each(&memory.gone, |pipe, gone| self.put_gone(pipe, gone)).await?;
        self.each(&memory.slots, |pipe, slot| self.put_slot(pipe, drop, slot, now_ms)).await?;
        self.each(&memory.kept, |pipe, (place, score)| {
            pipe.zadd(&self.keys.side, place.to_string(), score).ignore();
            pipe.zrem(&self.keys.queue, place.to_string()).ignore();
        })
        .await?;
        self.put_rest(drop, memory, now_ms).await
    }

    /// Forgets everything but the queue, and says who fills.
    async fn clear(&self, epoch: i64) -> Result<(), StoreError> {
        let keys = &self.keys;
        let mut pipe = redis::pipe();
        // The mark first: nothing works on what is half there.
        for key in [
            &keys.epoch,
            &keys.settings,
            &keys.side,
            &keys.slots,
            &keys.admissions,
            &keys.places,
            &keys.gone,
            &keys.unrecorded,
            &keys.arrivals,
            &keys.frontier,
            &keys.credit,
        ] {
            pipe.del(key).ignore();
        }
        pipe.hset(&keys.epoch, "filling", epoch).ignore();
        self.send(&pipe).await
    }

    async fn each<T>(&self, items: &[T], put: impl Fn(&mut Pipeline, &T)) -> Result<(), StoreError> {
        for batch in items.chunks(BATCH) {
            let mut pipe = redis::pipe();
            for item in batch {
                put(&mut pipe, item);
            }
            self.send(&pipe).await?;
        }
        Ok(())
    }

    fn put_gone(&self, pipe: &mut Pipeline, gone: &Gone) {
        let place = PlaceId(gone.place);
        let score = gone.successor_score.map(|score| format!(" {score}")).unwrap_or_default();
        let value = format!("{:04x} {}{score}", place.generation(), gone.reason);
        pipe.hset(&self.keys.gone, place.base(), value).ignore();
        // An old snapshot may hold places that have ended since.
        let ended: Vec<String> =
            (0..=place.generation()).rev().take(16).map(|n| place.of_generation(n).to_string()).collect();
        pipe.zrem(&self.keys.queue, ended).ignore();
    }

    /// A claimed slot lives as long as the ledger knows, and a hold longer: what booking prolonged is not known here. An
    /// unclaimed one has its whole claim window again.
    fn put_slot(&self, pipe: &mut Pipeline, drop: &Drop, slot: &LiveSlot, now_ms: i64) {
        let settings = &drop.settings;
        let s = |seconds: u32| i64::from(seconds) * 1_000;
        let due_ms = now_ms + s(settings.claim_window_s);
        let (issued_ms, expires_ms) =
            slot.last_token_ms.zip(slot.claimed_ms).map_or((0, 0), |(last, claimed)| {
                let issued_ms = last - last % 1_000;
                let session_ends_ms = claimed + s(settings.session_max_s);
                (
                    issued_ms,
                    (issued_ms + shared::admission::LIFETIME_S * 1_000)
                        .min(session_ends_ms - session_ends_ms % 1_000),
                )
            });
        let lives_until_ms = match slot.claimed_ms {
            Some(_) => slot.lives_until_ms + s(settings.hold_s),
            None => due_ms,
        };
        let record = json!({
            "place": slot.place, "score": slot.score.to_string(), "source": slot.source, "called": slot.called_ms,
            "due": due_ms, "claimed": slot.claimed_ms.unwrap_or(0), "issued": issued_ms, "expires": expires_ms,
            "unused_until": lives_until_ms, "entry": "",
        });
        let sid = slot.sid.to_string();
        pipe.zadd(&self.keys.slots, &sid, lives_until_ms).ignore();
        pipe.hset(&self.keys.admissions, &sid, record.to_string()).ignore();
        pipe.hset(&self.keys.places, slot.place.to_string(), &sid).ignore();
        pipe.zrem(&self.keys.queue, slot.place.to_string()).ignore();
    }

    async fn put_rest(&self, drop: &Drop, memory: &Memory, now_ms: i64) -> Result<(), StoreError> {
        let keys = &self.keys;
        let mut settings = keys::settings(drop);
        let limits: Vec<(&str, String)> = settings
            .iter()
            .filter(|(name, _)| {
                ["state", "opens_at", "closes_at", "rate_per_minute", "burst", "max_active"].contains(name)
            })
            .cloned()
            .chain([
                ("kind", "limits".to_owned()),
                ("at", now_ms.to_string()),
                ("epoch", drop.epoch.to_string()),
            ])
            .collect();
        settings.push(("version", drop.version.to_string()));
        let units = if drop.epoch == 1 { FULL_CREDIT } else { 0 };
        let mut pipe = redis::pipe();
        pipe.hset_multiple(&keys.settings, &settings).ignore();
        pipe.hset_multiple(&keys.credit, &[("units", units), ("calls", 0)]).ignore();
        pipe.xadd(&keys.unrecorded, "*", &limits).ignore();
        if let Some(frontier) = memory.frontier {
            pipe.set(&keys.frontier, frontier).ignore();
        }
        self.send(&pipe).await
    }

    /// The last step. Nothing is done where another server answers by now, or another replica has begun to fill.
    pub(super) async fn mark(&self, epoch: i64, run_id: &str) -> Result<(), StoreError> {
        let mut redis = self.redis.clone();
        let mut call = scripts::MARK_EPOCH.key(&self.keys.epoch);
        call.arg(epoch).arg(run_id);
        let (status,): (String,) = within(Dependency::Redis, call.invoke_async(&mut redis)).await?;
        if status == "MARKED" { Ok(()) } else { Err(StoreError::Lost) }
    }

    async fn send(&self, pipe: &Pipeline) -> Result<(), StoreError> {
        let mut redis = self.redis.clone();
        within(Dependency::Redis, pipe.query_async(&mut redis)).await
    }
}
