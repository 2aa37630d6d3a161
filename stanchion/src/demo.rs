//! `stanchion demo`: everything in one process, with a drop whose line opens in a moment and a crowd that waits for it.

mod catalogue;
mod crowd;
pub(crate) mod hall;
pub(crate) mod operator;
mod settings;
mod stage;

use std::path::PathBuf;

use shared::clock::Clock;
use shared::config::Vars;
use tokio_util::sync::CancellationToken;

use crate::data_dir::{self, DataDir, Note};
use crate::exit::{Exit, Failure};
use crate::installation::Addresses;
use crate::services::Services;
use crate::stores::Stores;
use crate::{migrate, say, signals};
use operator::Operator;
use settings::Settings;
use stage::{Opening, Stage};

/// The demo's drop.
pub const DROP: &str = "midnight-premiere";

/// How the demo is run.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Where the demo keeps its data
    #[arg(long, value_name = "DIR", default_value = data_dir::DEFAULT)]
    pub data_dir: PathBuf,
    /// Sends no simulated crowd, and opens the drop at once
    #[arg(long)]
    pub no_crowd: bool,
    /// Short times in every drop made (hold 10 s, cool-down 5 s, claim 10 s), for trying things
    #[arg(long)]
    pub fast: bool,
}

/// Runs until Ctrl-C or SIGTERM.
///
/// # Errors
/// When something cannot be started; what was started before is stopped again.
pub async fn run(options: &Options) -> Result<Exit, Failure> {
    let stop = signals::stop_requested();
    let data = DataDir::own(&options.data_dir)?;
    let settings = Settings::read(Vars::from_env(), &data, options.fast)?;
    settings.check_that_ports_are_free().await?;

    say::out("Starting Redis and Postgres …");
    let stores = Stores::start(data.path(), &settings.vars).await?;
    let outcome = with_stores(options, &data, &settings, &stores, &stop).await;
    data.remove_note();
    stores.stop().await;
    outcome
}

async fn with_stores(
    options: &Options,
    data: &DataDir,
    settings: &Settings,
    stores: &Stores,
    stop: &CancellationToken,
) -> Result<Exit, Failure> {
    migrate::migrate(&stores.database_url()).await?;
    let services = Services::start(settings.for_services(stores), true, true).await?;
    let outcome = with_services(options, data, settings, stores, stop).await;
    say::out("Stopping …");
    services.stop().await;
    outcome
}

async fn with_services(
    options: &Options,
    data: &DataDir,
    settings: &Settings,
    stores: &Stores,
    stop: &CancellationToken,
) -> Result<Exit, Failure> {
    let addresses = &settings.addresses;
    let line = Operator::new(&addresses.waitroom, &settings.operator_token)?;
    let shop = Operator::new(&addresses.booking, &settings.operator_token)?;
    let opening = if options.no_crowd { Opening::Now } else { Opening::AfterLobby };
    let stage = stage::set(&line, &shop, Clock::System.now(), opening).await?;
    data.leave_note(&Note {
        addresses: addresses.clone(),
        redis_url: stores.redis_url(),
        database_url: stores.database_url(),
        pid: std::process::id(),
    })?;
    announce(addresses, &settings.operator_token, &stage);
    if !options.no_crowd && stage.allowance > 0 {
        crowd::send(addresses, stage.allowance, Clock::System.now(), stop).await?;
    }
    stop.cancelled().await;
    Ok(Exit::Fine)
}

fn announce(addresses: &Addresses, operator_token: &str, stage: &Stage) {
    let Addresses { waitroom, booking } = addresses;
    say::out(&format!(
        "\nStanchion is running. Open this in a browser:\n\n{}",
        framed(&format!("{waitroom}q/{DROP}"))
    ));
    if let Some(opens_at) = stage.opens_at {
        let seconds = opens_at.duration_since(Clock::System.now()).as_secs().max(0);
        say::out(&format!("The line opens in {seconds} s, by lot among all who are there by then."));
    }
    say::out(&format!(
        "\n  \
         the shop          {booking}\n  \
         API references    {waitroom}docs  {booking}docs\n  \
         operator token    {operator_token}\n\n\
         Stop it with Ctrl-C.\n"
    ));
}

/// A line that is not overlooked.
fn framed(text: &str) -> String {
    let edge = "─".repeat(text.chars().count() + 4);
    format!("  ┌{edge}┐\n  │  {text}  │\n  └{edge}┘\n")
}
