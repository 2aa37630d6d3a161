//! What runs beside the requests: each task finishes what time or a crash left over, and any replica may run it.

use shared::service::Tasks;

use crate::app::AppState;

/// Starts every task of the shop.
pub fn start(_state: &AppState, _tasks: &Tasks) {}
