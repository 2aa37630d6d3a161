//! The shop's public keys: from a file, or from the shop.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use booking::domain::ticket::TicketPublicKey;
use reqwest::Response;
use shared::keys::JwkSet;
use url::Url;

const WITHIN: Duration = Duration::from_secs(10);
/// No honest set of keys is longer.
const MAX_BYTES: usize = 64 * 1024;
const WELL_KNOWN: &str = "/.well-known/jwks.json";

/// The keys in a file, at an address, or at the well-known path of a shop.
pub(super) async fn read(place: &str) -> anyhow::Result<Vec<TicketPublicKey>> {
    let document = match Url::parse(place) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => fetch(url).await?,
        _ => read_file(Path::new(place))?,
    };
    let set: JwkSet = serde_json::from_slice(&document)
        .with_context(|| format!("{place} is no set of public keys (JWKS)"))?;
    let keys: Vec<TicketPublicKey> = set.keys.iter().filter_map(TicketPublicKey::from_jwk).collect();
    ensure!(!keys.is_empty(), "{place} has no Ed25519 key");
    Ok(keys)
}

fn read_file(path: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))
}

/// The shop's own address leads to its keys.
async fn fetch(mut url: Url) -> anyhow::Result<Vec<u8>> {
    if url.path() == "/" {
        url.set_path(WELL_KNOWN);
    }
    let client =
        reqwest::Client::builder().timeout(WITHIN).build().context("no HTTP client could be made")?;
    let response = client.get(url.clone()).send().await.and_then(Response::error_for_status);
    let mut response = response.with_context(|| format!("{url} does not answer with keys"))?;
    let mut document = Vec::new();
    while let Some(bytes) = response.chunk().await.context("the keys broke off; try again")? {
        document.extend_from_slice(&bytes);
        ensure!(document.len() <= MAX_BYTES, "{url} is too long to be a set of keys");
    }
    Ok(document)
}
