//! Seats that a page offers: the best that were wished for, or others in place of those that could not be had.

use std::collections::HashSet;

use shared::money::Money;
use url::form_urlencoded;

use crate::domain::best::{Wish, best_seats};
use crate::domain::catalogue::{STANDARD_FARE, ShowPlan};
use crate::domain::holds::{SeatIndex, SeatMap, SeatState};
use crate::domain::ids::ReservationId;
use crate::domain::instead::instead_of;
use crate::domain::seating::Seating;

/// How many people most often come together.
const USUAL: usize = 2;

/// What the address says: which seats are looked for, and how they are shown. Whatever it says badly is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Wished {
    /// How many seats.
    pub(super) count: usize,
    /// Of this category alone.
    pub(super) category: Option<String>,
    /// With a place for a wheelchair.
    pub(super) accessible: bool,
    /// Whether seats are looked for at all.
    pub(super) is_asked: bool,
    /// Whether seats are shown as a list.
    pub(super) is_list: bool,
    /// The basket that they are for, where it has seats already.
    pub(in super::super) exchange: Option<ReservationId>,
}

impl Default for Wished {
    fn default() -> Self {
        Self {
            count: USUAL,
            category: None,
            accessible: false,
            is_asked: false,
            is_list: false,
            exchange: None,
        }
    }
}

impl Wished {
    /// What a query says.
    pub(in super::super) fn read(query: &str) -> Self {
        let mut wished = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "count" => {
                    let count = value.parse().ok().filter(|count| *count > 0);
                    wished.is_asked = count.is_some();
                    wished.count = count.unwrap_or(USUAL);
                }
                "category" if !value.is_empty() => wished.category = Some(value.into_owned()),
                "accessible" => wished.accessible = true,
                "exchange" => wished.exchange = value.parse().ok(),
                "view" => wished.is_list = value == "list",
                _ => {}
            }
        }
        wished
    }

    /// So many seats, where nothing was said of their number.
    pub(in super::super) fn or_so_many(mut self, count: usize) -> Self {
        if !self.is_asked {
            self.count = count;
        }
        self
    }

    /// Never more seats than can be reserved together.
    pub(super) fn bound(&mut self, max_seats: usize) {
        self.count = self.count.min(max_seats.max(1));
    }
}

/// Seats that could be reserved at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Offer {
    pub(super) seats: Vec<String>,
    pub(super) total: Money,
    /// Whether they are neighbours; said of the best seats only.
    pub(super) is_adjacent: bool,
    /// Whether they stand in for others.
    pub(super) is_instead: bool,
}

impl Offer {
    /// The best seats for a wish.
    pub(super) fn best(plan: &ShowPlan, map: &SeatMap, wished: &Wished) -> Option<Self> {
        let wish = Wish {
            count: wished.count,
            category: wished.category.as_deref(),
            accessible: wished.accessible,
            rule: plan.show.stranded_rule,
        };
        let found = best_seats(&Seating::new(&plan.seats, &map.states), &wish)?;
        Self::of(plan, &found.seats, found.is_adjacent, false)
    }

    /// Others in place of these.
    pub(super) fn instead(plan: &ShowPlan, map: &SeatMap, chosen: &HashSet<String>) -> Option<Self> {
        let wanted: Vec<SeatIndex> =
            chosen.iter().filter_map(|label| plan.seat(label)).map(|seat| seat.index).collect();
        let seats = instead_of(&Seating::new(&plan.seats, &map.states), &wanted, plan.show.stranded_rule)?;
        Self::of(plan, &seats, false, true)
    }

    fn of(plan: &ShowPlan, seats: &[SeatIndex], is_adjacent: bool, is_instead: bool) -> Option<Self> {
        let seats = || seats.iter().filter_map(|seat| plan.seats.get(*seat as usize));
        let prices = seats().map(|seat| plan.show.prices.price(&seat.seat.category, STANDARD_FARE));
        let mut total = prices.collect::<Option<Vec<Money>>>()?.into_iter();
        let total = total.try_fold(Money::new(0, plan.show.prices.currency()), Money::checked_add)?;
        Some(Self { seats: seats().map(|seat| seat.label.clone()).collect(), total, is_adjacent, is_instead })
    }
}

/// Of these seats those that can be had, in the hall's order.
pub(super) fn free_of(plan: &ShowPlan, map: &SeatMap, labels: &HashSet<String>) -> Vec<String> {
    let seats = plan.seats.iter().zip(&map.states);
    let free = seats.filter(|(seat, state)| **state == SeatState::Free && labels.contains(&seat.label));
    free.map(|(seat, _)| seat.label.clone()).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use shared::money::Currency;
    use uuid::Uuid;

    use super::super::super::hall::tests::sample_plan;
    use super::*;

    pub(in super::super) fn sample(is_best: bool) -> Offer {
        Offer {
            seats: vec!["A1".to_owned(), "A2".to_owned()],
            total: Money::new(2500, Currency::EUR),
            is_adjacent: is_best,
            is_instead: !is_best,
        }
    }

    fn all_free() -> SeatMap {
        SeatMap { version: 1, states: vec![SeatState::Free; 5], overdue: 0 }
    }

    #[test]
    fn an_address_says_what_is_looked_for_and_nonsense_is_left_out() {
        let wished = Wished::read(
            "count=3&category=premium&accessible=true&view=list&exchange=00000000-0000-0000-0000-000000000009",
        );
        let expected = Wished {
            count: 3,
            category: Some("premium".to_owned()),
            accessible: true,
            is_asked: true,
            is_list: true,
            exchange: Some(ReservationId(Uuid::from_u128(9))),
        };
        assert_eq!(wished, expected);
        for query in ["", "count=0", "count=many&category=", "view=upside-down", "exchange=yes", "%FF=%FF"] {
            assert_eq!(Wished::read(query), Wished::default(), "{query}");
        }
        let mut many = Wished::read("count=99");
        many.bound(4);
        assert_eq!(many.count, 4);
    }

    #[test]
    fn the_best_of_a_category_are_offered_with_their_price() {
        let wished = Wished { category: Some("premium".to_owned()), is_asked: true, ..Wished::default() };
        let offer = Offer::best(&sample_plan(), &all_free(), &wished).unwrap();
        assert_eq!((offer.seats.join(" "), offer.total.amount_minor), ("A1 A2".to_owned(), 3600));
        assert!(Offer::best(&sample_plan(), &all_free(), &Wished { count: 4, ..wished }).is_none());
    }

    #[test]
    fn a_lost_seat_is_replaced_and_the_rest_is_kept() {
        let mut map = all_free();
        map.states[3] = SeatState::Held;
        let offer = Offer::instead(&sample_plan(), &map, &["B1".to_owned()].into()).unwrap();
        assert_eq!((offer.seats.join(" "), offer.is_instead), ("B2".to_owned(), true));
        let wanted = ["B1".to_owned(), "B2".to_owned()].into();
        assert_eq!(free_of(&sample_plan(), &map, &wanted), ["B2"]);
    }
}
