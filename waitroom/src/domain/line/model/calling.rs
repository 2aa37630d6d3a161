//! What a tick does, in the model.

use jiff::Timestamp;
use shared::drop::HEALTH_MAX_AGE_MS;
use shared::ids::Sid;

use super::{CALLING_RESUMES_MS, GoneReason, Model, Record, Spot, Tick, What};
use crate::domain::drop::{Control, Drop, one_seconds_worth};
use crate::domain::ledger::{EntryId, Fact, IdleReason, Source};
use crate::domain::line::{BATCH, LOOKS};
use crate::domain::place::{PlaceId, Score};

/// A rate a minute times milliseconds, in this unit, is exact.
const UNITS_A_CALL: u64 = 60_000;
/// How long the ledger may take to learn of a call.
const RECORD_ALLOWANCE_MS: i64 = 3_600_000;
/// Longer than this nobody may fail to look, ms.
const IDLE_MS: i64 = 1_000;
/// The most passes that one tick honours.
const PASSES: usize = 100;

/// Places that a tick took.
#[derive(Default)]
struct Taken {
    present: Vec<(PlaceId, Score, Source)>,
    absent: Vec<(PlaceId, Score)>,
    looks: u64,
}

impl Model {
    pub(super) fn call_next(&mut self, sids: Sid, idle: IdleReason, now_ms: i64) -> Tick {
        let freed = self.free_lapsed(now_ms);
        self.settle(now_ms);
        let ticked_ms = self.presence.ticked_ms;
        self.note_tick(now_ms);
        if self.has_opened(now_ms) {
            self.honour_passes(now_ms);
        }
        let taken = self.take_next(now_ms);
        if let Some(since_ms) = ticked_ms.filter(|ticked_ms| now_ms - ticked_ms > IDLE_MS)
            && !taken.present.is_empty()
        {
            self.tell(now_ms, Fact::Idle { since_ms, reason: idle });
        }
        self.set_aside(&taken.absent, now_ms);
        let called = self.call(&taken.present, sids, now_ms);
        Tick {
            now_ms,
            epoch: self.epoch,
            called,
            freed,
            set_aside: taken.absent.len() as u64,
            has_more: called == BATCH || freed == BATCH || taken.looks == LOOKS,
            waiting: self.queue.len() + self.side.len(),
            side: self.side.len(),
            active: self.slots.len() as u64,
            opened: self.has_opened(now_ms),
            frontier: self.frontier,
            calls: self.credit.calls,
        }
    }

    /// How many may be called now.
    fn room(&self, now_ms: i64) -> u64 {
        let sold_out = self
            .stock
            .as_ref()
            .is_some_and(|stock| now_ms - stock.at_ms <= HEALTH_MAX_AGE_MS && stock.free == 0);
        // More than that is to go: the clock was set back.
        let resumes = (now_ms + 1..=now_ms + CALLING_RESUMES_MS).contains(&self.calling_from_ms);
        if sold_out || !self.is_calling(now_ms) || resumes {
            return 0;
        }
        let max_active = u64::from(self.drop.settings.max_active);
        BATCH.min(self.credit.units / UNITS_A_CALL).min(max_active.saturating_sub(self.slots.len() as u64))
    }

    /// Places of visitors with a pass go to the side list.
    fn honour_passes(&mut self, now_ms: i64) {
        let due: Vec<String> = self.passes_due.iter().take(PASSES).cloned().collect();
        let mut passed = Vec::new();
        for base in due {
            self.passes_due.remove(&base);
            let first = format!("{base}0000").parse().expect("a base is a place's id without its generation");
            let Spot::Queued { place, score, on_side: false, .. } = self.spot(PlaceId(first)) else {
                continue;
            };
            self.take_out(place, score, now_ms);
            self.side.insert(place, score);
            passed.push((place, score));
        }
        if !passed.is_empty() {
            let facts = passed.iter().map(|(place, score)| Fact::Passed { place: *place, score: *score });
            self.tell_all(now_ms, facts);
            self.moved(What::Side, &passed.iter().map(|(place, _)| *place).collect::<Vec<_>>());
        }
    }

    /// Takes from the side list and then from the front who is next, as far as there is room.
    fn take_next(&mut self, now_ms: i64) -> Taken {
        let (live_below, since_ms) = (self.horizon.live_below(now_ms), self.seen_since(now_ms));
        let room = self.room(now_ms);
        let mut taken = Taken::default();
        while (taken.present.len() as u64) < room && taken.looks < LOOKS {
            let side = self.side.first();
            let front = self.queue.first().filter(|(score, _)| *score < live_below);
            let Some((score, place)) = side.or(front) else { break };
            taken.looks += 1;
            self.side.remove(place);
            self.take_out(place, score, now_ms);
            // Far in front of the horizon nobody is reported on: such a place is in the side list by a pass.
            if !self.is_present(place, since_ms) && score < live_below {
                taken.absent.push((place, score));
            } else if side.is_some() {
                taken.present.push((place, score, Source::Side));
            } else if self.frontier.is_some_and(|frontier| score < frontier) {
                taken.present.push((place, score, Source::Late));
            } else {
                self.frontier = Some(score);
                taken.present.push((place, score, Source::Front));
            }
        }
        taken
    }

