//! Measures the services against references in one run: private servers are started, both services run in this
//! process beside the client, and every figure is printed as a ratio to a reference that the same client measured on
//! the same cores. The table goes to standard output, and as JSON to `target/bench.json`.

#![allow(clippy::print_stdout, reason = "the table is what this program is for")]

mod child;
mod line;
mod load;
mod reference;
mod shop;
mod stage;
mod table;

use anyhow::Context as _;
use clap::Parser as _;

use crate::reference::bare::Bare;
use crate::stage::Stage;
use crate::table::Row;

/// Measures the services against references in one run.
#[derive(clap::Parser)]
struct Options {
    /// Measures these alone; all of them where none is named
    #[arg(value_enum)]
    sections: Vec<Section>,
    /// Serves in this role until it is stopped: how a run starts its other processes
    #[arg(long, hide = true)]
    serve: Option<child::Role>,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Section {
    /// The waiting room over HTTP, with a line of ten thousand
    Line,
    /// The line with a million people in it
    Million,
    /// Open streams
    Streams,
    /// The shop
    Shop,
    /// The seat map in a browser
    Frames,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    if let Some(role) = options.serve {
        return child::serve(role).await;
    }
    let runs = |section| options.sections.is_empty() || options.sections.contains(&section);
    let bare = Bare::start().await?.measure().await?;
    println!("a bare axum JSON handler answers {bare:.0}/s to this client\n");

    let mut rows = Vec::new();
    if runs(Section::Million) {
        report(&mut rows, line::million::measure().await?);
    }
    if runs(Section::Streams) {
        report(&mut rows, line::streams::measure().await?);
    }
    if [Section::Line, Section::Shop, Section::Frames].into_iter().any(runs) {
        let stage = Stage::set().await?;
        if runs(Section::Line) {
            report(&mut rows, line::visits::measure(&stage, bare).await?);
        }
        if runs(Section::Shop) {
            report(&mut rows, shop::measure(&stage, bare).await?);
        }
        if runs(Section::Frames) {
            report(&mut rows, shop::frames::measure(&stage).await?);
        }
        let stores = stage.leave().await;
        if runs(Section::Shop) {
            report(&mut rows, shop::starts::measure(&stores).await?);
        }
        stores.stop().await;
    }
    write_json(&rows)
}

fn report(all: &mut Vec<Row>, rows: Vec<Row>) {
    for row in &rows {
        println!("{}", row.line());
    }
    all.extend(rows);
}

fn write_json(rows: &[Row]) -> anyhow::Result<()> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/bench.json");
    let text = serde_json::to_string_pretty(rows)?;
    std::fs::write(&path, text).with_context(|| format!("write {}", path.display()))
}
