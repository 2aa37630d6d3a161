//! Measures the services against references in one run: private servers are started, both services run in this
//! process beside the client, and every figure is printed as a ratio to a reference that the same client measured on
//! the same cores. The table goes to standard output, and as JSON to `target/bench.json`.

#![allow(clippy::print_stdout, reason = "the table is what this program is for")]

mod line;
mod load;
mod reference;
mod shop;
mod stage;
mod table;

use anyhow::Context as _;

use crate::reference::Reference;
use crate::stage::Stage;
use crate::table::Row;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let reference = Reference::start().await?;
    let stage = Stage::set().await?;
    let bare = reference.measure().await?;
    println!("a bare axum JSON handler answers {bare:.0}/s to this client\n");

    let mut rows = line::measure(&stage, bare).await?;
    rows.extend(shop::measure(&stage, bare).await?);
    for row in &rows {
        println!("{}", row.line());
    }
    write_json(&rows)?;
    stage.clear().await;
    Ok(())
}

fn write_json(rows: &[Row]) -> anyhow::Result<()> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/bench.json");
    let text = serde_json::to_string_pretty(rows)?;
    std::fs::write(&path, text).with_context(|| format!("write {}", path.display()))
}
