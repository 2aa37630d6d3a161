//! The seats of a hall as rows of checkboxes, which are a plain form and the list beside the drawn map. A hall too large
//! for that many checkboxes is only described; its seats come with the plan (`plan`).

use std::collections::{BTreeSet, HashSet};

use shared::money::Money;

use super::view::readable;
use crate::domain::catalogue::{STANDARD_FARE, Seat, ShowPlan};
use crate::domain::holds::{SeatMap, SeatState};
use crate::domain::seating::{WHEELCHAIR, is_aisle};

/// How many categories look different; the rest look like the last.
const STYLES: usize = 4;
/// A page has no more checkboxes for seats, and no more seats are drawn as elements.
pub(super) const MOST_ELEMENTS: usize = 2_000;

/// A hall at one moment.
#[derive(Clone, Debug)]
pub(super) struct Hall {
    pub(super) categories: Vec<CategoryView>,
    /// What sets some seats apart, as people read it.
    pub(super) features: Vec<String>,
    /// Whether there are places for wheelchairs.
    pub(super) has_wheelchairs: bool,
    /// Empty where the hall has more than [`MOST_ELEMENTS`] seats.
    pub(super) rows: Vec<RowView>,
    /// How many seats there are.
    pub(super) count: usize,
}

/// A price category.
#[derive(Clone, Debug)]
pub(super) struct CategoryView {
    pub(super) word: String,
    pub(super) name: String,
    pub(super) price: Money,
    pub(super) style: usize,
}

/// A row, left to right.
#[derive(Clone, Debug)]
pub(super) struct RowView {
    pub(super) name: String,
    pub(super) cells: Vec<Cell>,
}

/// What stands at a place in a row.
#[derive(Clone, Debug)]
pub(super) enum Cell {
    /// An aisle.
    Gap,
    /// A seat.
    Seat(SeatView),
}

/// A seat.
#[derive(Clone, Debug)]
pub(super) struct SeatView {
    pub(super) label: String,
    pub(super) number: i32,
    pub(super) category: String,
    pub(super) features: Vec<String>,
    pub(super) price: Money,
    pub(super) style: usize,
    pub(super) state: SeatState,
    pub(super) is_chosen: bool,
}

impl SeatView {
    /// Whether it can be chosen.
    pub(super) fn is_free(&self) -> bool {
        self.state == SeatState::Free
    }

    /// Whether it is only in somebody's basket, and may come back.
    pub(super) fn is_held(&self) -> bool {
        self.state == SeatState::Held
    }
}

impl Hall {
    /// The seats of a plan in these states, with those that somebody has chosen and can still have marked.
    pub(super) fn of(plan: &ShowPlan, map: &SeatMap, chosen: &HashSet<String>) -> Self {
        let categories = categories(plan);
        let words = features(plan);
        Self {
            rows: if plan.seats.len() > MOST_ELEMENTS {
                vec![]
            } else {
                rows(plan, map, &categories, chosen)
            },
            features: words.iter().map(|word| readable(word)).collect(),
            has_wheelchairs: words.contains(WHEELCHAIR),
            categories,
            count: plan.seats.len(),
        }
    }

    /// Whether its seats are not on the page.
    pub(super) fn is_large(&self) -> bool {
        self.rows.is_empty()
    }
}

fn rows(
    plan: &ShowPlan,
    map: &SeatMap,
    categories: &[CategoryView],
    chosen: &HashSet<String>,
) -> Vec<RowView> {
    let mut rows: Vec<RowView> = Vec::new();
    let mut before: Option<&Seat> = None;
    for (seat, state) in plan.seats.iter().zip(&map.states) {
        if rows.last().is_none_or(|row| row.name != seat.row) {
            rows.push(RowView { name: seat.row.clone(), cells: Vec::new() });
            before = None;
        }
        let Some(row) = rows.last_mut() else { continue };
        if before.is_some_and(|before| is_aisle(before, seat)) {
            row.cells.push(Cell::Gap);
        }
        before = Some(seat);
        row.cells.extend(seat_view(seat, *state, categories, chosen).map(Cell::Seat));
    }
    rows
}

/// What sets seats of a hall apart, in the order of the alphabet.
pub(super) fn features(plan: &ShowPlan) -> BTreeSet<&str> {
    plan.seats.iter().flat_map(|seat| &seat.seat.features).map(String::as_str).collect()
}

/// The categories of a hall's seats, the cheapest first.
pub(super) fn categories(plan: &ShowPlan) -> Vec<CategoryView> {
    let used: HashSet<&str> = plan.seats.iter().map(|seat| seat.seat.category.as_str()).collect();
    let mut priced: Vec<(&str, Money)> = used
        .into_iter()
        .filter_map(|word| Some((word, plan.show.prices.price(word, STANDARD_FARE)?)))
        .collect();
    priced.sort_by_key(|(word, price)| (price.amount_minor, *word));
    let view = |(index, (word, price)): (usize, (&str, Money))| CategoryView {
        word: word.to_owned(),
        name: readable(word),
        price,
        style: (index + 1).min(STYLES),
    };
    priced.into_iter().enumerate().map(view).collect()
}

