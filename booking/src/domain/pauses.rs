//! How long to wait before somebody who gave no answer is asked again.

use jiff::SignedDuration;

/// Pauses that double, up to a longest: what is asked for is asked ever more seldom, and never given up.
#[derive(Clone, Copy, Debug)]
pub struct Pauses {
    /// After the first time, seconds.
    pub first_s: i64,
    /// The longest, seconds.
    pub longest_s: i64,
}

impl Pauses {
    /// The pause after having asked so often before.
    pub fn after(self, attempts: i32) -> SignedDuration {
        let doublings = u32::try_from(attempts.clamp(0, MAX_DOUBLINGS)).unwrap_or_default();
        SignedDuration::from_secs((self.first_s << doublings).min(self.longest_s))
    }
}

/// More do not matter: the longest pause is reached, and nothing overflows.
const MAX_DOUBLINGS: i32 = 12;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_who_gives_no_answer_is_asked_ever_more_seldom_but_never_given_up() {
        let pauses = Pauses { first_s: 1, longest_s: 15 };
        let seconds = [-1, 0, 1, 2, 3, 4, 100, i32::MAX].map(|attempts| pauses.after(attempts).as_secs());
        assert_eq!(seconds, [1, 1, 2, 4, 8, 15, 15, 15]);
    }
}