    fn call(&mut self, places: &[(PlaceId, Score, Source)], sids: Sid, now_ms: i64) -> u64 {
        let lives_until_ms =
            now_ms + i64::from(self.drop.settings.claim_window_s) * 1_000 + RECORD_ALLOWANCE_MS;
        let mut facts = Vec::new();
        for (index, (place, score, source)) in (0..).zip(places) {
            let (place, score, source) = (*place, *score, *source);
            let sid = Sid(PlaceId(sids.0).of_generation(index).0);
            let record = Record {
                place,
                score,
                from_side: source == Source::Side,
                due_ms: None,
                claimed_ms: None,
                issued_ms: 0,
                expires_ms: 0,
                unused_until_ms: 0,
            };
            self.slots.insert(sid, lives_until_ms);
            self.admissions.insert(sid, record);
            self.places.insert(place, sid);
            facts.push(Fact::Called { place, sid, score, source, lives_until_ms });
        }
        let called = places.len() as u64;
        if called > 0 {
            self.credit.units -= called * UNITS_A_CALL;
            self.credit.calls += called;
            self.tell_all(now_ms, facts);
            self.moved(What::Called, &places.iter().map(|(place, ..)| *place).collect::<Vec<_>>());
        }
        called
    }

    fn opening_and_closing_ms(&self) -> (Option<i64>, Option<i64>) {
        let settings = &self.drop.settings;
        (
            self.drop.opening().map(Timestamp::as_millisecond),
            settings.closes_at.map(Timestamp::as_millisecond),
        )
    }

    fn is_calling(&self, now_ms: i64) -> bool {
        let (opens_ms, closes_ms) = self.opening_and_closing_ms();
        self.drop.control == Control::Open
            && opens_ms.is_some_and(|opens_ms| opens_ms <= now_ms)
            && closes_ms.is_none_or(|closes_ms| now_ms < closes_ms)
    }

    /// Credit grows while the drop is open, up to one burst.
    fn settle(&mut self, now_ms: i64) {
        let (opens_ms, closes_ms) = self.opening_and_closing_ms();
        let at_ms = self.credit.at_ms.unwrap_or(now_ms);
        if let Some(opens_ms) =
            opens_ms.filter(|opens_ms| self.drop.control == Control::Open && *opens_ms <= now_ms)
        {
            let settings = &self.drop.settings;
            let grew_ms = now_ms.min(closes_ms.unwrap_or(now_ms)) - at_ms.max(opens_ms);
            let grew = u64::try_from(grew_ms).unwrap_or_default() * u64::from(settings.rate_per_minute);
            let most =
                u64::from(settings.burst.max(one_seconds_worth(settings.rate_per_minute))) * UNITS_A_CALL;
            self.credit.units = (self.credit.units + grew).min(most);
        }
        self.credit.at_ms = Some(at_ms.max(now_ms));
    }

    pub(super) fn write_settings(&mut self, drop: &Drop, now_ms: i64) {
        if drop.version <= self.drop.version {
            return;
        }
        self.settle(now_ms);
        let before = self.drop.limits();
        let opened_at = self.drop.opening().filter(|opens_at| opens_at.as_millisecond() <= now_ms);
        self.drop = drop.clone();
        self.turn_to(drop.turn(), now_ms);
        if opened_at.is_some() {
            self.drop.settings.opens_at = opened_at;
        }
        if self.drop.limits() != before {
            self.tell(now_ms, Fact::Limits(self.drop.limits()));
        }
    }

    /// Another salt: another order of those whom the draw gave a score.
    fn turn_to(&mut self, turn: u64, now_ms: i64) {
        if turn != self.turn {
            let places: Vec<(Score, PlaceId)> = self.queue.iter().collect();
            for (score, place) in places {
                self.queue.insert(place, score.unturned(self.turn).turned(turn));
            }
            self.turn = turn;
            self.horizon.begin_again(now_ms);
        }
    }

    pub(super) fn mark_recorded(&mut self, last: EntryId, now_ms: i64) -> u64 {
        let due_ms = now_ms + i64::from(self.drop.settings.claim_window_s) * 1_000;
        let later = self.unrecorded.split_off(self.unrecorded.partition_point(|entry| entry.id <= last));
        let mut claimable = Vec::new();
        for entry in std::mem::replace(&mut self.unrecorded, later) {
            match entry.fact {
                Fact::Called { sid, .. } => {
                    let Some(record) = self.admissions.get_mut(&sid).filter(|record| record.due_ms.is_none())
                    else {
                        continue;
                    };
                    record.due_ms = Some(due_ms);
                    self.slots.entry(sid).and_modify(|lives_until| *lives_until = due_ms);
                    claimable.push(record.place);
                }
                Fact::Finished { sid, .. } => {
                    if let Some(record) = self.clear(sid) {
                        self.end(record.place, GoneReason::Finished, None);
                    }
                }
                _ => {}
            }
        }
        self.moved(What::Claimable { due_ms }, &claimable);
        claimable.len() as u64
    }
}
