//! The seats of a screen. A seat's index in reading order is its byte in Redis, so a layout with shows never changes.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{InvalidField, is_word};
use crate::domain::holds::SeatIndex;

const MAX_SEATS: usize = 100_000;
const MAX_NUMBER: i32 = 9_999;
const MAX_FEATURES: usize = 8;

/// A row of seats as an operator describes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LayoutRow {
    /// One to three capital letters.
    #[schema(example = "A")]
    pub row: String,
    /// How far from the screen, in seat widths.
    pub y: f32,
    /// The seats, left to right.
    pub seats: Vec<LayoutSeat>,
}

/// A seat as an operator describes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LayoutSeat {
    /// Its number in the row.
    #[schema(example = 12, minimum = 1, maximum = 9999)]
    pub number: i32,
    /// How far from the left wall, in seat widths.
    pub x: f32,
    /// Its price category.
    #[serde(default = "standard")]
    #[schema(example = "standard")]
    pub category: String,
    /// `wheelchair`, `companion`, `obstructed_view`, …
    #[serde(default)]
    pub features: Vec<String>,
}

fn standard() -> String {
    "standard".to_owned()
}

/// A seat of a screen.
#[derive(Clone, Debug, PartialEq)]
pub struct Seat {
    /// Its place in reading order, from 0.
    pub index: SeatIndex,
    /// `A12`; unique in the screen.
    pub label: String,
    /// Its row.
    pub row: String,
    /// How far from the screen.
    pub y: f32,
    /// What else is known of it.
    pub seat: LayoutSeat,
}

/// The seats of a screen, checked, in reading order.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout(Vec<Seat>);

impl Layout {
    /// Checks rows and puts their seats in order.
    pub fn parse(rows: &[LayoutRow]) -> Result<Self, InvalidField> {
        let mut seats = Vec::new();
        let mut labels = HashSet::new();
        for (row_index, row) in rows.iter().enumerate() {
            check_row(row_index, row)?;
            for (seat_index, seat) in row.seats.iter().enumerate() {
                let field = format!("rows[{row_index}].seats[{seat_index}]");
                check_seat(&field, seat)?;
                let label = format!("{}{}", row.row, seat.number);
                if !labels.insert(label.clone()) {
                    return Err(InvalidField::new(field, "repeats a seat of the screen"));
                }
                let index = SeatIndex::try_from(seats.len()).unwrap_or(SeatIndex::MAX);
                seats.push(Seat { index, label, row: row.row.clone(), y: row.y, seat: seat.clone() });
            }
        }
        if (1..=MAX_SEATS).contains(&seats.len()) {
            Ok(Self(seats))
        } else {
            Err(InvalidField::new("rows", "must have 1 to 100,000 seats"))
        }
    }

    /// The seats, in order.
    pub fn seats(&self) -> &[Seat] {
        &self.0
    }
}

fn check_row(index: usize, row: &LayoutRow) -> Result<(), InvalidField> {
    let is_name = (1..=3).contains(&row.row.len()) && row.row.bytes().all(|byte| byte.is_ascii_uppercase());
    let valid = is_name && row.y.is_finite();
    let reason = "must be named with 1 to 3 capital letters and lie at a finite y";
    if valid { Ok(()) } else { Err(InvalidField::new(format!("rows[{index}]"), reason)) }
}

fn check_seat(field: &str, seat: &LayoutSeat) -> Result<(), InvalidField> {
    let features =
        seat.features.len() <= MAX_FEATURES && seat.features.iter().all(|feature| is_word(feature));
    let valid =
        (1..=MAX_NUMBER).contains(&seat.number) && seat.x.is_finite() && is_word(&seat.category) && features;
    let reason = "must have a number from 1 to 9999, a finite x, a category and features in lower case";
    if valid { Ok(()) } else { Err(InvalidField::new(field, reason)) }
}

/// Seats put back into the rows they were described by.
pub fn rows_of(seats: &[Seat]) -> Vec<LayoutRow> {
    let mut rows: Vec<LayoutRow> = Vec::new();
    for seat in seats {
        match rows.last_mut() {
            Some(row) if row.row == seat.row => row.seats.push(seat.seat.clone()),
            _ => rows.push(LayoutRow { row: seat.row.clone(), y: seat.y, seats: vec![seat.seat.clone()] }),
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, numbers: &[i32]) -> LayoutRow {
        let seat =
            |number: &i32| LayoutSeat { number: *number, x: 0.5, category: standard(), features: vec![] };
        LayoutRow { row: name.to_owned(), y: 1.0, seats: numbers.iter().map(seat).collect() }
    }

    #[test]
    fn seats_are_numbered_in_reading_order_and_come_back_as_rows() {
        let rows = [row("A", &[1, 2]), row("B", &[1])];
        let layout = Layout::parse(&rows).unwrap();
        let labels: Vec<&str> = layout.seats().iter().map(|seat| seat.label.as_str()).collect();
        assert_eq!(labels, ["A1", "A2", "B1"]);
        assert_eq!(layout.seats()[2].index, 2);
        assert_eq!(rows_of(layout.seats()), rows);
    }

    #[test]
    fn a_repeated_label_is_refused_by_its_place() {
        let error = Layout::parse(&[row("A", &[1]), row("A", &[1])]).unwrap_err();
        assert_eq!(error.field, "rows[1].seats[0]");
    }

    #[test]
    fn rows_that_could_blur_with_numbers_are_refused() {
        for name in ["", "A1", "a", "ABCD"] {
            assert!(Layout::parse(&[row(name, &[1])]).is_err(), "{name:?}");
        }
        assert!(Layout::parse(&[]).is_err());
        assert!(Layout::parse(&[row("A", &[0])]).is_err());
    }
}
