//! A bare axum handler that answers a place's worth of JSON.

use std::net::SocketAddr;

use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use serde_json::json;
use tokio::net::TcpListener;

use super::{CONNECTIONS, plain_get};
use crate::load;

const REQUESTS: usize = 100_000;

/// The bare handler, running.
pub struct Bare(SocketAddr);

impl Bare {
    /// Starts it on a free port.
    pub async fn start() -> anyhow::Result<Self> {
        let place = || json!({ "state": "waiting", "position": 1234, "ahead": 1233, "queue_length": 5000, "progress": 0.5, "poll_after_ms": 2000 });
        let routes = Router::new().route("/", get(async move || Json(place())));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Ok(Self(address))
    }

    /// Answers a second.
    pub async fn measure(&self) -> anyhow::Result<f64> {
        let measured = load::run(self.0, CONNECTIONS, REQUESTS, StatusCode::OK, |_| plain_get("/")).await?;
        Ok(measured.per_second())
    }
}
