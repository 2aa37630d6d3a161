//! The rank table as everybody may have it: no more knots than it needs.

use crate::domain::line::RankTable;
use crate::domain::place::Score;

/// Up to this rank nothing is left out that a straight line does not give exactly.
const EXACT: u64 = 100;
/// Behind it a line may be wrong by this share of the whole: one in so many.
const TOLERANCE: u64 = 1_000;

/// Scores, ascending, with how many people are before one who has it: a table that gives the measured ranks by straight
/// lines between its knots, exactly for those who are next and within a thousandth of the line for the others.
pub(super) fn published(table: &RankTable) -> Vec<(String, u64)> {
    thinned(&table.knots, table.waiting / TOLERANCE)
        .into_iter()
        .map(|(score, rank)| (score.to_string(), table.side + rank))
        .collect()
}

/// How many knots in a row are left out at most, so that the work is bounded.
const STRETCH: usize = 64;

/// Leaves out every knot that the line from the last one kept to a later one gives well enough.
fn thinned(knots: &[(Score, u64)], tolerance: u64) -> Vec<(Score, u64)> {
    let mut kept = Vec::new();
    let mut from = 0;
    while let Some(knot) = knots.get(from) {
        kept.push(*knot);
        let mut to = from + 1;
        while to + 1 < knots.len().min(from + STRETCH) && is_straight(&knots[from..=to + 1], tolerance) {
            to += 1;
        }
        from = to;
    }
    kept
}

/// Whether the line from the first of these knots to the last gives those between.
fn is_straight(knots: &[(Score, u64)], tolerance: u64) -> bool {
    let (Some(first), Some(last)) = (knots.first(), knots.last()) else { return true };
    let (width, height) = (u128::from(last.0.0 - first.0.0), u128::from(last.1 - first.1));
    knots.iter().all(|(score, rank)| {
        let tolerance = if *rank < EXACT { 0 } else { u128::from(tolerance) };
        let by_line = height * u128::from(score.0 - first.0.0);
        by_line.abs_diff(u128::from(rank - first.1) * width) <= tolerance * width
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn knots(pairs: impl IntoIterator<Item = (u64, u64)>) -> Vec<(Score, u64)> {
        pairs.into_iter().map(|(score, rank)| (Score(score), rank)).collect()
    }

    #[test]
    fn people_who_came_one_after_the_other_need_few_knots() {
        let arrivals = knots((0..300).chain((300..10_000).step_by(40)).map(|rank| (5_000 + rank, rank)));
        assert!(thinned(&arrivals, 10).len() <= 2 + arrivals.len() / (STRETCH - 1));
        assert_eq!(thinned(&knots([]), 10), []);
        assert_eq!(thinned(&knots([(7, 0)]), 10), knots([(7, 0)]));
    }

    #[test]
    fn a_draw_keeps_the_next_hundred_and_the_shape_of_the_rest() {
        let spread = |n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 12;
        let mut scores: Vec<u64> = (0..10_000).map(spread).collect();
        scores.sort_unstable();
        let ranks = (0..300).chain((300..10_000).step_by(40)).chain([9_999]);
        let whole = knots(ranks.map(|rank| (scores[usize::try_from(rank).unwrap()], rank)));
        let thin = thinned(&whole, 10);
        assert!(thin.len() < whole.len() / 2, "{} of {}", thin.len(), whole.len());
        assert_eq!((thin.first(), thin.last()), (whole.first(), whole.last()));
        let table = |knots| RankTable {
            epoch: 0,
            number: 1,
            at_ms: 0,
            side: 0,
            waiting: 10_000,
            knots,
            track_below: Score(0),
        };
        let thin = table(thin);
        for (score, rank) in whole {
            let allowed = if rank < EXACT { 0 } else { 11 };
            assert!(thin.rank_of(score).abs_diff(rank) <= allowed, "{rank}");
        }
    }
}
