//! The line: what a drop's first second is made of.

use axum::body::Body;
use http::{Request, StatusCode};

use crate::load::{self, Connection};
use crate::reference::{CONNECTIONS, plain_get};
use crate::stage::{Stage, join_request};
use crate::table::Row;

const BARE: &str = "a bare axum handler";
/// People who wait while others poll.
const WAITING: usize = 10_000;
const POLLS: usize = 60_000;

/// Measures joining, polling and the public status on a line that hardly moves.
pub async fn measure(stage: &Stage, bare: f64) -> anyhow::Result<Vec<Row>> {
    stage.open_drop("bench-line", 1).await?;
    let join =
        load::run(stage.line(), CONNECTIONS, WAITING, StatusCode::CREATED, |_| join_request("bench-line"))
            .await?;
    let mut connection = Connection::open(stage.line()).await?;
    let token = stage.join(&mut connection, "bench-line").await?;
    let poll =
        load::run(stage.line(), CONNECTIONS, POLLS, StatusCode::OK, move |_| poll_request(&token)).await?;
    let status =
        load::run(stage.line(), CONNECTIONS, POLLS, StatusCode::OK, |_| plain_get("/v1/drops/bench-line"))
            .await?;
    Ok(vec![
        Row::new("line", "join", &join, (BARE, bare), None),
        Row::new("line", "poll a waiting place", &poll, (BARE, bare), Some(0.75)),
        Row::new("line", "public status", &status, (BARE, bare), Some(0.85)),
    ])
}

fn poll_request(token: &str) -> Request<Body> {
    Request::get("/v1/drops/bench-line/places/me")
        .header("host", "bench")
        .header("authorization", format!("Bearer {token}"))
        .body(Body::empty())
        .expect("the token is ours")
}
