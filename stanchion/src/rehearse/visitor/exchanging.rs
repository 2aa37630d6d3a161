//! Visitors who take other seats for those in their basket before they pay.

use std::time::Duration;

use rand::RngExt;

use super::super::purchase::Exchange;
use super::super::script::{Ask, Refusal, Reservation, Seat, SeatStatus};
use super::super::seats;
use super::{Next, Visitor};

/// How often somebody asks for other seats before they pay for those they have.
const TRIES_AT_MOST: u32 = 3;

/// Where an exchange is.
#[derive(Debug, Default)]
pub(super) struct Exchanging {
    basket: Option<Reservation>,
    /// When it was told how long the basket holds.
    since: Duration,
    wanted: Vec<String>,
    tries: u32,
}

impl Exchanging {
    /// The reservation that is to have other seats.
    pub(super) fn basket(&self) -> Option<Reservation> {
        self.basket.clone()
    }

    /// No other seats are wanted any more.
    pub(super) fn ends(&mut self) {
        self.basket = None;
    }
}

impl Visitor {
    /// Whether other seats are to be taken first. They are looked for on the map once more.
    pub(super) fn wants_other_seats(&mut self, reservation: &Reservation) -> bool {
        let wants = self.intent.purchase.exchange.is_some();
        if wants {
            let basket = Some(reservation.clone());
            self.exchanging = Exchanging { basket, since: self.now, ..Exchanging::default() };
        }
        wants
    }

    /// As many as there are in the basket, or one of somebody else's among them.
    pub(super) fn choose_other_seats(&mut self, reservation: Reservation, map: &[Seat]) -> Next {
        let way = self.intent.purchase.exchange.filter(|_| self.exchanging.tries == 0);
        let mut wanted = seats::choose(map, reservation.seats.len(), &mut self.rng);
        if way == Some(Exchange::TakenFirst)
            && let Some(taken) = self.somebody_elses(&reservation, map)
        {
            wanted.pop();
            wanted.push(taken);
        }
        if wanted.is_empty() {
            return self.keep_the_seats_of(reservation);
        }
        self.exchanging.tries += 1;
        self.exchanging.wanted.clone_from(&wanted);
        let after = self.hesitation();
        let hangs_up = way == Some(Exchange::HangsUp);
        Next::Ask(Ask::Exchange { reservation, seats: wanted, hangs_up }, after)
    }

    fn somebody_elses(&mut self, reservation: &Reservation, map: &[Seat]) -> Option<String> {
        let is_taken = |seat: &&Seat| matches!(seat.status, SeatStatus::Reserved | SeatStatus::Booked);
        let taken = map.iter().filter(is_taken).filter(|seat| !reservation.seats.contains(&seat.seat));
        let taken: Vec<&Seat> = taken.collect();
        if taken.is_empty() {
            return None;
        }
        Some(taken[self.rng.random_range(0..taken.len())].seat.clone())
    }

    /// Other seats were refused: looks for some more, or keeps what there is.
    pub(super) fn refused_other_seats(&mut self, reservation: Reservation, refusal: &Refusal) -> Next {
        let is_about_seats = matches!(refusal.code.as_str(), "seats_unavailable" | "stranded_seat");
        if is_about_seats && self.exchanging.tries < TRIES_AT_MOST {
            return self.look_at_the_seats();
        }
        self.keep_the_seats_of(reservation)
    }

    /// Pays without an exchange's answer: some of the time that the basket had has gone.
    fn keep_the_seats_of(&mut self, reservation: Reservation) -> Next {
        let gone = self.now.saturating_sub(self.exchanging.since);
        let holds_for = reservation.holds_for.map(|time| time.saturating_sub(gone));
        self.pay_with_the_seats_of(Reservation { holds_for, ..reservation })
    }

    /// Nobody knows what became of it: the reservation does.
    pub(super) fn lost_an_exchange(&mut self, asked: &Ask) -> Next {
        match asked {
            Ask::Exchange { reservation, .. } => {
                let after = self.backoff();
                Next::Ask(Ask::LookUpReservation { reservation: reservation.clone() }, after)
            }
            _ => self.after_a_lost_answer(),
        }
    }

    /// The reservation has the other seats, or they are asked for once more: what was asked before may still come.
    pub(super) fn learnt_of_an_exchange(&mut self, reservation: Reservation, seats: &[String]) -> Next {
        let wanted = self.exchanging.wanted.clone();
        let has_them = seats.len() == wanted.len() && seats.iter().all(|seat| wanted.contains(seat));
        if has_them || self.exchanging.tries >= TRIES_AT_MOST {
            return self.keep_the_seats_of(Reservation { seats: seats.to_vec(), ..reservation });
        }
        self.exchanging.tries += 1;
        Next::Ask(Ask::Exchange { reservation, seats: wanted, hangs_up: false }, Duration::ZERO)
    }
}
