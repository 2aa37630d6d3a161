//! How the seats of a hall lie to each other: blocks of neighbours, and which of their seats a choice leaves alone. Pure
//! functions over a plan and the states of its seats.

use std::collections::BTreeSet;
use std::ops::Range;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::catalogue::Seat;
use super::holds::{SeatIndex, SeatState};

/// Seats of a row further apart than this have an aisle between them, in seat widths.
const AISLE: f32 = 1.5;
/// The feature of a place for a wheelchair.
pub const WHEELCHAIR: &str = "wheelchair";
/// The feature of a seat for whoever comes with somebody in a wheelchair.
pub const COMPANION: &str = "companion";

/// Which single free seats a choice may leave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StrandedRule {
    /// Any.
    #[default]
    Off,
    /// At a wall or an aisle, but not between two that are taken.
    Lenient,
    /// None.
    Strict,
}

impl StrandedRule {
    /// The word for it in the database and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Lenient => "lenient",
            Self::Strict => "strict",
        }
    }

    /// The rule a word stands for.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Off, Self::Lenient, Self::Strict].into_iter().find(|rule| rule.as_str() == word)
    }
}

/// The seats of a hall in blocks of neighbours: no aisle, no other row between them.
#[derive(Clone, Debug)]
pub struct Seating<'a> {
    seats: &'a [Seat],
    states: &'a [SeatState],
    blocks: Vec<Range<usize>>,
    block_of: Vec<u32>,
}

impl<'a> Seating<'a> {
    /// The seats in their order, with their states.
    pub fn new(seats: &'a [Seat], states: &'a [SeatState]) -> Self {
        let count = seats.len().min(states.len());
        let (seats, states) = (&seats[..count], &states[..count]);
        let (mut blocks, mut block_of, mut start) = (Vec::new(), Vec::with_capacity(count), 0);
        for index in 0..count {
            block_of.push(u32::try_from(blocks.len()).unwrap_or(u32::MAX));
            if index + 1 == count || !are_neighbours(&seats[index], &seats[index + 1]) {
                blocks.push(start..index + 1);
                start = index + 1;
            }
        }
        Self { seats, states, blocks, block_of }
    }

    /// The seats.
    pub fn seats(&self) -> &'a [Seat] {
        self.seats
    }

    /// The blocks, in seat order.
    pub fn blocks(&self) -> &[Range<usize>] {
        &self.blocks
    }

    /// Whether a seat can be had.
    pub fn is_free(&self, seat: usize) -> bool {
        self.states[seat] == SeatState::Free
    }

    /// Whether two seats are neighbours.
    pub fn are_beside(&self, one: usize, other: usize) -> bool {
        one.abs_diff(other) == 1 && self.block_of[one] == self.block_of[other]
    }

    /// The seats that would be left alone by taking these, and were not alone before.
    pub fn stranded_by(&self, chosen: &[SeatIndex], rule: StrandedRule) -> Vec<SeatIndex> {
        if rule == StrandedRule::Off {
            return Vec::new();
        }
        let taken: BTreeSet<usize> = chosen.iter().map(|seat| *seat as usize).collect();
        let mut stranded = BTreeSet::new();
        for seat in taken.iter().copied().filter(|seat| *seat < self.seats.len()) {
            let block = self.block(seat);
            let left = (seat > block.start).then(|| seat - 1);
            let right = (seat + 1 < block.end).then(|| seat + 1);
            let neighbours = left.into_iter().chain(right);
            stranded.extend(neighbours.filter(|next| self.is_left_alone(*next, &block, &taken, rule)));
        }
        stranded.into_iter().filter_map(|seat| SeatIndex::try_from(seat).ok()).collect()
    }

    /// Whether so many neighbours of these categories could be taken without leaving a seat alone. Places for wheelchairs
    /// and their companions count only where they are asked for.
    pub fn has_better(
        &self,
        count: usize,
        rule: StrandedRule,
        categories: &BTreeSet<&str>,
        is_accessible: bool,
    ) -> bool {
        self.windows(count, categories, is_accessible)
            .any(|window| self.stranded_by(&indexes(window), rule).is_empty())
    }

    /// Each so many free neighbours of these categories. Places for wheelchairs and their companions count only where they
    /// are asked for.
    pub fn windows<'s>(
        &'s self,
        count: usize,
        categories: &'s BTreeSet<&str>,
        is_accessible: bool,
    ) -> impl Iterator<Item = Range<usize>> + 's {
        let fits = move |seat: usize| {
            let known = &self.seats[seat];
            self.is_free(seat)
                && categories.contains(known.seat.category.as_str())
                && (is_accessible || !is_set_aside(known))
        };
        self.blocks.iter().flat_map(move |block| {
            let last = (block.end + 1).saturating_sub(count);
            let windows = (block.start..last).map(move |start| start..start + count);
            windows.filter(move |window| window.clone().all(fits))
        })
    }

    fn block(&self, seat: usize) -> Range<usize> {
        self.blocks[self.block_of[seat] as usize].clone()
    }

    /// Whether this seat stays free and loses its last free neighbour. A place for a wheelchair is nobody's loss.
    fn is_left_alone(
        &self,
        seat: usize,
        block: &Range<usize>,
        taken: &BTreeSet<usize>,
        rule: StrandedRule,
    ) -> bool {
        let stays_free = |seat: usize| self.is_free(seat) && !taken.contains(&seat);
        if !stays_free(seat) || is_set_aside(&self.seats[seat]) {
            return false;
        }
        let is_first = seat == block.start;
        let is_last = seat + 1 == block.end;
        let has_company = (!is_first && stays_free(seat - 1)) || (!is_last && stays_free(seat + 1));
        let is_let_be = rule == StrandedRule::Lenient && (is_first || is_last);
        !(has_company || is_let_be)
    }
}

