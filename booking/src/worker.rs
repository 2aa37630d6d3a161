//! What runs beside the requests: each task finishes what time or a crash left over, and any replica may run it.

mod outbox;
mod payments;

use shared::service::Tasks;

use crate::app::AppState;

/// Starts every task of the shop.
pub fn start(state: &AppState, tasks: &Tasks) {
    payments::start(state, tasks);
    outbox::start(state, tasks);
}
