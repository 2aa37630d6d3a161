//! How fast the line moves, measured.

use std::collections::VecDeque;
use std::sync::Arc;

use super::forecast::{Forecast, Gone, range};
use crate::domain::line::RankTable;
use crate::domain::place::{Eta, Score};

/// How long the rate of calls is measured over, ms.
const WINDOW_MS: i64 = 60_000;
/// How far apart remembered tables are, ms, and how many there are: five minutes.
const STEP_MS: i64 = 5_000;
const STEPS: usize = 61;
/// What a burst calls when calling begins says nothing of the speed, ms.
const BURST_MS: i64 = 3_000;
/// How far a guess from the rate alone may be off.
const GUESS: (f64, f64) = (0.75, 1.6);

/// How fast the line moves: of calls, for the operators; of the places before somebody, whatever becomes of them, for
/// the visitors, so that no-shows and leavers count themselves.
#[derive(Clone, Debug, Default)]
pub struct Pace {
    /// The highest score called.
    pub frontier: Option<Score>,
    /// Calls a minute that the operator allows.
    pub rate_per_minute: u32,
    /// Calls that may come at once.
    burst: u32,
    /// Calls so far, by time, ms, oldest first; of one epoch.
    samples: VecDeque<(i64, u64)>,
    calling_since_ms: Option<i64>,
    tables: VecDeque<Arc<RankTable>>,
    /// By depth: for the rank in the newest table, and those behind it.
    forecasts: Vec<(u64, Forecast)>,
    /// The speed that was last measured, places a second, and the rate then.
    before: Option<(f64, u32)>,
}

/// What is known at a tick.
pub struct Moment<'a> {
    /// When, ms.
    pub now_ms: i64,
    /// Calls so far in this epoch.
    pub calls: u64,
    /// The highest score called.
    pub frontier: Option<Score>,
    /// Calls a minute that the operator allows.
    pub rate_per_minute: u32,
    /// Calls that may come at once.
    pub burst: u32,
    /// Whether anybody is called: open, not paused, not sold out.
    pub is_calling: bool,
    /// The newest measurement of ranks.
    pub table: Option<&'a Arc<RankTable>>,
}

impl Pace {
    /// The pace after another tick. A count of calls that falls, or a time, is another epoch's.
    #[must_use]
    pub fn after(&self, moment: &Moment<'_>) -> Self {
        let mut next = self.clone();
        next.frontier = moment.frontier;
        next.burst = moment.burst;
        next.count(moment.now_ms, moment.calls);
        if moment.rate_per_minute != self.rate_per_minute || !moment.is_calling {
            next.begin_again(moment);
        }
        if moment.is_calling && next.calling_since_ms.is_none() {
            next.calling_since_ms = Some(moment.now_ms);
        }
        if let Some(table) = moment.table.filter(|_| moment.is_calling) {
            next.watch(table);
        }
        next
    }

    fn count(&mut self, now_ms: i64, calls: u64) {
        let samples = &mut self.samples;
        if samples.back().is_some_and(|(at, before)| *before > calls || *at > now_ms) {
            samples.clear();
        }
        if samples.back().is_none_or(|(at, _)| now_ms - at >= 1_000) {
            samples.push_back((now_ms, calls));
        }
        while samples.len() > 2 && samples.front().is_some_and(|(at, _)| now_ms - at > WINDOW_MS) {
            samples.pop_front();
        }
    }

    fn begin_again(&mut self, moment: &Moment<'_>) {
        if let Some((_, forecast)) = self.forecasts.first() {
            self.before = Some((forecast.per_s, self.rate_per_minute));
        }
        self.rate_per_minute = moment.rate_per_minute;
        self.calling_since_ms = None;
        self.tables.clear();
        self.forecasts.clear();
    }

    /// Remembers a table, if it is a newer one, and measures.
    fn watch(&mut self, table: &Arc<RankTable>) {
        let is_settled = self.calling_since_ms.is_some_and(|since_ms| table.at_ms - since_ms >= BURST_MS);
        if self.tables.back().is_some_and(|last| last.epoch != table.epoch || last.at_ms > table.at_ms) {
            self.tables.clear();
        }
        let is_known = self.tables.back().is_some_and(|last| last.number == table.number);
        if !is_settled || is_known {
            return;
        }
        // The newest is always there, the others are a step apart.
        let last_two = self.tables.len().checked_sub(2).map(|second| self.tables[second].at_ms);
        if last_two.is_some_and(|before_ms| table.at_ms - before_ms <= STEP_MS) {
            self.tables.pop_back();
        }
        self.tables.push_back(Arc::clone(table));
        if self.tables.len() > STEPS + 1 {
            self.tables.pop_front();
        }
        self.measure(table);
    }

    fn measure(&mut self, table: &RankTable) {
        let depths = [(table.waiting - table.waiting.min(1)).min(200), table.waiting / 3, table.waiting];
        let forecasts = depths.iter().filter_map(|depth| {
            let (score, rank) = *table.knots.iter().rfind(|(_, rank)| rank <= depth)?;
            Forecast::of(&self.gone_before(score)).map(|forecast| (rank, forecast))
        });
        self.forecasts = forecasts.collect();
        self.forecasts.sort_by_key(|(rank, _)| *rank);
        self.forecasts.dedup_by_key(|(rank, _)| *rank);
    }

    /// How many places before this score had gone, by time: in the tables in which the score's place was there already.
    fn gone_before(&self, score: Score) -> Vec<Gone> {
        let was_there = |table: &&Arc<RankTable>| table.knots.last().is_some_and(|(last, _)| *last >= score);
        let tables = self.tables.iter().filter(was_there);
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let moment = |table: &Arc<RankTable>| {
            (table.at_ms as f64 / 1_000.0, -((table.rank_of(score) + table.side) as f64))
        };
        tables.map(moment).collect()
    }

    /// Calls a minute over the last minute; `None` until it has been watched for a few seconds.
    pub fn calls_per_minute(&self) -> Option<f64> {
        let ((from, before), (to, after)) = (self.samples.front()?, self.samples.back()?);
        let elapsed_ms = to - from;
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        (elapsed_ms >= 3_000).then(|| (after - before) as f64 * 60_000.0 / elapsed_ms as f64)
    }

    /// How long `ahead` places and the next take: the range that holds in four cases of five. `None` while nobody is
    /// called.
    pub fn eta(&self, ahead: u64) -> Option<Eta> {
        self.calling_since_ms?;
        match (self.forecasts.first(), self.forecasts.last()) {
            (Some(front), Some(deep)) => Some(Forecast::between(front.1, deep.1, ahead).eta(ahead + 1)),
            _ => self.guess(ahead + 1),
        }
    }

    /// From the rate alone, and from how the speed related to it before it was changed.
    fn guess(&self, places: u64) -> Option<Eta> {
        let allowed = f64::from(self.rate_per_minute) / 60.0;
        let per_s = match self.before {
            // The line was held up by something else than the rate.
            Some((before, rate)) if before < 0.8 * f64::from(rate) / 60.0 => before.min(allowed),
            Some((before, rate)) => before * f64::from(self.rate_per_minute) / f64::from(rate.max(1)),
            None => allowed,
        };
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let (mean_s, at_best_s) =
            (places as f64 / per_s, places.saturating_sub(u64::from(self.burst)) as f64 / per_s);
        (per_s > 0.0).then(|| range(at_best_s * GUESS.0 - 1.0, mean_s * GUESS.1 + 2.0))
    }
}

#[cfg(test)]
mod tests;
