//! After opening, some replica stores the roster of the draw: at once, or, where Redis has been lost before, when those
//! whom the replicas remember have been put back.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use shared::ids::DropSlug;
use shared::service::Tasks;
use shared::store::StoreError;

use crate::app::AppState;
use crate::domain::drop::Drop;
use crate::registry::Known;

/// How often each drop is looked at.
const PAUSE: Duration = Duration::from_millis(500);
/// How long after a loss the replicas' memory takes to be back in Redis; nobody is called before either.
const BACK_AFTER_LOSS: Duration = Duration::from_secs(6);

/// What this replica has seen and done.
#[derive(Default)]
struct Progress(Mutex<HashMap<DropSlug, Seen>>);

#[derive(Clone, Copy)]
struct Seen {
    epoch: i64,
    since: Instant,
    is_closed: bool,
}

/// Starts the loop.
pub fn start(app: &AppState, tasks: &Tasks) {
    let app = app.clone();
    let progress = Arc::new(Progress::default());
    tasks.repeat(PAUSE, move || {
        let (app, progress) = (app.clone(), Arc::clone(&progress));
        async move {
            for known in app.registry.all() {
                if let Err(error) = app.see_to_roster(&known, &progress).await {
                    tracing::warn!(drop = %known.drop.slug, %error, "the roster will be stored when the stores are back");
                }
            }
        }
    });
}

impl AppState {
    async fn see_to_roster(&self, known: &Known, progress: &Progress) -> Result<(), StoreError> {
        let drop = &known.drop;
        let pulse = known.pulse();
        let Some(tick) = pulse.tick.as_ref().filter(|tick| tick.opened) else { return Ok(()) };
        let seen = progress.of(&drop.slug, tick.epoch);
        if drop.roster.is_none() {
            let is_complete = tick.epoch == 1 || seen.since.elapsed() >= BACK_AFTER_LOSS;
            return if is_complete && drop.has_opened(self.clock.now()) {
                self.store_roster(drop, tick.epoch).await
            } else {
                Ok(())
            };
        }
        if !seen.is_closed {
            self.rosters.close(&drop.slug).await?;
            progress.closed(&drop.slug);
        }
        Ok(())
    }

    async fn store_roster(&self, drop: &Drop, epoch: i64) -> Result<(), StoreError> {
        let started = Instant::now();
        match self.rosters.store(drop, epoch).await {
            Ok(Some(roster)) => {
                let (count, took_ms) = (roster.count, started.elapsed().as_millis());
                tracing::info!(drop = %drop.slug, count, took_ms, "the roster of the draw is stored");
                self.registry.learn(&[Drop { roster: Some(roster), ..drop.clone() }]);
                Ok(())
            }
            // It is being filled again: the places come back first.
            Ok(None) | Err(StoreError::Lost) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

impl Progress {
    /// What has been seen of this drop in this epoch.
    fn of(&self, slug: &DropSlug, epoch: i64) -> Seen {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = Seen { epoch, since: Instant::now(), is_closed: false };
        let seen = all.entry(slug.clone()).or_insert(fresh);
        if seen.epoch != epoch {
            *seen = fresh;
        }
        *seen
    }

    fn closed(&self, slug: &DropSlug) {
        if let Some(seen) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get_mut(slug) {
            seen.is_closed = true;
        }
    }
}
