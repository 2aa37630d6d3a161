//! How a drop went, in numbers: counted from the ledger, row by row, and from samples of the line. Nothing is remembered
//! of a visitor: how long somebody waited follows from their score, because scores of arrivals are counted.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

mod joins;
mod series;
mod waits;

pub use joins::{Joins, Sample};
pub use series::Minute;
use series::Minutes;
use waits::Waits;

use crate::domain::ledger::{Lapse, Outcome};
use crate::domain::place::Score;

/// What a row of the ledger says, as far as it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happened {
    /// A place with this score was called.
    Called(Score),
    /// An admission was picked up.
    Claimed,
    /// A slot lapsed.
    Freed {
        /// How.
        lapse: Lapse,
        /// Whether a successor went to the tail.
        is_requeued: bool,
    },
    /// The visitor gave the place up after opening.
    Left,
    /// The visitor was done shopping.
    Finished,
    /// The visitor was away when the turn came.
    SetAside,
    /// The visitor of a place that was set aside came back; `true` where a successor went to the tail.
    Returned(bool),
}

impl Happened {
    /// What a lapse counts as.
    pub fn freed(lapse: Lapse, outcome: &Outcome) -> Self {
        Self::Freed { lapse, is_requeued: matches!(outcome, Outcome::Requeued { .. }) }
    }
}

/// The counts of a drop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Totals {
    /// Places called, each as often as it was.
    pub called: u64,
    /// Admissions picked up.
    pub admitted: u64,
    /// Turns that were had: the visitor was done, or the time was over.
    pub finished: u64,
    /// Slots that lapsed unclaimed or unused.
    pub lapsed: u64,
    /// Places that their visitors gave up after opening.
    pub left: u64,
    /// Places set aside because their visitor was away when their turn came.
    pub set_aside: u64,
    /// Places that were set aside and whose visitor came back.
    pub returned: u64,
}

/// The numbers of a drop up to some row of the ledger.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// The counts.
    pub totals: Totals,
    unclaimed: u64,
    requeued: u64,
    waits: Waits,
    minutes: Minutes,
}

/// What the numbers say.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Summary {
    /// Places taken, in the lobby and after opening; not those of who went back to the tail.
    pub joined: u64,
    /// The counts.
    #[serde(flatten)]
    pub totals: Totals,
    /// The share of turns at which nobody was there, 0 to 1: set aside, or called and not picked up.
    pub no_show_share: Option<f64>,
    /// How long half of those who were called had waited at most, seconds; in a draw since the opening.
    pub wait_p50_s: Option<u64>,
    /// How long nine in ten of them had waited at most, seconds.
    pub wait_p90_s: Option<u64>,
    /// The share of estimated ranges within which the call came, 0 to 1.
    pub estimate_hit_rate: Option<f64>,
    /// By minute, the oldest first, of the last hours.
    pub series: Vec<Minute>,
}

impl Tally {
    /// Counts a row. `opened_at` and `joins` say since when its place had waited.
    pub fn count(&mut self, at_ms: i64, what: Happened, joins: &Joins) {
        let totals = &mut self.totals;
        let minute = self.minutes.at(at_ms);
        match what {
            Happened::Called(score) => {
                totals.called += 1;
                minute.called += 1;
                if let Some(since_ms) = joins.since_ms(score) {
                    self.waits.add(at_ms - since_ms);
                }
            }
            Happened::Claimed => {
                totals.admitted += 1;
                minute.admitted += 1;
            }
            Happened::Freed { lapse: Lapse::Expired, .. } | Happened::Finished => {
                totals.finished += 1;
                minute.finished += 1;
            }
            Happened::Freed { lapse, is_requeued } => {
                totals.lapsed += 1;
                minute.lapsed += 1;
                self.unclaimed += u64::from(lapse == Lapse::Unclaimed);
                self.requeued += u64::from(is_requeued);
            }
            Happened::Left => {
                totals.left += 1;
                minute.left += 1;
            }
            Happened::SetAside => {
                totals.set_aside += 1;
                minute.set_aside += 1;
            }
            Happened::Returned(is_requeued) => {
                totals.returned += 1;
                self.requeued += u64::from(is_requeued);
            }
        }
    }

    /// What the numbers say.
    pub fn summary(&self, joins: &Joins) -> Summary {
        let turns = self.totals.called + self.totals.set_aside;
        Summary {
            joined: joins.total().saturating_sub(self.requeued),
            totals: self.totals,
            no_show_share: share(self.unclaimed + self.totals.set_aside, turns),
            wait_p50_s: self.waits.percentile(50),
            wait_p90_s: self.waits.percentile(90),
            estimate_hit_rate: share(joins.estimates_held, joins.estimates_held + joins.estimates_missed),
            series: self.minutes.with(&joins.by_minute()),
        }
    }
}

/// `part` of `whole`; `None` of nothing.
#[expect(clippy::cast_precision_loss, reason = "a share")]
fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| (part as f64 / whole as f64).min(1.0))
}

/// The start of a minute.
fn minute_of(at_ms: i64) -> i64 {
    at_ms - at_ms.rem_euclid(60_000)
}

fn time(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH)
}

type ByMinute<T> = BTreeMap<i64, T>;

#[cfg(test)]
mod tests;
