//! `stanchion chaos`: a private installation, a crowd with every kind of shopper, a gateway that misbehaves, and services
//! that are killed at random. In the end everything is healed and drained, and the audit must be clean.
//!
//! `site` is the installation, `killer` kills, `crowd` is sent, `drain` waits and audits, `outcome` tells.

mod crowd;
mod drain;
mod killer;
mod outcome;
mod process;
mod site;
mod stage;

use std::path::PathBuf;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::exit::{Exit, Failure};
use crate::{parse, say, signals};
use killer::Killer;
use outcome::Outcome;
use site::Site;

pub use site::Victim;

/// How rough it gets.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// How long things are killed
    #[arg(long, default_value_t = 120, value_parser = clap::value_parser!(u64).range(5..=86_400))]
    pub seconds: u64,
    /// The same seed draws the same crowd and the same victims
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// What is killed
    #[arg(long, value_enum, value_delimiter = ',', default_value = "waitroom,booking")]
    pub kill: Vec<Victim>,
    /// The share of calls to the payment gateway for each way it has to misbehave
    #[arg(long, default_value_t = 0.05, value_parser = parse::share, value_name = "SHARE")]
    pub faults: f64,
    /// Shoppers who come each second
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=100))]
    pub visitors_per_second: u64,
    /// Where the installation keeps its data [default: a folder of its own, removed where nothing was found]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Prints the outcome as one JSON document
    #[arg(long)]
    pub json: bool,
}

/// A run that is shorter may be spared some of the rare things.
const LONG: u64 = 100;

impl Options {
    fn lasts(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    /// Whether everything that can happen must have happened.
    fn is_long(&self) -> bool {
        self.seconds >= LONG
    }
}

/// Runs it and prints the outcome.
///
/// # Errors
/// When the installation cannot be started or asked.
pub async fn run(options: &Options) -> Result<Exit, Failure> {
    let stop = signals::stop_requested();
    let mut site = Site::open(options).await?;
    let outcome = with_site(options, &mut site, &stop).await;
    let is_clean = matches!(&outcome, Ok(outcome) if outcome.findings().is_empty());
    site.close(is_clean).await;
    let outcome = outcome?;
    say::out(&if options.json { outcome.to_json()? } else { outcome.to_string() });
    Ok(if is_clean { Exit::Fine } else { Exit::FoundSomething })
}

async fn with_site(options: &Options, site: &mut Site, stop: &CancellationToken) -> Result<Outcome, Failure> {
    site.start_services().await?;
    let visitors = options.seconds * options.visitors_per_second;
    stage::set(site, visitors).await?;

    let over = stop.child_token();
    let crowd = tokio::spawn(crowd::send(site.addresses().clone(), options.clone(), over.clone()));
    let mut killer = Killer::new(options);
    let killed = killer.work(site, stop).await;
    // Whatever went wrong: the crowd goes home before its installation is closed.
    if killed.is_err() {
        over.cancel();
    }
    let report = crowd.await.map_err(anyhow::Error::new)??;
    killed?;

    site.heal().await?;
    let drained = drain::drain(site, &report, stop).await?;
    Ok(Outcome::new(options, killer.kills(), report, drained, site.panics()))
}
