//! What several pages show: a show, a drop's shows, a basket; made for people, with times in the theatre's zone.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use shared::ids::DropSlug;
use shared::money::Money;

use crate::domain::catalogue::Show;
use crate::domain::ids::{MovieId, ReservationId, ShowId};
use crate::domain::reservation::{Reservation, ReservedSeat};
pub(super) use crate::printing::readable;

/// A show.
#[derive(Clone, Debug)]
pub(super) struct ShowView {
    pub(super) id: ShowId,
    pub(super) movie: MovieRef,
    pub(super) when: String,
    /// The day on the theatre's calendar.
    pub(super) day: String,
    pub(super) starts_at: Timestamp,
    pub(super) theatre: String,
    pub(super) city: String,
    pub(super) screen: String,
    pub(super) is_on_sale: bool,
    pub(super) available: Option<usize>,
    pub(super) cheapest: Option<Money>,
    pub(super) drop: DropSlug,
    pub(super) queue_url: String,
}

/// A movie by its title.
#[derive(Clone, Debug)]
pub(super) struct MovieRef {
    pub(super) id: MovieId,
    pub(super) title: String,
}

impl ShowView {
    /// A show as it is at this time; `available` where it is known.
    pub(super) fn of(show: &Show, available: Option<usize>, now: Timestamp, queue_url: String) -> Self {
        Self {
            id: show.show_id,
            movie: MovieRef { id: show.movie.movie_id, title: show.movie.title.clone() },
            when: local_time(show.starts_at, &show.theatre.time_zone, "%A, %-d %B %Y, %H:%M"),
            day: local_time(show.starts_at, &show.theatre.time_zone, "%A, %-d %B %Y"),
            starts_at: show.starts_at,
            theatre: show.theatre.name.clone(),
            city: show.theatre.city.clone(),
            screen: show.screen.name.clone(),
            is_on_sale: show.is_on_sale(now),
            available,
            cheapest: show.prices.entries().map(|(_, _, price)| price).min_by_key(|price| price.amount_minor),
            drop: show.sold_by(),
            queue_url,
        }
    }
}

/// The shows of a day, the next one first.
#[derive(Clone, Debug)]
pub(super) struct DayView {
    pub(super) day: String,
    pub(super) shows: Vec<ShowView>,
}

/// Shows in the order of their times, day by day.
pub(super) fn by_day(shows: Vec<ShowView>) -> Vec<DayView> {
    let mut days: Vec<DayView> = Vec::new();
    for show in shows {
        match days.iter_mut().find(|day| day.day == show.day) {
            Some(day) => day.shows.push(show),
            None => days.push(DayView { day: show.day.clone(), shows: vec![show] }),
        }
    }
    days
}

/// A time on the theatre's clocks; in UTC, and saying so, where the zone is not known.
pub(super) fn local_time(time: Timestamp, zone: &str, format: &str) -> String {
    match TimeZone::get(zone) {
        Ok(zone) => time.to_zoned(zone).strftime(format).to_string(),
        Err(_) => format!("{} UTC", time.strftime(format)),
    }
}

/// A drop with its shows.
#[derive(Clone, Debug)]
pub(super) struct DropView {
    pub(super) slug: DropSlug,
    pub(super) name: String,
    pub(super) shows: Vec<ShowView>,
    pub(super) queue_url: String,
}

/// Seats in somebody's basket.
#[derive(Clone, Debug)]
pub(super) struct BasketView {
    pub(super) id: ReservationId,
    pub(super) show: ShowView,
    pub(super) seats: Vec<SeatLine>,
    pub(super) total: Money,
    pub(super) expires_at: Timestamp,
    /// `expires_at` on the theatre's clocks.
    pub(super) kept_until: String,
}

/// A seat and its price.
#[derive(Clone, Debug)]
pub(super) struct SeatLine {
    pub(super) label: String,
    pub(super) category: String,
    pub(super) price: Money,
}

impl BasketView {
    /// A reservation of this show.
    pub(super) fn of(reservation: &Reservation, show: ShowView, zone: &str) -> Self {
        let line = |seat: &ReservedSeat| SeatLine {
            label: seat.label.clone(),
            category: readable(&seat.category),
            price: seat.price,
        };
        Self {
            id: reservation.id,
            show,
            seats: reservation.seats.iter().map(line).collect(),
            total: reservation.total,
            expires_at: reservation.expires_at,
            kept_until: local_time(reservation.expires_at, zone, "%H:%M:%S"),
        }
    }

    /// What its seats are called.
    pub(super) fn labels(&self) -> Vec<&str> {
        self.seats.iter().map(|seat| seat.label.as_str()).collect()
    }
}

#[cfg(test)]
pub(super) mod samples {
    //! Sample data, so that every page is rendered by a test.

    use shared::money::Currency;
    use uuid::Uuid;

    use super::*;

    pub(in super::super) fn now() -> Timestamp {
        "2026-11-21T20:00:00Z".parse().unwrap()
    }

    pub(in super::super) fn show() -> ShowView {
        ShowView {
            id: ShowId(Uuid::from_u128(7)),
            movie: MovieRef { id: MovieId(Uuid::from_u128(8)), title: "The <Long> Night".to_owned() },
            when: local_time(now(), "Europe/Berlin", "%A, %-d %B %Y, %H:%M"),
            day: "Saturday, 21 November 2026".to_owned(),
            starts_at: now(),
            theatre: "Lumière".to_owned(),
            city: "Berlin".to_owned(),
            screen: "Great hall".to_owned(),
            is_on_sale: true,
            available: Some(12),
            cheapest: Some(Money::new(1250, Currency::EUR)),
            drop: "midnight-premiere".parse().unwrap(),
            queue_url: "http://line.test/q/midnight-premiere".to_owned(),
        }
    }

    pub(in super::super) fn basket() -> BasketView {
        let seat = |label: &str| SeatLine {
            label: label.to_owned(),
            category: "Standard".to_owned(),
            price: Money::new(1250, Currency::EUR),
        };
        BasketView {
            id: ReservationId(Uuid::from_u128(9)),
            show: show(),
            seats: vec![seat("A1"), seat("A2")],
            total: Money::new(2500, Currency::EUR),
            expires_at: now(),
            kept_until: "21:10:00".to_owned(),
        }
    }

    /// What no page may have: anything inline, anything foreign, words that were not escaped.
    pub(in super::super) fn check(html: &str) {
        assert!(!html.contains("style=") && !html.contains(" onclick"), "{html}");
        assert!(!html.contains("src=\"http") && !html.contains("<Long>"), "{html}");
        assert_eq!(html.matches("<h1>").count(), 1, "{html}");
    }

    #[test]
    fn times_are_on_the_theatres_clocks() {
        assert_eq!(show().when, "Saturday, 21 November 2026, 21:00");
        assert_eq!(local_time(now(), "Moon/Base", "%H:%M"), "20:00 UTC");
    }

    #[test]
    fn shows_are_grouped_by_the_theatres_day() {
        let sunday = || ShowView { day: "Sunday, 22 November 2026".to_owned(), ..show() };
        let days = by_day(vec![show(), show(), sunday()]);
        let counts: Vec<usize> = days.iter().map(|day| day.shows.len()).collect();
        assert_eq!(counts, [2, 1]);
        assert_eq!(days[1].day, "Sunday, 22 November 2026");
    }
}
