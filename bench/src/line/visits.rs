//! What visitors do over HTTP: join, poll, claim, and everybody else reads the status.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::body::Body;
use http::{Request, StatusCode};
use serde_json::json;
use waitroom::store::line::{LineKeys, PLACE_KEYS, scripts};

use crate::load::{self, Connection, Measured};
use crate::reference::redis::{RANDOM, ScriptCall, benchmark};
use crate::reference::{BARE, CONNECTIONS, plain_get};
use crate::stage::{Stage, join_request, post};
use crate::table::{Bar, Row};

/// The drop whose line hardly moves.
const SLOW: &str = "bench-line";
/// The drop that calls everybody.
const FAST: &str = "bench-claims";
/// People who wait while others poll.
const WAITING: usize = 20_000;
/// The most people that the places' tokens are kept of.
const POLLING: usize = 256;
const POLLS: usize = 100_000;
const CLAIMING: usize = 5_000;
const PATIENCE: Duration = Duration::from_mins(1);

/// Measures joining, polling, claiming and the public status.
pub async fn measure(stage: &Stage, bare: f64) -> anyhow::Result<Vec<Row>> {
    stage.open_drop(SLOW, 1).await?;
    let join =
        load::run(stage.line(), CONNECTIONS, WAITING, StatusCode::CREATED, |_| join_request(SLOW)).await?;
    let raw = raw_joins(stage).await?;
    let (poll, commands) = poll(stage).await?;
    let status =
        load::run(stage.line(), CONNECTIONS, POLLS, StatusCode::OK, |_| plain_get("/v1/drops/bench-line"))
            .await?;
    let (claim, a_core) = claim(stage).await?;
    Ok(vec![
        Row::throughput("line", "join", &join)
            .against("redis-benchmark on the same script", raw)
            .bar(Bar::AtLeast(0.8)),
        Row::throughput("line", "poll a waiting place", &poll).against(BARE, bare).bar(Bar::AtLeast(0.75)),
        Row::new("line", "Redis and Postgres commands a poll", commands, "").bar(Bar::AtMost(0.001)),
        Row::throughput("line", "public status", &status).against(BARE, bare).bar(Bar::AtLeast(0.85)),
        Row::throughput("line", "claim (mint included)", &claim),
        Row::new("line", "claims a second of one core, client included", a_core, "/s")
            .bar(Bar::AtLeast(5_000.0)),
    ])
}

/// What Redis does when nothing but Redis is asked: the script of joining, each time for somebody else.
async fn raw_joins(stage: &Stage) -> anyhow::Result<f64> {
    let drop = "bench-raw";
    stage.open_drop(drop, 1).await?;
    let keys = LineKeys::of(&drop.parse()?).first(PLACE_KEYS);
    let base = format!("00000000-0000-8000-8{RANDOM}");
    let arguments = ["0".to_owned(), base, "1".to_owned()];
    let call = ScriptCall { sha: scripts::JOIN_LINE.get_hash(), keys: &keys, arguments: &arguments };
    benchmark(&stage.redis_url()?, &call, WAITING).await
}

/// Polls of people who wait, and the commands that the stores were given for each, beyond what the line does by itself.
async fn poll(stage: &Stage) -> anyhow::Result<(Measured, f64)> {
    let mut connection = Connection::open(stage.line()).await?;
    let mut tokens = Vec::new();
    for _ in 0..POLLING {
        tokens.push(stage.join(&mut connection, SLOW).await?);
    }
    let before = stage.commands().await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let by_itself_a_second = (stage.commands().await? - before) / 2.0;

    let before = stage.commands().await?;
    let poll = load::run(stage.line(), CONNECTIONS, POLLS, StatusCode::OK, move |n| {
        poll_request(&tokens[n % POLLING])
    })
    .await?;
    let given = stage.commands().await? - before - by_itself_a_second * poll.took.as_secs_f64();
    Ok((poll, given.max(0.0) / count(POLLS)))
}

fn poll_request(token: &str) -> Request<Body> {
    Request::get("/v1/drops/bench-line/places/me")
        .header("host", "bench")
        .header("authorization", format!("Bearer {token}"))
        .body(Body::empty())
        .expect("the token is ours")
}

/// Claims, and how many of them one core makes in a second: by the CPU time of this process, which has the service and
/// the client in it.
async fn claim(stage: &Stage) -> anyhow::Result<(Measured, f64)> {
    stage.open_drop(FAST, 1_000_000).await?;
    let mut connection = Connection::open(stage.line()).await?;
    let mut tokens = Vec::with_capacity(CLAIMING);
    for _ in 0..CLAIMING {
        tokens.push(stage.join(&mut connection, FAST).await?);
    }
    wait_until_all_are_called(&mut connection, &tokens).await?;
    let tokens = Arc::new(tokens);
    let before = own_cpu()?;
    let claim = load::run(stage.line(), CONNECTIONS, CLAIMING, StatusCode::OK, move |n| {
        claim_request(FAST, &tokens[n])
    })
    .await?;
    let used = own_cpu()? - before;
    Ok((claim, count(CLAIMING) / used))
}

/// Picks up an admission.
pub fn claim_request(drop: &str, place_token: &str) -> Request<Body> {
    post(&format!("/v1/drops/{drop}/places/me/admission"), place_token, &json!({}))
}

/// Returns when the last of those who joined has been called, without claiming for any of the others.
async fn wait_until_all_are_called(connection: &mut Connection, tokens: &[String]) -> anyhow::Result<()> {
    let last = tokens.last().context("somebody joined")?;
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while connection.send(claim_request(FAST, last)).await?.0 != StatusCode::OK {
        anyhow::ensure!(tokio::time::Instant::now() < deadline, "the line did not call everybody in time");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

fn own_cpu() -> anyhow::Result<f64> {
    crate::child::cpu_of(std::process::id())
}

fn count(n: usize) -> f64 {
    f64::from(u32::try_from(n).unwrap_or(u32::MAX))
}
