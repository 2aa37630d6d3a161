//! The rank table: the ranks of some scores, measured once a second, from which every replica tells positions.

use crate::domain::place::{FIRST_ARRIVAL, Score};

/// Between the scores of two epochs.
const ARRIVALS_AN_EPOCH: u64 = 1 << 36;
/// How many epochs have a knot where they begin.
const EPOCHS: i64 = 16;

/// The ranks of some scores at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RankTable {
    /// The epoch in which it was measured.
    pub epoch: i64,
    /// Rises with every measurement, through all epochs.
    pub number: u64,
    /// When it was measured, ms.
    pub at_ms: i64,
    /// How many places waited in the side list: they are before the whole main line.
    pub side: u64,
    /// How many places waited in the main line.
    pub waiting: u64,
    /// Scores, ascending, each with how many places of the main line have a lower one. The first
    /// [`RankTable::EXACT`] places are all here; after them about 256 knots stand at even distances.
    pub knots: Vec<(Score, u64)>,
    /// Sightings count only below this score.
    pub track_below: Score,
}

impl RankTable {
    /// How many of the first places are in the table.
    pub const EXACT: u64 = 300;
    /// How many distances the rest of the line is divided into.
    pub const DISTANCES: u64 = 256;

    /// How many places of the main line stand before one with this score. Between two knots it is interpolated, so it
    /// is wrong by less than their distance, a 256th of the line; it never falls as the score rises.
    pub fn rank_of(&self, score: Score) -> u64 {
        let after = self.knots.partition_point(|(knot, _)| *knot < score);
        let next = self.knots.get(after).copied();
        if let Some((knot, rank)) = next
            && knot == score
        {
            return rank;
        }
        let Some(before) = after.checked_sub(1).map(|index| self.knots[index]) else { return 0 };
        match next {
            Some(next) => between(before, next, score),
            // Who joined since stands at the tail, one behind the other, and the scores count them.
            None if !before.0.is_drawn() => before.1 + (score.0 - before.0.0).min(ARRIVALS_AN_EPOCH),
            None => before.1 + 1,
        }
    }

    /// Where the places begin that were taken in the last epochs up to this one, and those taken after opening at all.
    pub(crate) fn beginnings(epoch: i64) -> impl Iterator<Item = Score> {
        let epochs = (epoch - EPOCHS + 1).max(1)..=epoch;
        let arrivals =
            epochs.filter_map(|epoch| u64::try_from(epoch).ok()).map(|epoch| Score::arrived(epoch, 1));
        [FIRST_ARRIVAL].into_iter().chain(arrivals)
    }
}

/// The rank at an even density of places; whoever is behind the first of the two knots has at least one before.
fn between(before: (Score, u64), next: (Score, u64), score: Score) -> u64 {
    let (way, whole) = (u128::from(score.0 - before.0.0), u128::from(next.0.0 - before.0.0));
    let ranks = u128::from(next.1.saturating_sub(before.1));
    before.1 + u64::try_from((ranks * way).div_ceil(whole)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(knots: &[(u64, u64)], waiting: u64) -> RankTable {
        let knots = knots.iter().map(|(score, rank)| (Score(*score), *rank)).collect();
        RankTable { epoch: 1, number: 1, at_ms: 0, side: 0, waiting, knots, track_below: Score::END }
    }

    #[test]
    fn knots_are_exact_and_between_them_the_rank_is_even() {
        let table = table(&[(10, 0), (20, 1), (30, 2), (1_030, 102)], 103);
        for (score, rank) in [(10, 0), (20, 1), (30, 2), (1_030, 102), (530, 52), (31, 3), (1_029, 102)] {
            assert_eq!(table.rank_of(Score(score)), rank, "of {score}");
        }
    }

    #[test]
    fn before_the_first_nobody_stands_and_behind_the_last_who_joined_since() {
        let table = table(&[(10, 0), (20, 1)], 2);
        assert_eq!(table.rank_of(Score(5)), 0);
        assert_eq!(table.rank_of(Score(21)), 2);
        assert_eq!(table.rank_of(Score::arrived(1, 7)), 2);
        let arrivals = self::table(&[(Score::arrived(3, 1).0, 5)], 5);
        assert_eq!(
            (5..8).map(|rank| arrivals.rank_of(Score::arrived(3, rank - 4))).collect::<Vec<_>>(),
            [5, 6, 7]
        );
        assert_eq!(RankTable { knots: Vec::new(), ..table }.rank_of(Score(7)), 0);
    }

    #[test]
    fn a_rank_never_falls_as_the_score_rises() {
        let table = table(&[(10, 0), (11, 1), (500, 40), (501, 40), (9_000, 77)], 78);
        let ranks: Vec<u64> = (0..10_000).map(|score| table.rank_of(Score(score))).collect();
        assert!(ranks.is_sorted(), "{ranks:?}");
    }

    /// A line as the draw and the doors make it: uniform scores, then arrivals, with leavers all over.
    #[test]
    fn the_error_stays_below_half_a_percent_of_the_line() {
        for waiting in [1_000_u64, 10_000, 100_000] {
            let drawn = (0..waiting / 2).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 12);
            let arrived = (0..waiting / 2 * 3).filter(|n| n % 3 == 0).map(|n| Score::arrived(2, n + 1).0);
            let mut scores: Vec<u64> = drawn.chain(arrived).collect();
            scores.sort_unstable();
            let distance = waiting.div_ceil(RankTable::DISTANCES);
            let exact = 0..RankTable::EXACT.min(waiting);
            let even = (0..waiting).filter(|rank| rank % distance == 0 && *rank >= RankTable::EXACT);
            let last = [waiting - 1].into_iter().filter(|rank| rank % distance != 0);
            let ranks: Vec<u64> = exact.chain(even).chain(last).collect();
            let at = |rank: &u64| (scores[usize::try_from(*rank).unwrap()], *rank);
            let table = table(&ranks.iter().map(at).collect::<Vec<_>>(), waiting);
            let mut errors: Vec<u64> = scores
                .iter()
                .enumerate()
                .map(|(rank, score)| table.rank_of(Score(*score)).abs_diff(rank as u64))
                .collect();
            assert!(errors[..100].iter().all(|error| *error == 0), "the next 100 are exact");
            errors.sort_unstable();
            let p99 = errors[errors.len() * 99 / 100];
            assert!(p99 * 200 <= waiting, "{p99} of {waiting}");
        }
    }
}
