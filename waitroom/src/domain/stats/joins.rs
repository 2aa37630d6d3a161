//! Who came when: from samples of the line, taken every ten seconds while it changes. Arrivals after opening are counted
//! in their scores, so that a sample of the counter tells when each of them came.

use super::{ByMinute, minute_of};
use crate::domain::place::{FIRST_ARRIVAL, Score};

/// How far apart samples are taken, ms.
const STEP_MS: i64 = 10_000;

/// The line at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// When, ms.
    pub at_ms: i64,
    /// The epoch.
    pub epoch: i64,
    /// Places taken after opening in this epoch so far.
    pub arrivals: u64,
    /// How many were in the lobby; 0 after opening.
    pub gathered: u64,
    /// How many waited.
    pub waiting: u64,
    /// How many slots were taken.
    pub active: u64,
    /// Estimates that were found to hold, in these ten seconds.
    pub estimates_held: u64,
    /// And those that were not.
    pub estimates_missed: u64,
}

/// What the samples of a drop say.
#[derive(Clone, Debug, Default)]
pub struct Joins {
    samples: Vec<Sample>,
    opened_ms: Option<i64>,
    lobby: Option<u64>,
    /// Estimates that were found to hold.
    pub estimates_held: u64,
    /// And those that were not.
    pub estimates_missed: u64,
}

/// A minute by the samples in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct JoinedMinute {
    pub joined: u64,
    pub waiting: u64,
    pub active: u64,
}

impl Joins {
    /// From all samples, oldest first; `lobby` is how many the roster of the draw has, once there is one.
    pub fn of(samples: Vec<Sample>, opened_ms: Option<i64>, lobby: Option<u64>) -> Self {
        let held = samples.iter().map(|sample| sample.estimates_held).sum();
        let missed = samples.iter().map(|sample| sample.estimates_missed).sum();
        Self { samples, opened_ms, lobby, estimates_held: held, estimates_missed: missed }
    }

    /// Since when a place with this score had waited, ms: who was drawn since the opening, who arrived since then.
    pub(super) fn since_ms(&self, score: Score) -> Option<i64> {
        let Some(arrived) = score.0.checked_sub(FIRST_ARRIVAL.0) else { return self.opened_ms };
        let (epoch, arrival) = (i64::try_from(arrived >> 36).unwrap_or(i64::MAX), arrived & ((1 << 36) - 1));
        let next = self.samples.partition_point(|sample| (sample.epoch, sample.arrivals) < (epoch, arrival));
        let before = next.checked_sub(1).map(|index| &self.samples[index]);
        let Some(after) = self.samples.get(next) else {
            // Not sampled yet: it came a moment ago, or before the first sample.
            return before.map(|sample| sample.at_ms).or(self.opened_ms);
        };
        let counted = before.filter(|before| before.epoch == after.epoch).map_or(0, |before| before.arrivals);
        let from_ms = after.at_ms - STEP_MS;
        let from_ms = before.map_or(from_ms, |before| before.at_ms.max(from_ms));
        let (part, whole) = (arrival.saturating_sub(counted), (after.arrivals - counted).max(1));
        let way = i64::try_from(part.min(whole)).unwrap_or(0) * (after.at_ms - from_ms);
        Some(from_ms + way / i64::try_from(whole).unwrap_or(i64::MAX))
    }

    /// How many places were taken, successors included.
    pub(super) fn total(&self) -> u64 {
        self.lobby() + self.steps().map(|(_, taken)| taken).sum::<u64>()
    }

    fn lobby(&self) -> u64 {
        let gathered =
            || self.samples.iter().rfind(|sample| sample.gathered > 0).map(|sample| sample.gathered);
        self.lobby.or_else(gathered).unwrap_or(0)
    }

    /// Each sample, with how many were taken after opening since the one before.
    fn steps(&self) -> impl Iterator<Item = (&Sample, u64)> {
        let mut before = (0, 0);
        self.samples.iter().map(move |sample| {
            let counted = if before.0 == sample.epoch { before.1 } else { 0 };
            before = (sample.epoch, sample.arrivals.max(counted));
            (sample, sample.arrivals.saturating_sub(counted))
        })
    }

    pub(super) fn by_minute(&self) -> ByMinute<JoinedMinute> {
        let mut minutes: ByMinute<JoinedMinute> = ByMinute::new();
        let mut gathered = 0;
        for (sample, taken) in self.steps() {
            let minute = minutes.entry(minute_of(sample.at_ms)).or_default();
            minute.joined += taken + sample.gathered.saturating_sub(gathered);
            gathered = gathered.max(sample.gathered);
            (minute.waiting, minute.active) = (sample.waiting, sample.active);
        }
        minutes
    }
}
