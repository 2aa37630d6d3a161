//! Whether estimates hold: a sample of the ranges that were shown is remembered, and checked when the place is called.

use std::collections::HashMap;

use crate::domain::place::{Eta, PlaceId};

/// How many ranges a replica remembers of a drop.
const MOST: usize = 10_000;
/// While there are fewer, every fourth range that is shown is remembered; then every sixty-fourth.
const FEW: usize = 1_000;
const SHARE_WHILE_FEW: f64 = 0.25;
const SHARE: f64 = 1.0 / 64.0;
/// Ranges are whole seconds, and who is called hears of it at the next tick.
const ROUNDING_MS: i64 = 500;

/// Ranges that were shown, each until its place is called. A place has one at a time.
#[derive(Debug, Default)]
pub struct Promises {
    ranges: HashMap<PlaceId, (i64, i64)>,
    checked: Checked,
}

/// How many of the ranges held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// The place was called within the range.
    pub held: u64,
    /// It was called before or after it.
    pub missed: u64,
}

impl Promises {
    /// Whether a range may be one of the sample at all: most are not, and need not ask.
    pub fn may_want(chance: f64) -> bool {
        chance < SHARE_WHILE_FEW
    }

    /// Whether a range that is shown is one of the sample; `chance` is uniform from 0 to 1.
    pub fn wants(&self, chance: f64) -> bool {
        let share = if self.ranges.len() < FEW { SHARE_WHILE_FEW } else { SHARE };
        self.ranges.len() < MOST && chance < share
    }

    /// Somebody was shown this range.
    pub fn make(&mut self, place: PlaceId, now_ms: i64, eta: Eta) {
        let ms = |seconds: u64| i64::try_from(seconds).unwrap_or(i64::MAX / 4_000).saturating_mul(1_000);
        let range = (now_ms + ms(eta.low_s) - ROUNDING_MS, now_ms + ms(eta.high_s) + ROUNDING_MS);
        self.ranges.entry(place).or_insert(range);
    }

    /// The place was called.
    pub fn called(&mut self, place: PlaceId, at_ms: i64) {
        if let Some((from_ms, until_ms)) = self.ranges.remove(&place) {
            self.count((from_ms..=until_ms).contains(&at_ms));
        }
    }

    /// The place left the line or was set aside: nothing can be said.
    pub fn release(&mut self, place: PlaceId) {
        self.ranges.remove(&place);
    }

    /// Nothing that was promised can be checked any more.
    pub fn release_all(&mut self) {
        self.ranges.clear();
    }

    /// Ranges that are over, their places not called, did not hold.
    pub fn expire(&mut self, now_ms: i64) {
        let before = self.ranges.len();
        self.ranges.retain(|_, (_, until_ms)| *until_ms >= now_ms);
        self.checked.missed += (before - self.ranges.len()) as u64;
    }

    /// What was checked since this was last asked.
    pub fn take(&mut self) -> Checked {
        std::mem::take(&mut self.checked)
    }

    fn count(&mut self, held: bool) {
        if held {
            self.checked.held += 1;
        } else {
            self.checked.missed += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn place(n: u128) -> PlaceId {
        PlaceId(Uuid::from_u128(n))
    }

    #[test]
    fn a_range_holds_when_its_place_is_called_within_it() {
        let mut promises = Promises::default();
        for n in 0..6 {
            promises.make(place(n), 0, Eta { low_s: 10, high_s: 20 });
        }
        promises.make(place(0), 0, Eta { low_s: 0, high_s: 1 });
        promises.called(place(0), 10_000);
        promises.called(place(1), 20_400);
        promises.called(place(2), 9_000);
        promises.called(place(2), 15_000);
        promises.release(place(3));
        promises.called(place(3), 15_000);
        promises.expire(20_000);
        promises.expire(21_000);
        assert_eq!(promises.take(), Checked { held: 2, missed: 3 });
        assert_eq!(promises.take(), Checked::default());
    }

    #[test]
    fn the_sample_is_bounded_and_thin_in_a_long_line() {
        let mut promises = Promises::default();
        assert!(promises.wants(0.2) && !promises.wants(0.3));
        for n in 0..u128::try_from(MOST).unwrap() {
            promises.make(place(n), 0, Eta { low_s: 1, high_s: 2 });
            assert!(n < 1_000 || !promises.wants(0.1));
        }
        assert!(!promises.wants(0.0));
    }
}
