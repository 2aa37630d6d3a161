//! `stanchion demo`: everything in one process, with a drop that is open and a crowd in front of it.

mod catalogue;
pub(crate) mod hall;
pub(crate) mod operator;
mod settings;
mod stage;

use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use shared::clock::Clock;
use shared::config::Vars;
use tokio_util::sync::CancellationToken;

use crate::data_dir::{self, DataDir, Note};
use crate::exit::{Exit, Failure};
use crate::installation::Addresses;
use crate::rehearse::api::Api;
use crate::rehearse::crowd::{self, Crowd};
use crate::rehearse::habit::Habits;
use crate::rehearse::purchase::Purchases;
use crate::services::Services;
use crate::stores::Stores;
use crate::{migrate, say, signals};
use operator::Operator;
use settings::Settings;

/// The demo's drop.
pub const DROP: &str = "midnight-premiere";

/// How the demo is run.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Where the demo keeps its data
    #[arg(long, value_name = "DIR", default_value = data_dir::DEFAULT)]
    pub data_dir: PathBuf,
    /// Sends no simulated crowd
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
    let allowance = stage::set(&line, &shop, Clock::System.now()).await?;
    data.leave_note(&Note {
        addresses: addresses.clone(),
        redis_url: stores.redis_url(),
        database_url: stores.database_url(),
        pid: std::process::id(),
    })?;
    announce(addresses, &settings.operator_token);
    if !options.no_crowd && allowance > 0 {
        send_crowd(addresses, allowance, Clock::System.now(), stop).await?;
    }
    stop.cancelled().await;
    Ok(Exit::Fine)
}

fn announce(addresses: &Addresses, operator_token: &str) {
    let Addresses { waitroom, booking } = addresses;
    say::out(&format!(
        "\nStanchion is running.\n\n  \
         join the line     {waitroom}q/{DROP}\n  \
         the shop          {booking}\n  \
         API references    {waitroom}docs  {booking}docs\n  \
         operator token    {operator_token}\n\n\
         Stop it with Ctrl-C.\n"
    ));
}

/// A few hundred people who come within half a minute, take their time, and leave half of the hall to others.
async fn send_crowd(
    addresses: &Addresses,
    allowance: usize,
    now: Timestamp,
    stop: &CancellationToken,
) -> Result<(), Failure> {
    let crowd = Crowd {
        visitors: 300,
        arrive_within: Duration::from_secs(30),
        purchases: Purchases::plain(0.8),
        party: 1..=4,
        think: Duration::from_secs(8),
        habits: Habits::steady(),
        seed: now.as_second().unsigned_abs(),
        give_up_after: Duration::from_mins(15),
        seats_at_most: Some(allowance),
    };
    say::out(&format!("A crowd of {} people is on its way.", crowd.visitors));
    let api = Api::new(addresses.waitroom.clone(), addresses.booking.clone(), DROP, 32)?;
    let tally = crowd::begin();
    crowd.visit(api, std::sync::Arc::clone(&tally), stop).await;
    let glance = tally.glance();
    say::out(&format!(
        "The crowd went home: {} joined, {} were let in, {} bookings of {} seats.",
        glance.joined, glance.admitted, glance.booked, glance.seats_sold
    ));
    Ok(())
}
