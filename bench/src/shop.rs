//! The shop: seats taken, seats refused, bookings paid.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::body::Body;
use http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::line::visits::claim_request;
use crate::load::{self, Connection};
use crate::reference::{BARE, CONNECTIONS, plain_get};
use crate::stage::{Stage, post, row_name};
use crate::table::Row;

const DROP: &str = "bench-shop";
/// Buyers, one seat each.
const BUYERS: usize = 2_000;
/// People who ask for a seat that is gone.
const LATE: usize = 200;
const REFUSALS: usize = 20_000;
const PATIENCE: Duration = Duration::from_mins(1);

/// Measures reservations, refusals and bookings in a hall with a seat for every buyer.
pub async fn measure(stage: &Stage, bare: f64) -> anyhow::Result<Vec<Row>> {
    stage.open_drop(DROP, 1_000_000).await?;
    let show = stage.open_show(DROP, u32::try_from(BUYERS.div_ceil(100))?).await?;
    let places = called_places(stage).await?;
    let admissions = Arc::new(admissions(stage, &places).await?);

    let path = format!("/v1/shows/{show}/reserve");
    let (own, reserve_path) = (admissions.clone(), path.clone());
    let reserve = load::run(stage.shop(), CONNECTIONS, BUYERS, StatusCode::CREATED, move |n| {
        post(&reserve_path, &own[n], &json!({ "seats": [label(n)] }))
    })
    .await?;
    let (own, refuse_path) = (admissions.clone(), path.clone());
    let refused = load::run(stage.shop(), CONNECTIONS, REFUSALS, StatusCode::CONFLICT, move |n| {
        post(&refuse_path, &own[BUYERS + n % LATE], &json!({ "seats": [label(n % BUYERS)] }))
    })
    .await?;
    let baskets = Arc::new(baskets(stage, &path, &admissions).await?);
    let confirm = load::run(stage.shop(), CONNECTIONS, BUYERS, StatusCode::CREATED, move |n| {
        confirm_request(&baskets[n])
    })
    .await?;
    let docs = load::run(stage.shop(), CONNECTIONS, 2_000, StatusCode::OK, |_| {
        plain_get("/v1/drops/bench-shop/shows")
    })
    .await?;
    let row = |what, measured| Row::throughput("shop", what, measured).against(BARE, bare);
    Ok(vec![
        row("reserve, unique seats", &reserve),
        row("reserve refused (seat taken)", &refused),
        row("confirm (sandbox gateway)", &confirm),
        row("shows of a drop", &docs),
    ])
}

fn label(n: usize) -> String {
    let row = u32::try_from(n / 100).expect("a hall has few rows");
    format!("{}{}", row_name(row), n % 100 + 1)
}

/// Joins everybody and waits until the last has been called.
async fn called_places(stage: &Stage) -> anyhow::Result<Vec<String>> {
    let mut connection = Connection::open(stage.line()).await?;
    let mut places = Vec::with_capacity(BUYERS + LATE);
    for _ in 0..BUYERS + LATE {
        places.push(stage.join(&mut connection, DROP).await?);
    }
    let last = places.last().context("somebody joined")?;
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while connection.send(claim_request(DROP, last)).await?.0 != StatusCode::OK {
        anyhow::ensure!(tokio::time::Instant::now() < deadline, "the line did not call everybody in time");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(places)
}

/// Everybody's admission.
async fn admissions(stage: &Stage, places: &[String]) -> anyhow::Result<Vec<String>> {
    let mut connection = Connection::open(stage.line()).await?;
    let mut admissions = Vec::with_capacity(places.len());
    for place in places {
        let (_, body) = connection.send(claim_request(DROP, place)).await?;
        admissions.push(text(&serde_json::from_slice(&body)?, "admission_token")?);
    }
    Ok(admissions)
}

/// Reservation and manage token of every buyer: the same seats asked again give the same reservation.
async fn baskets(stage: &Stage, path: &str, admissions: &[String]) -> anyhow::Result<Vec<(String, String)>> {
    let mut connection = Connection::open(stage.shop()).await?;
    let mut baskets = Vec::with_capacity(BUYERS);
    for (n, admission) in admissions.iter().take(BUYERS).enumerate() {
        let (_, body) = connection.send(post(path, admission, &json!({ "seats": [label(n)] }))).await?;
        let reservation: Value = serde_json::from_slice(&body)?;
        baskets.push((text(&reservation, "reservation_id")?, text(&reservation, "manage_token")?));
    }
    Ok(baskets)
}

fn confirm_request((reservation, manage_token): &(String, String)) -> Request<Body> {
    let body = json!({
        "reservation_id": reservation, "payment_token": "tok_ok",
        "contact": { "email": "bench@example.com", "name": "Bench" },
    });
    let mut request = post("/v1/bookings", manage_token, &body);
    request.headers_mut().insert("idempotency-key", reservation.parse().expect("an id is a header value"));
    request
}

fn text(value: &Value, name: &str) -> anyhow::Result<String> {
    value[name].as_str().map(str::to_owned).with_context(|| format!("no {name} in {value}"))
}
