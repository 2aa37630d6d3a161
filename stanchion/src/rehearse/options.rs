//! The options of the rehearsal, and the crowd that they ask for.

use std::path::PathBuf;
use std::time::Duration;

use super::crowd::Crowd;
use super::habit::{Habits, Kind};
use super::purchase::{Card, Purchases, Timing};
use crate::exit::Failure;
use crate::installation::Whereabouts;
use crate::parse;

const WAITING: &str = "How they wait";
const SHOPPING: &str = "How they shop";

/// Who comes, where to, and how the outcome is told.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// The drop to visit
    #[arg(long, default_value = "midnight-premiere")]
    pub drop: String,
    /// How many visitors come
    #[arg(long, default_value_t = 500)]
    pub visitors: usize,
    /// They arrive at random within this time (such as 30s or 2m)
    #[arg(long, default_value = "30s", value_parser = parse::duration)]
    pub arrive_within: Duration,
    /// The share of shoppers who pay for what they reserved
    #[arg(long, default_value_t = 0.8, value_parser = parse::share, value_name = "SHARE", help_heading = SHOPPING)]
    pub shoppers_pay: f64,
    /// Of those who do not pay, the share who walk off and let the basket expire; the others give it back
    #[arg(long, default_value_t = 0.5, value_parser = parse::share, value_name = "SHARE", help_heading = SHOPPING)]
    pub abandon: f64,
    /// Of those who pay, the share who take other seats in one step before they do: some ask for taken ones first, and
    /// some hang up before the answer
    #[arg(long, default_value_t = 0.0, value_parser = parse::share, value_name = "SHARE", help_heading = SHOPPING)]
    pub exchange: f64,
    /// Of those who pay, the share whose first card is declined and who take a second one
    #[arg(long, default_value_t = 0.0, value_parser = parse::share, value_name = "SHARE", help_heading = SHOPPING)]
    pub second_card: f64,
    /// Of those who pay, the share whose bank asks back, and who take another card
    #[arg(long, default_value_t = 0.0, value_parser = parse::share, value_name = "SHARE", help_heading = SHOPPING)]
    pub bank_asks: f64,
    /// Of those who pay, the share whose payment takes ten seconds
    #[arg(long, default_value_t = 0.0, value_parser = parse::share, value_name = "SHARE", help_heading = SHOPPING)]
    pub slow_card: f64,
    /// Of those who pay, the share whose card is charged while the gateway's answer gets lost
    #[arg(long, default_value_t = 0.0, value_parser = parse::share, value_name = "SHARE", help_heading = SHOPPING)]
    pub lost_answer: f64,
    /// Of those who pay, the share whose first card the gateway does not take
    #[arg(long, default_value_t = 0.0, value_parser = parse::share, value_name = "SHARE", help_heading = SHOPPING)]
    pub card_down: f64,
    /// Of those who pay, the share who do it in the last seconds of the reservation
    #[arg(long, default_value_t = 0.0, value_parser = parse::share, value_name = "SHARE", help_heading = SHOPPING)]
    pub pay_last: f64,
    /// Of those who pay, the share who try when the reservation is over, and must be refused
    #[arg(long, default_value_t = 0.0, value_parser = parse::share, value_name = "SHARE", help_heading = SHOPPING)]
    pub pay_late: f64,
    /// Of those who paid, the share who send the payment once more, and must be answered the same
    #[arg(long, default_value_t = 0.0, value_parser = parse::share, value_name = "SHARE", help_heading = SHOPPING)]
    pub ask_again: f64,
    /// Of those who paid, the share who give the booking back
    #[arg(long, default_value_t = 0.0, value_parser = parse::share, value_name = "SHARE", help_heading = SHOPPING)]
    pub cancel: f64,
    /// The share of visitors who stop looking at the line for a while, once
    #[arg(long, default_value_t = 0.0, value_parser = parse::share, value_name = "SHARE", help_heading = WAITING)]
    pub go_away: f64,
    /// For how long, such as 30s or 20s-3m
    #[arg(long, default_value = "20s-60s", value_parser = parse::span, value_name = "TIME", help_heading = WAITING)]
    pub away_for: parse::Span,
    /// The share of visitors who leave the line
    #[arg(long, default_value_t = 0.0, value_parser = parse::share, value_name = "SHARE", help_heading = WAITING)]
    pub leave: f64,
    /// The share of visitors whose page is hidden or whose phone sleeps: they look seldom
    #[arg(long, default_value_t = 0.0, value_parser = parse::share, value_name = "SHARE", help_heading = WAITING)]
    pub sleep: f64,
    /// How seldom
    #[arg(long, default_value = "1m", value_parser = parse::duration, value_name = "TIME", help_heading = WAITING)]
    pub sleep_for: Duration,
    /// The share of visitors who open the queue in several tabs of one browser
    #[arg(long, default_value_t = 0.0, value_parser = parse::share, value_name = "SHARE", help_heading = WAITING)]
    pub tabs: f64,
    /// The share of visitors who follow the stream of their place instead of asking again and again
    #[arg(long, default_value_t = 0.0, value_parser = parse::share, value_name = "SHARE", help_heading = WAITING)]
    pub follow: f64,
    /// Who does not look for at most this long must find the place again [default: the shorter of the drop's
    /// `return_grace_s` and `claim_window_s`, where `OPERATOR_BOOTSTRAP_TOKEN` or a demo's data folder lets it be asked;
    /// else 5m, which the report calls assumed]
    #[arg(long, value_parser = parse::duration, value_name = "TIME", help_heading = WAITING)]
    pub grace: Option<Duration>,
    /// How many seats a visitor wants, such as 2 or 1-4
    #[arg(long, default_value = "1-4", value_parser = parse::party)]
    pub seats: parse::Party,
    /// Longest hesitation before each step in the shop
    #[arg(long, default_value = "1s", value_parser = parse::duration)]
    pub think: Duration,
    /// The same seed draws the same crowd
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Ends the whole run after this time
    #[arg(long, default_value = "15m", value_parser = parse::duration)]
    pub give_up_after: Duration,
    /// Most requests under way at once
    #[arg(long, default_value_t = 256, value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub connections: u16,
    /// Prints the report as one JSON document
    #[arg(long)]
    pub json: bool,
    /// Writes the ids of all acknowledged bookings to this file, one a line
    #[arg(long, value_name = "FILE")]
    pub acknowledged: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) whereabouts: Whereabouts,
}

