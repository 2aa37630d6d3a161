//! The waiting room as a process of its own.

use std::process::ExitCode;

use anyhow::Context as _;
use shared::clock::Clock;
use shared::config::Vars;
use tokio::signal::unix::{SignalKind, signal};
use waitroom::config::Config;

/// The exit code for a configuration that cannot be used.
const EXIT_CONFIGURATION: u8 = 64;

#[tokio::main]
async fn main() -> ExitCode {
    let mut vars = Vars::from_env();
    let config = Config::from_vars(&mut vars);
    shared::telemetry::start_logging(&mut vars);
    if let Err(error) = vars.finish() {
        tracing::error!("{error}");
        return ExitCode::from(EXIT_CONFIGURATION);
    }
    match run(config).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(config: Config) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let running = waitroom::start(config, Clock::System).await?;
    tracing::info!(address = %running.address, admin = %running.admin_address, "waitroom is running");
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    running.stop().await;
    Ok(())
}
