//! Forgets what gateways said long ago.

use std::time::Duration;

use shared::service::Tasks;

use crate::app::AppState;
use crate::store::gateway_events;

/// How often old events are looked for.
const PURGE_EVERY: Duration = Duration::from_mins(1);

/// Starts the task.
pub fn start(state: &AppState, tasks: &Tasks) {
    let state = state.clone();
    tasks.repeat(PURGE_EVERY, move || {
        let state = state.clone();
        async move {
            if let Err(error) = gateway_events::purge(&state.pool, state.clock.now()).await {
                tracing::warn!(error = %error, "old events of the gateway cannot be deleted");
            }
        }
    });
}
