//! The line in memory: the executable specification of the scripts. One contract suite runs against it and Redis.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use shared::clock::Clock;
use shared::ids::{DropSlug, Sid};
use uuid::Uuid;

mod answers;
mod calling;
mod lapsing;
mod list;
mod measuring;
mod presence;
mod visiting;

use list::List;

use super::horizon::Horizon;
use super::{
    Claimed, GoneReason, Joined, Left, Move, MoveId, Moves, RankTable, Remembered, Slot, Spot, Standing,
    Tick, What,
};
use crate::domain::drop::Drop;
use crate::domain::ledger::{Entry, EntryId, Fact};
use crate::domain::place::{PlaceId, Score};

/// After a loss nobody is called for so long, ms: the replicas put back whom they remember first.
pub const CALLING_RESUMES_MS: i64 = 5_000;

/// The lines of some drops, in memory.
pub struct ModelLine {
    clock: Clock,
    lines: Mutex<HashMap<DropSlug, Model>>,
}

/// One line. All scores are turned.
struct Model {
    drop: Drop,
    turn: u64,
    epoch: i64,
    calling_from_ms: i64,
    queue: List,
    side: List,
    aside: BTreeMap<PlaceId, Aside>,
    slots: BTreeMap<Sid, i64>,
    admissions: HashMap<Sid, Record>,
    places: HashMap<PlaceId, Sid>,
    gone: HashMap<String, Past>,
    drawn: BTreeSet<PlaceId>,
    passes: HashMap<String, Uuid>,
    passes_due: BTreeSet<String>,
    arrivals: u64,
    frontier: Option<Score>,
    credit: Credit,
    presence: Presence,
    horizon: Horizon,
    table: Option<RankTable>,
    moves: Vec<Move>,
    move_numbers: Vec<u64>,
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

/// A place that was set aside.
#[derive(Clone, Copy)]
struct Aside {
    score: Score,
    until_ms: i64,
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

/// Who was seen when, and when somebody last looked.
#[derive(Default)]
struct Presence {
    seen: HashMap<PlaceId, i64>,
    ticked_ms: Option<i64>,
    /// After nobody had looked for long: from when to when.
    blind: Option<(i64, i64)>,
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
        let mut model = Model::of(drop);
        model.calling_from_ms = self.now_ms();
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

    /// The lobby's places that have left the main line since the opening, for the roster.
    pub fn drawn(&self, drop: &DropSlug) -> Vec<PlaceId> {
        self.with(drop, |model, _| model.drawn.iter().copied().collect())
    }

    /// How far ahead sightings are reported.
    pub fn horizon(&self, drop: &DropSlug) -> Horizon {
        self.with(drop, |model, _| model.horizon.clone())
    }

    /// Redis loses what is not in the ledger, and is filled again: another epoch, nobody in the main line, nobody known to
    /// have been seen, no credit.
    pub fn lose(&self, drop: &DropSlug) {
        self.with(drop, Model::lose);
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
    fn of(drop: &Drop) -> Self {
        Self {
            drop: drop.clone(),
            turn: drop.turn(),
            epoch: 1,
            calling_from_ms: 0,
            queue: List::default(),
            side: List::default(),
            aside: BTreeMap::new(),
            slots: BTreeMap::new(),
            admissions: HashMap::new(),
            places: HashMap::new(),
            gone: HashMap::new(),
            drawn: BTreeSet::new(),
            passes: HashMap::new(),
            passes_due: BTreeSet::new(),
            arrivals: 0,
            frontier: None,
            credit: Credit { units: u64::MAX / 2, at_ms: None, calls: 0 },
            presence: Presence::default(),
            horizon: Horizon::default(),
            table: None,
            moves: Vec::new(),
            move_numbers: Vec::new(),
            unrecorded: Vec::new(),
            entries: 0,
            stock: None,
        }
    }

    fn lose(&mut self, now_ms: i64) {
        self.epoch += 1;
        self.calling_from_ms = now_ms + CALLING_RESUMES_MS;
        self.queue.clear();
        self.drawn.clear();
        self.arrivals = 0;
        self.credit = Credit { units: 0, at_ms: None, calls: 0 };
        self.presence = Presence::default();
        self.horizon = Horizon::default();
        self.table = None;
        self.moves.clear();
        self.move_numbers.clear();
        self.passes_due = self.passes.keys().cloned().collect();
    }

    /// A step's facts.
    fn tell_all(&mut self, at_ms: i64, facts: impl IntoIterator<Item = Fact>) -> EntryId {
        self.entries += 1;
        let id = EntryId { ms: 0, seq: self.entries };
        let epoch = self.epoch;
        let entries = (0..).zip(facts).map(|(index, fact)| Entry { id, index, epoch, at_ms, fact });
        self.unrecorded.extend(entries);
        id
    }

    fn tell(&mut self, at_ms: i64, fact: Fact) -> EntryId {
        self.tell_all(at_ms, [fact])
    }

    /// A batch of moves.
    fn moved(&mut self, what: What, places: &[PlaceId]) {
        if places.is_empty() {
            return;
        }
        let number = self.last_move().number + 1;
        self.moves.extend(places.iter().map(|place| Move { place: *place, what }));
        self.move_numbers.extend(places.iter().map(|_| number));
    }

    fn last_move(&self) -> MoveId {
        MoveId { epoch: self.epoch, number: self.move_numbers.last().copied().unwrap_or_default() }
    }

    fn moves_after(&self, after: Option<MoveId>) -> Moves {
        let last = self.last_move();
        match after {
            None => Moves { last, ..Moves::default() },
            Some(after) if after.epoch != self.epoch => Moves { last, missed: true, ..Moves::default() },
            Some(after) => {
                let known = self.move_numbers.partition_point(|number| *number <= after.number);
                Moves { moves: self.moves[known..].to_vec(), last, missed: false }
            }
        }
    }

    fn arrive(&mut self) -> Score {
        self.arrivals += 1;
        Score::arrived(u64::try_from(self.epoch).unwrap_or_default(), self.arrivals)
    }

    fn has_opened(&self, now_ms: i64) -> bool {
        self.drop.opening().map(Timestamp::as_millisecond).is_some_and(|opens_ms| opens_ms <= now_ms)
    }

    /// Takes a place out of the main line. The roster wants to know who was in the lobby.
    fn take_out(&mut self, place: PlaceId, score: Score, now_ms: i64) -> bool {
        let was_there = self.queue.remove(place);
        if was_there && score.is_drawn() && self.has_opened(now_ms) && self.drop.roster.is_none() {
            self.drawn.insert(place);
        }
        was_there
    }

    /// Clears away what a slot's place has.
    fn clear(&mut self, sid: Sid) -> Option<Record> {
        let record = self.admissions.remove(&sid)?;
        self.places.remove(&record.place);
        Some(record)
    }

    fn end(&mut self, place: PlaceId, reason: GoneReason, successor_score: Option<Score>) {
        self.gone.insert(place.base(), Past { generation: place.generation(), reason, successor_score });
        self.moved(What::Ended, &[place]);
    }
}
