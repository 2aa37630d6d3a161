//! What visitors do in the shop: choose seats, fill a basket, pay for it in their own way, or not.

use std::time::Duration;

use rand::RngExt;

use super::super::purchase::{Basket, Card, Timing};
use super::super::script::{Answer, Ask, Booking, Payment, Refusal, Reservation, Seat, Show};
use super::super::seats;
use super::{BACKOFF_FIRST, Ending, GLANCES_AT_MOST, LOOK_AGAIN, Next, PICKS_AT_MOST, Visitor};

/// What somebody has paid for, and did afterwards.
#[derive(Debug, Default)]
pub(super) struct Bought {
    by: Option<Ask>,
    was_given_back: bool,
    was_asked_again: bool,
}

/// How many cards somebody tries.
const CARDS_AT_MOST: u32 = 4;

impl Visitor {
    pub(super) fn choose_show(&mut self, shows: &[Show]) -> Next {
        let on_sale: Vec<&Show> = shows
            .iter()
            .filter(|show| show.status == "scheduled" && show.available_seats != Some(0))
            .collect();
        if on_sale.is_empty() {
            return self.glance_again(Ask::LookUpShows);
        }
        let show = on_sale[self.rng.random_range(0..on_sale.len())];
        self.show_id = Some(show.show_id.clone());
        self.look_at_the_seats()
    }

    pub(super) fn choose_seats(&mut self, map: &[Seat]) -> Next {
        let chosen = seats::choose(map, self.intent.party, &mut self.rng);
        if chosen.is_empty() {
            return self.glance_again(Ask::LookUpShows);
        }
        let (Some(admission_token), Some(show_id)) = (self.admission_token.clone(), self.show_id.clone())
        else {
            return Next::Finish(Ending::Refused);
        };
        let after = self.hesitation();
        Next::Ask(Ask::Reserve { admission_token, show_id, seats: chosen }, after)
    }

    pub(super) fn decide_whether_to_pay(&mut self, reservation: Reservation) -> Next {
        let after = self.hesitation();
        let purchase = self.intent.purchase;
        match purchase.basket {
            Basket::Pays => {}
            Basket::GivesBack => return Next::Ask(Ask::Release { reservation }, after),
            Basket::WalksOff => return Next::Finish(Ending::Abandoned),
        }
        if self.wants_other_seats(&reservation) {
            return self.look_at_the_seats();
        }
        self.pay_with_the_seats_of(reservation)
    }

    /// No other seats are wanted, or any longer: pays, each in their own way.
    pub(super) fn pay_with_the_seats_of(&mut self, reservation: Reservation) -> Next {
        self.exchanging.ends();
        let (purchase, after) = (self.intent.purchase, self.hesitation());
        let wait = purchase.timing.wait(reservation.holds_for, &mut self.rng);
        match (purchase.timing, wait) {
            (Timing::TooLate, Some(wait)) => Next::Ask(Ask::LookUpReservation { reservation }, wait),
            (_, wait) => self.pay(reservation, purchase.card, 0, wait.unwrap_or(after)),
        }
    }

    /// Somebody who let a basket expire looks at it, and tries to pay all the same; somebody who does not know which
    /// seats are in it looks, too.
    pub(super) fn looked_at_the_basket(&mut self, asked: &Ask, seats: &[String]) -> Next {
        let Ask::LookUpReservation { reservation } = asked else { return Next::Finish(Ending::Refused) };
        if self.exchanging.basket().is_some() {
            return self.learnt_of_an_exchange(reservation.clone(), seats);
        }
        self.pay(reservation.clone(), self.intent.purchase.card, 0, Duration::ZERO)
    }

    fn pay(&mut self, reservation: Reservation, card: Card, cards_before: u32, after: Duration) -> Next {
        let key = format!("rehearsal-{:032x}", self.rng.random::<u128>());
        let timing = self.intent.purchase.timing;
        let payment = Payment { card, cards_before, timing, idempotency_key: key.into() };
        Next::Ask(Ask::Confirm { reservation, payment }, after)
    }

    /// Paid. Some give the booking back, and some ask once more with the same key, also after that.
    pub(super) fn booked(&mut self, asked: &Ask, booking: &Booking) -> Next {
        self.bought.by = Some(asked.clone());
        if let Ask::Confirm { reservation, .. } = asked
            && self.intent.purchase.cancels
            && !self.bought.was_given_back
        {
            self.bought.was_given_back = true;
            let manage_token = reservation.manage_token.clone();
            let booking_id = booking.booking_id.as_str().into();
            let after = self.hesitation();
            return Next::Ask(Ask::Cancel { booking_id, manage_token }, after);
        }
        if self.wants_to_ask_again() {
            return Next::Again(BACKOFF_FIRST);
        }
        self.leave_the_shop(Ending::Booked)
    }

