//! Writing a line into Redis: without the guard, because there is no mark yet, and with the mark last.

use redis::{Pipeline, Value};
use serde_json::json;
use shared::clock::Clock;
use shared::ids::Sid;
use shared::redis::Redis;
use shared::store::{Dependency, StoreError, within};

use super::patience::Patience;
use super::replay::{Gone, LiveSlot, Memory};
use crate::domain::drop::Drop;
use crate::domain::ledger::Entry;
use crate::domain::pass::PassId;
use crate::domain::place::{FIRST_ARRIVAL, PlaceId};
use crate::store::line::{LineKeys, entries, keys, scripts};

/// How many places go in one command, and commands in one pipeline: less than a millisecond of Redis's time.
const BATCH: usize = 500;
/// How many entries of the stream are read at once.
const PAGE: usize = 1_000;
/// A new drop begins with all the credit that a burst allows; after a loss there is none.
const FULL_CREDIT: u64 = 9_000_000_000_000_000;
/// How long after a loss nobody is called, so that those come first who were before: the replicas put back whom they
/// remember meanwhile.
const QUIET_MS: i64 = 5_000;

pub(super) struct Filling {
    redis: Redis,
    keys: LineKeys,
    clock: Clock,
}

/// What a Redis that answers knows of a drop.
#[derive(Debug)]
pub(super) struct Known {
    pub memory: Remembers,
    /// Names this run of the server.
    pub run_id: String,
}

/// Of which epoch the server's memory is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Remembers {
    /// It has the mark.
    Epoch(i64),
    /// It was filled, or is being filled; whoever did so has not marked it yet.
    Filled(i64),
    /// Nothing is there, or another server wrote it.
    Nothing,
}

impl Filling {
    pub(super) fn new(redis: Redis, keys: LineKeys, clock: Clock) -> Self {
        Self { redis, keys, clock }
    }

    pub(super) async fn known(&self) -> Result<Known, StoreError> {
        let mut redis = self.redis.clone();
        let call = scripts::CHECK_EPOCH.key(&self.keys.epoch);
        let (status, run_id, epoch): (String, String, String) =
            within(Dependency::Redis, call.invoke_async(&mut redis)).await?;
        let memory = match (status.as_str(), epoch.parse()) {
            ("REMEMBERS", Ok(epoch)) => Remembers::Epoch(epoch),
            ("FILLED", Ok(epoch)) => Remembers::Filled(epoch),
            _ => Remembers::Nothing,
        };
        Ok(Known { memory, run_id })
    }

    /// What survived of the stream: nothing after an emptied server, something after a restart.
    pub(super) async fn surviving_entries(&self) -> Result<Vec<Entry>, StoreError> {
        let (mut all, mut from) = (Vec::new(), "-".to_owned());
        loop {
            let mut redis = self.redis.clone();
            let mut range = redis::cmd("XRANGE");
            range.arg(&self.keys.unrecorded).arg(&from).arg("+").arg("COUNT").arg(PAGE);
            let reply: Value = within(Dependency::Redis, range.query_async(&mut redis)).await?;
            let read = matches!(&reply, Value::Array(entries) if entries.len() == PAGE);
            let page = entries::all(reply)?;
            let last = page.last().map(|entry| entry.id);
            all.extend(page);
            match last {
                Some(last) if read => from = format!("({last}"),
                _ => return Ok(all),
            }
        }
    }

    /// Writes everything but the mark.
    pub(super) async fn fill(
        &self,
        drop: &Drop,
        run_id: &str,
        memory: &Memory,
        patience: &mut Patience<'_>,
    ) -> Result<(), StoreError> {
        let now_ms = self.clock.now().as_millisecond();
        let mut redis = self.redis.clone();
        let queued: u64 =
            within(Dependency::Redis, redis::cmd("ZCARD").arg(&self.keys.queue).query_async(&mut redis))
                .await?;
        let batch = Batch { keys: &self.keys, drop, now_ms, has_queue: queued > 0 };
        self.clear(drop.epoch, run_id).await?;
        self.each(memory.gone.iter(), patience, |pipe, gone| batch.put_gone(pipe, gone)).await?;
        self.each(memory.slots.iter(), patience, |pipe, slots| batch.put_slots(pipe, slots)).await?;
        self.each(memory.side.iter(), patience, |pipe, side| batch.put_side(pipe, side)).await?;
        self.each(memory.aside.iter(), patience, |pipe, aside| batch.put_aside(pipe, aside)).await?;
        if drop.roster.is_none() {
            self.each(memory.drawn.iter(), patience, |pipe, drawn| batch.put_drawn(pipe, drawn)).await?;
        }
        self.put_rest(drop, memory, now_ms).await
    }

    /// The passes, none of which has been honoured in this epoch: whose place is put back later has it then.
    pub(super) async fn put_passes(
        &self,
        passes: &[(PlaceId, PassId)],
        patience: &mut Patience<'_>,
    ) -> Result<(), StoreError> {
        self.each(passes.iter(), patience, |pipe, passes| {
            let given: Vec<(String, String)> =
                passes.iter().map(|(place, pass)| (place.base(), pass.to_string())).collect();
            let due: Vec<(u8, String)> = passes.iter().map(|(place, _)| (0, place.base())).collect();
            pipe.hset_multiple(&self.keys.passes, &given).ignore();
            pipe.zadd_multiple(&self.keys.passes_due, &due).ignore();
        })
        .await
    }

