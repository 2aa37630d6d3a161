//! Compares our payments with the gateway's books, again and again, and counts the differences.

use std::time::Duration;

use shared::service::Tasks;

use crate::app::AppState;
use crate::domain::reconcile::Reconciler;
use crate::metrics::money as measured;

/// How often the books are compared.
const COMPARE_EVERY: Duration = Duration::from_mins(2);

/// Starts the task.
pub fn start(state: &AppState, tasks: &Tasks) {
    let reconciler = state.till.reconciler.clone();
    tasks.repeat(COMPARE_EVERY, move || {
        let reconciler = reconciler.clone();
        async move { watch(&reconciler).await }
    });
}

async fn watch(reconciler: &Reconciler) {
    match reconciler.watch().await {
        Ok(counts) => {
            for (class, count) in counts {
                measured::differences(class.as_str(), count);
                if count > 0 {
                    tracing::error!(
                        class = class.as_str(),
                        count,
                        "our payments and the gateway's books differ"
                    );
                }
            }
        }
        Err(error) => tracing::warn!(%error, "our payments could not be compared with the gateway's books"),
    }
}
