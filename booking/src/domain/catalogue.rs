//! The catalogue: movies, theatres, screens with their seats, shows. Inputs are parsed here, once.

mod layout;
mod movie;
mod show;
mod theatre;

pub use layout::{Layout, LayoutRow, LayoutSeat, Seat, rows_of};
pub use movie::{Movie, MovieDetails};
pub use show::{
    PriceList, STANDARD_FARE, Show, ShowDetails, ShowMovie, ShowPlan, ShowScreen, ShowStatus, ShowTheatre,
};
pub use theatre::{Screen, Theatre, TheatreDetails};

/// A field that is not what it must be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct InvalidField {
    /// The field, as a path: `rows[2].seats[0].number`.
    pub field: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl InvalidField {
    /// This field, for this reason.
    pub fn new(field: impl Into<String>, reason: &'static str) -> Self {
        Self { field: field.into(), reason }
    }
}

/// Whether a text can name a fare.
pub fn is_fare(text: &str) -> bool {
    is_word(text)
}

/// Goes on only where the field is as it must be.
fn must(holds: bool, field: &str, reason: &'static str) -> Result<(), InvalidField> {
    if holds { Ok(()) } else { Err(InvalidField::new(field, reason)) }
}

/// A short word for a machine: `standard`, `wheelchair`.
fn is_word(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-');
    (1..=32).contains(&text.len()) && text.bytes().all(plain)
}

/// A line for people: not empty, not endless.
fn is_line(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= 200
}

#[cfg(test)]
pub(crate) mod sample {
    //! A small show for tests: one row of ten seats at 12.50 EUR.

    use std::collections::BTreeMap;

    use jiff::Timestamp;
    use shared::money::{Currency, Money};
    use uuid::Uuid;

    use super::*;
    use crate::domain::ids::{MovieId, ScreenId, ShowId, TheatreId};
    use crate::domain::seating::StrandedRule;

    /// The plan of the small show.
    pub(crate) fn plan() -> ShowPlan {
        let seat = |number: i32| LayoutSeat {
            number,
            x: 1.0,
            category: "standard".to_owned(),
            features: Vec::new(),
        };
        let row = LayoutRow { row: "A".to_owned(), y: 1.0, seats: (1..=10).map(seat).collect() };
        let layout = Layout::parse(&[row]).unwrap();
        let price = Money::new(1250, Currency::EUR);
        let start = Timestamp::from_second(1_800_000_000).unwrap();
        let show = Show {
            show_id: ShowId(Uuid::from_u128(1)),
            movie: ShowMovie {
                movie_id: MovieId(Uuid::from_u128(2)),
                title: "The Long Night".to_owned(),
                duration_minutes: 120,
            },
            theatre: ShowTheatre {
                theatre_id: TheatreId(Uuid::from_u128(3)),
                name: "Astor".to_owned(),
                city: "Berlin".to_owned(),
                time_zone: "Europe/Berlin".to_owned(),
            },
            screen: ShowScreen { screen_id: ScreenId(Uuid::from_u128(4)), name: "1".to_owned() },
            starts_at: start,
            ends_at: start + jiff::SignedDuration::from_hours(3),
            status: ShowStatus::Scheduled,
            prices: PriceList::new(BTreeMap::from([("standard".to_owned(), price)])),
            drop: None,
            region: "default".to_owned(),
            stranded_rule: StrandedRule::Off,
            cancellation_policy: None,
        };
        ShowPlan::new(show, layout.seats().to_vec(), start)
    }
}
