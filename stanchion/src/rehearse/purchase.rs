//! What people do with a basket: take other seats first, pay with one card or several, at once or at the last moment, give it back, walk off,
//! come back too late, ask again, change their minds.

use std::time::Duration;

use rand::RngExt;
use rand::rngs::StdRng;
use serde::Serialize;

/// A card, by how its bank behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Card {
    /// Pays.
    Good,
    /// Is refused.
    Declined,
    /// Wants its owner to prove who they are; here they take another card instead.
    AsksBack,
    /// Pays after a long while.
    Slow,
    /// Pays, but the gateway's answers get lost.
    LosesAnswers,
    /// The gateway does not take it.
    Down,
}

impl Card {
    /// The sandbox gateway's token for such a card.
    pub const fn token(self) -> &'static str {
        match self {
            Self::Good => "tok_ok",
            Self::Declined => "tok_declined",
            Self::AsksBack => "tok_action_required",
            Self::Slow => "tok_slow",
            Self::LosesAnswers => "tok_lost_answer",
            Self::Down => "tok_down",
        }
    }
}

/// When somebody pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Timing {
    /// After a moment's hesitation.
    Soon,
    /// In the last seconds of the reservation.
    AtTheLastMoment,
    /// When the reservation is over: must be refused.
    TooLate,
}

/// How somebody takes other seats for those in the basket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exchange {
    /// Asks for free ones.
    Free,
    /// Asks for some that are taken first, and then for free ones.
    TakenFirst,
    /// Asks for free ones, hangs up before the answer, and looks what became of it.
    HangsUp,
}

impl Exchange {
    /// Every way, each as likely.
    pub const ALL: [Self; 3] = [Self::Free, Self::TakenFirst, Self::HangsUp];
}

/// What becomes of a basket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basket {
    /// It is paid for.
    Pays,
    /// The seats are given back.
    GivesBack,
    /// It is left to expire.
    WalksOff,
}

/// What one visitor means to do with seats in the basket, drawn once from the seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purchase {
    /// Whether to pay.
    pub basket: Basket,
    /// Whether, and how, other seats are taken before.
    pub exchange: Option<Exchange>,
    /// The card that is tried first.
    pub card: Card,
    /// When.
    pub timing: Timing,
    /// Whether the payment is sent once more after it was answered.
    pub asks_again: bool,
    /// Whether the booking is given back.
    pub cancels: bool,
}

/// How a crowd shops: shares of its shoppers.
#[derive(Debug, Clone)]
pub struct Purchases {
    /// Who pay.
    pub pay: f64,
    /// Of those who do not, who walk off without giving the seats back.
    pub walk_off: f64,
    /// Of those who pay, who take other seats first.
    pub exchange: f64,
    /// Of those who pay, whose first card is one of these; the others' is good.
    pub cards: Vec<(Card, f64)>,
    /// Of those who pay, who pay at such a time; the others pay soon.
    pub timings: Vec<(Timing, f64)>,
    /// Of those who pay, who ask again.
    pub ask_again: f64,
    /// Of those who pay, who give the booking back.
    pub cancel: f64,
}

impl Purchases {
    /// Shoppers of whom this share pays, soon and with good cards.
    pub fn plain(pay: f64) -> Self {
        let (cards, timings) = (Vec::new(), Vec::new());
        Self { pay, walk_off: 0.5, exchange: 0.0, cards, timings, ask_again: 0.0, cancel: 0.0 }
    }

    /// One visitor's intentions.
    pub fn draw(&self, rng: &mut StdRng) -> Purchase {
        let basket = match (rng.random_bool(self.pay), rng.random_bool(self.walk_off)) {
            (true, _) => Basket::Pays,
            (false, true) => Basket::WalksOff,
            (false, false) => Basket::GivesBack,
        };
        Purchase {
            basket,
            card: one_of(&self.cards, rng).unwrap_or(Card::Good),
            timing: one_of(&self.timings, rng).unwrap_or(Timing::Soon),
            asks_again: rng.random_bool(self.ask_again),
            cancels: rng.random_bool(self.cancel),
            exchange: one_of(&Exchange::ALL.map(|way| (way, self.exchange / 3.0)), rng),
        }
    }
}

/// One of the kinds, each with its share; `None` for the rest.
fn one_of<K: Copy>(shares: &[(K, f64)], rng: &mut StdRng) -> Option<K> {
    let mut roll: f64 = rng.random();
    let drawn = shares.iter().find(|(_, share)| {
        roll -= share;
        roll < 0.0
    });
    drawn.map(|(kind, _)| *kind)
}

impl Timing {
    /// How long somebody waits who holds a reservation for so long; `None`: no longer than anybody.
    pub fn wait(self, holds_for: Option<Duration>, rng: &mut StdRng) -> Option<Duration> {
        /// The request needs some time to arrive, on a busy machine more: somebody is always in time, and somebody hardly.
        const LAST_MOMENTS_MS: std::ops::Range<u64> = 400..3_000;
        /// Time enough for it to be over by every clock.
        const TOO_LATE: Duration = Duration::from_millis(300);
        match self {
            Self::Soon => None,
            Self::AtTheLastMoment => {
                let before_the_end = Duration::from_millis(rng.random_range(LAST_MOMENTS_MS));
                holds_for.map(|time| time.saturating_sub(before_the_end))
            }
            Self::TooLate => holds_for.map(|time| time + TOO_LATE),
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn a_crowd_of_shoppers_is_mixed_as_asked() {
        let purchases = Purchases {
            pay: 0.9,
            walk_off: 0.25,
            exchange: 0.3,
            cards: vec![(Card::Declined, 0.2), (Card::Slow, 0.1)],
            timings: vec![(Timing::TooLate, 0.3)],
            ask_again: 0.5,
            cancel: 0.1,
        };
        let mut rng = StdRng::seed_from_u64(1);
        let drawn: Vec<Purchase> = (0..10_000).map(|_| purchases.draw(&mut rng)).collect();
        let share = |is: &dyn Fn(&Purchase) -> bool| drawn.iter().filter(|purchase| is(purchase)).count();
        let expected = [
            (share(&|it| it.basket == Basket::Pays), 9_000),
            (share(&|it| it.basket == Basket::WalksOff), 250),
            (share(&|it| it.card == Card::Declined), 2_000),
            (share(&|it| it.card == Card::Slow), 1_000),
            (share(&|it| it.timing == Timing::TooLate), 3_000),
            (share(&|it| it.asks_again), 5_000),
            (share(&|it| it.cancels), 1_000),
            (share(&|it| it.exchange == Some(Exchange::Free)), 1_000),
            (share(&|it| it.exchange == Some(Exchange::TakenFirst)), 1_000),
            (share(&|it| it.exchange == Some(Exchange::HangsUp)), 1_000),
        ];
        for (found, wanted) in expected {
            assert!(found.abs_diff(wanted) < 200, "{found} instead of {wanted}");
        }
    }

    #[test]
    fn nobody_waits_for_the_end_of_a_reservation_that_has_none() {
        let mut rng = StdRng::seed_from_u64(2);
        assert_eq!(Timing::TooLate.wait(None, &mut rng), None);
        assert_eq!(Timing::Soon.wait(Some(Duration::from_secs(9)), &mut rng), None);
        let holds_for = Some(Duration::from_secs(1));
        assert!(Timing::AtTheLastMoment.wait(holds_for, &mut rng) < holds_for);
        assert!(Timing::TooLate.wait(holds_for, &mut rng) > holds_for);
    }
}
