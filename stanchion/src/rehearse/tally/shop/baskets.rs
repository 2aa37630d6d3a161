//! What may be in each basket, from what was asked and answered: an exchange gives all of the other seats or none.

use std::collections::{BTreeSet, HashMap};

use super::super::super::script::{Reservation, Text};

type Seats = BTreeSet<String>;

/// The baskets of a crowd.
#[derive(Debug, Default)]
pub(super) struct Baskets {
    known: HashMap<Text, Basket>,
    mixed: u64,
}

#[derive(Debug, Default)]
struct Basket {
    /// What it was last answered to have.
    has: Seats,
    /// What exchanges asked for whose answers were lost. They may have been carried out, and may yet be.
    may_have: BTreeSet<Seats>,
}

impl Baskets {
    /// A reservation was made.
    pub(super) fn filled(&mut self, reservation: &Reservation) {
        let known = self.known.entry(reservation.reservation_id.clone()).or_default();
        known.has = set(&reservation.seats);
    }

    /// An exchange was answered.
    pub(super) fn exchanged(&mut self, now: &Reservation, wanted: &[String]) {
        self.mixed += u64::from(set(&now.seats) != set(wanted));
        self.filled(now);
    }

    /// An exchange was not answered.
    pub(super) fn may_have(&mut self, reservation: &Reservation, wanted: &[String]) {
        let known = self.known.entry(reservation.reservation_id.clone()).or_default();
        known.may_have.insert(set(wanted));
    }

    /// These seats are in the basket, or were paid for. True: an exchange whose answer was lost put them there.
    pub(super) fn seen(&mut self, reservation: &Reservation, seats: &[String]) -> bool {
        let Some(known) = self.known.get(&reservation.reservation_id) else { return false };
        let seats = set(seats);
        let is_exchanged = known.may_have.contains(&seats);
        let is_known = seats == known.has;
        self.mixed += u64::from(!is_known && !is_exchanged);
        is_exchanged && !is_known
    }

    /// How often somebody had seats that were not asked for together.
    pub(super) fn mixed(&self) -> u64 {
        self.mixed
    }
}

fn set(seats: &[String]) -> Seats {
    seats.iter().cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(labels: &[&str]) -> Reservation {
        let seats = labels.iter().map(ToString::to_string).collect();
        Reservation { reservation_id: "r".into(), manage_token: "m".into(), holds_for: None, seats }
    }

    #[test]
    fn a_basket_has_what_was_answered_or_what_was_asked_and_not_answered() {
        let mut baskets = Baskets::default();
        baskets.filled(&of(&["A1", "A2"]));
        assert!(!baskets.seen(&of(&[]), &of(&["A2", "A1"]).seats));
        baskets.may_have(&of(&[]), &of(&["B1", "B2"]).seats);
        assert!(baskets.seen(&of(&[]), &of(&["B1", "B2"]).seats), "it was carried out");
        assert!(!baskets.seen(&of(&[]), &of(&["A1", "A2"]).seats), "or not yet");
        baskets.exchanged(&of(&["C1", "C2"]), &of(&["C2", "C1"]).seats);
        assert_eq!(baskets.mixed(), 0);
    }

    #[test]
    fn seats_of_two_baskets_in_one_are_found() {
        for mixed in [&["A1", "B2"][..], &["A1"], &["A1", "A2", "B1", "B2"], &["B1", "B2"]] {
            let mut baskets = Baskets::default();
            baskets.filled(&of(&["A1", "A2"]));
            baskets.seen(&of(&[]), &of(mixed).seats);
            assert_eq!(baskets.mixed(), 1, "{mixed:?}");
            baskets.exchanged(&of(mixed), &of(&["D1", "D2"]).seats);
            assert_eq!(baskets.mixed(), 2, "an exchange is answered with the seats that were asked for");
        }
    }
}
