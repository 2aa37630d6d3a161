//! What must hold after every step, seen from outside: limits, order, nobody idle, nobody set aside who was there.

use std::collections::HashMap;

use jiff::Timestamp;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use waitroom::domain::drop::{Control, Drop, one_seconds_worth};
use waitroom::domain::line::model::CALLING_RESUMES_MS;
use waitroom::domain::line::{SEEN_MS, Spot, Standing, Tick};
use waitroom::domain::place::{PlaceId, Score};

use super::steps::Step;

const UNITS_A_CALL: i64 = 60_000;

/// What an observer knows of a line.
pub struct Watch {
    excess: i64,
    burst: i64,
    last_ms: i64,
    seen: HashMap<PlaceId, i64>,
    scores: HashMap<PlaceId, Score>,
    frontier: Option<Score>,
    tick: Option<Tick>,
    calling_from_ms: i64,
    pub sold_out_ms: Option<i64>,
}

fn burst_of(drop: &Drop) -> i64 {
    i64::from(drop.settings.burst.max(one_seconds_worth(drop.settings.rate_per_minute)))
}

impl Watch {
    pub fn new(drop: &Drop, now_ms: i64) -> Self {
        Self {
            excess: 0,
            burst: burst_of(drop),
            last_ms: 0,
            seen: HashMap::new(),
            scores: HashMap::new(),
            frontier: None,
            tick: None,
            calling_from_ms: now_ms,
            sold_out_ms: None,
        }
    }

    pub fn seen(&mut self, place: PlaceId, now_ms: i64) {
        self.seen.insert(place, now_ms);
    }

    pub fn forget_scores(&mut self) {
        self.scores.clear();
    }

    /// Redis was lost, and with it until when the rate was counted; how far the line was called is in the ledger. Who is
    /// not put back may join anew.
    pub fn lost(&mut self, now_ms: i64) {
        self.last_ms = now_ms;
        self.seen.clear();
        self.scores.clear();
    }

    /// The rate's integral up to now: by so much calls may have run ahead less.
    pub fn settle(&mut self, drop: &Drop, now_ms: i64) {
        let now_ms = now_ms.max(self.last_ms);
        if let Some(opens_ms) = drop.opening().map(Timestamp::as_millisecond)
            && drop.control == Control::Open
        {
            let open_ms = now_ms - self.last_ms.max(opens_ms);
            self.excess -= open_ms.max(0) * i64::from(drop.settings.rate_per_minute);
        }
        self.last_ms = now_ms;
        if self.excess <= 0 {
            (self.excess, self.burst) = (0, burst_of(drop));
        }
    }

    pub fn changed(&mut self, drop: &Drop) {
        let burst = burst_of(drop);
        self.burst = if self.excess == 0 { burst } else { self.burst.max(burst) };
    }

    /// No overshoot of rate and burst, nor of the slots.
    pub fn ticked(&mut self, drop: &Drop, tick: &Tick) -> Result<(), TestCaseError> {
        self.settle(drop, tick.now_ms);
        self.excess += i64::try_from(tick.called).unwrap() * UNITS_A_CALL;
        prop_assert!(self.excess <= self.burst * UNITS_A_CALL, "{} units ahead of the rate", self.excess);
        let most = u64::from(drop.settings.max_active);
        prop_assert!(tick.called == 0 || tick.active <= most, "{} slots of {most}", tick.active);
        self.tick = Some(tick.clone());
        Ok(())
    }

    pub fn check(
        &mut self,
        drop: &Drop,
        step: &Step,
        standings: &[Standing],
        track_below: Score,
        units: i64,
    ) -> Result<(), TestCaseError> {
        if matches!(step, Step::Lose(..)) {
            self.calling_from_ms = standings[0].now_ms + CALLING_RESUMES_MS;
        }
        // Who has been away for too long was away, also when the clock is set back after that.
        let now_ms = standings[0].now_ms;
        self.seen.retain(|_, seen_ms| now_ms - *seen_ms <= SEEN_MS);
        for standing in standings {
            self.check_score(step, standing)?;
        }
        if let (Step::Call(_), Some(tick)) = (step, self.tick.take()) {
            for standing in standings {
                self.check_tick(drop, &tick, standing, track_below, units)?;
            }
            self.frontier = tick.frontier;
        }
        Ok(())
    }

    /// A place's score never changes, but for a lower one that comes back after a loss.
    fn check_score(&mut self, step: &Step, standing: &Standing) -> Result<(), TestCaseError> {
        let (place, score) = match &standing.spot {
            Spot::Queued { place, score, .. } | Spot::Aside { place, score, .. } => (*place, *score),
            Spot::Called { place, slot } => (*place, slot.score),
            // Who comes back into the lobby has the score of the draw, whatever was put back before.
            Spot::Gone { place, .. } => {
                self.scores.remove(place);
                return Ok(());
            }
            Spot::Unknown => return Ok(()),
        };
        let before = self.scores.insert(place, score).unwrap_or(score);
        let is_put_back = matches!(step, Step::PutBack(..)) && score < before;
        prop_assert!(before == score || is_put_back, "{place} had {before}, now {score}");
        Ok(())
    }

    fn check_tick(
        &self,
        drop: &Drop,
        tick: &Tick,
        standing: &Standing,
        track_below: Score,
        units: i64,
    ) -> Result<(), TestCaseError> {
        let seen =
            |place: &PlaceId| self.seen.get(place).is_some_and(|seen_ms| tick.now_ms - seen_ms <= SEEN_MS);
        let grace_ms = i64::from(drop.settings.return_grace_s) * 1_000;
        match &standing.spot {
            Spot::Aside { place, until_ms, .. }
                if *until_ms == tick.now_ms + grace_ms && tick.set_aside > 0 =>
            {
                prop_assert!(!seen(place), "{place} was there and was set aside");
            }
            Spot::Queued { place, score, on_side, .. } => {
                let is_overtaken = tick.frontier > self.frontier && tick.frontier > Some(*score) && !on_side;
                prop_assert!(!is_overtaken, "{place} at {score} was overtaken: {tick:?}");
                let sold_out = self.sold_out_ms.is_some_and(|at_ms| tick.now_ms - at_ms <= 3_000);
                let opened = drop.opening().is_some_and(|opens_at| opens_at.as_millisecond() <= tick.now_ms);
                let may_call = drop.control == Control::Open
                    && opened
                    && !sold_out
                    && !(tick.now_ms + 1..=tick.now_ms + CALLING_RESUMES_MS).contains(&self.calling_from_ms)
                    && tick.active < u64::from(drop.settings.max_active)
                    && units >= UNITS_A_CALL;
                let waits_for_nothing = may_call && seen(place) && *score < track_below;
                prop_assert!(
                    !waits_for_nothing,
                    "{place} is there and is not called: {tick:?}, {units} units"
                );
            }
            _ => {}
        }
        Ok(())
    }
}
