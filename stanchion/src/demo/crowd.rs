//! The demo's crowd: most of it waits in the lobby for the drop to open, the rest trickles in for as long as somebody may
//! look at the seats. Its people choose slowly and often change their minds, so that seats turn on every open map; they
//! leave half of the hall to others.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::DROP;
use crate::exit::Failure;
use crate::installation::Addresses;
use crate::rehearse::api::Api;
use crate::rehearse::crowd::{self, Crowd};
use crate::rehearse::habit::Habits;
use crate::rehearse::purchase::Purchases;
use crate::say;

/// Who come before the drop opens.
const EARLY: usize = 240;
const EARLY_WITHIN: Duration = Duration::from_secs(20);
/// Who come later.
const LATE: usize = 160;
const LATE_WITHIN: Duration = Duration::from_mins(6);
/// What the early ones leave to the late ones, of the seats that the crowd may have.
const LATE_SHARE: usize = 3;
const CONNECTIONS: usize = 32;

/// Sends everybody, and returns when the last one went home.
///
/// # Errors
/// When no HTTP client can be made.
pub async fn send(
    addresses: &Addresses,
    allowance: usize,
    now: Timestamp,
    stop: &CancellationToken,
) -> Result<(), Failure> {
    let seed = now.as_second().unsigned_abs();
    let late = allowance / LATE_SHARE;
    say::out(&format!("A crowd of {} people is on its way.", EARLY + LATE));
    let tally = crowd::begin();
    let visit = |people: Crowd| {
        let (addresses, tally) = (addresses.clone(), Arc::clone(&tally));
        async move {
            let api = Api::new(addresses.waitroom, addresses.booking, DROP, CONNECTIONS)?;
            people.visit(api, tally, stop).await;
            Ok::<_, Failure>(())
        }
    };
    tokio::try_join!(
        visit(people(EARLY, EARLY_WITHIN, allowance - late, seed)),
        visit(people(LATE, LATE_WITHIN, late, seed + 1)),
    )?;
    let glance = tally.glance();
    say::out(&format!(
        "The crowd went home: {} joined, {} were let in, {} bookings of {} seats.",
        glance.joined, glance.admitted, glance.booked, glance.seats_sold
    ));
    Ok(())
}

fn people(visitors: usize, arrive_within: Duration, seats_at_most: usize, seed: u64) -> Crowd {
    Crowd {
        visitors,
        arrive_within,
        purchases: Purchases { walk_off: 0.1, ..Purchases::plain(0.3) },
        party: 1..=4,
        think: Duration::from_secs(12),
        habits: Habits::steady(),
        seed,
        give_up_after: Duration::from_mins(20),
        seats_at_most: Some(seats_at_most),
    }
}
