//! The replica's pulse: every quarter of a second, for each drop, what happened is recorded and who is next is called,
//! and then this replica's memory follows what moved. Any number of replicas may do so at the same time: each step is
//! atomic in Redis.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use jiff::Timestamp;
use shared::drop::read_health;
use shared::ids::Sid;
use shared::service::Tasks;
use shared::store::{Dependency, StoreError};
use uuid::Uuid;

mod follow;
mod looks;

use crate::app::AppState;
use crate::domain::drop::{Drop, DropState};
use crate::domain::line::{Line as _, Tick};
use crate::metrics;
use crate::registry::Known;
use crate::store::restore::Restored;
pub use follow::Following;
pub use looks::Looks;

/// How often the rows of drops are reread.
const REREAD: Duration = Duration::from_secs(1);
/// How often it is asked whether a sample of a line is due.
const SAMPLE: Duration = Duration::from_secs(1);
/// How many drops tick at the same time.
const AT_ONCE: usize = 16;
/// A drop that is over ticks only every so often, for what its last visitors do.
const TICKS_A_CLOSED_TICK: u64 = 16;
/// How many full batches one tick calls: the next tick goes on.
const MOST_BATCHES: usize = 20;
/// How often, and how far apart, a new drop's settings are tried to be put in force.
const RESTORE_TRIES: usize = 10;
const RESTORE_PAUSE: Duration = Duration::from_millis(30);
/// How many rows one page of drops has.
const PAGE: u32 = 500;

/// Starts the loops.
pub fn start(app: &AppState, tasks: &Tasks) {
    let ticking = app.clone();
    let count = Arc::new(AtomicU64::new(0));
    tasks.repeat(app.config.tick, move || {
        let (app, count) = (ticking.clone(), count.fetch_add(1, Ordering::Relaxed));
        async move { app.tick_all(count).await }
    });
    let rereading = app.clone();
    tasks.repeat(REREAD, move || {
        let app = rereading.clone();
        async move {
            if let Err(error) = app.reread().await {
                tracing::warn!(%error, "the drops could not be reread");
            }
            app.limiter.forget_idle();
            metrics::streams_open(app.streams.open());
        }
    });
    let sampling = app.clone();
    tasks.repeat(SAMPLE, move || {
        let app = sampling.clone();
        async move { app.sample_all().await }
    });
}

impl AppState {
    /// Rereads all drops, and puts in force what Redis does not have yet.
    async fn reread(&self) -> Result<(), StoreError> {
        let mut after = String::new();
        loop {
            let rows = self.drops.page(&after, PAGE).await?;
            self.registry.learn(&rows);
            match rows.last() {
                Some(last) if rows.len() == PAGE as usize => after = last.slug.to_string(),
                _ => return Ok(()),
            }
        }
    }

    /// Puts a drop that was just written in force, as far as Redis can be reached; the ticks see to the rest. Gives it
    /// as it is then.
    pub(crate) async fn put_in_force(&self, drop: Drop) -> Arc<Drop> {
        self.registry.learn(std::slice::from_ref(&drop));
        if let Err(error) = self.try_to_put_in_force(&drop).await {
            tracing::warn!(drop = %drop.slug, %error, "a drop's settings will be in force when the stores are back");
        }
        self.registry.get(&drop.slug).map_or_else(|| Arc::new(drop), |known| known.drop)
    }

    /// A new drop is not in Redis yet; where a tick is at it already, that is waited for.
    async fn try_to_put_in_force(&self, drop: &Drop) -> Result<(), StoreError> {
        for _ in 0..RESTORE_TRIES {
            match self.line.write_settings(drop).await {
                Err(StoreError::Lost) => self.restore(drop).await?,
                written => return written,
            }
            tokio::time::sleep(RESTORE_PAUSE).await;
        }
        Err(StoreError::Lost)
    }

    async fn restore(&self, drop: &Drop) -> Result<(), StoreError> {
        let restored = self.restorer.restore(&drop.slug).await;
        match restored {
            Ok(Restored::Done(drop)) => {
                metrics::restored(true);
                self.registry.learn(&[*drop]);
                Ok(())
            }
            Ok(Restored::NotNeeded) => Ok(()),
            Err(error) => {
                metrics::restored(false);
                Err(error)
            }
        }
    }

