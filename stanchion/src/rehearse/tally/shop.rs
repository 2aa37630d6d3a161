//! What happens in the shop, counted from what is asked and answered there.

mod baskets;

use std::collections::{BTreeMap, HashMap};

use super::super::purchase::{Card, Timing};
use super::super::report::{Happening, ShopReport};
use super::super::script::{Answer, Ask, Booking, Payment, Refusal, Reservation, Text};
use baskets::Baskets;

/// The sums of one run.
#[derive(Debug, Default)]
pub(super) struct ShopCounts {
    happenings: BTreeMap<Happening, u64>,
    /// The answer that a payment was given first, by its key.
    answers: HashMap<Text, u64>,
    answers_changed: u64,
    paid_too_late: u64,
    baskets: Baskets,
}

impl ShopCounts {
    /// Counts one answer.
    pub(super) fn add(&mut self, ask: &Ask, answer: &Answer) {
        match (ask, answer) {
            (Ask::Exchange { reservation, seats, .. }, answer) => self.exchanged(reservation, seats, answer),
            (Ask::Confirm { reservation, payment }, Answer::Booked(booking)) => {
                self.baskets.seen(reservation, &booking.seats);
                self.paid(payment, booking);
            }
            (Ask::Confirm { .. }, Answer::Processing(_)) => self.happened(Happening::ToldToWait),
            (Ask::Confirm { payment, .. }, Answer::Refused(refusal)) => {
                self.payment_refused(payment, refusal);
            }
            (Ask::Reserve { .. }, Answer::Refused(refusal)) => {
                match (refusal.status, refusal.code.as_str()) {
                    (409, _) => self.happened(Happening::SeatsGone),
                    (_, "cooling_down") => self.happened(Happening::CooledDown),
                    _ => {}
                }
            }
            (Ask::Reserve { .. }, Answer::Reserved(reservation)) => self.baskets.filled(reservation),
            (Ask::LookUpReservation { .. }, Answer::Basket { status, .. }) if status == "expired" => {
                self.happened(Happening::BasketExpired);
            }
            (Ask::LookUpReservation { reservation }, Answer::Basket { seats, .. }) => {
                self.looked_at(reservation, seats);
            }
            (Ask::Cancel { .. }, Answer::Cancelled(_)) => self.happened(Happening::GaveTicketsBack),
            (Ask::Cancel { .. }, Answer::Refused(refusal)) if refusal.code == "too_late" => {
                self.happened(Happening::TooLateToGiveBack);
            }
            (Ask::Release { .. }, Answer::Done) => self.happened(Happening::Released),
            _ => {}
        }
    }

    /// Counts something that no answer tells.
    pub(super) fn happened(&mut self, happening: Happening) {
        *self.happenings.entry(happening).or_default() += 1;
    }

    /// The report of what was counted.
    pub(super) fn report(&self) -> ShopReport {
        let (answers_changed, paid_too_late) = (self.answers_changed, self.paid_too_late);
        let seats_mixed = self.baskets.mixed();
        ShopReport { answers_changed, paid_too_late, seats_mixed, ..ShopReport::new(self.happenings.clone()) }
    }

    fn looked_at(&mut self, reservation: &Reservation, seats: &[String]) {
        if self.baskets.seen(reservation, seats) {
            self.happened(Happening::FoundOtherSeats);
        }
    }

    fn exchanged(&mut self, reservation: &Reservation, wanted: &[String], answer: &Answer) {
        match answer {
            Answer::Reserved(now) => {
                self.happened(Happening::TookOtherSeats);
                self.baskets.exchanged(now, wanted);
            }
            Answer::Refused(refusal) if refusal.status < 500 => {
                if refusal.code == "seats_unavailable" {
                    self.happened(Happening::OtherSeatsGone);
                }
            }
            _ => {
                self.happened(Happening::ExchangeAnswerLost);
                self.baskets.may_have(reservation, wanted);
            }
        }
    }

