//! What the shop remembers: Postgres for what is true, Redis for what is held this moment. The store decides atomic
//! facts, the domain decides policy.

pub mod blocking;
pub mod bookings;
pub mod catalogue;
pub mod check_ins;
pub mod courier;
mod epochs;
pub mod error;
mod events;
mod exchange;
pub mod gate_lists;
pub mod gateway_events;
pub mod holds;
pub mod idempotency;
mod loading;
pub mod outbox;
pub mod payments;
pub mod plans;
pub mod reconciliation;
pub mod refunds;
pub mod reservations;
mod shop;
pub mod tickets;
pub mod unfinished;
pub mod waitroom;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use shared::clock::Clock;
use shared::redis::Redis;
use shared::store::{Dependency, STORE_TIMEOUT, StoreError, within};
use sqlx::PgPool;
use tokio::sync::Mutex;
use tokio_util::task::TaskTracker;

use holds::Holds;
use plans::Plans;

/// Both stores and what is kept in memory of them. Clones share it.
#[derive(Clone)]
pub struct Store {
    /// The truth.
    pub pool: PgPool,
    /// The moment.
    pub redis: Redis,
    /// The time.
    pub clock: Clock,
    /// The holds of all shows.
    pub holds: Holds,
    /// The shows' plans.
    pub plans: Plans,
    /// What goes on after its request was answered. The end of the service waits for it, for a while.
    pub later: TaskTracker,
    /// One show is loaded at a time by a replica; the others wait for it rather than for the row's lock.
    loading: Arc<Mutex<()>>,
}

impl Store {
    /// Both stores.
    pub fn new(pool: PgPool, redis: Redis, clock: Clock) -> Self {
        let holds = Holds::new(redis.clone(), clock.clone());
        let plans = Plans::new(pool.clone());
        Self { pool, redis, clock, holds, plans, later: TaskTracker::new(), loading: Arc::default() }
    }

    /// The time by which holds lapse: Redis's own in production, so that replicas whose clocks differ expire nothing
    /// early.
    pub async fn now(&self) -> Result<Timestamp, StoreError> {
        if let Clock::Manual(clock) = &self.clock {
            return Ok(clock.now());
        }
        let mut redis = self.redis.clone();
        let (seconds, micros): (i64, i32) =
            within(Dependency::Redis, redis::cmd("TIME").query_async(&mut redis)).await?;
        Timestamp::new(seconds, micros * 1000)
            .map_err(|error| StoreError::unexpected(Dependency::Redis, error.to_string()))
    }
}

/// How long an operator's change, and what an arena's seats are read from, is waited for: twenty thousand rows take their
/// time on a busy server, and nobody else waits for it.
const PATIENCE: Duration = Duration::from_secs(10);

/// Waits for Postgres at most [`STORE_TIMEOUT`], keeping the caller's kind of error. What was asked for may have
/// happened all the same.
async fn postgres<T, E: From<StoreError>>(call: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    tokio::time::timeout(STORE_TIMEOUT, call).await.unwrap_or_else(|_| Err(late().into()))
}

/// The same for at most [`PATIENCE`].
async fn patiently<T, E: From<StoreError>>(call: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    tokio::time::timeout(PATIENCE, call).await.unwrap_or_else(|_| Err(late().into()))
}

fn late() -> StoreError {
    StoreError::Unavailable { dependency: Dependency::Postgres, reason: "no answer in time".to_owned() }
}
