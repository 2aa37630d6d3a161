//! The line in memory: the executable specification of the scripts. One contract suite runs against it and Redis.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use shared::clock::Clock;
use shared::ids::{DropSlug, Sid};
use shared::store::StoreError;

mod calling;
mod visiting;

use super::{Claimed, GoneReason, Joined, Left, Line, Slot, Spot, Standing, Tick};
use crate::domain::drop::Drop;
use crate::domain::ledger::{Entry, EntryId, Fact};
use crate::domain::place::{PlaceId, Score};

/// The lines of some drops, in memory.
pub struct ModelLine {
    clock: Clock,
    lines: Mutex<HashMap<DropSlug, Model>>,
}

/// One line.
struct Model {
    drop: Drop,
    epoch: i64,
    queue: BTreeSet<(Score, PlaceId)>,
    side: BTreeSet<(Score, PlaceId)>,
    slots: BTreeMap<Sid, i64>,
    admissions: HashMap<Sid, Record>,
    places: HashMap<PlaceId, Sid>,
    gone: HashMap<String, Past>,
    arrivals: u64,
    frontier: Option<Score>,
    credit: Credit,
    unrecorded: Vec<Entry>,
    entries: i64,
    stock: Option<Stock>,
}

/// The last place of an identity that ended.
#[derive(Clone, Copy)]
struct Past {
    generation: u16,
    reason: GoneReason,
    successor_score: Option<Score>,
}

/// A called place.
#[derive(Clone)]
struct Record {
    place: PlaceId,
    score: Score,
    from_side: bool,
    due_ms: Option<i64>,
    claimed_ms: Option<i64>,
    issued_ms: i64,
    expires_ms: i64,
    unused_until_ms: i64,
}

struct Credit {
    units: u64,
    at_ms: Option<i64>,
    calls: u64,
}

/// What booking says of the seats.
struct Stock {
    at_ms: i64,
    free: u64,
}

impl ModelLine {
    /// No lines yet.
    pub fn new(clock: Clock) -> Self {
        Self { clock, lines: Mutex::default() }
    }

    /// Begins the line of a new drop: its first epoch, with all the credit that a burst allows.
    pub fn begin(&self, drop: &Drop) {
        let mut model = Model {
            drop: drop.clone(),
            epoch: 1,
            queue: BTreeSet::new(),
            side: BTreeSet::new(),
            slots: BTreeMap::new(),
            admissions: HashMap::new(),
            places: HashMap::new(),
            gone: HashMap::new(),
            arrivals: 0,
            frontier: None,
            credit: Credit { units: u64::MAX / 2, at_ms: None, calls: 0 },
            unrecorded: Vec::new(),
            entries: 0,
            stock: None,
        };
        model.tell(self.now_ms(), Fact::Limits(drop.limits()));
        self.lock().insert(drop.slug.clone(), model);
    }

    /// Booking says how many seats are free.
    pub fn set_stock(&self, drop: &DropSlug, at_ms: i64, free: u64) {
        self.with(drop, |model, _| model.stock = Some(Stock { at_ms, free }));
    }

    /// Booking checks a slot and prolongs it; says whether it lives.
    pub fn touch(&self, drop: &DropSlug, sid: Sid, for_s: u32) -> bool {
        self.with(drop, |model, now_ms| {
            let Some(lives_until) = model.slots.get_mut(&sid).filter(|lives_until| **lives_until > now_ms)
            else {
                return false;
            };
            *lives_until = (*lives_until).max(now_ms + i64::from(for_s) * 1_000);
            true
        })
    }

    /// Booking ends a slot; says whether there was one.
    pub fn finish(&self, drop: &DropSlug, sid: Sid) -> bool {
        self.with(drop, |model, now_ms| {
            let ended = model.slots.remove(&sid).is_some();
            if ended {
                model.tell(now_ms, Fact::Finished { sid, place: None });
            }
            ended
        })
    }

