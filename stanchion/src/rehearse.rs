//! `stanchion rehearse`: a simulated crowd joins, waits, shops and pays over HTTP against any installation.
//!
//! `visitor` decides what a visitor does, `api` carries it over HTTP, `crowd` runs many of them, `tally` counts and
//! `report` tells.

pub mod api;
pub mod crowd;
mod progress;
pub mod report;
pub mod script;
mod seats;
pub mod tally;
pub mod visitor;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio_util::sync::CancellationToken;

use crate::exit::{Exit, Failure};
use crate::installation::{Addresses, Whereabouts};
use crate::{parse, say, signals};
use api::Api;
use crowd::Crowd;
use report::Report;

/// Who comes, where to, and how the outcome is told.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// The drop to visit
    #[arg(long, default_value = "midnight-premiere")]
    pub drop: String,
    /// How many visitors come
    #[arg(long, default_value_t = 500)]
    pub visitors: usize,
    /// They arrive at random within this time (such as 30s or 2m)
    #[arg(long, default_value = "30s", value_parser = parse::duration)]
    pub arrive_within: Duration,
    /// The share of shoppers who pay for what they reserved
    #[arg(long, default_value_t = 0.8, value_parser = parse::share)]
    pub shoppers_pay: f64,
    /// How many seats a visitor wants, such as 2 or 1-4
    #[arg(long, default_value = "1-4", value_parser = parse::party)]
    pub seats: parse::Party,
    /// Longest hesitation before each step in the shop
    #[arg(long, default_value = "1s", value_parser = parse::duration)]
    pub think: Duration,
    /// The same seed draws the same crowd
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Ends the whole run after this time
    #[arg(long, default_value = "15m", value_parser = parse::duration)]
    pub give_up_after: Duration,
    /// Most requests under way at once
    #[arg(long, default_value_t = 256, value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub connections: u16,
    /// Prints the report as one JSON document
    #[arg(long)]
    pub json: bool,
    /// Writes the ids of all acknowledged bookings to this file, one a line
    #[arg(long, value_name = "FILE")]
    pub acknowledged: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) whereabouts: Whereabouts,
}

/// Runs the rehearsal and prints its report.
///
/// # Errors
/// When no such drop is there, the installation does not answer at the start, or the report cannot be written.
pub async fn run(options: &Options) -> Result<Exit, Failure> {
    let addresses = options.whereabouts.find()?;
    let api = Api::new(
        addresses.waitroom.clone(),
        addresses.booking.clone(),
        &options.drop,
        options.connections.into(),
    )?;
    check_that_the_drop_is_there(&api, &addresses, &options.drop).await?;

    let stop = signals::stop_requested();
    let report = rehearse(options, api, &stop).await;
    if let Some(path) = &options.acknowledged {
        write_acknowledged(path, &report)?;
    }
    say::out(&if options.json { to_json(&report)? } else { report.to_string() });
    Ok(if report.findings().is_empty() { Exit::Fine } else { Exit::FoundSomething })
}

async fn rehearse(options: &Options, api: Api, stop: &CancellationToken) -> Report {
    let tally = crowd::begin();
    let over = stop.child_token();
    let bar = tokio::spawn(progress::draw(Arc::clone(&tally), options.visitors as u64, over.clone()));
    options.crowd().visit(api, Arc::clone(&tally), stop).await;
    over.cancel();
    if let Err(error) = bar.await {
        tracing::warn!(%error, "the progress bar ended badly");
    }
    tally.report(&options.drop, options.visitors as u64, options.seed)
}

impl Options {
    fn crowd(&self) -> Crowd {
        Crowd {
            visitors: self.visitors,
            arrive_within: self.arrive_within,
            shoppers_pay: self.shoppers_pay,
            party: self.seats.range(),
            think: self.think,
            seed: self.seed,
            give_up_after: self.give_up_after,
            seats_at_most: None,
        }
    }
}

async fn check_that_the_drop_is_there(api: &Api, at: &Addresses, drop: &str) -> Result<(), Failure> {
    let Addresses { waitroom, .. } = at;
    match api.drop_state().await {
        Ok(Some(_)) => Ok(()),
        Ok(None) => Err(Failure::configuration(format!("there is no drop \"{drop}\" at {waitroom}"))),
        Err(error) => Err(Failure::configuration(format!(
            "nothing answers as a waiting room at {waitroom} ({}); give --waitroom-url, or --data-dir of a running demo",
            error.root_cause()
        ))),
    }
}

fn write_acknowledged(path: &Path, report: &Report) -> anyhow::Result<()> {
    let write = || -> std::io::Result<()> {
        let mut file = std::io::BufWriter::new(std::fs::File::create(path)?);
        for booking in &report.acknowledged {
            writeln!(file, "{}", booking.booking_id)?;
        }
        file.flush()
    };
    write().with_context(|| format!("the acknowledged bookings could not be written to {}", path.display()))
}

fn to_json(report: &Report) -> anyhow::Result<String> {
    #[derive(serde::Serialize)]
    struct Document<'a> {
        #[serde(flatten)]
        report: &'a Report,
        findings: Vec<String>,
    }
    Ok(serde_json::to_string_pretty(&Document { report, findings: report.findings() })?)
}