/// Why seats cannot be taken together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stranding {
    /// The seats that would be left alone.
    pub seats: Vec<SeatIndex>,
}

/// Checks a choice against the rule. It gives way where so many neighbours of the same categories cannot be had without
/// leaving a seat alone, and says nothing where a chosen seat is not free: that is told otherwise.
pub fn check_stranded(
    seating: &Seating<'_>,
    chosen: &[SeatIndex],
    rule: StrandedRule,
) -> Result<(), Stranding> {
    let known = |seat: &SeatIndex| (*seat as usize) < seating.seats.len();
    if !chosen.iter().all(|seat| known(seat) && seating.is_free(*seat as usize)) {
        return Ok(());
    }
    let stranded = seating.stranded_by(chosen, rule);
    if stranded.is_empty() {
        return Ok(());
    }
    let seats = || chosen.iter().map(|seat| &seating.seats[*seat as usize]);
    let categories = seats().map(|seat| seat.seat.category.as_str()).collect();
    let is_accessible = seats().any(is_set_aside);
    if seating.has_better(chosen.len(), rule, &categories, is_accessible) {
        return Err(Stranding { seats: stranded });
    }
    Ok(())
}

/// Whether a seat is set aside for wheelchairs or who comes with them.
pub fn is_set_aside(seat: &Seat) -> bool {
    seat.seat.features.iter().any(|feature| feature == WHEELCHAIR || feature == COMPANION)
}

fn are_neighbours(one: &Seat, next: &Seat) -> bool {
    one.row == next.row && !is_aisle(one, next)
}

/// Whether an aisle is between two seats of a row that follow each other.
pub fn is_aisle(one: &Seat, next: &Seat) -> bool {
    (next.seat.x - one.seat.x).abs() > AISLE
}

/// The seats of a range.
pub fn indexes(range: Range<usize>) -> Vec<SeatIndex> {
    range.filter_map(|seat| SeatIndex::try_from(seat).ok()).collect()
}

#[cfg(test)]
pub(crate) mod sample {
    //! Halls drawn as text: a line a row; `.` free, `x` taken, `w` a free place for a wheelchair, `c` a free seat of a
    //! companion, `v` a free seat of the category `vip`, `o` one with an obstructed view, a space an aisle.

    use super::*;
    use crate::domain::catalogue::{Layout, LayoutRow, LayoutSeat};

