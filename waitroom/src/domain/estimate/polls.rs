//! When a visitor asks again.

use crate::domain::place::Eta;

/// How often somebody asks whose place is over.
pub const POLL_WHEN_OVER_MS: u64 = 30_000;
/// A page that nobody looks at asks about once a minute: within what presence allows.
pub const POLL_HIDDEN_MS: u64 = 60_000;
/// Near the front.
pub const POLL_NEAR_MS: u64 = 1_000;
/// How many places are near the front.
const NEAR: u64 = 100;
/// How much later somebody asks for each place further back.
const MS_A_PLACE: u64 = 10;
/// Somebody asks so many times before the soonest moment of the call.
const POLLS_UNTIL_CALLED: u64 = 8;
/// How many a replica can tell of the opening in a second.
const TOLD_A_SECOND: u64 = 10_000;
/// The longest that the news of the opening is spread over, seconds.
const LONGEST_SPREAD_S: u64 = 15;

/// When visitors ask again: intervals differ by a tenth at random, so that not all ask at once. `chance` is uniform
/// from 0 to 1 and never comes from a place: nothing in the lobby may hint at the draw.
#[derive(Clone, Copy, Debug)]
pub struct Polls {
    /// Whether nobody looks at the page.
    pub is_hidden: bool,
    /// From 0 to 1.
    pub chance: f64,
}

impl Polls {
    /// Somebody in line, with this many before.
    pub fn in_line(self, ahead: u64, eta: Option<Eta>) -> u64 {
        let by_place = POLL_NEAR_MS + ahead.saturating_sub(NEAR) * MS_A_PLACE;
        let by_time = eta.map_or(u64::MAX, |eta| eta.low_s * 1_000 / POLLS_UNTIL_CALLED);
        self.jittered(by_place.min(by_time).clamp(POLL_NEAR_MS, POLL_WHEN_OVER_MS))
    }

    /// Somebody in the lobby: rarely while the opening is far, then once more soon after it.
    pub fn in_lobby(self, until_opening_ms: Option<u64>, waiting: u64) -> u64 {
        let spread_ms = (waiting / TOLD_A_SECOND).clamp(1, LONGEST_SPREAD_S) * 1_000;
        let soon = |until_ms: &u64| *until_ms < POLL_WHEN_OVER_MS;
        if self.is_hidden {
            return self.jittered(POLL_WHEN_OVER_MS);
        }
        match until_opening_ms.filter(soon) {
            Some(until_ms) => until_ms + self.share_of(spread_ms),
            // Opened by hand at any moment: a few seconds, or more in a large lobby.
            None if until_opening_ms.is_none() => self.jittered(3_000 + spread_ms - 1_000),
            None => self.jittered(POLL_WHEN_OVER_MS / 2),
        }
    }

    /// Somebody whose turn it is.
    pub fn in_turn(self) -> u64 {
        self.jittered(POLL_NEAR_MS)
    }

    /// Somebody whose place is over.
    pub fn when_over(self) -> u64 {
        self.jittered(POLL_WHEN_OVER_MS)
    }

    fn jittered(self, plain_ms: u64) -> u64 {
        if self.is_hidden {
            // Never above a minute, which presence counts with.
            return POLL_HIDDEN_MS - self.share_of(POLL_HIDDEN_MS / 10);
        }
        plain_ms * 9 / 10 + self.share_of(plain_ms / 5)
    }

    fn share_of(self, ms: u64) -> u64 {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of a minute at most"
        )]
        let share = (ms as f64 * self.chance.clamp(0.0, 1.0)) as u64;
        share
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVEN: Polls = Polls { is_hidden: false, chance: 0.5 };

    #[test]
    fn polls_are_rarer_far_from_the_front_and_never_rarer_than_half_a_minute() {
        assert_eq!(EVEN.in_line(0, None), 1_000);
        assert!(EVEN.in_line(0, None) < EVEN.in_line(1_000, None));
        assert!(EVEN.in_line(1_000_000, None) <= POLL_WHEN_OVER_MS);
    }

    #[test]
    fn somebody_far_back_in_a_fast_line_asks_often_enough_to_hear_of_the_call() {
        let soon = Some(Eta { low_s: 16, high_s: 20 });
        assert_eq!(EVEN.in_line(100_000, soon), 2_000);
    }

    #[test]
    fn a_hidden_page_asks_within_a_minute_wherever_it_is() {
        for chance in [0.0, 0.3, 1.0] {
            let hidden = Polls { is_hidden: true, chance };
            for ms in [hidden.in_line(0, None), hidden.in_line(9_999, None), hidden.in_lobby(Some(60), 9)] {
                assert!((54_000..=60_000).contains(&ms), "{ms}");
            }
        }
    }

    #[test]
    fn a_lobby_asks_soon_after_the_opening_and_not_all_at_once() {
        let first = Polls { is_hidden: false, chance: 0.0 };
        let last = Polls { is_hidden: false, chance: 1.0 };
        assert_eq!((first.in_lobby(Some(5_000), 100), last.in_lobby(Some(5_000), 100)), (5_000, 6_000));
        assert_eq!(last.in_lobby(Some(5_000), 1_000_000), 20_000);
        assert!(EVEN.in_lobby(Some(3_600_000), 100) >= 13_000);
        assert!(EVEN.in_lobby(None, 100) <= 4_000);
    }
}
