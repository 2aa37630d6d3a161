//! How long a wait may be, how much of it is behind, and when to ask again.

use std::collections::VecDeque;

use crate::domain::place::{Eta, PlaceId, Score};

/// How often somebody asks whose place is over.
pub const POLL_WHEN_OVER_MS: u64 = 30_000;
/// Near the front.
const POLL_NEAR_MS: u64 = 1_000;
/// In the lobby, where nothing changes before the opening.
const POLL_LOBBY_MS: u64 = 3_000;
/// How many places are near the front.
const NEAR: u64 = 100;
/// How long the speed is measured over, ms.
const WINDOW_MS: i64 = 60_000;

/// How fast the line moves, measured.
#[derive(Clone, Debug, Default)]
pub struct Pace {
    /// The highest score called.
    pub frontier: Option<Score>,
    /// Calls a minute that the operator allows.
    pub rate_per_minute: u32,
    /// Calls so far, by time, ms, oldest first; of one epoch.
    samples: VecDeque<(i64, u64)>,
}

impl Pace {
    /// The pace after another look: `calls` so far at `now_ms`. A count that falls is another epoch's.
    #[must_use]
    pub fn after(&self, now_ms: i64, calls: u64, frontier: Option<Score>, rate_per_minute: u32) -> Self {
        let mut samples = self.samples.clone();
        if samples.back().is_some_and(|(at, before)| *before > calls || *at > now_ms) {
            samples.clear();
        }
        if samples.back().is_none_or(|(at, _)| now_ms - at >= 1_000) {
            samples.push_back((now_ms, calls));
        }
        while samples.len() > 2 && samples.front().is_some_and(|(at, _)| now_ms - at > WINDOW_MS) {
            samples.pop_front();
        }
        Self { frontier, rate_per_minute, samples }
    }

    /// Calls a minute over the last minute; `None` until it has been watched for a few seconds.
    pub fn calls_per_minute(&self) -> Option<f64> {
        let ((from, before), (to, after)) = (self.samples.front()?, self.samples.back()?);
        let elapsed_ms = to - from;
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        (elapsed_ms >= 3_000).then(|| (after - before) as f64 * 60_000.0 / elapsed_ms as f64)
    }

    /// How long `ahead` places and the next take: between the operator's rate and the measured speed.
    pub fn eta(&self, ahead: u64) -> Option<Eta> {
        let allowed = f64::from(self.rate_per_minute);
        let measured = self.calls_per_minute().unwrap_or(allowed);
        let (slow, fast) = (measured.min(allowed), measured.max(allowed));
        if slow <= 0.0 {
            return None;
        }
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "an estimate"
        )]
        let seconds = |calls_per_minute: f64| ((ahead + 1) as f64 * 60.0 / calls_per_minute).min(1e9) as u64;
        Some(Eta { low_s: seconds(fast), high_s: seconds(slow) + 1 })
    }
}

/// How much of the wait is behind, 0 to 1. A drawn score is uniform, so the share of it that was called is the share
/// of those before it; an arrival is measured against how many were before it when it was taken.
#[expect(clippy::cast_precision_loss, reason = "an estimate")]
pub fn progress(rank: u64, score: Score, began_behind: Option<u64>, frontier: Option<Score>) -> f64 {
    let progress = match (began_behind, frontier) {
        (Some(began), _) => 1.0 - rank as f64 / (began + 1) as f64,
        (None, Some(frontier)) if score.is_drawn() => frontier.0 as f64 / (score.0 + 1) as f64,
        (None, _) => 0.0,
    };
    progress.clamp(0.0, 1.0)
}

/// When a waiting visitor asks again: the nearer, the sooner; a tenth more or less by the place's id, so that not all
/// ask at once. `rank` is `None` in the lobby.
pub fn poll_after_ms(rank: Option<u64>, place: PlaceId) -> u64 {
    let plain = match rank {
        None => POLL_LOBBY_MS,
        Some(rank) if rank < NEAR => POLL_NEAR_MS,
        Some(rank) => (POLL_NEAR_MS + (rank - NEAR) * 10).min(POLL_WHEN_OVER_MS),
    };
    let jitter = u64::from(place.0.as_bytes()[0]) % 21;
    plain * (90 + jitter) / 100
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_eta_lies_between_the_allowed_and_the_measured_speed() {
        let start = Pace::default().after(0, 0, None, 60);
        assert_eq!(start.eta(59), Some(Eta { low_s: 60, high_s: 61 }));
        let slower = start.after(10_000, 5, None, 60);
        assert_eq!(slower.calls_per_minute(), Some(30.0));
        assert_eq!(slower.eta(59), Some(Eta { low_s: 60, high_s: 121 }));
    }

    #[test]
    fn nothing_is_estimated_while_nobody_is_called() {
        let still = Pace::default().after(0, 7, None, 60).after(10_000, 7, None, 60);
        assert_eq!(still.eta(0), None);
    }

    #[test]
    fn another_epoch_begins_another_measurement() {
        let pace =
            Pace::default().after(0, 100, None, 60).after(10_000, 110, None, 60).after(11_000, 1, None, 60);
        assert_eq!(pace.calls_per_minute(), None);
    }

    #[test]
    fn polls_are_rarer_far_from_the_front() {
        let place = PlaceId(uuid::Uuid::nil());
        assert!(poll_after_ms(Some(0), place) < poll_after_ms(Some(1_000), place));
        assert!(poll_after_ms(Some(1_000_000), place) <= POLL_WHEN_OVER_MS);
    }
}