    async fn tick_all(&self, count: u64) {
        let now = self.clock.now();
        let due = |known: &Known| count.is_multiple_of(TICKS_A_CLOSED_TICK) || !is_over(known, now);
        let drops = self.registry.all().into_iter().filter(due);
        let ticks = futures::stream::iter(drops).map(|known| async move { self.tick(&known).await });
        let failed: Vec<StoreError> =
            ticks.buffer_unordered(AT_ONCE).filter_map(std::future::ready).collect().await;
        match failed.first() {
            Some(error) if !self.is_stalled.swap(true, Ordering::Relaxed) => {
                tracing::warn!(%error, drops = failed.len(), "nobody is called while a store is away");
            }
            None if self.is_stalled.swap(false, Ordering::Relaxed) => tracing::info!("the line goes on"),
            _ => {}
        }
    }

    /// One drop's tick; why it failed, where it did. Without the ledger nobody is called, and what moves is followed
    /// all the same: visitors may still leave.
    async fn tick(&self, known: &Known) -> Option<StoreError> {
        let started = Instant::now();
        let ticked = match self.call_who_is_next(known).await {
            Err(StoreError::Lost) => return self.restore(&known.drop).await.err(),
            other => other,
        };
        metrics::ticked(&known.drop.slug, started.elapsed(), ticked.as_ref().ok());
        let redis_is_away =
            matches!(ticked, Err(StoreError::Unavailable { dependency: Dependency::Redis, .. }));
        // The moves before the frontier: whoever is behind it is known by then to have been called.
        let followed = if redis_is_away { Ok(()) } else { self.follow(known).await };
        match ticked {
            Ok(tick) => self.beat(known, tick).await.err().or(followed.err()),
            Err(error) => Some(error),
        }
    }

    async fn beat(&self, known: &Known, tick: Tick) -> Result<(), StoreError> {
        let health = read_health(&self.line.redis(), &known.drop.slug).await?;
        known.beat(tick, health, self.clock.now());
        Ok(())
    }

    /// A tick besides the regular ones, for somebody whom it decides about.
    pub(crate) async fn tick_once(&self, known: &Known) -> Result<(), StoreError> {
        let tick = self.call_who_is_next(known).await?;
        self.beat(known, tick).await
    }

    async fn call_who_is_next(&self, known: &Known) -> Result<Tick, StoreError> {
        let called = self.try_to_call(known, Instant::now()).await;
        known.looks().note(called.is_ok());
        called
    }

    /// What happened before is recorded first: without the ledger nobody is called. Settings are written again where a
    /// change has not reached Redis. What was called is recorded at once, so that it can be claimed.
    async fn try_to_call(&self, known: &Known, began: Instant) -> Result<Tick, StoreError> {
        let slug = &known.drop.slug;
        self.recorder.record(slug).await?;
        self.line.write_settings(&known.drop).await?;
        let idle = known.looks().idle_reason(began);
        let mut tick = self.line.call_next(slug, fresh_sids(), idle).await?;
        for _ in 0..MOST_BATCHES {
            if tick.called + tick.freed + tick.set_aside > 0 {
                self.recorder.record(slug).await?;
            }
            if !tick.has_more {
                break;
            }
            let next = self.line.call_next(slug, fresh_sids(), idle).await?;
            tick = Tick {
                called: tick.called + next.called,
                freed: tick.freed + next.freed,
                set_aside: tick.set_aside + next.set_aside,
                ..next
            };
        }
        Ok(tick)
    }
}

fn is_over(known: &Known, now: Timestamp) -> bool {
    known.drop.state(now, None) == DropState::Closed
        && known.pulse().tick.as_ref().is_some_and(|tick| tick.active == 0)
}

/// Names for a batch of admissions: random but for the last 16 bits, which the script numbers.
fn fresh_sids() -> Sid {
    Sid(Uuid::new_v4())
}
