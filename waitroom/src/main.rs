//! The waiting room as a process of its own: reads the configuration, runs until told to stop, ends in an orderly way.

use shared::clock::Clock;
use shared::config::Vars;
use tokio::signal::unix::{SignalKind, signal};
use waitroom::config::Config;

/// The configuration is wrong (BSD `sysexits.h`, `EX_USAGE`).
const EXIT_CONFIGURATION: i32 = 64;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut vars = Vars::from_env();
    shared::telemetry::start_logging(&mut vars);
    let config = Config::from_vars(&mut vars);
    if let Err(mistakes) = vars.finish() {
        tracing::error!("{mistakes}");
        std::process::exit(EXIT_CONFIGURATION);
    }
    let running = waitroom::start(config, Clock::System).await?;
    tracing::info!(address = %running.address, admin.address = %running.admin_address, "waitroom is open");
    stop_asked_for().await?;
    tracing::info!("waitroom is stopping");
    running.stop().await;
    Ok(())
}

async fn stop_asked_for() -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => Ok(()),
        interrupted = tokio::signal::ctrl_c() => interrupted,
    }
}
