//! What stands on a ticket, in words.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use shared::money::Money;

use crate::domain::catalogue::{ShowPlan, TheatreDetails};

/// A ticket as it is printed.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// What is shown.
    pub title: String,
    /// The day on the theatre's calendar.
    pub day: String,
    /// The time on the theatre's clocks, with the zone.
    pub time: String,
    /// The theatre.
    pub theatre: String,
    /// Street and city.
    pub address: String,
    /// The screen.
    pub screen: String,
    /// The row.
    pub row: String,
    /// The seat's number in its row.
    pub number: String,
    /// The seat's label.
    pub seat: String,
    /// Category and fare, for people.
    pub category: String,
    /// What it cost.
    pub price: Money,
    /// What its buyer reads out at the counter.
    pub reference: String,
    /// What the QR code says.
    pub code: String,
}

/// A ticket's own part of a sheet.
pub struct OneTicket<'a> {
    /// The seat's label.
    pub seat: &'a str,
    /// The price category.
    pub category: &'a str,
    /// The fare.
    pub fare: &'a str,
    /// What it cost.
    pub price: Money,
    /// What its QR code says.
    pub code: String,
}

impl Sheet {
    /// The sheet of a ticket to a show.
    pub fn of(plan: &ShowPlan, theatre: &TheatreDetails, reference: &str, ticket: OneTicket<'_>) -> Self {
        let show = &plan.show;
        let place = plan.seats.iter().find(|seat| seat.label == ticket.seat);
        let (day, time) = when(show.starts_at, &theatre.time_zone);
        let kind = readable(ticket.category);
        let is_standard = ticket.fare == crate::domain::catalogue::STANDARD_FARE;
        Self {
            title: show.movie.title.clone(),
            day,
            time,
            theatre: theatre.name.clone(),
            address: address(theatre),
            screen: show.screen.name.clone(),
            row: place.map_or_else(|| "–".to_owned(), |seat| seat.row.clone()),
            number: place.map_or_else(|| ticket.seat.to_owned(), |seat| seat.seat.number.to_string()),
            seat: ticket.seat.to_owned(),
            category: if is_standard { kind } else { format!("{kind}, {}", readable(ticket.fare)) },
            price: ticket.price,
            reference: reference.to_owned(),
            code: ticket.code,
        }
    }
}

/// Street and city in a line.
pub fn address(theatre: &TheatreDetails) -> String {
    let parts = [theatre.address.as_str(), theatre.city.as_str()];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

/// A moment on the theatre's clocks: the day, and the time with its zone; in UTC where the zone is not known.
fn when(time: Timestamp, zone: &str) -> (String, String) {
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    let local = time.to_zoned(zone);
    (local.strftime("%A, %-d %B %Y").to_string(), local.strftime("%H:%M %Z").to_string())
}

/// A drop's, a category's or a fare's name for people: `front_row` is Front row.
pub fn readable(word: &str) -> String {
    let mut letters = word.chars().map(|letter| if matches!(letter, '-' | '_') { ' ' } else { letter });
    let first = letters.next().map(char::to_uppercase).into_iter().flatten();
    first.chain(letters.clone()).collect()
}

#[cfg(test)]
pub(crate) mod samples {
    use shared::money::Currency;

    use super::*;

    /// A ticket with a title that needs two lines and characters that have to be escaped.
    pub fn sheet() -> Sheet {
        Sheet {
            title: "The <Long> Night & the Much Longer Morning After It".to_owned(),
            day: "Saturday, 21 November 2026".to_owned(),
            time: "21:00 CET".to_owned(),
            theatre: "Kino Łódź – Ωδείο".to_owned(),
            address: "Straße des 17. Juni 1, Berlin".to_owned(),
            screen: "Great hall".to_owned(),
            row: "AA".to_owned(),
            number: "123".to_owned(),
            seat: "AA123".to_owned(),
            category: "Front row, Child".to_owned(),
            price: Money::new(1250, Currency::EUR),
            reference: "7KQ2M9XA".to_owned(),
            code: format!("ST1.{}", "aZ09-_".repeat(26)),
        }
    }

    #[test]
    fn a_time_has_its_zone() {
        let noon: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        assert_eq!(
            when(noon, "Europe/Berlin"),
            ("Saturday, 21 November 2026".to_owned(), "13:00 CET".to_owned())
        );
        assert_eq!(when(noon, "Moon/Base").1, "12:00 UTC");
        assert_eq!(when(noon, "America/Sao_Paulo").1, "09:00 -03");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_made_readable() {
        assert_eq!(readable("midnight-premiere"), "Midnight premiere");
        assert_eq!(readable("front_row"), "Front row");
        assert_eq!(readable(""), "");
    }
}
