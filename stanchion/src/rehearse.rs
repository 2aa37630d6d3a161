//! `stanchion rehearse`: a simulated crowd joins, waits, shops and pays over HTTP against any installation.
//!
//! `visitor` decides what a visitor does and `watch` checks what it is told of the line, `api` carries it over HTTP,
//! `crowd` runs many of them, `tally` counts and `report` tells.

pub mod api;
pub mod crowd;
pub mod grace;
pub mod habit;
mod options;
mod progress;
pub mod purchase;
pub mod report;
pub mod script;
mod seats;
mod stream;
mod tabs;
pub mod tally;
pub mod visitor;
mod watch;

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use tokio_util::sync::CancellationToken;

use crate::exit::{Exit, Failure};
use crate::installation::Addresses;
use crate::{say, signals};
use api::Api;
use crowd::Crowd;
use grace::Grace;
use report::Report;

pub use options::Options;

/// Runs the rehearsal and prints its report.
///
/// # Errors
/// When no such drop is there, the installation does not answer at the start, or the report cannot be written.
pub async fn run(options: &Options) -> Result<Exit, Failure> {
    let mut crowd = options.crowd()?;
    let addresses = options.whereabouts.find()?;
    let api = Api::new(
        addresses.waitroom.clone(),
        addresses.booking.clone(),
        &options.drop,
        options.connections.into(),
    )?;
    check_that_the_drop_is_there(&api, &addresses, &options.drop).await?;

    let grace = Grace::find(options, &addresses).await;
    crowd.habits.grace = grace.time();
    let stop = signals::stop_requested();
    let mut report = rehearse(options, &crowd, api, &stop).await;
    report.line.grace = Some(grace);
    if let Some(path) = &options.acknowledged {
        write_acknowledged(path, &report)?;
    }
    say::out(&if options.json { to_json(&report)? } else { report.to_string() });
    Ok(if report.findings().is_empty() { Exit::Fine } else { Exit::FoundSomething })
}

async fn rehearse(options: &Options, crowd: &Crowd, api: Api, stop: &CancellationToken) -> Report {
    let tally = crowd::begin();
    let over = stop.child_token();
    let bar = tokio::spawn(progress::draw(Arc::clone(&tally), options.visitors as u64, over.clone()));
    crowd.visit(api, Arc::clone(&tally), stop).await;
    over.cancel();
    if let Err(error) = bar.await {
        tracing::warn!(%error, "the progress bar ended badly");
    }
    tally.report(&options.drop, options.visitors as u64, options.seed)
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
