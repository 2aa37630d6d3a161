//! Reads what a waiting room publishes. Nothing is believed to be small or to end by itself.

use std::ops::ControlFlow;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use reqwest::{Response, StatusCode};
use serde::de::DeserializeOwned;

use super::address::DropAddress;
use super::published::{Draw, Status};

const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// A server that says nothing for so long says nothing more.
const SILENT_AT_MOST: Duration = Duration::from_secs(30);
/// No honest status is longer.
const MAX_DOCUMENT_BYTES: usize = 1024 * 1024;

/// The public API of a drop.
pub(super) struct Site {
    client: reqwest::Client,
    drop: String,
}

impl Site {
    /// Over HTTP or HTTPS.
    pub(super) fn of(address: &DropAddress) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT_WITHIN)
            .read_timeout(SILENT_AT_MOST)
            .build()
            .context("no HTTP client could be made")?;
        Ok(Self { client, drop: format!("{}v1/drops/{}", address.base, address.drop) })
    }

    /// The public status.
    pub(super) async fn status(&self) -> anyhow::Result<Status> {
        self.document("").await
    }

    /// What is published of the draw.
    pub(super) async fn draw(&self) -> anyhow::Result<Draw> {
        self.document("/draw").await
    }

    /// Reads the roster piece by piece, until it ends or `take` has enough.
    pub(super) async fn read_roster(
        &self,
        mut take: impl FnMut(&[u8]) -> ControlFlow<()>,
    ) -> anyhow::Result<()> {
        let mut response = self.get("/draw/roster").await?;
        while let Some(bytes) = response.chunk().await.context("the roster broke off; try again")? {
            if take(&bytes).is_break() {
                break;
            }
        }
        Ok(())
    }

    async fn document<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        let mut response = self.get(path).await?;
        let mut document = Vec::new();
        while let Some(bytes) = response.chunk().await.context("an answer broke off; try again")? {
            document.extend_from_slice(&bytes);
            ensure!(document.len() <= MAX_DOCUMENT_BYTES, "{}{path} is too long to be a status", self.drop);
        }
        serde_json::from_slice(&document)
            .with_context(|| format!("{}{path} does not answer as a waiting room does", self.drop))
    }

    async fn get(&self, path: &str) -> anyhow::Result<Response> {
        let url = format!("{}{path}", self.drop);
        let response = self.client.get(&url).send().await;
        let response = response.with_context(|| format!("{url} cannot be reached"))?;
        match response.status() {
            StatusCode::OK => Ok(response),
            StatusCode::NOT_FOUND => bail!("there is nothing at {url}"),
            status => bail!("{url} answered with {status}"),
        }
    }
}
