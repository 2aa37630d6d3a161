//! One simulated visitor, as a state machine: an answer goes in, the next thing to ask comes out.
//!
//! Does no I/O and reads no clock (it is told the time), so every turn of a visit can be tested by feeding it answers.

mod exchanging;
mod shopping;
mod waiting;

use std::time::Duration;

use rand::RngExt;
use rand::rngs::StdRng;
use serde::Serialize;

use super::habit::Habit;
use super::purchase::Purchase;
use super::script::{Answer, Ask, Place, PlaceState, Refusal, Text};
use super::watch::Watch;
use exchanging::Exchanging;
use shopping::{Bought, is_the_gateway_away};
use waiting::Absence;
pub use waiting::{Absences, Account};

/// How often a visitor picks other seats after losing some.
const PICKS_AT_MOST: u32 = 6;
/// How often a visitor looks at a map without free seats before going home.
const GLANCES_AT_MOST: u32 = 4;
/// How often a visitor repeats a request that was answered with a server error other than 503.
const ERRORS_AT_MOST: u32 = 5;
/// The wait between two looks at something that has not changed yet.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
const BACKOFF_FIRST: Duration = Duration::from_millis(200);
const BACKOFF_LAST: Duration = Duration::from_secs(4);

/// What a visitor came for, drawn once from the seed.
#[derive(Debug, Clone)]
pub struct Intent {
    /// Seats wanted.
    pub party: usize,
    /// What is done with them in the basket.
    pub purchase: Purchase,
    /// Longest hesitation before a step in the shop.
    pub think: Duration,
}

/// How a visit ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// With tickets.
    Booked,
    /// Had tickets, and gave them back.
    Cancelled,
    /// Gave the seats back.
    Released,
    /// Walked off without paying.
    Abandoned,
    /// Had no card that was taken.
    Declined,
    /// Was let in but found no seats.
    FoundNoSeats,
    /// Left the line of a sold-out drop.
    SoldOut,
    /// Left the line for reasons of their own.
    LeftTheLine,
    /// The drop closed.
    Closed,
    /// Lost the turn, the reservation or the admission to time.
    Lapsed,
    /// Went home because the crowd had bought its share of the hall.
    HeldBack,
    /// Was refused something that nobody should have been refused.
    Refused,
    /// Was still there when the run ended.
    GaveUp,
}

/// What a visitor does next.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// Asks this after a while.
    Ask(Ask, Duration),
    /// Sends the same request once more after a while.
    Again(Duration),
    /// Goes home.
    Finish(Ending),
}

/// A visitor between two answers.
#[derive(Debug)]
pub struct Visitor {
    intent: Intent,
    habit: Habit,
    rng: StdRng,
    now: Duration,
    watch: Watch,
    device: Option<Text>,
    admission_token: Option<Text>,
    show_id: Option<Text>,
    exchanging: Exchanging,
    bought: Bought,
    ending: Ending,
    looks: u32,
    absence: Option<Absence>,
    absences: Absences,
    has_left: bool,
    is_still_in_line: bool,
    streams_broken: u32,
    picks: u32,
    glances: u32,
    lost_in_a_row: u32,
    errors_in_a_row: u32,
}

impl Visitor {
    /// A visitor about to join.
    pub fn new(intent: Intent, habit: Habit, rng: StdRng) -> Self {
        Self {
            intent,
            habit,
            rng,
            now: Duration::ZERO,
            watch: Watch::default(),
            device: None,
            admission_token: None,
            show_id: None,
            exchanging: Exchanging::default(),
            bought: Bought::default(),
            ending: Ending::GaveUp,
            looks: 0,
            absence: None,
            absences: Absences::default(),
            has_left: false,
            is_still_in_line: false,
            streams_broken: 0,
            picks: 0,
            glances: 0,
            lost_in_a_row: 0,
            errors_in_a_row: 0,
        }
    }

    /// How far the run has come: what the next answers are seen at.
    pub const fn time_is(&mut self, now: Duration) {
        self.now = now;
    }

    /// What this visitor can tell of the line.
    pub fn account(&self) -> Account {
        Account {
            kind: self.habit.kind,
            sights: self.watch.sights().clone(),
            absences: self.absences,
            is_still_in_line: self.is_still_in_line,
        }
    }

    /// Takes the answer to `asked` and decides.
    pub fn answered(&mut self, asked: &Ask, answer: Answer) -> Next {
        if let Some(refusal) = is_the_gateway_away(&answer) {
            self.lost_in_a_row = 0;
            return self.gateway_is_away(asked, refusal);
        }
        let refusal = match answer {
            Answer::Lost if matches!(asked, Ask::Exchange { .. }) => return self.lost_an_exchange(asked),
            Answer::Lost => return self.after_a_lost_answer(),
            Answer::Refused(refusal) if is_a_pause(&refusal) => {
                self.lost_in_a_row = 0;
                return Next::Again(refusal.retry_after.unwrap_or(LOOK_AGAIN).max(BACKOFF_FIRST));
            }
            Answer::Refused(refusal) if refusal.status >= 500 => return self.after_a_server_error(),
            Answer::Refused(refusal) => refusal,
            good => {
                (self.lost_in_a_row, self.errors_in_a_row) = (0, 0);
                return self.welcome(asked, good);
            }
        };
        (self.lost_in_a_row, self.errors_in_a_row) = (0, 0);
        self.refused(asked, &refusal)
    }

