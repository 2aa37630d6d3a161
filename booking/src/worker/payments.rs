//! Finishes payments that a crash or a lost answer left between two steps, and forgets old idempotency keys.

use std::time::Duration;

use shared::service::Tasks;
use tokio_util::sync::CancellationToken;

use crate::app::AppState;
use crate::domain::checkout::Checkout;

/// How often unfinished payments are looked for.
const RESUME_EVERY: Duration = Duration::from_millis(500);
/// How many are taken up at once.
const RESUME_BATCH: i64 = 16;
/// How often old keys are looked for.
const PURGE_EVERY: Duration = Duration::from_mins(1);

/// How long payments under way may keep the gateway from stopping.
const LAST_PAYMENTS: Duration = Duration::from_secs(6);

/// Starts the tasks.
pub fn start(state: &AppState, tasks: &Tasks, gateway_stop: CancellationToken) {
    tasks.spawn(stop_gateway_last(state.till.checkout.clone(), tasks.stopping(), gateway_stop));
    for saga in &state.till.sagas {
        let saga = saga.clone();
        tasks.repeat(RESUME_EVERY, move || {
            let saga = saga.clone();
            async move {
                match saga.resume(RESUME_BATCH).await {
                    Ok(0) => {}
                    Ok(payments) => tracing::info!(payments, "took up unfinished payments"),
                    Err(error) => tracing::warn!(error = %error, "unfinished payments cannot be looked for"),
                }
            }
        });
    }
    let (keys, clock) = (state.till.keys.clone(), state.clock.clone());
    tasks.repeat(PURGE_EVERY, move || {
        let (keys, clock) = (keys.clone(), clock.clone());
        async move {
            if let Err(error) = keys.purge(clock.now()).await {
                tracing::warn!(error = %error, "old idempotency keys cannot be deleted");
            }
        }
    });
}

/// What is being paid for when the service stops still needs the gateway in this process.
async fn stop_gateway_last(checkout: Checkout, stopping: CancellationToken, gateway_stop: CancellationToken) {
    stopping.cancelled().await;
    if tokio::time::timeout(LAST_PAYMENTS, checkout.settled()).await.is_err() {
        tracing::warn!("payments are left unfinished; the next start takes them up");
    }
    gateway_stop.cancel();
}
