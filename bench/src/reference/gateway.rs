//! A payment gateway that says yes to everything and keeps no books: what is left of the time of a sale without the
//! sandbox's ledger and webhooks.

use std::net::SocketAddr;

use axum::routing::post;
use axum::{Json, Router};
use booking::gateway::sandbox::{ChargeStatus, ChargeView, NewCharge};
use serde_json::json;
use tokio::net::TcpListener;

/// Starts it on a free port; it serves until the process ends.
pub async fn start() -> anyhow::Result<SocketAddr> {
    let routes = Router::new()
        .route("/v1/charges", post(authorise))
        .route("/v1/charges/{key}/capture", post(async || Json(json!({ "status": "captured" }))));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, routes).await });
    Ok(address)
}

async fn authorise(Json(charge): Json<NewCharge>) -> Json<ChargeView> {
    Json(ChargeView {
        reference: uuid::Uuid::new_v4().to_string(),
        status: ChargeStatus::Authorised,
        amount: charge.amount,
        captured_minor: 0,
        refunded_minor: 0,
        decline_code: None,
        client_secret: None,
    })
}
