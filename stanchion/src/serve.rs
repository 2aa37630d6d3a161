//! `stanchion serve`: one service or both in this process, configured by the environment alone.

use clap::ValueEnum;
use shared::config::Vars;

use crate::exit::{Exit, Failure};
use crate::services::Services;
use crate::signals;

/// Which services to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Which {
    /// The line
    Waitroom,
    /// The shop
    Booking,
    /// Both in one process
    All,
}

/// What to serve.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Which services to run
    #[arg(value_enum, default_value = "all")]
    pub which: Which,
}

/// Serves until Ctrl-C or SIGTERM.
///
/// # Errors
/// When a setting is wrong or a port cannot be had.
pub async fn run(options: &Options) -> Result<Exit, Failure> {
    let stop = signals::stop_requested();
    let (waitroom, booking) = match options.which {
        Which::Waitroom => (true, false),
        Which::Booking => (false, true),
        Which::All => (true, true),
    };
    let services = Services::start(Vars::from_env(), waitroom, booking).await?;
    stop.cancelled().await;
    services.stop().await;
    Ok(Exit::Fine)
}
