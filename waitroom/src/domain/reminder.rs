//! "Mail me when my turn is near": when that is, and what the mail is about.

use jiff::Timestamp;

use super::drop::{Drop, DropState};
use super::estimate::Pace;
use super::line::{GoneReason, RankTable, Spot, Standing};
use super::place::{Eta, FIRST_ARRIVAL, Score, position};

/// The turn is near when it may come within this time, seconds.
pub const NEAR_S: u64 = 600;

/// What to do about a reminder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Send it.
    Now(Occasion),
    /// Not yet; the place's score, not turned, where it is another by now.
    Later(Option<Score>),
    /// Never: the place has ended, or its visitor is in the shop.
    Over,
}

/// What the mail is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// The turn may come within [`NEAR_S`].
    Near(Eta),
    /// It would have been their turn, and they were away: it is next when they come back before then.
    Away(Timestamp),
    /// It is their turn, until then.
    Called(Timestamp),
}

/// Why somebody who asks for a mail needs none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needless {
    /// The turn is near: the page says so sooner than a mail.
    Near,
    /// The turn has come.
    Called,
    /// The place does not wait any more.
    Over,
}

impl Needless {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Near => "near",
            Self::Called => "called",
            Self::Over => "over",
        }
    }
}

/// Why a mail to somebody with this standing would come too late; `None` where it would not.
pub fn needless(standing: &Standing, drop: &Drop, pace: &Pace) -> Option<Needless> {
    if let Spot::Called { slot, .. } = &standing.spot
        && slot.claimed_ms.is_none()
        && slot.due_ms.is_none_or(|due_ms| due_ms > standing.now_ms)
    {
        return Some(Needless::Called);
    }
    match judge(standing, drop, pace) {
        Verdict::Now(_) => Some(Needless::Near),
        Verdict::Later(_) => None,
        Verdict::Over => Some(Needless::Over),
    }
}

/// Whether somebody with this standing is to be told.
pub fn judge(standing: &Standing, drop: &Drop, pace: &Pace) -> Verdict {
    let Ok(now) = Timestamp::from_millisecond(standing.now_ms) else { return Verdict::Later(None) };
    match &standing.spot {
        Spot::Queued { score, .. } => {
            let score = score.unturned(standing.turn);
            let is_open = standing.opened && drop.state(now, None) == DropState::Open;
            let near = position(standing).filter(|_| is_open).and_then(|position| near(pace, position - 1));
            near.map_or(Verdict::Later(Some(score)), |eta| Verdict::Now(Occasion::Near(eta)))
        }
        Spot::Aside { until_ms, .. } => {
            let until = Timestamp::from_millisecond(*until_ms);
            until.map_or(Verdict::Later(None), |until| Verdict::Now(Occasion::Away(until)))
        }
        Spot::Called { slot, .. } => match (slot.due_ms, slot.claimed_ms) {
            (_, Some(_)) => Verdict::Over,
            (Some(due_ms), None) if due_ms > standing.now_ms => {
                let until = Timestamp::from_millisecond(due_ms);
                until.map_or(Verdict::Later(None), |until| Verdict::Now(Occasion::Called(until)))
            }
            // The ledger does not know of the call yet, or the next tick decides what becomes of the place.
            _ => Verdict::Later(None),
        },
        // Redis lost it, or its successor, and it has not been put back yet.
        Spot::Unknown | Spot::Gone { reason: GoneReason::Requeued, .. } => Verdict::Later(None),
        Spot::Gone { .. } => Verdict::Over,
    }
}

fn near(pace: &Pace, ahead: u64) -> Option<Eta> {
    pace.eta(ahead).filter(|eta| eta.low_s <= NEAR_S)
}

/// The highest score, as the line calls them, of those whose turn is near by the rank table; the frontier where nobody
/// behind it is near.
pub fn reach(table: Option<&RankTable>, pace: &Pace) -> Option<Score> {
    let is_near =
        |(_, rank): &&(Score, u64)| table.is_some_and(|table| near(pace, table.side + rank).is_some());
    let last = table.and_then(|table| table.knots.iter().rfind(is_near));
    last.map(|(score, _)| *score).into_iter().chain(pace.frontier).max()
}