    /// Forgets everything but the queue and who was seen when, and says who fills.
    async fn clear(&self, epoch: i64, run_id: &str) -> Result<(), StoreError> {
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
            &keys.aside,
            &keys.horizon,
            &keys.passes,
            &keys.passes_due,
            &keys.moves,
            &keys.drawn,
            &keys.frontier,
            &keys.credit,
            &keys.ranks,
        ] {
            pipe.cmd("UNLINK").arg(key).ignore();
        }
        pipe.hset(&keys.epoch, "filling", format!("{epoch} {run_id}")).ignore();
        self.send(&pipe).await
    }

    async fn each<T>(
        &self,
        items: impl Iterator<Item = T>,
        patience: &mut Patience<'_>,
        put: impl Fn(&mut Pipeline, &[T]),
    ) -> Result<(), StoreError> {
        let mut items = items.peekable();
        while items.peek().is_some() {
            let batch: Vec<T> = items.by_ref().take(BATCH).collect();
            let mut pipe = redis::pipe();
            put(&mut pipe, &batch);
            self.send(&pipe).await?;
            patience.renew().await?;
        }
        Ok(())
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

    /// The last step. Nothing is done where another server answers by now, or another replica has begun to fill. A new
    /// drop has lost nothing, and calls at once.
    pub(super) async fn mark(&self, epoch: i64, run_id: &str) -> Result<(), StoreError> {
        let mut redis = self.redis.clone();
        let quiet_ms = if epoch == 1 { 0 } else { QUIET_MS };
        let mut call = scripts::MARK_EPOCH.key(&self.keys.epoch);
        call.arg(epoch).arg(run_id).arg(self.clock.script_ms()).arg(quiet_ms);
        let (status,): (String,) = within(Dependency::Redis, call.invoke_async(&mut redis)).await?;
        if status == "MARKED" { Ok(()) } else { Err(StoreError::Lost) }
    }

    async fn send(&self, pipe: &Pipeline) -> Result<(), StoreError> {
        let mut redis = self.redis.clone();
        within(Dependency::Redis, pipe.query_async(&mut redis)).await
    }
}

/// How some of what the ledger knows is written.
struct Batch<'a> {
    keys: &'a LineKeys,
    drop: &'a Drop,
    now_ms: i64,
    /// Whether a queue survived, which may hold places that have gone on since.
    has_queue: bool,
}

impl Batch<'_> {
    fn put_gone(&self, pipe: &mut Pipeline, gone: &[(&PlaceId, &Gone)]) {
        let fields: Vec<(String, String)> = gone
            .iter()
            .map(|(first, gone)| {
                let score = gone.successor_score.map(|score| format!(" {score}")).unwrap_or_default();
                (first.base(), format!("{:04x} {}{score}", gone.generation, gone.reason))
            })
            .collect();
        pipe.hset_multiple(&self.keys.gone, &fields).ignore();
        // An old snapshot may hold places that have ended since.
        let ended = gone.iter().flat_map(|(first, gone)| {
            (0..=gone.generation).rev().take(16).map(|generation| first.of_generation(generation))
        });
        self.leave_the_queue(pipe, ended);
    }

    fn put_slots(&self, pipe: &mut Pipeline, slots: &[(&Sid, &LiveSlot)]) {
        for (sid, slot) in slots {
            self.put_slot(pipe, **sid, slot);
        }
        self.leave_the_queue(pipe, slots.iter().map(|(_, slot)| slot.place));
    }

    /// A claimed slot lives as long as the ledger knows, and a hold longer: what booking prolonged is not known here. An
    /// unclaimed one has its whole claim window again.
    fn put_slot(&self, pipe: &mut Pipeline, sid: Sid, slot: &LiveSlot) {
        let settings = &self.drop.settings;
        let s = |seconds: u32| i64::from(seconds) * 1_000;
        let due_ms = self.now_ms + s(settings.claim_window_s);
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
        let sid = sid.to_string();
        pipe.zadd(&self.keys.slots, &sid, lives_until_ms).ignore();
        pipe.hset(&self.keys.admissions, &sid, record.to_string()).ignore();
        pipe.hset(&self.keys.places, slot.place.to_string(), &sid).ignore();
    }

    fn put_side(&self, pipe: &mut Pipeline, side: &[(&PlaceId, &i64)]) {
        let places: Vec<(i64, String)> =
            side.iter().map(|(place, score)| (**score, place.to_string())).collect();
        pipe.zadd_multiple(&self.keys.side, &places).ignore();
        self.leave_the_queue(pipe, side.iter().map(|(place, _)| **place));
    }

    fn put_aside(&self, pipe: &mut Pipeline, aside: &[(&PlaceId, &super::replay::Aside)]) {
        let fields: Vec<(String, String)> = aside
            .iter()
            .map(|(place, aside)| (place.to_string(), format!("{} {}", aside.score, aside.until_ms)))
            .collect();
        pipe.hset_multiple(&self.keys.aside, &fields).ignore();
        self.leave_the_queue(pipe, aside.iter().map(|(place, _)| **place));
    }

    /// The ledger knows turned scores, and this list has raw ones.
    fn put_drawn(&self, pipe: &mut Pipeline, drawn: &[(&PlaceId, &i64)]) {
        let lap = i128::from(FIRST_ARRIVAL.0);
        let raw = |score: i64| (i128::from(score) - i128::from(self.drop.turn())).rem_euclid(lap);
        let places: Vec<(String, String)> =
            drawn.iter().map(|(place, score)| (raw(**score).to_string(), place.to_string())).collect();
        pipe.zadd_multiple(&self.keys.drawn, &places).ignore();
    }

    fn leave_the_queue(&self, pipe: &mut Pipeline, places: impl Iterator<Item = PlaceId>) {
        if self.has_queue {
            let places: Vec<String> = places.map(|place| place.to_string()).collect();
            pipe.zrem(&self.keys.queue, places).ignore();
        }
    }
}
