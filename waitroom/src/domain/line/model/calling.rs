//! What a tick does, in the model.

use jiff::Timestamp;
use shared::drop::HEALTH_MAX_AGE_MS;
use shared::ids::Sid;

use super::{GoneReason, Model, Record, Tick};
use crate::domain::drop::{Control, Drop, OnLapse, one_seconds_worth};
use crate::domain::ledger::{EntryId, Fact, Lapse, Outcome, Source};
use crate::domain::line::BATCH;
use crate::domain::place::{PlaceId, Score};

/// A rate a minute times milliseconds, in this unit, is exact.
const UNITS_A_CALL: u64 = 60_000;
/// How long the ledger may take to learn of a call.
const RECORD_ALLOWANCE_MS: i64 = 3_600_000;

impl Model {
    pub(super) fn call_next(&mut self, sids: Sid, now_ms: i64) -> Tick {
        let freed = self.free_lapsed(now_ms);
        self.settle(now_ms);
        let sold_out = self
            .stock
            .as_ref()
            .is_some_and(|stock| now_ms - stock.at_ms <= HEALTH_MAX_AGE_MS && stock.free == 0);
        let max_active = u64::from(self.drop.settings.max_active);
        let room = BATCH
            .min(self.credit.units / UNITS_A_CALL)
            .min(max_active.saturating_sub(self.slots.len() as u64));
        let mut called = 0;
        while self.is_calling(now_ms) && !sold_out && called < room {
            let Some((place, score, source)) = self.take_next() else { break };
            let sid = Sid(PlaceId(sids.0).of_generation(u16::try_from(called).unwrap_or_default()).0);
            self.call(place, score, source, sid, now_ms);
            called += 1;
        }
        Tick {
            now_ms,
            epoch: self.epoch,
            called,
            freed,
            waiting: (self.queue.len() + self.side.len()) as u64,
            active: self.slots.len() as u64,
            opened: self.has_opened(now_ms),
            frontier: self.frontier,
            calls: self.credit.calls,
        }
    }

    fn take_next(&mut self) -> Option<(PlaceId, Score, Source)> {
        if let Some((score, place)) = self.side.pop_first() {
            return Some((place, score, Source::Side));
        }
        let (score, place) = self.queue.pop_first()?;
        if self.frontier.is_some_and(|frontier| score < frontier) {
            return Some((place, score, Source::Late));
        }
        self.frontier = Some(score);
        Some((place, score, Source::Front))
    }

    fn call(&mut self, place: PlaceId, score: Score, source: Source, sid: Sid, now_ms: i64) {
        let lives_until_ms =
            now_ms + i64::from(self.drop.settings.claim_window_s) * 1_000 + RECORD_ALLOWANCE_MS;
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
        self.credit.units -= UNITS_A_CALL;
        self.credit.calls += 1;
        self.tell(now_ms, Fact::Called { place, sid, score, source, lives_until_ms });
    }

    fn free_lapsed(&mut self, now_ms: i64) -> u64 {
        let mut lapsed: Vec<(i64, Sid)> =
            self.slots.iter().map(|(sid, lives_until)| (*lives_until, *sid)).collect();
        lapsed.retain(|(lives_until, _)| *lives_until <= now_ms);
        lapsed.sort_unstable();
        for (lives_until, sid) in &lapsed {
            self.slots.remove(sid);
            let Some(record) = self.clear(*sid) else { continue };
            let lapse = match record.claimed_ms {
                None => Lapse::Unclaimed,
                Some(_) if *lives_until > record.unused_until_ms => Lapse::Expired,
                Some(_) => Lapse::Unused,
            };
            let outcome = self.outcome(&record, lapse);
            self.tell(now_ms, Fact::Freed { place: Some(record.place), sid: *sid, lapse, outcome });
        }
        lapsed.len() as u64
    }

    fn outcome(&mut self, record: &Record, lapse: Lapse) -> Outcome {
        let place = record.place;
        match self.drop.settings.on_lapse {
            _ if lapse == Lapse::Expired => self.end(place, GoneReason::Finished, None),
            OnLapse::Requeue if place.generation() < u16::MAX => {
                let (successor, score) = (place.of_generation(place.generation() + 1), self.arrive());
                self.end(place, GoneReason::Requeued, Some(score));
                self.queue.insert((score, successor));
                return Outcome::Requeued { successor, score };
            }
            OnLapse::Keep if !record.from_side => {
                self.side.insert((record.score, place));
                return Outcome::Kept;
            }
            _ => self.end(place, GoneReason::Lapsed, None),
        }
        Outcome::Ended
    }

    fn opening_and_closing_ms(&self) -> (Option<i64>, Option<i64>) {
        let settings = &self.drop.settings;
        (settings.opens_at.map(Timestamp::as_millisecond), settings.closes_at.map(Timestamp::as_millisecond))
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
        let opened_at = self.drop.settings.opens_at.filter(|opens_at| opens_at.as_millisecond() <= now_ms);
        self.drop = drop.clone();
        if opened_at.is_some() {
            self.drop.settings.opens_at = opened_at;
        }
        if self.drop.limits() != before {
            self.tell(now_ms, Fact::Limits(self.drop.limits()));
        }
    }

    pub(super) fn mark_recorded(&mut self, last: EntryId, now_ms: i64) -> u64 {
        let due_ms = now_ms + i64::from(self.drop.settings.claim_window_s) * 1_000;
        let later = self.unrecorded.split_off(self.unrecorded.partition_point(|entry| entry.id <= last));
        let mut claimable = 0;
        for entry in std::mem::replace(&mut self.unrecorded, later) {
            match entry.fact {
                Fact::Called { sid, .. } => {
                    let Some(record) = self.admissions.get_mut(&sid).filter(|record| record.due_ms.is_none())
                    else {
                        continue;
                    };
                    record.due_ms = Some(due_ms);
                    self.slots.entry(sid).and_modify(|lives_until| *lives_until = due_ms);
                    claimable += 1;
                }
                Fact::Finished { sid, .. } => {
                    if let Some(record) = self.clear(sid) {
                        self.end(record.place, GoneReason::Finished, None);
                    }
                }
                _ => {}
            }
        }
        claimable
    }
}