/// The scores that are at most `reach` once the salt has turned the circle of those that the draw gave: two ranges of
/// scores as they were given, each with both its ends. An empty range ends before it begins.
pub fn given_scores_up_to(reach: Score, turn: u64) -> [(u64, u64); 2] {
    let circle = FIRST_ARRIVAL.0;
    if reach >= FIRST_ARRIVAL {
        return [(0, reach.0), (1, 0)];
    }
    let first = Score(0).unturned(turn).0;
    match first + reach.0 {
        last if last < circle => [(first, last), (1, 0)],
        beyond => [(first, circle - 1), (0, beyond - circle)],
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_ranges_hold_exactly_the_scores_within_reach(
            reach in prop_oneof![0..FIRST_ARRIVAL.0, FIRST_ARRIVAL.0..Score::END.0],
            turn in prop_oneof![Just(0), 0..FIRST_ARRIVAL.0],
            score in prop_oneof![0..FIRST_ARRIVAL.0, FIRST_ARRIVAL.0..Score::END.0],
        ) {
            for score in [Score(score), Score(reach).unturned(turn), Score(0).unturned(turn)] {
                let is_in = given_scores_up_to(Score(reach), turn)
                    .iter()
                    .any(|(first, last)| (*first..=*last).contains(&score.0));
                prop_assert_eq!(is_in, score.turned(turn) <= Score(reach), "{}", score);
            }
        }
    }

    mod verdicts {
        use super::super::*;
        use crate::domain::drop::tests::{now, sample};
        use crate::domain::line::Slot;
        use crate::domain::place::PlaceId;

        const PLACE: PlaceId = PlaceId(uuid::Uuid::nil());
        const SCORE: Score = Score(FIRST_ARRIVAL.0 + 7);

        /// A line that calls one place a second.
        fn pace() -> Pace {
            let moment = crate::domain::estimate::Moment {
                now_ms: now().as_millisecond(),
                calls: 0,
                frontier: None,
                rate_per_minute: 60,
                burst: 1,
                is_calling: true,
                table: None,
            };
            Pace::default().after(&moment)
        }

        fn verdict(spot: Spot, opened: bool) -> Verdict {
            let mut drop = sample();
            drop.settings.opens_at = Some(now());
            let standing = Standing {
                now_ms: now().as_millisecond(),
                epoch: 1,
                opened,
                waiting: 5_000,
                side: 0,
                turn: 0,
                spot,
            };
            judge(&standing, &drop, &pace())
        }

        fn queued(rank: u64) -> Spot {
            Spot::Queued { place: PLACE, score: SCORE, rank, on_side: false }
        }

        #[test]
        fn who_may_be_called_within_ten_minutes_is_told_and_who_is_further_back_waits() {
            assert!(matches!(verdict(queued(0), true), Verdict::Now(Occasion::Near(_))));
            assert!(matches!(verdict(queued(500), true), Verdict::Now(Occasion::Near(_))));
            assert_eq!(verdict(queued(4_000), true), Verdict::Later(Some(SCORE)));
        }

        #[test]
        fn nobody_is_told_before_the_opening() {
            assert_eq!(verdict(queued(0), false), Verdict::Later(Some(SCORE)));
        }

        #[test]
        fn who_is_called_is_told_until_they_come_or_it_is_too_late() {
            let due_ms = now().as_millisecond() + 1_000;
            let slot = Slot {
                sid: shared::ids::Sid(uuid::Uuid::nil()),
                score: SCORE,
                due_ms: Some(due_ms),
                claimed_ms: None,
                lives_until_ms: Some(due_ms),
            };
            let called = |slot: &Slot| verdict(Spot::Called { place: PLACE, slot: slot.clone() }, true);
            assert!(matches!(called(&slot), Verdict::Now(Occasion::Called(_))));
            let claimed = Slot { claimed_ms: Some(due_ms - 10), ..slot.clone() };
            assert_eq!(called(&claimed), Verdict::Over);
            let late = Slot { due_ms: Some(due_ms - 2_000), ..slot.clone() };
            assert_eq!(called(&late), Verdict::Later(None));
            assert_eq!(called(&Slot { due_ms: None, ..slot }), Verdict::Later(None));
        }

        #[test]
        fn a_place_that_ended_is_over_and_one_that_redis_lost_is_not() {
            let gone = Spot::Gone { place: PLACE, reason: GoneReason::Left };
            assert_eq!(verdict(gone, true), Verdict::Over);
            assert_eq!(verdict(Spot::Unknown, true), Verdict::Later(None));
        }
    }
}
