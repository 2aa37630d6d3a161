//! The horizon: how far ahead the replicas report whom they saw, and how far the front may therefore be called. Nobody
//! is called or set aside beyond the part that was reported on for long enough to know who is there.

use crate::domain::place::Score;

/// Nobody who waits asks less often, ms: phones and hidden tabs do once a minute.
pub const POLL_INTERVAL_MS: i64 = 65_000;
/// Who was seen in this time is present, ms.
pub const SEEN_MS: i64 = 150_000;
/// When nobody looked for longer, ms, who was present before counts as present until they could ask again.
pub const BLIND_MS: i64 = 60_000;

/// For how long ahead the rate is looked at, seconds: two intervals.
const AHEAD_S: u64 = 130;
/// The fewest places that are reported on.
const LEAST: u64 = 2_000;
/// At least one in so many is taken to be present.
const MOST_ABSENT: u64 = 16;
/// How many times further the horizon may reach while too few within it are present, and by what it grows.
const MOST_REACH: u64 = 4_096;
const GROWTH: u64 = 4;
/// The horizon moves out at most this often, ms.
const RAISE_EVERY_MS: i64 = 5_000;

/// Every place below this score was reported on since then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The score, turned.
    pub below: Score,
    /// Since when, ms; 0 once that is long enough.
    pub since_ms: i64,
}

/// The horizon of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Horizon {
    /// By score, which is also by age: the further, the younger. Never empty.
    steps: Vec<Step>,
    reach: u64,
    raised_ms: i64,
}

impl Default for Horizon {
    /// Everybody is reported on, from the beginning.
    fn default() -> Self {
        Self { steps: vec![Step { below: Score::END, since_ms: 0 }], reach: 1, raised_ms: 0 }
    }
}

/// What the horizon is moved by.
#[derive(Clone, Copy, Debug)]
pub struct Demand {
    /// Calls a minute.
    pub rate_per_minute: u32,
    /// Calls at once.
    pub burst: u32,
    /// Whether the order is still to be decided, so that everybody may be the next.
    pub is_undecided: bool,
}

/// What the horizon must know of the line.
pub trait Front {
    /// How many places have a lower score.
    fn count_below(&self, score: Score) -> u64;
    /// The score of the place with this rank, which is there.
    fn score_at(&self, rank: u64) -> Score;
    /// How many places there are.
    fn length(&self) -> u64;
    /// Of the first so many places: how many were looked at, and how many of them are present.
    fn sample(&self, first: u64) -> (u64, u64);
}

fn is_live(step: Step, now_ms: i64) -> bool {
    now_ms - step.since_ms >= POLL_INTERVAL_MS
}

impl Horizon {
    /// Sightings count below this score.
    pub fn track_below(&self) -> Score {
        self.steps.last().map_or(Score::END, |step| step.below)
    }

    /// Places below this score may be called, and set aside when they are absent.
    pub fn live_below(&self, now_ms: i64) -> Score {
        self.live(now_ms).map_or(Score(0), |step| step.below)
    }

    fn live(&self, now_ms: i64) -> Option<Step> {
        self.steps.iter().rev().copied().find(|step| is_live(*step, now_ms))
    }

    /// Everybody is reported on from now on: the order has changed.
    pub fn begin_again(&mut self, now_ms: i64) {
        if self.steps.len() > 1 || self.track_below() != Score::END {
            *self = Self { steps: vec![Step { below: Score::END, since_ms: now_ms }], ..Self::default() };
        }
    }

    /// Moves it to where the rate can reach.
    pub fn follow(&mut self, demand: Demand, front: &impl Front, now_ms: i64) {
        if let Some(live) = self.live(now_ms) {
            self.steps.retain(|step| step.below >= live.below);
            self.steps[0].since_ms = 0;
        }
        let (len, track) = (front.length(), self.track_below());
        let needed = self.needed(demand, front, now_ms);
        let tracked = if track == Score::END { len } else { front.count_below(track) };
        let to = needed + needed / 4;
        let beyond = if demand.is_undecided || to >= len { Score::END } else { front.score_at(to) };
        let is_due = now_ms < self.raised_ms || now_ms - self.raised_ms >= RAISE_EVERY_MS;
        if demand.is_undecided || needed >= len || tracked < needed {
            if track < beyond && is_due {
                self.steps.push(Step { below: beyond, since_ms: now_ms });
                self.raised_ms = now_ms;
            }
        } else if tracked > 3 * needed && beyond < track {
            let since_ms =
                self.steps.iter().find(|step| step.below >= beyond).map_or(0, |step| step.since_ms);
            self.steps.retain(|step| step.below < beyond);
            self.steps.push(Step { below: beyond, since_ms });
        }
    }

    /// How many of the first places must be reported on.
    fn needed(&mut self, demand: Demand, front: &impl Front, now_ms: i64) -> u64 {
        let rate = u64::from(demand.rate_per_minute);
        let wanted = u64::from(demand.burst) + (rate * AHEAD_S).div_ceil(60);
        let live = front.count_below(self.live_below(now_ms));
        let (sampled, present) = front.sample(live);
        if sampled == 0 {
            return wanted.max(LEAST) * self.reach;
        }
        let is_settled = self.steps.len() == 1 && is_live(self.steps[0], now_ms);
        if live < front.length() && is_settled && present * live < wanted * sampled {
            self.reach = (self.reach * GROWTH).min(MOST_REACH);
        } else if present * live >= 2 * wanted * sampled {
            self.reach = (self.reach / GROWTH).max(1);
        }
        let present = present.max(sampled.div_ceil(MOST_ABSENT));
        (wanted * sampled).div_ceil(present).max(LEAST) * self.reach
    }
}
