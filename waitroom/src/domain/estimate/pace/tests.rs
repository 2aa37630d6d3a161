//! Lines that move in several ways, and how often the ranges shown to those in them held.

use super::*;
use crate::domain::estimate::Promises;
use crate::domain::place::PlaceId;

/// Pseudo-random numbers from 0 to 1 (xorshift64*), the same in every run.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = u32::try_from(self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32).unwrap();
        f64::from(high) / f64::from(u32::MAX)
    }
}

/// How a line moves.
struct Conditions {
    waiting: u64,
    seconds: i64,
    /// The rate a minute at a second.
    rate_per_minute: fn(i64) -> u32,
    /// Of the rate, what is called in a second, by chance from 0 to 1.
    share_called: fn(f64) -> f64,
    absent: f64,
    leaving_a_second: f64,
}

const STEADY: Conditions = Conditions {
    waiting: 20_000,
    seconds: 400,
    rate_per_minute: |_| 3_000,
    share_called: |_| 1.0,
    absent: 0.0,
    leaving_a_second: 0.0,
};

/// The line's scores are far apart, and each second some places go.
fn share_that_held(conditions: &Conditions) -> (f64, u64) {
    let mut chance = Chance(0x1234_5678_9abc_def1);
    let mut line: Vec<u64> = (0..conditions.waiting).map(|n| n * 1_000).collect();
    let (mut pace, mut promises) = (Pace::default(), Promises::default());
    let (mut credit, mut calls) = (0.0, 0);
    for second in 0..conditions.seconds {
        let now_ms = second * 1_000;
        let rate = (conditions.rate_per_minute)(second);
        credit += f64::from(rate) / 60.0 * (conditions.share_called)(chance.next());
        let mut gone = 0;
        while credit >= 1.0 && gone < line.len() {
            if chance.next() >= conditions.absent {
                credit -= 1.0;
                calls += 1;
                promises.called(place(line[gone]), now_ms);
            } else {
                promises.release(place(line[gone]));
            }
            gone += 1;
        }
        let frontier = gone.checked_sub(1).map(|last| Score(line[last])).or(pace.frontier);
        line.drain(..gone);
        line.retain(|_| chance.next() >= conditions.leaving_a_second);
        let table = Arc::new(table_of(&line, second));
        pace = pace.after(&Moment {
            now_ms,
            calls,
            frontier,
            rate_per_minute: rate,
            burst: 50,
            is_calling: true,
            table: Some(&table),
        });
        for _ in 0..20 {
            ask(&line, &pace, &mut promises, now_ms, &mut chance);
        }
    }
    promises.expire(conditions.seconds * 1_000);
    let checked = promises.take();
    #[expect(clippy::cast_precision_loss, reason = "a share")]
    let share = checked.held as f64 / (checked.held + checked.missed) as f64;
    (share, checked.held + checked.missed)
}

/// Somebody asks; their place is near enough to be called before the end.
fn ask(line: &[u64], pace: &Pace, promises: &mut Promises, now_ms: i64, chance: &mut Chance) {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an index"
    )]
    let rank = (chance.next() * line.len().min(10_000) as f64 * 0.99) as usize;
    let Some(score) = line.get(rank) else { return };
    if let Some(eta) = pace.eta(rank as u64) {
        promises.make(place(*score), now_ms, eta);
    }
}

fn place(score: u64) -> PlaceId {
    PlaceId(uuid::Uuid::from_u128(u128::from(score) << 16))
}

fn table_of(line: &[u64], second: i64) -> RankTable {
    let distance = (line.len() / 256).max(1);
    let is_knot = |rank: usize| rank < 300 || rank.is_multiple_of(distance) || rank + 1 == line.len();
    let knots = line.iter().enumerate().filter(|(rank, _)| is_knot(*rank));
    RankTable {
        epoch: 1,
        number: u64::try_from(second).unwrap() + 1,
        at_ms: second * 1_000,
        side: 0,
        waiting: line.len() as u64,
        knots: knots.map(|(rank, score)| (Score(*score), rank as u64)).collect(),
        track_below: Score::END,
    }
}

