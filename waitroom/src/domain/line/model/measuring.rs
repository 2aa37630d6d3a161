//! The rank table and the horizon, in the model.

use std::collections::BTreeMap;

use super::{Model, RankTable};
use crate::domain::line::horizon::{Demand, Front};
use crate::domain::place::{PlaceId, Score};

/// A table younger than this is young enough, ms.
const MEASURE_EVERY_MS: i64 = 900;
/// How many places are looked at to learn how many are present, where there are more.
const SAMPLES: u64 = 100;

/// The main line with who is present.
struct Sorted {
    places: Vec<(Score, bool)>,
}

impl Front for Sorted {
    fn count_below(&self, score: Score) -> u64 {
        self.places.partition_point(|(other, _)| *other < score) as u64
    }

    fn score_at(&self, rank: u64) -> Score {
        self.places[usize::try_from(rank).unwrap_or(usize::MAX)].0
    }

    fn length(&self) -> u64 {
        self.places.len() as u64
    }

    fn sample(&self, first: u64) -> (u64, u64) {
        let samples = if first <= RankTable::EXACT { first } else { SAMPLES };
        let present = (0..samples).filter(|sample| {
            let rank = sample * first / samples;
            self.places[usize::try_from(rank).unwrap_or(usize::MAX)].1
        });
        (samples, present.count() as u64)
    }
}

impl Model {
    pub(super) fn measure(&mut self, known: u64, now_ms: i64) -> Option<RankTable> {
        let at_ms = self.table.as_ref().map(|table| table.at_ms);
        if at_ms.is_none_or(|at_ms| now_ms < at_ms || now_ms - at_ms >= MEASURE_EVERY_MS) {
            self.forget_sightings(now_ms);
            let since_ms = self.seen_since(now_ms);
            let present = |(score, place): (Score, PlaceId)| (score, self.is_present(place, since_ms));
            let front = Sorted { places: self.queue.iter().map(present).collect() };
            let settings = &self.drop.settings;
            let demand = Demand {
                rate_per_minute: settings.rate_per_minute,
                burst: settings.burst,
                is_undecided: self.drop.awaits_salt(),
            };
            self.horizon.follow(demand, &front, now_ms);
            self.table = Some(self.table_of(&front, now_ms));
        }
        self.table.clone().filter(|table| table.number > known)
    }

    fn table_of(&self, front: &impl Front, now_ms: i64) -> RankTable {
        let waiting = front.length();
        let mut knots: BTreeMap<Score, u64> = BTreeMap::new();
        let distance = waiting.div_ceil(RankTable::DISTANCES).max(1);
        let even = (RankTable::EXACT.div_ceil(distance) * distance..waiting)
            .step_by(usize::try_from(distance).unwrap_or(usize::MAX));
        let exact = 0..RankTable::EXACT.min(waiting);
        for rank in exact.chain(even).chain(waiting.checked_sub(1)) {
            knots.entry(front.score_at(rank)).or_insert(rank);
        }
        for beginning in RankTable::beginnings(self.epoch) {
            let rank = front.count_below(beginning);
            if let Some(last) = rank.checked_sub(1) {
                knots.entry(front.score_at(last)).or_insert(last);
            }
            knots.entry(beginning).or_insert(rank);
        }
        RankTable {
            epoch: self.epoch,
            number: self
                .table
                .as_ref()
                .map_or(u64::try_from(self.epoch).unwrap_or(0) << 32, |table| table.number)
                + 1,
            at_ms: now_ms,
            side: self.side.len(),
            waiting,
            knots: knots.into_iter().collect(),
            track_below: self.horizon.track_below(),
        }
    }
}
