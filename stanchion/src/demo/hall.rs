//! The demo's hall: a fan of sixteen rows that grow wider towards the back, two aisles, the best seats two thirds back.

use serde_json::{Value, json};

/// Row labels (no I, which reads as 1) and how many seats each has.
const ROWS: [(char, u32); 16] = [
    ('A', 20),
    ('B', 22),
    ('C', 22),
    ('D', 24),
    ('E', 24),
    ('F', 24),
    ('G', 26),
    ('H', 26),
    ('J', 26),
    ('K', 26),
    ('L', 28),
    ('M', 28),
    ('N', 28),
    ('O', 28),
    ('P', 26),
    ('Q', 24),
];
const PREMIUM_ROWS: std::ops::RangeInclusive<char> = 'J'..='N';
/// Rows that can be reached without steps.
const STEP_FREE_ROWS: [char; 2] = ['A', 'Q'];
const AISLE: f64 = 1.5;
const MIDDLE: f64 = 17.0;
const SIDE_BLOCK: u32 = 6;

/// Seats in the hall.
pub fn seat_count() -> u32 {
    ROWS.iter().map(|(_, seats)| seats).sum()
}

/// The rows as the operator's API takes them.
pub fn rows() -> Vec<Value> {
    ROWS.iter()
        .zip(1_u32..)
        .map(|(&(row, seats), number)| {
            let seats: Vec<Value> = (1..=seats).map(|number| seat(row, number, seats)).collect();
            json!({ "row": row.to_string(), "y": f64::from(number), "seats": seats })
        })
        .collect()
}

fn seat(row: char, number: u32, in_row: u32) -> Value {
    let is_central = number > SIDE_BLOCK && number <= in_row - SIDE_BLOCK;
    let category = if PREMIUM_ROWS.contains(&row) && is_central { "premium" } else { "standard" };
    json!({
        "number": number,
        "x": across(number, in_row),
        "category": category,
        "features": features(row, number, in_row),
    })
}

/// Rows are centred, so that a row with an even and one with an odd number of seats are staggered; an aisle lies
/// between each side block and the middle.
fn across(number: u32, in_row: u32) -> f64 {
    let from_middle = f64::from(number) - f64::from(in_row + 1) / 2.0;
    let aisle = match number {
        _ if number <= SIDE_BLOCK => -AISLE,
        _ if number > in_row - SIDE_BLOCK => AISLE,
        _ => 0.0,
    };
    MIDDLE + from_middle + aisle
}

/// A wheelchair's place at each end of a step-free row, with a companion's seat beside it.
fn features(row: char, number: u32, in_row: u32) -> Vec<&'static str> {
    if !STEP_FREE_ROWS.contains(&row) {
        return vec![];
    }
    match number {
        1 => vec!["wheelchair"],
        2 => vec!["companion"],
        _ if number == in_row => vec!["wheelchair"],
        _ if number == in_row - 1 => vec!["companion"],
        _ => vec![],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seats_of(row: &Value) -> &Vec<Value> {
        row["seats"].as_array().unwrap()
    }

    #[test]
    fn the_hall_has_about_four_hundred_seats_that_do_not_overlap() {
        let rows = rows();
        let count: usize = rows.iter().map(|row| seats_of(row).len()).sum();
        assert_eq!(u32::try_from(count), Ok(seat_count()));
        assert!((380..=420).contains(&count), "{count}");
        for row in &rows {
            let across: Vec<f64> = seats_of(row).iter().map(|seat| seat["x"].as_f64().unwrap()).collect();
            assert!(across.windows(2).all(|two| two[1] - two[0] >= 1.0), "{row}");
            assert!(across[0] >= 0.0, "{row}");
        }
    }

    #[test]
    fn a_companion_sits_beside_every_wheelchair() {
        let mut wheelchairs = 0;
        for row in rows() {
            let seats = seats_of(&row);
            let is = |index: usize, feature: &str| seats[index]["features"][0] == feature;
            for index in (0..seats.len()).filter(|index| is(*index, "wheelchair")) {
                wheelchairs += 1;
                assert!(is(index.saturating_sub(1), "companion") || is(index + 1, "companion"));
            }
        }
        assert_eq!(wheelchairs, 4);
    }
}
