//! Carries out refunds that a crash left behind or that the gateway did not answer.

use std::time::Duration;

use shared::service::Tasks;

use crate::app::AppState;

/// How often due refunds are looked for.
const RESUME_EVERY: Duration = Duration::from_millis(500);
/// How many are taken up at once.
const RESUME_BATCH: i64 = 16;

/// Starts the task.
pub fn start(state: &AppState, tasks: &Tasks) {
    let refunder = state.till.refunder.clone();
    tasks.repeat(RESUME_EVERY, move || {
        let refunder = refunder.clone();
        async move {
            match refunder.resume(RESUME_BATCH).await {
                Ok(0) => {}
                Ok(refunds) => tracing::info!(refunds, "took up unfinished refunds"),
                Err(error) => tracing::warn!(error = %error, "unfinished refunds cannot be looked for"),
            }
        }
    });
}