    /// The booking was given back.
    pub(super) fn cancelled(&mut self) -> Next {
        match self.bought.by.clone() {
            Some(payment) if self.wants_to_ask_again() => Next::Ask(payment, BACKOFF_FIRST),
            _ => self.leave_the_shop(Ending::Booked),
        }
    }

    fn wants_to_ask_again(&mut self) -> bool {
        let wants = self.intent.purchase.asks_again && !self.bought.was_asked_again;
        self.bought.was_asked_again |= wants;
        wants
    }

    pub(super) fn refused_in_the_shop(&mut self, asked: &Ask, refusal: &Refusal) -> Next {
        match (asked, refusal.status, refusal.code.as_str()) {
            (Ask::Reserve { .. }, 409, _)
            | (Ask::Reserve { .. }, 422, "stranded_seat")
            | (Ask::Confirm { .. }, 409, "seats_lost") => self.pick_again(),
            (Ask::Confirm { reservation, payment }, 402, _) => {
                self.take_another_card(reservation.clone(), payment)
            }
            (Ask::Confirm { .. }, 409, "already_booked") => self.leave_the_shop(Ending::Refused),
            (Ask::Confirm { .. }, 409, _) => Next::Again(LOOK_AGAIN),
            (Ask::Confirm { payment, .. }, 410, _) if payment.timing == Timing::TooLate => {
                // Asking for other seats at once is what the cool-down is for.
                self.intent.purchase.basket = Basket::GivesBack;
                self.pick_again()
            }
            (Ask::Exchange { reservation, .. }, 409 | 422 | 429, _) => {
                self.refused_other_seats(reservation.clone(), refusal)
            }
            (Ask::Exchange { .. } | Ask::Confirm { .. } | Ask::Release { .. }, 410, _)
            | (Ask::Reserve { .. }, 429, "cooling_down") => self.leave_the_shop(Ending::Lapsed),
            (Ask::LookUpSeats { .. } | Ask::Reserve { .. }, 401, "admission_expired")
            | (Ask::LookUpSeats { .. } | Ask::Reserve { .. }, 403, "admission_ended") => {
                Next::Finish(Ending::Lapsed)
            }
            _ => self.leave_the_shop(Ending::Refused),
        }
    }

    /// The gateway took nothing. Whose card it will never take, takes another.
    pub(super) fn gateway_is_away(&mut self, asked: &Ask, refusal: &Refusal) -> Next {
        match asked {
            Ask::Confirm { reservation, payment } if payment.card == Card::Down => {
                self.take_another_card(reservation.clone(), payment)
            }
            _ => Next::Again(refusal.retry_after.unwrap_or(LOOK_AGAIN).max(BACKOFF_FIRST)),
        }
    }

    fn take_another_card(&mut self, reservation: Reservation, refused: &Payment) -> Next {
        let cards = refused.cards_before + 1;
        if cards >= CARDS_AT_MOST {
            return self.leave_the_shop(Ending::Declined);
        }
        let after = self.hesitation();
        self.pay(reservation, Card::Good, cards, after)
    }

    fn pick_again(&mut self) -> Next {
        self.picks += 1;
        if self.picks >= PICKS_AT_MOST {
            return self.leave_the_shop(Ending::FoundNoSeats);
        }
        self.look_at_the_seats()
    }

    /// Baskets may come back, so an empty map is looked at a few times.
    fn glance_again(&mut self, ask: Ask) -> Next {
        self.glances += 1;
        if self.glances >= GLANCES_AT_MOST {
            return self.leave_the_shop(Ending::FoundNoSeats);
        }
        Next::Ask(ask, LOOK_AGAIN)
    }

    pub(super) fn look_at_the_seats(&mut self) -> Next {
        match (self.admission_token.clone(), self.show_id.clone()) {
            (Some(admission_token), Some(show_id)) => {
                let after = self.hesitation();
                Next::Ask(Ask::LookUpSeats { admission_token, show_id }, after)
            }
            _ => Next::Finish(Ending::Refused),
        }
    }

    pub(super) fn leave_the_shop(&mut self, ending: Ending) -> Next {
        self.ending = match self.bought.by {
            Some(_) if self.bought.was_given_back => Ending::Cancelled,
            Some(_) => Ending::Booked,
            None => ending,
        };
        match self.admission_token.clone() {
            Some(admission_token) => Next::Ask(Ask::EndAdmission { admission_token }, Duration::ZERO),
            None => Next::Finish(self.ending),
        }
    }

    pub(super) fn hesitation(&mut self) -> Duration {
        self.intent.think.mul_f64(self.rng.random_range(0.2..=1.0))
    }
}

/// Whether the answer is the gateway's absence, rather than the shop's.
pub(super) fn is_the_gateway_away(answer: &Answer) -> Option<&Refusal> {
    match answer {
        Answer::Refused(refusal) if refusal.code == "payment_gateway_unavailable" => Some(refusal),
        _ => None,
    }
}