/// A seat as it is shown; a seat without a price is not sold, and not shown.
fn seat_view(
    seat: &Seat,
    state: SeatState,
    categories: &[CategoryView],
    chosen: &HashSet<String>,
) -> Option<SeatView> {
    let category = categories.iter().find(|category| category.word == seat.seat.category)?;
    let is_free = state == SeatState::Free;
    Some(SeatView {
        label: seat.label.clone(),
        number: seat.seat.number,
        category: category.name.clone(),
        features: seat.seat.features.iter().map(|feature| readable(feature)).collect(),
        price: category.price,
        style: category.style,
        state,
        is_chosen: is_free && chosen.contains(&seat.label),
    })
}

#[cfg(test)]
pub(super) mod tests {
    use shared::money::Currency;
    use uuid::Uuid;

    use super::super::view::samples;
    use super::*;
    use crate::domain::catalogue::{
        Layout, LayoutRow, LayoutSeat, PriceList, Show, ShowMovie, ShowScreen, ShowStatus, ShowTheatre,
    };
    use crate::domain::ids::{MovieId, ScreenId, ShowId, TheatreId};
    use crate::domain::seating::StrandedRule;

    fn sample_show() -> Show {
        let price = |word: &str, minor| (word.to_owned(), Money::new(minor, Currency::EUR));
        Show {
            show_id: ShowId(Uuid::from_u128(7)),
            movie: ShowMovie {
                movie_id: MovieId(Uuid::from_u128(8)),
                title: "The <Long> Night".to_owned(),
                duration_minutes: 124,
            },
            theatre: ShowTheatre {
                theatre_id: TheatreId(Uuid::from_u128(1)),
                name: "Lumière".to_owned(),
                city: "Berlin".to_owned(),
                time_zone: "Europe/Berlin".to_owned(),
            },
            screen: ShowScreen { screen_id: ScreenId(Uuid::from_u128(2)), name: "Great hall".to_owned() },
            starts_at: samples::now(),
            ends_at: samples::now(),
            status: ShowStatus::Scheduled,
            prices: PriceList::new([price("premium", 1800), price("standard", 1250)].into()),
            drop: None,
            region: "default".to_owned(),
            stranded_rule: StrandedRule::Off,
            cancellation_policy: None,
        }
    }

    /// Row A: two seats, an aisle, a seat with a wheelchair's place. Row B begins one seat further in.
    pub(in super::super) fn sample_plan() -> ShowPlan {
        let seat = |number: i32, x: f32, category: &str| LayoutSeat {
            number,
            x,
            category: category.to_owned(),
            features: if number == 3 { vec!["wheelchair".to_owned()] } else { vec![] },
        };
        let row = |name: &str, y: f32, seats| LayoutRow { row: name.to_owned(), y, seats };
        let first = vec![seat(1, 0.0, "premium"), seat(2, 1.0, "premium"), seat(3, 3.0, "premium")];
        let second = vec![seat(1, 1.0, "standard"), seat(2, 2.0, "standard")];
        let layout = Layout::parse(&[row("A", 0.0, first), row("B", 1.0, second)]).unwrap();
        ShowPlan::new(sample_show(), layout.seats().to_vec(), samples::now())
    }

    pub(in super::super) fn sample() -> Hall {
        use SeatState::{Blocked, Booked, Free, Held};
        let map = SeatMap { version: 1, states: vec![Free, Held, Booked, Free, Blocked], overdue: 0 };
        Hall::of(&sample_plan(), &map, &["A1".to_owned(), "A2".to_owned()].into())
    }

    fn drawn(row: &RowView) -> String {
        let letter = |cell: &Cell| match cell {
            Cell::Gap => '_',
            Cell::Seat(seat) if seat.is_chosen => 'x',
            Cell::Seat(seat) if seat.is_free() => 'o',
            Cell::Seat(_) => '-',
        };
        row.cells.iter().map(letter).collect()
    }

    #[test]
    fn rows_have_aisles_where_the_hall_has_them_and_only_free_seats_stay_chosen() {
        let hall = sample();
        let rows: Vec<String> = hall.rows.iter().map(drawn).collect();
        assert_eq!(rows, ["x-_-", "o-"]);
    }

    #[test]
    fn the_cheapest_category_comes_first() {
        let names: Vec<String> = sample().categories.into_iter().map(|category| category.name).collect();
        assert_eq!(names, ["Standard", "Premium"]);
    }

    #[test]
    fn a_large_hall_is_described_without_its_seats() {
        let mut plan = sample_plan();
        let row: Vec<Seat> = plan.seats.iter().cycle().take(MOST_ELEMENTS + 1).cloned().collect();
        plan.seats = row;
        let map = SeatMap { version: 1, states: vec![SeatState::Free; MOST_ELEMENTS + 1], overdue: 0 };
        let hall = Hall::of(&plan, &map, &HashSet::new());
        assert!(hall.is_large() && hall.has_wheelchairs);
        assert_eq!((hall.count, hall.categories.len()), (MOST_ELEMENTS + 1, 2));
    }
}
