//! The crowd: every way to wait and every way to pay, in one.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::Options;
use super::stage::DROP;
use crate::exit::Failure;
use crate::installation::Addresses;
use crate::rehearse::api::Api;
use crate::rehearse::crowd::{self, Crowd};
use crate::rehearse::habit::{Habits, Kind};
use crate::rehearse::purchase::{Card, Purchases, Timing};
use crate::rehearse::report::Report;

/// Requests under way at once.
const CONNECTIONS: usize = 64;
/// Who came last may take so long to go home.
const LAST_VISITORS: Duration = Duration::from_mins(2);

/// Sends the crowd, and returns when everybody has gone home.
pub async fn send(
    addresses: Addresses,
    options: Options,
    over: CancellationToken,
) -> Result<Report, Failure> {
    let visitors = options.seconds * options.visitors_per_second;
    let Addresses { waitroom, booking } = addresses;
    let api = Api::new(waitroom, booking, DROP, CONNECTIONS)?;
    let tally = crowd::begin();
    crowd_of(&options, visitors).visit(api, Arc::clone(&tally), &over).await;
    Ok(tally.report(DROP, visitors, options.seed))
}

fn crowd_of(options: &Options, visitors: u64) -> Crowd {
    let seconds = Duration::from_secs;
    Crowd {
        visitors: usize::try_from(visitors).unwrap_or(usize::MAX),
        arrive_within: options.lasts().mul_f64(0.9),
        purchases: purchases(),
        party: 1..=4,
        think: seconds(1),
        habits: Habits {
            shares: vec![(Kind::Away, 0.05), (Kind::Leaver, 0.02), (Kind::Tabs, 0.05)],
            away_for: seconds(2)..=seconds(8),
            sleep_for: seconds(5),
            follow: 0.3,
            grace: seconds(10),
        },
        seed: options.seed,
        give_up_after: options.lasts() + LAST_VISITORS,
        seats_at_most: None,
    }
}

fn purchases() -> Purchases {
    Purchases {
        pay: 0.85,
        walk_off: 0.5,
        exchange: 0.15,
        cards: vec![
            (Card::Declined, 0.05),
            (Card::AsksBack, 0.05),
            (Card::Slow, 0.05),
            (Card::LosesAnswers, 0.05),
            (Card::Down, 0.05),
        ],
        timings: vec![(Timing::AtTheLastMoment, 0.05), (Timing::TooLate, 0.05)],
        ask_again: 0.1,
        cancel: 0.1,
    }
}
