//! Gate packs in files. Their own keys are not believed: a pack is worth what its signature is.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use booking::domain::gate_list::GateList;
use booking::domain::ticket::TicketPublicKey;
use serde::Deserialize;

#[derive(Deserialize)]
struct Pack {
    list: String,
}

/// The lists in these packs, each signed with one of the keys.
pub(super) fn read_all(paths: &[PathBuf], keys: &[TicketPublicKey]) -> anyhow::Result<Vec<GateList>> {
    paths.iter().map(|path| read(path, keys)).collect()
}

fn read(path: &Path, keys: &[TicketPublicKey]) -> anyhow::Result<GateList> {
    let name = path.display();
    let document = std::fs::read(path).with_context(|| format!("{name} cannot be read"))?;
    let pack: Pack = serde_json::from_slice(&document).with_context(|| format!("{name} is no gate pack"))?;
    GateList::verify(&pack.list, keys).with_context(|| format!("the gate pack {name} is not valid"))
}