impl Options {
    /// The crowd. The grace of those who do not look is not known yet.
    ///
    /// # Errors
    /// When the shares of the kinds of visitors are more than everybody.
    pub(super) fn crowd(&self) -> Result<Crowd, Failure> {
        Ok(Crowd {
            visitors: self.visitors,
            arrive_within: self.arrive_within,
            purchases: self.purchases()?,
            party: self.seats.range(),
            think: self.think,
            habits: self.habits()?,
            seed: self.seed,
            give_up_after: self.give_up_after,
            seats_at_most: None,
        })
    }

    fn purchases(&self) -> Result<Purchases, Failure> {
        let cards = vec![
            (Card::Declined, self.second_card),
            (Card::AsksBack, self.bank_asks),
            (Card::Slow, self.slow_card),
            (Card::LosesAnswers, self.lost_answer),
            (Card::Down, self.card_down),
        ];
        if cards.iter().map(|(_, share)| share).sum::<f64>() > 1.0 {
            return Err(Failure::usage(
                "--second-card, --bank-asks, --slow-card, --lost-answer and --card-down together are more than everybody",
            ));
        }
        let timings = vec![(Timing::AtTheLastMoment, self.pay_last), (Timing::TooLate, self.pay_late)];
        if self.pay_last + self.pay_late > 1.0 {
            return Err(Failure::usage("--pay-last and --pay-late together are more than everybody"));
        }
        let (pay, walk_off) = (self.shoppers_pay, self.abandon);
        let (exchange, ask_again, cancel) = (self.exchange, self.ask_again, self.cancel);
        Ok(Purchases { pay, walk_off, exchange, cards, timings, ask_again, cancel })
    }

    fn habits(&self) -> Result<Habits, Failure> {
        let shares = vec![
            (Kind::Away, self.go_away),
            (Kind::Leaver, self.leave),
            (Kind::Sleeper, self.sleep),
            (Kind::Tabs, self.tabs),
        ];
        if shares.iter().map(|(_, share)| share).sum::<f64>() > 1.0 {
            return Err(Failure::usage(
                "--go-away, --leave, --sleep and --tabs together are more than everybody",
            ));
        }
        let away_for = self.away_for.range();
        let (sleep_for, follow) = (self.sleep_for, self.follow);
        Ok(Habits { shares, away_for, sleep_for, follow, grace: Duration::ZERO })
    }
}