fn assert_holds(conditions: &Conditions, name: &str) {
    let (share, checked) = share_that_held(conditions);
    assert!(checked > 1_000, "{name}: {checked} were checked");
    assert!(share >= 0.7, "{name}: {share:.2} of {checked} held");
}

#[test]
fn ranges_hold_in_a_steady_line() {
    assert_holds(&STEADY, "steady");
}

#[test]
fn ranges_hold_where_calls_come_unevenly() {
    // Slots come back in bunches: nothing in most seconds, much in some.
    let uneven = |chance: f64| if chance < 0.8 { 0.25 } else { 4.0 };
    assert_holds(&Conditions { share_called: uneven, ..STEADY }, "uneven");
}

#[test]
fn no_shows_count_themselves() {
    let with_no_shows = Conditions { absent: 0.3, share_called: |chance| 0.5 + chance, ..STEADY };
    assert_holds(&with_no_shows, "no-shows");
}

#[test]
fn who_leaves_counts_for_those_behind() {
    assert_holds(&Conditions { leaving_a_second: 0.001, ..STEADY }, "leavers");
}

#[test]
fn a_slow_line_has_ranges_that_hold_too() {
    let slow = Conditions { waiting: 300, seconds: 3_000, rate_per_minute: |_| 6, ..STEADY };
    let (share, checked) = share_that_held(&slow);
    assert!(checked > 100 && share >= 0.7, "{share:.2} of {checked} held");
}

#[test]
fn a_changed_rate_is_followed_within_half_a_minute() {
    let mut pace = Pace::default();
    let mut line: Vec<u64> = (0..20_000).map(|n| n * 1_000).collect();
    let mut calls = 0;
    let mut eta_at = Vec::new();
    for second in 0..200 {
        let rate = if second < 100 { 600 } else { 2_400 };
        line.drain(..rate / 60);
        calls += rate as u64 / 60;
        let table = Arc::new(table_of(&line, second));
        pace = pace.after(&Moment {
            now_ms: second * 1_000,
            calls,
            frontier: None,
            rate_per_minute: u32::try_from(rate).unwrap(),
            burst: 10,
            is_calling: true,
            table: Some(&table),
        });
        eta_at.push(pace.eta(1_199).unwrap());
    }
    let contains = |eta: &Eta, s: u64| eta.low_s <= s && s <= eta.high_s;
    assert!(contains(&eta_at[90], 120), "{:?}", eta_at[90]);
    assert!(contains(&eta_at[101], 30), "from the new rate at once: {:?}", eta_at[101]);
    assert!(contains(&eta_at[130], 30) && eta_at[130].high_s < 40, "{:?}", eta_at[130]);
}

#[test]
fn calls_a_minute_are_those_of_the_last_minute_and_of_one_epoch() {
    let moment = |second: i64, calls| Moment {
        now_ms: second * 1_000,
        calls,
        frontier: None,
        rate_per_minute: 60,
        burst: 1,
        is_calling: true,
        table: None,
    };
    let pace = Pace::default().after(&moment(0, 100)).after(&moment(10, 105));
    assert_eq!(pace.calls_per_minute(), Some(30.0));
    assert_eq!(pace.after(&moment(11, 1)).calls_per_minute(), None);
}

#[test]
fn nothing_is_estimated_while_nobody_is_called() {
    let moment = |second: i64, is_calling| Moment {
        now_ms: second * 1_000,
        calls: 0,
        frontier: None,
        rate_per_minute: 60,
        burst: 1,
        is_calling,
        table: None,
    };
    assert_eq!(Pace::default().after(&moment(0, false)).eta(5), None);
    let open = Pace::default().after(&moment(0, true));
    let eta = open.eta(59).unwrap();
    assert!(eta.low_s <= 60 && 60 <= eta.high_s, "{eta:?}");
    assert_eq!(open.after(&moment(1, false)).eta(5), None);
}
