//! The sandbox gateway as a small HTTP service. It behaves as the card's token says: `tok_slow` answers after ten
//! seconds, `tok_lost_answer` does what it is asked and drops the connection, `tok_down` refuses every call;
//! look-ups always work.

use std::time::Duration;

use axum::body::Body as AnyBody;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::{HeaderMap, StatusCode};
use serde_json::json;
use shared::clock::Clock;
use shared::store::StoreError;

use super::books;
use super::ledger::{Booked, Ledger, SLOW};
use super::{ChargeStatus, NewCharge, Part, VoidView};

/// What the handlers need.
#[derive(Clone)]
pub struct Sandbox {
    /// The books.
    pub ledger: Ledger,
    /// The time.
    pub clock: Clock,
}

/// Why the sandbox does not do what it is asked.
pub(super) enum Refusal {
    NoKey,
    BadCursor,
    NotFound,
    NotPossible(&'static str),
    Down,
    Books(StoreError),
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Books(error)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, error) = match self {
            Self::NoKey => (StatusCode::BAD_REQUEST, "an Idempotency-Key is needed"),
            Self::BadCursor => (StatusCode::BAD_REQUEST, "`after` is not the `next` of a page"),
            Self::NotFound => (StatusCode::NOT_FOUND, "no such charge"),
            Self::NotPossible(why) => (StatusCode::CONFLICT, why),
            Self::Down => (StatusCode::SERVICE_UNAVAILABLE, "down"),
            Self::Books(error) => {
                tracing::error!(error = %error, "the sandbox gateway cannot reach its books");
                (StatusCode::SERVICE_UNAVAILABLE, "the books cannot be reached")
            }
        };
        (status, Json(json!({ "error": error }))).into_response()
    }
}

/// The sandbox's routes.
pub fn router(sandbox: Sandbox) -> Router {
    Router::new()
        .route("/v1/charges", post(authorise).get(books::list))
        .route("/v1/charges/{key}", get(look_up))
        .route("/v1/charges/{key}/capture", post(capture))
        .route("/v1/charges/{key}/void", post(void))
        .route("/v1/charges/{key}/refund", post(refund))
        .route("/v1/refunds/{key}", get(look_up_refund))
        .with_state(sandbox)
}

async fn authorise(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    Json(charge): Json<NewCharge>,
) -> Result<Response, Refusal> {
    let key = key(&headers)?;
    if charge.token == "tok_down" {
        return Err(Refusal::Down);
    }
    sandbox.ledger.authorise(key, &charge.token, charge.amount, sandbox.clock.now()).await?;
    let mut booked = sandbox.find(key).await?;
    if booked.view.status == ChargeStatus::Processing {
        tokio::time::sleep(Duration::try_from(SLOW).unwrap_or_default()).await;
        booked = sandbox.find(key).await?;
    }
    let token = booked.token.clone();
    Ok(answered(&token, Json(booked.view)))
}

async fn look_up(State(sandbox): State<Sandbox>, Path(charge): Path<String>) -> Result<Response, Refusal> {
    Ok(Json(sandbox.find(&charge).await?.view).into_response())
}

async fn capture(
    State(sandbox): State<Sandbox>,
    Path(charge): Path<String>,
    headers: HeaderMap,
    Json(part): Json<Part>,
) -> Result<Response, Refusal> {
    sandbox.ledger.capture(&charge, key(&headers)?, part.amount, sandbox.clock.now()).await?;
    let booked = sandbox.find(&charge).await?;
    if booked.view.captured_minor != part.amount.amount_minor
        || booked.view.amount.currency != part.amount.currency
    {
        return Err(Refusal::NotPossible("there is no authorisation of this amount to capture"));
    }
    Ok(answered(&booked.token.clone(), Json(booked.view)))
}

async fn void(
    State(sandbox): State<Sandbox>,
    Path(charge): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let (key, now) = (key(&headers)?, sandbox.clock.now());
    sandbox.ledger.refuse_ahead(&charge, key, now).await?;
    let voided_authorisation =
        sandbox.ledger.void(&charge, key, now).await? || sandbox.ledger.was_voided_under(key).await?;
    let booked = sandbox.find(&charge).await?;
    if matches!(booked.view.status, ChargeStatus::Captured | ChargeStatus::Refunded) {
        return Err(Refusal::NotPossible("the money was taken; refund it instead"));
    }
    Ok(answered(&booked.token, Json(VoidView { voided_authorisation })))
}

async fn refund(
    State(sandbox): State<Sandbox>,
    Path(charge): Path<String>,
    headers: HeaderMap,
    Json(part): Json<Part>,
) -> Result<Response, Refusal> {
    let refunded = sandbox.ledger.refund(&charge, key(&headers)?, part.amount, sandbox.clock.now()).await?;
    let booked = sandbox.find(&charge).await?;
    if !refunded {
        return Err(Refusal::NotPossible("there is not so much money to give back"));
    }
    Ok(answered(&booked.token.clone(), Json(booked.view)))
}

async fn look_up_refund(
    State(sandbox): State<Sandbox>,
    Path(refund): Path<String>,
) -> Result<Response, Refusal> {
    let refunded = sandbox.ledger.was_refunded_under(&refund).await?;
    if refunded { Ok(Json(json!({ "status": "refunded" })).into_response()) } else { Err(Refusal::NotFound) }
}

impl Sandbox {
    async fn find(&self, charge: &str) -> Result<Booked, Refusal> {
        self.ledger.charge(charge, self.clock.now()).await?.ok_or(Refusal::NotFound)
    }
}

fn key(headers: &HeaderMap) -> Result<&str, Refusal> {
    headers.get("Idempotency-Key").and_then(|value| value.to_str().ok()).ok_or(Refusal::NoKey)
}

/// The answer; for `tok_lost_answer` a connection that breaks off after the headers.
fn answered(token: &str, answer: impl IntoResponse) -> Response {
    if token != "tok_lost_answer" {
        return answer.into_response();
    }
    let broken =
        futures::stream::once(async { Err::<bytes::Bytes, _>(std::io::Error::other("the answer is lost")) });
    Response::new(AnyBody::from_stream(broken))
}