    /// The crowd has bought its share: nothing more is reserved.
    pub fn held_back(&mut self) -> Next {
        self.leave_the_shop(Ending::HeldBack)
    }

    fn welcome(&mut self, asked: &Ask, answer: Answer) -> Next {
        match answer {
            Answer::Place(place) => self.placed(&place),
            Answer::Admitted(token) => {
                self.admission_token = Some(token);
                let after = self.hesitation();
                Next::Ask(Ask::LookUpShows, after)
            }
            Answer::Shows(shows) => self.choose_show(&shows),
            Answer::Seats(seats) => match self.exchanging.basket() {
                Some(basket) => self.choose_other_seats(basket, &seats),
                None => self.choose_seats(&seats),
            },
            Answer::Reserved(reservation) => match asked {
                Ask::Exchange { .. } => self.pay_with_the_seats_of(reservation),
                _ => self.decide_whether_to_pay(reservation),
            },
            Answer::Basket { seats, .. } => self.looked_at_the_basket(asked, &seats),
            Answer::Booked(booking) => self.booked(asked, &booking),
            Answer::Cancelled(_) => self.cancelled(),
            Answer::Processing(after) => Next::Again(after),
            Answer::Done => match asked {
                // Every replica has heard of it within a tick.
                Ask::Leave { .. } if self.has_left => self.look_at_the_line(LOOK_AGAIN),
                Ask::Release { .. } => self.leave_the_shop(Ending::Released),
                _ => Next::Finish(self.ending),
            },
            Answer::Refused(_) | Answer::Lost => unreachable!("both were taken care of before"),
        }
    }

    fn placed(&mut self, place: &Place) -> Next {
        self.watch.see(place, self.now);
        if place.device.is_some() {
            self.device.clone_from(&place.device);
        }
        self.come_back(place);
        if self.has_left {
            return self.see_that_it_left(place);
        }
        let Some(place_token) = self.watch.token() else { return Next::Finish(Ending::Refused) };
        match place.state {
            PlaceState::Lobby | PlaceState::Waiting | PlaceState::Paused => {
                self.wait_on(Duration::from_millis(place.poll_after_ms))
            }
            PlaceState::Called | PlaceState::Admitted => {
                Next::Ask(Ask::Claim { place_token }, Duration::ZERO)
            }
            PlaceState::SoldOut => {
                self.ending = Ending::SoldOut;
                Next::Ask(Ask::Leave { place_token }, Duration::ZERO)
            }
            PlaceState::Closed => Next::Finish(Ending::Closed),
            PlaceState::Lapsed => Next::Finish(Ending::Lapsed),
            PlaceState::Left | PlaceState::Finished => Next::Finish(Ending::Refused),
        }
    }

    fn refused(&mut self, asked: &Ask, refusal: &Refusal) -> Next {
        match (asked, refusal.status, refusal.code.as_str()) {
            (Ask::LookUpPlace { .. }, _, _) if self.has_left => Next::Finish(self.ending),
            (Ask::Join | Ask::LookUpPlace { .. }, 410, _) => Next::Finish(Ending::Closed),
            (Ask::Claim { .. }, 409 | 410, _) => self.look_at_the_line(LOOK_AGAIN),
            (Ask::Join, 409, "drop_not_open") => Next::Again(LOOK_AGAIN),
            // The visit is over either way, and the slot ends by itself.
            (Ask::EndAdmission { .. } | Ask::Leave { .. }, _, _) => Next::Finish(self.ending),
            (Ask::Join | Ask::LookUpPlace { .. } | Ask::Claim { .. }, _, _) => Next::Finish(Ending::Refused),
            _ => self.refused_in_the_shop(asked, refusal),
        }
    }

    fn after_a_lost_answer(&mut self) -> Next {
        Next::Again(self.backoff())
    }

    fn backoff(&mut self) -> Duration {
        let doubled = BACKOFF_FIRST * 2_u32.pow(self.lost_in_a_row.min(8));
        self.lost_in_a_row += 1;
        doubled.min(BACKOFF_LAST).mul_f64(self.rng.random_range(0.5..1.0))
    }

    fn after_a_server_error(&mut self) -> Next {
        self.errors_in_a_row += 1;
        if self.errors_in_a_row >= ERRORS_AT_MOST {
            return Next::Finish(Ending::Refused);
        }
        self.after_a_lost_answer()
    }
}

/// 503, and a 429 that is about pace, are pauses; a 429 that is a rule of the shop is a refusal.
fn is_a_pause(refusal: &Refusal) -> bool {
    let is_a_rule = matches!(refusal.code.as_str(), "reservation_limit" | "cooling_down");
    refusal.status == 503 || (refusal.status == 429 && !is_a_rule)
}

#[cfg(test)]
mod tests;
