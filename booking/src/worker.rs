//! What runs beside the requests: each task finishes what time or a crash left over, and any replica may run it.

mod abandoned;
mod gateway;
mod gauges;
mod health;
mod loader;
mod outbox;
mod payments;
mod reconciliation;
mod refunds;
mod sweeper;

use std::time::Duration;

use shared::service::Tasks;
use tokio_util::sync::CancellationToken;

use crate::app::AppState;
use crate::metrics::round;

/// How far apart the rounds of the loader, the sweeper and the health publisher are.
const ROUND: Duration = Duration::from_secs(1);
/// How often what is under way is counted.
const GAUGES_EVERY: Duration = Duration::from_secs(5);
/// How often the counts of those who asked lately are looked through.
const FORGET_EVERY: Duration = Duration::from_mins(1);

/// Starts every task of the shop. `gateway_stop` ends the gateway in this process, once no payment needs it.
pub fn start(state: &AppState, tasks: &Tasks, gateway_stop: CancellationToken) {
    let store = state.store.clone();
    tasks.repeat(ROUND, move || {
        let store = store.clone();
        async move { round("loader", Box::pin(loader::run(&store))).await }
    });
    let store = state.store.clone();
    tasks.repeat(ROUND, move || {
        let store = store.clone();
        async move { round("sweeper", Box::pin(sweeper::run(&store))).await }
    });
    let app = state.clone();
    tasks.repeat(ROUND, move || {
        let app = app.clone();
        async move { round("health", health::run(&app)).await }
    });
    let app = state.clone();
    tasks.repeat(GAUGES_EVERY, move || {
        let app = app.clone();
        async move { round("gauges", gauges::run(&app)).await }
    });
    let app = state.clone();
    tasks.repeat(FORGET_EVERY, move || {
        let app = app.clone();
        async move { app.limits.forget_idle() }
    });
    payments::start(state, tasks, gateway_stop);
    abandoned::start(state, tasks);
    refunds::start(state, tasks);
    gateway::start(state, tasks);
    reconciliation::start(state, tasks);
    outbox::start(state, tasks);
}
