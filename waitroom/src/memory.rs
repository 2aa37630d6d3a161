//! What this replica remembers of a drop's line: whom it saw in the last minutes, with their scores, and what it last
//! told them. A visitor whose place is known to wait is answered from here, without a command to any store.
//!
//! A place is known to wait from the moment Redis said so to this replica until a move of it is heard: every script that
//! takes a place out of plain waiting, or brings it back, tells so in a numbered stream that each tick reads. When a
//! number is missing, or the line has a new epoch, nobody is known to wait until asked about again.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

mod moved;
mod proofs;
mod room;

use moved::Moved;
pub use proofs::Proofs;
pub use room::Room;

use crate::domain::line::Remembered;
use crate::domain::place::{PlaceId, Score};

/// How many locks the places are spread over.
const SHARDS: usize = 64;
/// How long what is remembered is believed when no moves are heard, because Redis is away.
const BELIEVED_FOR_MS: u64 = 10_000;
const NEVER: u64 = u64::MAX;
/// How long after a loss nobody is called, so that everybody can come back.
const SETTLES_WITHIN_MS: u64 = 5_000;
/// Moves are kept longer than any question to Redis takes.
const ASKED_WITHIN: Duration = Duration::from_secs(4);
/// The mark of a place that is not known to wait.
const NOT_WAITING: u32 = 0;
/// Nothing was shown yet.
const NOTHING_SHOWN: u64 = u64::MAX;

/// The places of one drop that this replica remembers.
pub struct Memory {
    shards: Vec<Mutex<HashMap<PlaceId, Trace>>>,
    /// Places are known to wait only in the generation in which they were marked; 0 marks none.
    generation: AtomicU32,
    /// The epoch whose moves are heard; 0 before the first.
    epoch: AtomicI64,
    /// The batches of moves that were heard.
    batches: AtomicU64,
    moved: Mutex<Moved>,
    began: Instant,
    /// When moves were last heard, ms since `began`.
    heard_ms: AtomicU64,
    /// Until when a new epoch's line is taken to be incomplete, ms since `began`, and how many it had before.
    settles_ms: AtomicU64,
    expected: AtomicU64,
    room: Arc<Room>,
}

/// A place in memory.
#[derive(Clone, Copy, Debug)]
struct Trace {
    /// As the queue keeps it: not turned.
    score: Score,
    seen_ms: i64,
    looked_ms: i64,
    shown: u64,
    waits_in: u32,
    is_reported: bool,
}

/// Taken before Redis is asked about a place: what moves until it is answered is not marked as waiting.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    at: Instant,
    batches: u64,
    generation: u32,
}

/// A place that is known to wait, as it is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Its score, not turned.
    pub score: Score,
    /// The position that was last shown.
    pub shown: Option<u64>,
    /// When Redis was last asked about it, ms by the line's clock: no measurement before tells its rank better.
    pub looked_ms: i64,
}

/// What Redis said of a place that waits in the main line.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    /// The place, as it is to be remembered.
    pub place: Remembered,
    /// The position to show; none in the lobby.
    pub position: Option<u64>,
    /// How many waited.
    pub waiting: u64,
    /// When, ms by the line's clock.
    pub at_ms: i64,
}

