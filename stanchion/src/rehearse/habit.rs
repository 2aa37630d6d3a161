//! What people do while they wait: most stay, some go away and come back, leave, sleep, or look from several tabs.

use std::ops::RangeInclusive;
use std::time::Duration;

use rand::RngExt;
use rand::rngs::StdRng;
use serde::Serialize;

/// How a visitor waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Looks whenever the server says.
    Steady,
    /// Stops looking, and comes back once.
    Away,
    /// Leaves the line.
    Leaver,
    /// Looks seldom: a hidden tab, or a phone in a pocket.
    Sleeper,
    /// Has the queue open in several tabs.
    Tabs,
}

impl Kind {
    /// The name used in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Steady => "steady",
            Self::Away => "away",
            Self::Leaver => "leaver",
            Self::Sleeper => "sleeper",
            Self::Tabs => "tabs",
        }
    }
}

/// How one visitor waits, drawn once from the seed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Habit {
    /// What kind of visitor this is.
    pub kind: Kind,
    /// For how long: away, or asleep between two looks.
    pub absence: Duration,
    /// After how many looks at the line they go away or leave.
    pub after_looks: u32,
    /// Whether they follow the stream of the place instead of asking again and again.
    pub follows: bool,
    /// Who is away no longer than this must find the place again.
    pub grace: Duration,
}

/// How a crowd waits.
#[derive(Debug, Clone)]
pub struct Habits {
    /// The share of visitors of each kind; the rest are steady.
    pub shares: Vec<(Kind, f64)>,
    /// Away for this long.
    pub away_for: RangeInclusive<Duration>,
    /// The time between two looks of a sleeper.
    pub sleep_for: Duration,
    /// The share of visitors who follow the stream, sleepers aside.
    pub follow: f64,
    /// Who is away no longer than this must find the place again.
    pub grace: Duration,
}

impl Habits {
    /// Everybody stays and asks whenever the server says.
    pub fn steady() -> Self {
        let none = Duration::ZERO;
        Self { shares: Vec::new(), away_for: none..=none, sleep_for: none, follow: 0.0, grace: none }
    }

    /// One visitor's habit.
    pub fn draw(&self, rng: &mut StdRng) -> Habit {
        let mut roll: f64 = rng.random();
        let drawn = self.shares.iter().find(|(_, share)| {
            roll -= share;
            roll < 0.0
        });
        let kind = drawn.map_or(Kind::Steady, |(kind, _)| *kind);
        let (least, most) = (*self.away_for.start(), *self.away_for.end());
        let away = least + most.saturating_sub(least).mul_f64(rng.random());
        let after_looks = rng.random_range(1..=3);
        let follows = rng.random_bool(self.follow) && kind != Kind::Sleeper;
        let absence = if kind == Kind::Sleeper { self.sleep_for } else { away };
        Habit { kind, absence, after_looks, follows, grace: self.grace }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use rand::SeedableRng;

    use super::*;

    #[test]
    fn a_crowd_is_mixed_as_asked() {
        let second = Duration::from_secs(1);
        let habits = Habits {
            shares: vec![(Kind::Away, 0.2), (Kind::Leaver, 0.1), (Kind::Sleeper, 0.3)],
            away_for: second..=3 * second,
            follow: 0.5,
            ..Habits::steady()
        };
        let mut rng = StdRng::seed_from_u64(1);
        let mut kinds: BTreeMap<Kind, i32> = BTreeMap::new();
        for _ in 0..10_000 {
            let habit = habits.draw(&mut rng);
            *kinds.entry(habit.kind).or_default() += 1;
            assert!(habit.kind != Kind::Sleeper || !habit.follows, "a sleeper has no stream open");
            assert!(habit.kind != Kind::Away || (second..=3 * second).contains(&habit.absence));
        }
        for (kind, share) in
            [(Kind::Away, 2_000), (Kind::Leaver, 1_000), (Kind::Sleeper, 3_000), (Kind::Steady, 4_000)]
        {
            assert!((kinds[&kind] - share).abs() < 200, "{kind:?}: {}", kinds[&kind]);
        }
        assert!(!kinds.contains_key(&Kind::Tabs));
    }

    #[test]
    fn a_steady_crowd_has_one_kind() {
        let mut rng = StdRng::seed_from_u64(2);
        assert!((0..100).all(|_| Habits::steady().draw(&mut rng).kind == Kind::Steady));
    }
}
