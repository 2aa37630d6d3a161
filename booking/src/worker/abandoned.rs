//! Has gateways let go of payments whose bank asked the buyer back, once their reservations are over.

use std::time::Duration;

use shared::service::Tasks;

use crate::app::AppState;

/// How often such payments are looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(1);
/// How many are looked at at once.
const SWEEP_BATCH: i64 = 16;

/// Starts the tasks, one for each gateway.
pub fn start(state: &AppState, tasks: &Tasks) {
    for abandoned in &state.till.abandoned {
        let abandoned = abandoned.clone();
        tasks.repeat(SWEEP_EVERY, move || {
            let abandoned = abandoned.clone();
            async move {
                if let Err(error) = abandoned.sweep(SWEEP_BATCH).await {
                    tracing::debug!(%error, "abandoned payments cannot be looked for");
                }
            }
        });
    }
}