    /// The seats and states of a drawn hall.
    pub(crate) fn hall(rows: &[&str]) -> (Vec<Seat>, Vec<SeatState>) {
        let mut states = Vec::new();
        let mut layout = Vec::new();
        for (y, line) in rows.iter().enumerate() {
            let mut seats = Vec::new();
            for (x, letter) in line.chars().enumerate().filter(|(_, letter)| *letter != ' ') {
                states.push(if letter == 'x' { SeatState::Booked } else { SeatState::Free });
                let features = match letter {
                    'w' => vec![WHEELCHAIR.to_owned()],
                    'c' => vec![COMPANION.to_owned()],
                    'o' => vec!["obstructed_view".to_owned()],
                    _ => Vec::new(),
                };
                let category = if letter == 'v' { "vip" } else { "standard" }.to_owned();
                let number = i32::try_from(seats.len()).unwrap() + 1;
                let x = f32::from(u16::try_from(x).unwrap());
                seats.push(LayoutSeat { number, x, category, features });
            }
            let letter = |n: usize| char::from(b'A' + u8::try_from(n).unwrap());
            let row = [letter(y / 26), letter(y % 26)].into_iter().collect();
            layout.push(LayoutRow { row, y: f32::from(u16::try_from(y).unwrap()), seats });
        }
        (Layout::parse(&layout).unwrap().seats().to_vec(), states)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::StrandedRule::{Lenient, Off, Strict};
    use super::sample::hall;
    use super::*;

    fn check(rows: &[&str], chosen: &[SeatIndex], rule: StrandedRule) -> Result<(), Vec<SeatIndex>> {
        let (seats, states) = hall(rows);
        check_stranded(&Seating::new(&seats, &states), chosen, rule).map_err(|stranding| stranding.seats)
    }

    #[test]
    fn a_single_seat_between_two_taken_ones_is_refused_by_both_rules() {
        for rule in [Lenient, Strict] {
            assert_eq!(check(&["x......."], &[2, 3], rule), Err(vec![1]));
        }
        assert_eq!(check(&["x......."], &[2, 3], Off), Ok(()));
    }

    #[test]
    fn a_single_seat_at_the_wall_or_an_aisle_is_refused_by_the_strict_rule_alone() {
        assert_eq!(check(&["........"], &[1, 2], Lenient), Ok(()));
        assert_eq!(check(&["........"], &[1, 2], Strict), Err(vec![0]));
        assert_eq!(check(&[".... ....."], &[5, 6], Strict), Err(vec![4]));
        assert_eq!(check(&[".... ....."], &[5, 6], Lenient), Ok(()));
    }

    #[test]
    fn a_seat_that_was_alone_before_is_nobodys_fault() {
        assert_eq!(check(&["x.x....x"], &[3, 4], Strict), Ok(()));
        assert_eq!(check(&["x.x....x"], &[1], Strict), Ok(()));
    }

    #[test]
    fn the_rule_gives_way_where_there_is_no_other_choice() {
        assert_eq!(check(&["x...x"], &[1, 2], Strict), Ok(()), "two of three always leave one");
        assert_eq!(check(&["x...x", "x..x"], &[1, 2], Strict), Err(vec![3]), "the other row has two");
        assert_eq!(check(&["x...x", "xvvx"], &[1, 2], Strict), Ok(()), "nobody has to buy a dearer seat");
        assert_eq!(check(&["x...x", "xwcx"], &[1, 2], Strict), Ok(()), "nor one that is set aside");
    }

    #[test]
    fn a_place_for_a_wheelchair_is_not_stranded() {
        assert_eq!(check(&["xw......"], &[2, 3], Strict), Ok(()));
    }

    #[test]
    fn seats_that_are_not_free_are_told_otherwise() {
        assert_eq!(check(&["xx.x...."], &[1, 2], Strict), Ok(()));
    }

    fn drawn() -> impl Strategy<Value = Vec<String>> {
        prop::collection::vec("[.x. ]{1,14}", 1..5)
            .prop_filter("a hall has seats", |rows| rows.iter().all(|row| !row.trim().is_empty()))
    }

    /// Free seats without a free neighbour, by the rule, counted the plain way.
    fn alone(seating: &Seating<'_>, taken: &BTreeSet<usize>, rule: StrandedRule) -> BTreeSet<usize> {
        let free = |seat: usize| seating.is_free(seat) && !taken.contains(&seat);
        let lonely = |block: &Range<usize>, seat: usize| {
            let others = block.clone().filter(|other| other.abs_diff(seat) == 1);
            let is_at_an_end = seat == block.start || seat + 1 == block.end;
            free(seat) && !others.into_iter().any(free) && !(rule == Lenient && is_at_an_end)
        };
        let blocks = seating.blocks().iter();
        blocks.flat_map(|block| block.clone().filter(|seat| lonely(block, *seat))).collect()
    }

    proptest! {
        #[test]
        fn whatever_is_allowed_leaves_nobody_new_alone_unless_there_is_no_other_choice(
            rows in drawn(),
            chosen in prop::collection::vec(any::<prop::sample::Index>(), 1..5),
            is_strict in any::<bool>(),
        ) {
            let rule = if is_strict { Strict } else { Lenient };
            let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
            let (seats, states) = hall(&rows);
            let seating = Seating::new(&seats, &states);
            let free: Vec<usize> = (0..seats.len()).filter(|seat| seating.is_free(*seat)).collect();
            prop_assume!(!free.is_empty());
            let taken: BTreeSet<usize> = chosen.iter().map(|index| *index.get(&free)).collect();
            let chosen: Vec<SeatIndex> = taken.iter().map(|seat| SeatIndex::try_from(*seat).unwrap()).collect();
            let before = alone(&seating, &BTreeSet::new(), rule);
            let after = alone(&seating, &taken, rule);
            let new: Vec<SeatIndex> =
                after.difference(&before).map(|seat| SeatIndex::try_from(*seat).unwrap()).collect();
            prop_assert_eq!(&seating.stranded_by(&chosen, rule), &new);
            let windows = seating.blocks().iter().flat_map(|block| {
                (block.start..block.end).map(|start| start..start + taken.len()).filter(|it| it.end <= block.end)
            });
            let is_avoidable = windows.into_iter().any(|window| {
                let window: BTreeSet<usize> = window.collect();
                window.iter().all(|seat| seating.is_free(*seat)) && alone(&seating, &window, rule).is_subset(&before)
            });
            let refused = check_stranded(&seating, &chosen, rule).is_err();
            prop_assert_eq!(refused, !new.is_empty() && is_avoidable);
        }
    }
}
