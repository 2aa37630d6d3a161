//! The options of the rehearsal, and the crowd that they ask for.

use std::path::PathBuf;
use std::time::Duration;

use super::crowd::Crowd;
use super::habit::{Habits, Kind};
use crate::exit::Failure;
use crate::installation::Whereabouts;
use crate::parse;

const WAITING: &str = "How they wait";

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
    #[arg(long, default_value_t = 0.8, value_parser = parse::share)]
    pub shoppers_pay: f64,
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
    /// Who does not look for at most this long must find the place again: the shorter of the drop's `return_grace_s`
    /// and `claim_window_s`
    #[arg(long, default_value = "5m", value_parser = parse::duration, value_name = "TIME", help_heading = WAITING)]
    pub grace: Duration,
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
    /// The crowd.
    ///
    /// # Errors
    /// When the shares of the kinds of visitors are more than everybody.
    pub(super) fn crowd(&self) -> Result<Crowd, Failure> {
        Ok(Crowd {
            visitors: self.visitors,
            arrive_within: self.arrive_within,
            shoppers_pay: self.shoppers_pay,
            party: self.seats.range(),
            think: self.think,
            habits: self.habits()?,
            seed: self.seed,
            give_up_after: self.give_up_after,
            seats_at_most: None,
        })
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
        let (sleep_for, follow, grace) = (self.sleep_for, self.follow, self.grace);
        Ok(Habits { shares, away_for, sleep_for, follow, grace })
    }
}