impl Memory {
    /// Nobody yet; `room` is shared by all drops of the replica.
    pub fn new(room: Arc<Room>) -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            generation: AtomicU32::new(1),
            epoch: AtomicI64::new(0),
            batches: AtomicU64::new(0),
            moved: Mutex::default(),
            began: Instant::now(),
            heard_ms: AtomicU64::new(NEVER),
            settles_ms: AtomicU64::new(0),
            expected: AtomicU64::new(0),
            room,
        }
    }

    /// Somebody is here: `tell` gives what they are told, and the position that they are shown, if their place is known
    /// to wait. `None` where Redis must be asked.
    pub fn sight<T>(
        &self,
        place: PlaceId,
        now_ms: i64,
        tell: impl FnOnce(Waiting) -> Option<(T, Option<u64>)>,
    ) -> Option<T> {
        if !self.is_believed() {
            return None;
        }
        let generation = self.generation.load(Ordering::Acquire);
        let mut shard = self.shard(place);
        let known = shard.get_mut(&place).filter(|known| known.waits_in == generation)?;
        let (told, shown) = tell(known.waiting())?;
        known.see(now_ms);
        known.shown = shown.unwrap_or(known.shown);
        Some(told)
    }

    /// Whether the place is known to wait, without this being a sighting.
    pub fn knows_waiting(&self, place: PlaceId) -> bool {
        let generation = self.generation.load(Ordering::Acquire);
        self.is_believed() && self.shard(place).get(&place).is_some_and(|known| known.waits_in == generation)
    }

    /// To be called before Redis is asked.
    pub fn ask(&self) -> Asked {
        let generation = self.generation.load(Ordering::Acquire);
        Asked { at: Instant::now(), batches: self.batches.load(Ordering::Acquire), generation }
    }

    /// Redis said that a place waits. Gives the position that is shown: a smaller one, where that was shown before.
    pub fn waits(&self, asked: Asked, answer: &Answer) -> Option<u64> {
        let Remembered { place, score, seen_ms } = answer.place;
        let is_settling = self.is_settling(answer.waiting);
        // Held until the mark is made: a move is heard either before, and seen here, or after, and takes it away.
        let moved = lock(&self.moved);
        let is_sure = asked.at.elapsed() < ASKED_WITHIN && !moved.since(asked.batches, place);
        let mark = if is_sure { asked.generation } else { NOT_WAITING };
        let mut shard = self.shard(place);
        let known = match shard.entry(place) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(free) if self.room.take() => free.insert(Trace::new(score, seen_ms)),
            Entry::Vacant(_) => return answer.position,
        };
        known.score = score;
        known.waits_in = mark;
        known.looked_ms = answer.at_ms;
        known.see(seen_ms);
        let position = answer.position?;
        if is_settling {
            // What was shown before the loss is nearer to the truth; and nothing binds that is shown now.
            return Some(if known.shown == NOTHING_SHOWN { position } else { known.shown });
        }
        known.shown = known.shown.min(position);
        Some(known.shown)
    }

    /// These places moved, and whether each ended: none of them is known to wait any more.
    pub fn hear(&self, moves: &[(PlaceId, bool)]) {
        let mut moved = lock(&self.moved);
        let batch = self.batches.load(Ordering::Acquire) + 1;
        for (place, has_ended) in moves {
            moved.note(batch, *place);
            let mut shard = self.shard(*place);
            if *has_ended {
                if shard.remove(place).is_some() {
                    self.room.give_back(1);
                }
            } else if let Some(known) = shard.get_mut(place) {
                known.waits_in = NOT_WAITING;
            }
        }
        self.batches.store(batch, Ordering::Release);
        drop(moved);
        self.heard_ms.store(self.age_ms(), Ordering::Release);
    }

    /// This replica itself ended the place just now: the move of it will be heard with the others.
    pub fn end(&self, place: PlaceId) {
        let mut moved = lock(&self.moved);
        // As if it were in the batch that is heard next: who was asked about it before now is not marked.
        moved.note(self.batches.load(Ordering::Acquire) + 1, place);
        if self.shard(place).remove(&place).is_some() {
            self.room.give_back(1);
        }
    }

    /// A move may have been missed: nobody is known to wait until asked about again.
    pub fn doubt_all(&self) {
        self.generation.fetch_add(1, Ordering::AcqRel);
    }

    /// The epoch whose moves are heard; 0 before the first.
    pub fn epoch(&self) -> i64 {
        self.epoch.load(Ordering::Acquire)
    }

    /// The line has a new epoch: nobody is known to wait. After a loss its places come back over a moment, and until
    /// then their ranks say nothing.
    pub fn begin_epoch(&self, epoch: i64) {
        self.epoch.store(epoch, Ordering::Release);
        let generation = self.generation.load(Ordering::Acquire);
        self.doubt_all();
        let waited = |shard: &Mutex<HashMap<PlaceId, Trace>>| {
            lock(shard).values().filter(|known| known.waits_in == generation).count() as u64
        };
        self.expected.store(self.shards.iter().map(waited).sum(), Ordering::Release);
        self.settles_ms.store(self.age_ms() + SETTLES_WITHIN_MS, Ordering::Release);
    }

    /// Whether places are still missing from a line with so many, because Redis lost it a moment ago.
    pub fn is_settling(&self, waiting: u64) -> bool {
        self.age_ms() < self.settles_ms.load(Ordering::Acquire)
            && waiting * 10 < self.expected.load(Ordering::Acquire) * 9
    }

    /// Who was seen since the last report and is `worth` one; they count as reported. Who was not seen since
    /// `before_ms` is forgotten.
    pub fn sweep(&self, before_ms: i64, worth: impl Fn(Score) -> bool) -> Vec<PlaceId> {
        let mut fresh = Vec::new();
        for shard in &self.shards {
            let mut shard = lock(shard);
            let count = shard.len();
            shard.retain(|place, known| {
                if !known.is_reported && worth(known.score) {
                    known.is_reported = true;
                    fresh.push(*place);
                }
                known.seen_ms >= before_ms
            });
            self.room.give_back(count - shard.len());
        }
        fresh
    }

    /// The report of these did not arrive.
    pub fn unreported(&self, places: &[PlaceId]) {
        for place in places {
            if let Some(known) = self.shard(*place).get_mut(place) {
                known.is_reported = false;
            }
        }
    }

    /// Everybody who is remembered, in no order.
    pub fn everybody(&self) -> Vec<Remembered> {
        let shards = self.shards.iter().map(|shard| lock(shard));
        let all = shards.flat_map(|shard| {
            shard
                .iter()
                .map(|(place, known)| Remembered {
                    place: *place,
                    score: known.score,
                    seen_ms: known.seen_ms,
                })
                .collect::<Vec<_>>()
        });
        all.collect()
    }

    /// How many are remembered.
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| lock(shard).len()).sum()
    }

    /// Whether nobody is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn is_believed(&self) -> bool {
        let heard_ms = self.heard_ms.load(Ordering::Acquire);
        heard_ms != NEVER && self.age_ms().saturating_sub(heard_ms) < BELIEVED_FOR_MS
    }

    fn age_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(NEVER)
    }

    fn shard(&self, place: PlaceId) -> MutexGuard<'_, HashMap<PlaceId, Trace>> {
        // The first byte of an HMAC: the places are spread evenly.
        lock(&self.shards[usize::from(place.0.as_bytes()[0]) % SHARDS])
    }
}

impl Trace {
    fn new(score: Score, now_ms: i64) -> Self {
        Self {
            score,
            seen_ms: now_ms,
            looked_ms: 0,
            shown: NOTHING_SHOWN,
            waits_in: NOT_WAITING,
            is_reported: false,
        }
    }

    fn waiting(&self) -> Waiting {
        let shown = (self.shown != NOTHING_SHOWN).then_some(self.shown);
        Waiting { score: self.score, shown, looked_ms: self.looked_ms }
    }

    fn see(&mut self, now_ms: i64) {
        self.seen_ms = self.seen_ms.max(now_ms);
        self.is_reported = false;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
