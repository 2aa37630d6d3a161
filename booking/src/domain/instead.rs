//! Seats in place of a choice that cannot be had: because somebody was faster, or because it leaves a seat alone. Pure
//! functions over a plan and the states of its seats.

use std::collections::BTreeSet;

use super::catalogue::Seat;
use super::holds::SeatIndex;
use super::seating::{Seating, StrandedRule, indexes, is_set_aside};

/// A row away is as far as so many seats.
const ROW_WEIGHT: f32 = 2.0;
/// A seat that is not beside the others is as bad as this distance.
const APART: f32 = 20.0;

/// As many seats of the same categories, near those that were wanted: each lost seat replaced beside the rest where that
/// does, or else neighbours elsewhere. `None` where the rule or the hall leaves nothing.
pub fn instead_of(seating: &Seating<'_>, wanted: &[SeatIndex], rule: StrandedRule) -> Option<Vec<SeatIndex>> {
    let mut wanted: Vec<usize> = wanted.iter().map(|seat| *seat as usize).collect();
    wanted.sort_unstable();
    if wanted.is_empty() || wanted.iter().any(|seat| *seat >= seating.seats().len()) {
        return None;
    }
    let replaced = replace_lost(seating, &wanted)
        .filter(|seats| seating.stranded_by(&as_indexes(seats), rule).is_empty())
        .map(|seats| (groups(seating, &seats) <= groups(seating, &wanted), as_indexes(&seats)));
    match replaced {
        Some((true, seats)) => Some(seats),
        apart => nearest_window(seating, &wanted, rule).or(apart.map(|(_, seats)| seats)),
    }
}

/// How many groups of neighbours there are among seats in ascending order.
fn groups(seating: &Seating<'_>, seats: &[usize]) -> usize {
    1 + seats.windows(2).filter(|pair| !seating.are_beside(pair[0], pair[1])).count()
}

fn as_indexes(seats: &[usize]) -> Vec<SeatIndex> {
    seats.iter().filter_map(|seat| SeatIndex::try_from(*seat).ok()).collect()
}

/// The seats that are still free, and for each other the nearest of its category, beside the rest if possible.
fn replace_lost(seating: &Seating<'_>, wanted: &[usize]) -> Option<Vec<usize>> {
    let (mut chosen, lost): (Vec<usize>, Vec<usize>) =
        wanted.iter().partition(|seat| seating.is_free(**seat));
    if lost.is_empty() {
        return None;
    }
    for gone in lost {
        let seats = seating.seats();
        let fits = |seat: &usize| {
            let (one, other) = (&seats[*seat], &seats[gone]);
            seating.is_free(*seat)
                && !chosen.contains(seat)
                && one.seat.category == other.seat.category
                && is_set_aside(one) == is_set_aside(other)
        };
        let cost = |seat: usize| {
            let is_beside = chosen.is_empty() || chosen.iter().any(|other| seating.are_beside(*other, seat));
            distance(&seats[seat], &seats[gone]) + if is_beside { 0.0 } else { APART }
        };
        let next = (0..seats.len()).filter(fits).min_by(|one, other| cost(*one).total_cmp(&cost(*other)))?;
        chosen.push(next);
    }
    chosen.sort_unstable();
    Some(chosen)
}

/// So many neighbours, the nearest that leave no seat alone.
fn nearest_window(seating: &Seating<'_>, wanted: &[usize], rule: StrandedRule) -> Option<Vec<SeatIndex>> {
    let seats = seating.seats();
    let categories: BTreeSet<&str> = wanted.iter().map(|seat| seats[*seat].seat.category.as_str()).collect();
    let is_accessible = wanted.iter().any(|seat| is_set_aside(&seats[*seat]));
    let cost = |window: &std::ops::Range<usize>| -> f32 {
        window.clone().zip(wanted).map(|(seat, old)| distance(&seats[seat], &seats[*old])).sum()
    };
    seating
        .windows(wanted.len(), &categories, is_accessible)
        .filter(|window| seating.stranded_by(&indexes(window.clone()), rule).is_empty())
        .min_by(|one, other| cost(one).total_cmp(&cost(other)))
        .map(indexes)
}

fn distance(one: &Seat, other: &Seat) -> f32 {
    (one.seat.x - other.seat.x).abs() + ROW_WEIGHT * (one.y - other.y).abs()
}

#[cfg(test)]
mod tests {
    use super::super::seating::sample::hall;
    use super::StrandedRule::{Off, Strict};
    use super::*;

    fn instead(rows: &[&str], wanted: &[SeatIndex], rule: StrandedRule) -> Option<Vec<SeatIndex>> {
        let (seats, states) = hall(rows);
        instead_of(&Seating::new(&seats, &states), wanted, rule)
    }

    #[test]
    fn a_lost_seat_is_replaced_by_one_beside_the_rest() {
        assert_eq!(instead(&[".x...", "....."], &[0, 1], Off), Some(vec![2, 3]), "nothing is beside AA1");
        assert_eq!(instead(&["..x..", "....."], &[1, 2], Off), Some(vec![0, 1]));
        assert_eq!(instead(&["...x."], &[1, 2, 3], Off), Some(vec![0, 1, 2]));
        assert_eq!(instead(&["..x.."], &[2], Off), Some(vec![1]));
    }

    #[test]
    fn a_choice_that_strands_a_seat_moves_by_as_little_as_will_do() {
        assert_eq!(instead(&["........"], &[1, 2], Strict), Some(vec![0, 1]));
        assert_eq!(instead(&["x......."], &[2, 3], Strict), Some(vec![1, 2]));
    }

    #[test]
    fn a_replacement_that_strands_a_seat_is_not_proposed() {
        assert_eq!(instead(&["..x..", "x..x."], &[2, 3], Strict), Some(vec![3, 4]));
        assert_eq!(instead(&[".x.x.", "x.x"], &[0, 1], Strict).map(|seats| seats.len()), Some(2));
    }

    #[test]
    fn dearer_seats_and_those_set_aside_are_not_proposed() {
        assert_eq!(instead(&["xvv"], &[0], Off), None);
        assert_eq!(instead(&["xwc", "  ."], &[0], Off), Some(vec![3]));
        assert_eq!(instead(&["xx"], &[0, 1], Off), None);
        assert_eq!(instead(&["xx"], &[9], Off), None, "no such seat");
    }
}