    fn now_ms(&self) -> i64 {
        self.clock.now().as_millisecond()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<DropSlug, Model>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T>(&self, drop: &DropSlug, step: impl FnOnce(&mut Model, i64) -> T) -> T {
        let now_ms = self.now_ms();
        step(self.lock().get_mut(drop).expect("the line was begun"), now_ms)
    }
}

impl Model {
    fn tell(&mut self, at_ms: i64, fact: Fact) -> EntryId {
        self.entries += 1;
        let id = EntryId { ms: 0, seq: self.entries };
        self.unrecorded.push(Entry { id, epoch: self.epoch, at_ms, fact });
        id
    }

    fn arrive(&mut self) -> Score {
        self.arrivals += 1;
        Score::arrived(u64::try_from(self.epoch).unwrap_or_default(), self.arrivals)
    }

    fn has_opened(&self, now_ms: i64) -> bool {
        self.drop.settings.opens_at.is_some_and(|opens_at| opens_at.as_millisecond() <= now_ms)
    }

    /// Clears away what a slot's place has.
    fn clear(&mut self, sid: Sid) -> Option<Record> {
        let record = self.admissions.remove(&sid)?;
        self.places.remove(&record.place);
        Some(record)
    }

    fn end(&mut self, place: PlaceId, reason: GoneReason, successor_score: Option<Score>) {
        self.gone.insert(place.base(), Past { generation: place.generation(), reason, successor_score });
    }
}

impl Line for ModelLine {
    async fn stands(&self, drop: &DropSlug, place: PlaceId) -> Result<Standing, StoreError> {
        Ok(self.with(drop, |model, now_ms| model.standing(place, now_ms)))
    }

    async fn join(&self, drop: &DropSlug, place: PlaceId, drawn: Score) -> Result<Joined, StoreError> {
        Ok(self.with(drop, |model, now_ms| model.join(place, drawn, now_ms)))
    }

    async fn leave(&self, drop: &DropSlug, place: PlaceId) -> Result<Left, StoreError> {
        Ok(self.with(drop, |model, now_ms| model.leave(place, now_ms)))
    }

    async fn claim(&self, drop: &DropSlug, place: PlaceId) -> Result<Claimed, StoreError> {
        Ok(self.with(drop, |model, now_ms| model.claim(place, now_ms)))
    }

    async fn renew(&self, drop: &DropSlug, sid: Sid) -> Result<Claimed, StoreError> {
        Ok(self.with(drop, |model, now_ms| model.renew(sid, now_ms)))
    }

    async fn end(&self, drop: &DropSlug, sid: Sid) -> Result<Option<EntryId>, StoreError> {
        Ok(self.with(drop, |model, now_ms| model.finish(sid, now_ms)))
    }

    async fn put_back(&self, drop: &DropSlug, place: PlaceId, score: Score) -> Result<Standing, StoreError> {
        Ok(self.with(drop, |model, now_ms| model.put_back(place, score, now_ms)))
    }

    async fn call_next(&self, drop: &DropSlug, sids: Sid) -> Result<Tick, StoreError> {
        Ok(self.with(drop, |model, now_ms| model.call_next(sids, now_ms)))
    }

    async fn unrecorded(&self, drop: &DropSlug, most: u32) -> Result<(i64, Vec<Entry>), StoreError> {
        let page = |model: &mut Model, _| {
            (model.epoch, model.unrecorded.iter().take(most as usize).cloned().collect())
        };
        Ok(self.with(drop, page))
    }

    async fn mark_recorded(
        &self,
        drop: &DropSlug,
        epoch: i64,
        last: EntryId,
    ) -> Result<Option<u64>, StoreError> {
        Ok(self.with(drop, |model, now_ms| (model.epoch == epoch).then(|| model.mark_recorded(last, now_ms))))
    }

    async fn write_settings(&self, drop: &Drop) -> Result<(), StoreError> {
        self.with(&drop.slug, |model, now_ms| model.write_settings(drop, now_ms));
        Ok(())
    }
}
