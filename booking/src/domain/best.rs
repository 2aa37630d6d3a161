//! The best seats that can be had: together first, then near the best row and the centre. A pure function over a plan and
//! the states of its seats.

use std::ops::Range;

use super::catalogue::Seat;
use super::holds::SeatIndex;
use super::seating::{COMPANION, Seating, StrandedRule, WHEELCHAIR, indexes, is_set_aside};

/// The best row lies so far from the first to the last.
const BEST_DEPTH: f32 = 0.6;
/// A row away from the best one is as bad as so many seats away from the centre.
const ROW_WEIGHT: f32 = 1.5;
/// An obstructed view is as bad as this distance.
const OBSTRUCTED: f32 = 1_000.0;
/// What matters more than any distance: a companion beside the wheelchair, and no second wheelchair's place taken.
const MISSED: f32 = 1_000_000.0;
const OBSTRUCTED_VIEW: &str = "obstructed_view";

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish<'a> {
    /// How many seats.
    pub count: usize,
    /// Of this category alone.
    pub category: Option<&'a str>,
    /// With a place for a wheelchair, and companions beside it. Without, such places are left to those who need them.
    pub accessible: bool,
    /// Which single seats may be left.
    pub rule: StrandedRule,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The seats, ascending.
    pub seats: Vec<SeatIndex>,
    /// Whether they are beside each other.
    pub is_adjacent: bool,
}

/// The best seats for a wish; `None` where so many cannot be had. A single seat is left alone only where that many
/// neighbours cannot be had otherwise.
pub fn best_seats(seating: &Seating<'_>, wish: &Wish<'_>) -> Option<Found> {
    if wish.count == 0 {
        return None;
    }
    let view = View::of(seating, wish);
    let mut windows = view.windows(wish.count);
    windows.sort_by(|one, other| one.1.total_cmp(&other.1).then(one.0.start.cmp(&other.0.start)));
    let seats = |window: &Range<usize>| indexes(window.clone());
    let clean = windows.iter().find(|(window, _)| {
        wish.rule == StrandedRule::Off || seating.stranded_by(&seats(window), wish.rule).is_empty()
    });
    if let Some((window, _)) = clean.or(windows.first()) {
        return Some(Found { seats: seats(window), is_adjacent: true });
    }
    view.apart(wish).map(|seats| Found { is_adjacent: false, seats })
}

/// A hall as one wish sees it.
struct View<'a, 's> {
    seating: &'s Seating<'a>,
    fits: Vec<bool>,
    distance: Vec<f32>,
    accessible: bool,
}

impl<'a, 's> View<'a, 's> {
    fn of(seating: &'s Seating<'a>, wish: &Wish<'_>) -> Self {
        let (centre, row) = best_point(seating.seats());
        let fits = |(index, seat): (usize, &Seat)| {
            seating.is_free(index)
                && wish.category.is_none_or(|category| seat.seat.category == category)
                && (wish.accessible || !is_set_aside(seat))
        };
        let distance = |seat: &Seat| {
            let obstructed = if has(seat, OBSTRUCTED_VIEW) { OBSTRUCTED } else { 0.0 };
            (seat.seat.x - centre).hypot((seat.y - row) * ROW_WEIGHT) + obstructed
        };
        Self {
            seating,
            fits: seating.seats().iter().enumerate().map(fits).collect(),
            distance: seating.seats().iter().map(distance).collect(),
            accessible: wish.accessible,
        }
    }

    /// Every run of so many fitting neighbours, and how bad it is.
    fn windows(&self, count: usize) -> Vec<(Range<usize>, f32)> {
        let mut windows = Vec::new();
        for block in self.seating.blocks() {
            let mut run = 0;
            for index in block.clone() {
                run = if self.fits[index] { run + 1 } else { 0 };
                if run >= count {
                    let window = index + 1 - count..index + 1;
                    windows.extend(self.cost(window.clone()).map(|cost| (window, cost)));
                }
            }
        }
        windows
    }

