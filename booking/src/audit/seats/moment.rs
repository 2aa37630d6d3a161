//! Redis against Postgres. Both move while they are read, so what differs is looked at again: only a difference that
//! stays is one.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;
use shared::audit::{Check, Finding};
use shared::clock::{Clock, ManualClock};
use shared::redis::Redis;
use sqlx::PgPool;

use super::SWEEP_GRACE;
use crate::domain::holds::{OwnedSeats, SeatIndex, SeatState};
use crate::domain::ids::ShowId;
use crate::store::catalogue::on_sale;
use crate::store::holds::{Holds, Mark, overdue_holds};
use crate::store::reservations::states_of;

/// How often a difference is looked at again, and how long is waited between.
const LOOKS: usize = 3;
const PAUSE: Duration = Duration::from_millis(700);

/// One seat of which Redis and Postgres say different things.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Difference {
    seat: SeatIndex,
    redis: Option<SeatState>,
    postgres: Option<SeatState>,
}

/// Compares the whole map of every show on sale that Redis remembers.
pub(super) async fn redis_says_the_same(
    pool: &PgPool,
    redis: &Redis,
    now: Timestamp,
) -> anyhow::Result<Check> {
    let holds = Holds::new(redis.clone(), Clock::from(ManualClock::at(now)));
    let (mut examined, mut findings) = (0, Vec::new());
    for show in remembered(pool, &holds, now).await? {
        let (seats, mut differences) = compare(pool, &holds, show, now).await?;
        for _ in 1..LOOKS {
            if differences.is_empty() {
                break;
            }
            tokio::time::sleep(PAUSE).await;
            let (_, again) = compare(pool, &holds, show, now).await?;
            differences.retain(|difference| again.contains(difference));
        }
        examined += seats as u64;
        findings.extend(differences.iter().map(|difference| {
            let state = |state: Option<SeatState>| state.map(|state| format!("{state:?}").to_lowercase());
            let (redis, postgres) = (state(difference.redis), state(difference.postgres));
            let row = json!({"show_id": show, "seat": difference.seat, "redis": redis, "postgres": postgres});
            Finding::new("Redis and Postgres do not agree on a seat", row)
        }));
    }
    let invariant = "every seat of a show's map is what Postgres says, and the map has the screen's seats";
    Ok(Check::new("seats.redis_says_the_same", invariant, examined, findings))
}

/// Looks for holds in Redis that nobody lapsed.
pub(super) async fn no_hold_past_its_time(
    pool: &PgPool,
    redis: &Redis,
    now: Timestamp,
) -> anyhow::Result<Check> {
    let holds = Holds::new(redis.clone(), Clock::from(ManualClock::at(now)));
    let (mut examined, mut findings) = (0, Vec::new());
    for show in remembered(pool, &holds, now).await? {
        let (all, overdue) = overdue_holds(redis, show, now - SWEEP_GRACE).await?;
        examined += all;
        findings.extend(overdue.into_iter().map(|reservation| {
            let row = json!({"show_id": show, "reservation_id": reservation});
            Finding::new("a hold in Redis outlived its time", row)
        }));
    }
    let invariant = "a hold that is overdue is lapsed within seconds";
    Ok(Check::new("seats.no_hold_past_its_time", invariant, examined, findings))
}

/// The shows on sale whose memory in Redis is in force. What Redis forgot is filled before anybody relies on it.
async fn remembered(pool: &PgPool, holds: &Holds, now: Timestamp) -> anyhow::Result<Vec<ShowId>> {
    let shows: Vec<ShowId> = on_sale(pool, now).await?.into_iter().map(|known| known.show).collect();
    let marks = holds.marks(&shows).await?;
    let is_loaded = |(_, mark): &(ShowId, Mark)| matches!(mark, Mark::Loaded(_));
    Ok(shows.into_iter().zip(marks).filter(is_loaded).map(|(show, _)| show).collect())
}

async fn compare(
    pool: &PgPool,
    holds: &Holds,
    show: ShowId,
    now: Timestamp,
) -> anyhow::Result<(usize, Vec<Difference>)> {
    let count = sqlx::query_scalar!(
        "SELECT c.seat_count FROM booking.screens c JOIN booking.shows s ON s.screen_id = c.id WHERE s.id = $1",
        show.0,
    )
    .fetch_one(pool)
    .await?;
    let map = holds.map(show).await?;
    let seats: Vec<SeatIndex> = (0..count.cast_unsigned()).collect();
    let (states, owners) = states_of(pool, show, &seats, now).await?;
    let overdue = |owner: &&OwnedSeats| owner.expires_at.is_some_and(|at| at < now);
    let lapsed: Vec<SeatIndex> =
        owners.iter().filter(overdue).flat_map(|owner| owner.seats.clone()).collect();
    let length = seats.len().max(map.states.len());
    let differences = (0..length).filter_map(|index| {
        let seat = SeatIndex::try_from(index).ok()?;
        let redis = map.states.get(index).copied();
        let postgres = states.get(index).map(|(_, state)| *state);
        let postgres = if lapsed.contains(&seat) { Some(SeatState::Free) } else { postgres };
        (redis != postgres).then_some(Difference { seat, redis, postgres })
    });
    Ok((seats.len(), differences.collect()))
}
