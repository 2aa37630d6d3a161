//! The virtual waiting room: keeps a drop's line, lets people in at the pace that booking can bear, and signs the
//! admissions. It knows nothing of seats or money.

mod accounts;
pub mod app;
pub mod audit;
pub mod config;
pub mod domain;
pub mod http;
mod mails;
pub mod memory;
pub mod metrics;
mod pings;
pub mod recorder;
pub mod registry;
mod reminders;
mod roster;
mod shared_pass;
mod stats;
pub mod store;
pub mod streams;
pub mod ticker;
pub mod tokens;
mod words;

use shared::clock::Clock;
use shared::service::{Ports, Running, Tasks};

use crate::app::AppState;
use crate::config::Config;

/// Starts the service and returns when its ports accept connections. Redis and Postgres may still be away.
///
/// Errors: a busy port, or a store URL that is none.
pub async fn start(config: Config, clock: Clock) -> anyhow::Result<Running> {
    let public = ("WAITROOM_LISTEN", config.listen);
    let ports = Ports::bind(public, ("WAITROOM_ADMIN_LISTEN", config.admin_listen)).await?;
    let config = config.reached_at(&ports.url());
    metrics::describe();
    let app = AppState::new(config, clock)?;
    let tasks = Tasks::new();
    ticker::start(&app, &tasks);
    roster::start(&app, &tasks);
    streams::start(&app, &tasks);
    reminders::start(&app, &tasks);
    Ok(Running::start(ports, http::routes(&app), app.readiness(), tasks))
}