    /// How bad seats are together; `None` where they are not what was wished for.
    fn cost(&self, window: Range<usize>) -> Option<f32> {
        let count = u16::try_from(window.len()).map_or(f32::MAX, f32::from);
        let distance = self.distance[window.clone()].iter().sum::<f32>() / count;
        if !self.accessible {
            return Some(distance);
        }
        let seats = &self.seating.seats()[window];
        let places = seats.iter().filter(|seat| has(seat, WHEELCHAIR)).count();
        let companions = seats.iter().any(|seat| has(seat, COMPANION));
        let alone = if companions || seats.len() == 1 { 0.0 } else { MISSED };
        let spare = u16::try_from(places.checked_sub(1)?).map_or(f32::MAX, f32::from);
        Some(distance + alone + spare * MISSED)
    }

    /// Seats that are not all beside each other: the best group of the most that are, and then the nearest to it.
    fn apart(&self, wish: &Wish<'_>) -> Option<Vec<SeatIndex>> {
        let largest = (1..wish.count).rev().find_map(|count| {
            let windows = self.windows(count).into_iter();
            windows.min_by(|one, other| one.1.total_cmp(&other.1)).map(|(window, _)| window)
        })?;
        let from = &self.seating.seats()[largest.start + largest.len() / 2];
        let away = |seat: &Seat| {
            // Whoever comes along takes no place that somebody else needs, while there are others.
            let needed = if has(seat, WHEELCHAIR) { MISSED } else { 0.0 };
            (seat.seat.x - from.seat.x).hypot((seat.y - from.y) * ROW_WEIGHT) + needed
        };
        let mut others: Vec<usize> =
            (0..self.fits.len()).filter(|index| self.fits[*index] && !largest.contains(index)).collect();
        others.sort_by(|one, other| {
            let seats = self.seating.seats();
            let nearer = away(&seats[*one]).total_cmp(&away(&seats[*other]));
            nearer.then(self.distance[*one].total_cmp(&self.distance[*other])).then(one.cmp(other))
        });
        let missing = wish.count - largest.len();
        if others.len() < missing {
            return None;
        }
        let mut seats = indexes(largest);
        seats.extend(others.into_iter().take(missing).filter_map(|seat| SeatIndex::try_from(seat).ok()));
        seats.sort_unstable();
        Some(seats)
    }
}

/// The centre, and where the best row would be.
fn best_point(seats: &[Seat]) -> (f32, f32) {
    let span = |of: fn(&Seat) -> f32| {
        let low = seats.iter().map(of).fold(f32::INFINITY, f32::min);
        let high = seats.iter().map(of).fold(f32::NEG_INFINITY, f32::max);
        (low, high - low)
    };
    let ((left, width), (front, depth)) = (span(|seat| seat.seat.x), span(|seat| seat.y));
    (left + width / 2.0, front + depth * BEST_DEPTH)
}