    fn paid(&mut self, payment: &Payment, booking: &Booking) {
        match self.answers.get(&payment.idempotency_key) {
            Some(first) if *first == booking.answer_digest => {
                return self.happened(Happening::AnsweredTheSame);
            }
            Some(_) => return self.answers_changed += 1,
            None => self.answers.insert(payment.idempotency_key.clone(), booking.answer_digest),
        };
        if payment.cards_before > 0 {
            self.happened(Happening::PaidWithAnotherCard);
        }
        match payment.card {
            Card::Slow => self.happened(Happening::PaidSlowly),
            Card::LosesAnswers => self.happened(Happening::PaidWithALostAnswer),
            Card::Good | Card::Declined | Card::AsksBack | Card::Down => {}
        }
        match payment.timing {
            Timing::AtTheLastMoment => self.happened(Happening::PaidAtTheLastMoment),
            Timing::TooLate => self.paid_too_late += 1,
            Timing::Soon => {}
        }
    }

    fn payment_refused(&mut self, payment: &Payment, refusal: &Refusal) {
        let is_final = !matches!(refusal.status, 409 | 429 | 503);
        if is_final && self.answers.contains_key(&payment.idempotency_key) {
            self.answers_changed += 1;
        }
        match (refusal.status, refusal.code.as_str()) {
            (402, "payment_action_required") => self.happened(Happening::BankAsked),
            (402, _) => self.happened(Happening::CardDeclined),
            (410, _) if payment.timing == Timing::TooLate => self.happened(Happening::RefusedTooLate),
            (409, "seats_lost") => self.happened(Happening::SeatsLost),
            (503, "payment_gateway_unavailable") => self.happened(Happening::GatewayAway),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::super::script::Reservation;
    use super::*;

    fn confirm(key: &str, card: Card, timing: Timing) -> Ask {
        let holds_for = Some(Duration::from_secs(9));
        let (reservation_id, manage_token, seats) = ("r".into(), "m".into(), vec!["A1".into()]);
        let reservation = Reservation { reservation_id, manage_token, holds_for, seats };
        let payment = Payment { card, cards_before: 0, timing, idempotency_key: key.into() };
        Ask::Confirm { reservation, payment }
    }

    fn booked(answer_digest: u64) -> Answer {
        let booking_id = "b".to_owned();
        Answer::Booked(Booking { booking_id, show_id: "s".into(), seats: vec!["A1".into()], answer_digest })
    }

    #[test]
    fn an_answer_that_changes_is_found_and_the_same_one_is_not() {
        let mut counts = ShopCounts::default();
        let ask = confirm("k", Card::Good, Timing::Soon);
        counts.add(&ask, &booked(1));
        counts.add(&ask, &booked(1));
        assert_eq!(counts.report().findings().count(), 0);
        assert_eq!(counts.report().happenings[&Happening::AnsweredTheSame], 1);

        counts.add(&ask, &booked(2));
        let gone = Refusal { status: 410, code: "reservation_expired".into(), retry_after: None };
        counts.add(&ask, &Answer::Refused(gone));
        let findings: Vec<String> = counts.report().findings().collect();
        assert_eq!(findings, ["2 times a payment that was sent again was answered otherwise"]);
    }

    #[test]
    fn a_payment_for_a_reservation_that_is_over_is_found() {
        let mut counts = ShopCounts::default();
        counts.add(&confirm("k", Card::Good, Timing::TooLate), &booked(1));
        let findings: Vec<String> = counts.report().findings().collect();
        assert_eq!(findings, ["1 times a reservation was paid for when it was over"]);
    }

    #[test]
    fn what_never_happened_is_told() {
        let mut counts = ShopCounts::default();
        counts.add(&confirm("k", Card::LosesAnswers, Timing::AtTheLastMoment), &booked(1));
        let report = counts.report();
        assert_eq!(report.happenings.len() + report.never.len(), Happening::ALL.len());
        assert!(!report.never.contains(&Happening::PaidWithALostAnswer));
        let page = report.to_string();
        assert!(page.contains("1  paid with a lost answer\n"), "{page}");
        assert!(page.contains("never  seats had gone, "), "{page}");
    }
}
