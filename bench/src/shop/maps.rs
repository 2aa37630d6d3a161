//! What is only looked at: the statuses of a large hall, and an answer that asks nothing but who asks.

use axum::body::Body;
use http::{Request, StatusCode};

use crate::load::{self, Connection};
use crate::reference::{BARE, CONNECTIONS, plain_get};
use crate::stage::Stage;
use crate::table::{Bar, Row};

const REQUESTS: usize = 40_000;

/// Measures both for somebody with this admission.
pub async fn measure(stage: &Stage, show: &str, admission: &str, bare: f64) -> anyhow::Result<Vec<Row>> {
    let statuses = format!("/v1/shows/{show}/seats?view=status");
    let mut connection = Connection::open(stage.shop()).await?;
    let (status, body) = connection.send(compressed_get(&statuses, admission)).await?;
    anyhow::ensure!(status == StatusCode::OK, "the statuses were answered {status}");
    let bytes = f64::from(u32::try_from(body.len())?);
    let token = admission.to_owned();
    let map = load::run(stage.shop(), CONNECTIONS, REQUESTS, StatusCode::OK, move |_| {
        compressed_get(&statuses, &token)
    })
    .await?;
    let token = admission.to_owned();
    let checked = load::run(stage.shop(), CONNECTIONS, REQUESTS, StatusCode::OK, move |_| {
        compressed_get("/v1/payments/config", &token)
    })
    .await?;
    let shows = load::run(stage.shop(), CONNECTIONS, 2_000, StatusCode::OK, |_| {
        plain_get("/v1/drops/bench-shop/shows")
    })
    .await?;
    Ok(vec![
        Row::new("shop", "statuses of 20,000 seats, on the wire", bytes / 1_000.0, " kB")
            .bar(Bar::AtMost(6.0)),
        Row::throughput("shop", "statuses of 20,000 seats", &map).against(BARE, bare).bar(Bar::AtLeast(0.5)),
        Row::throughput("shop", "JWT check, token seen before", &checked)
            .against(BARE, bare)
            .bar(Bar::AtLeast(0.7))
            .note("GET /v1/payments/config"),
        Row::throughput("shop", "shows of a drop", &shows).against(BARE, bare),
    ])
}

fn compressed_get(path: &str, admission: &str) -> Request<Body> {
    Request::get(path)
        .header("host", "bench")
        .header("authorization", format!("Bearer {admission}"))
        .header("accept-encoding", "gzip")
        .body(Body::empty())
        .expect("the path and the token are ours")
}