fn has(seat: &Seat, feature: &str) -> bool {
    seat.seat.features.iter().any(|known| known == feature)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::StrandedRule::{Off, Strict};
    use super::*;
    use crate::domain::seating::sample::hall;

    fn wish(count: usize) -> Wish<'static> {
        Wish { count, category: None, accessible: false, rule: Off }
    }

    fn best(rows: &[&str], wish: &Wish<'_>) -> Option<(Vec<String>, bool)> {
        let (seats, states) = hall(rows);
        let found = best_seats(&Seating::new(&seats, &states), wish)?;
        let labels = found.seats.iter().map(|seat| seats[*seat as usize].label.clone()).collect();
        Some((labels, found.is_adjacent))
    }

    fn listed(labels: &[&str], is_adjacent: bool) -> (Vec<String>, bool) {
        (labels.iter().map(|label| (*label).to_owned()).collect(), is_adjacent)
    }

    #[test]
    fn the_best_row_and_the_centre_come_first() {
        let empty = ["......."; 6];
        assert_eq!(best(&empty, &wish(3)), Some(listed(&["AD3", "AD4", "AD5"], true)));
        let taken = [".......", ".......", ".......", "xxx.xxx", ".......", "......."];
        assert_eq!(best(&taken, &wish(3)), Some(listed(&["AC3", "AC4", "AC5"], true)));
    }

    #[test]
    fn together_comes_before_near_and_an_aisle_parts() {
        assert_eq!(best(&["...", "x.x", "x.x", "x.x"], &wish(2)), Some(listed(&["AA1", "AA2"], true)));
        assert_eq!(best(&[". .x. ."], &wish(2)), Some(listed(&["AA2", "AA4"], false)));
    }

    #[test]
    fn who_cannot_sit_together_sits_near() {
        assert_eq!(best(&["..x.x", "xxxxx", ".xxxx"], &wish(3)), Some(listed(&["AA1", "AA2", "AA4"], false)));
        assert_eq!(best(&["x.x"], &wish(2)), None);
        assert_eq!(best(&["..."], &wish(0)), None);
    }

    #[test]
    fn a_category_is_kept_and_an_obstructed_view_avoided() {
        let vip = Wish { category: Some("vip"), ..wish(2) };
        assert_eq!(best(&["....", ".vv.", "...."], &vip), Some(listed(&["AB2", "AB3"], true)));
        assert_eq!(best(&["....", "...."], &vip), None);
        assert_eq!(best(&["..oo.."], &wish(2)), Some(listed(&["AA1", "AA2"], true)));
    }

    #[test]
    fn a_wheelchair_has_its_place_and_a_companion_beside_it() {
        let rows = [".......", "wc...cw", "ww....."];
        let accessible = |count| Wish { accessible: true, ..wish(count) };
        assert_eq!(best(&rows, &accessible(2)), Some(listed(&["AB1", "AB2"], true)));
        assert_eq!(best(&rows, &accessible(1)), Some(listed(&["AC2"], true)));
        assert_eq!(best(&["...", "..."], &accessible(1)), None);
        assert_eq!(best(&["w c"], &wish(1)), None, "they are left to those who need them");
        assert_eq!(best(&["w c"], &accessible(2)), Some(listed(&["AA1", "AA2"], false)));
    }

    #[test]
    fn no_seat_is_left_alone_where_the_rule_is_on() {
        let strict = Wish { rule: Strict, ..wish(2) };
        assert_eq!(best(&["x.....x"], &wish(2)), Some(listed(&["AA3", "AA4"], true)));
        assert_eq!(best(&["x.....x"], &strict), Some(listed(&["AA2", "AA3"], true)));
        assert_eq!(best(&["x...x"], &strict), Some(listed(&["AA2", "AA3"], true)), "one is left in any case");
    }

    #[test]
    fn an_arena_of_20_000_seats_has_a_best_place() {
        let row = ".".repeat(200);
        let (seats, states) = hall(&vec![row.as_str(); 100]);
        let found = best_seats(&Seating::new(&seats, &states), &Wish { rule: Strict, ..wish(8) }).unwrap();
        let labels: Vec<&str> = found.seats.iter().map(|seat| seats[*seat as usize].label.as_str()).collect();
        assert_eq!(labels, ["CH97", "CH98", "CH99", "CH100", "CH101", "CH102", "CH103", "CH104"]);
    }

    fn drawn() -> impl Strategy<Value = Vec<String>> {
        prop::collection::vec("[.x. wcv]{1,12}", 1..5)
            .prop_filter("a hall has seats", |rows| rows.iter().all(|row| !row.trim().is_empty()))
    }

    proptest! {
        #[test]
        fn what_is_found_can_be_had_and_leaves_nobody_alone_without_need(
            rows in drawn(),
            count in 1..6_usize,
            accessible in any::<bool>(),
        ) {
            let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
            let (seats, states) = hall(&rows);
            let seating = Seating::new(&seats, &states);
            let wish = Wish { accessible, rule: Strict, ..wish(count) };
            let usable = |seat: &usize| {
                seating.is_free(*seat) && (accessible || !is_set_aside(&seats[*seat]))
            };
            let free = (0..seats.len()).filter(usable).count();
            let Some(found) = best_seats(&seating, &wish) else {
                let has_place = seats.iter().any(|seat| has(seat, WHEELCHAIR));
                prop_assert!(free < count || (accessible && !has_place));
                return Ok(());
            };
            let distinct: BTreeSet<_> = found.seats.iter().collect();
            prop_assert_eq!((found.seats.len(), distinct.len()), (count, count));
            prop_assert!(found.seats.iter().all(|seat| usable(&(*seat as usize))));
            let is_run = found.seats.windows(2).all(|pair| pair[1] == pair[0] + 1);
            prop_assert!(!found.is_adjacent || is_run);
            if accessible {
                prop_assert!(found.seats.iter().any(|seat| has(&seats[*seat as usize], WHEELCHAIR)));
            }
            if !accessible && !seating.stranded_by(&found.seats, Strict).is_empty() {
                let categories = seats.iter().map(|seat| seat.seat.category.as_str()).collect();
                prop_assert!(!seating.has_better(count, Strict, &categories, false));
            }
        }
    }
}
