//! The sandbox gateway as a small HTTP service. What it is asked it does once a key; how it answers is `conduct`.
//! `tok_slow` answers after ten seconds; look-ups work with every token.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router, middleware};
use http::{HeaderMap, StatusCode};
use serde_json::json;
use shared::clock::Clock;
use shared::store::StoreError;

use super::books;
use super::challenge;
use super::conduct::{Done, misbehave};
use super::faults::{self, Dice, Fault, FaultRates, Mishaps};
use super::ledger::{Booked, Ledger, SLOW};
use super::notices::Notices;
use super::{ChargeStatus, NewCharge, Part, VoidView};

/// What the handlers need.
#[derive(Clone)]
pub struct Sandbox {
    /// The books.
    pub ledger: Ledger,
    /// The time.
    pub clock: Clock,
    /// Where webhooks go.
    pub notices: Notices,
    pub(super) dice: Arc<Dice>,
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
    let conduct = middleware::from_fn_with_state(sandbox.clone(), misbehave);
    Router::new()
        .route("/v1/charges", post(authorise).get(books::list))
        .route("/v1/charges/{key}", get(look_up))
        .route("/v1/charges/{key}/continue", post(challenge::go_on))
        .route("/v1/challenges", post(challenge::answer))
        .route("/v1/charges/{key}/capture", post(capture))
        .route("/v1/charges/{key}/void", post(void))
        .route("/v1/charges/{key}/refund", post(refund))
        .route("/v1/refunds/{key}", get(look_up_refund))
        .layer(conduct)
        .route("/faults", get(faults::read).put(faults::replace))
        .with_state(sandbox)
}

async fn authorise(
    State(sandbox): State<Sandbox>,
    Extension(mishaps): Extension<Mishaps>,
    headers: HeaderMap,
    Json(charge): Json<NewCharge>,
) -> Result<Response, Refusal> {
    let key = key(&headers)?;
    if Fault::of_token(&charge.token) == Some(Fault::Down) {
        return Err(Refusal::Down);
    }
    let is_declined = mishaps.has(Fault::Decline);
    let made = sandbox.ledger.authorise(key, &charge, is_declined, sandbox.clock.now()).await?;
    let (is_new, booked) = sandbox.new_or_known(made, key).await?;
    if booked.view.status != ChargeStatus::Processing {
        return Ok(answered(is_new.then_some(key), booked.happened(), booked));
    }
    if is_new {
        tokio::spawn(sandbox.clone().tell_when_decided(key.to_owned()));
    }
    tokio::time::sleep(Duration::try_from(SLOW).unwrap_or_default()).await;
    Ok(Json(sandbox.find(key).await?.view).into_response())
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
    let moved = sandbox.ledger.capture(&charge, key(&headers)?, part.amount, sandbox.clock.now()).await?;
    let (is_new, booked) = sandbox.new_or_known(moved, &charge).await?;
    if booked.view.captured_minor != part.amount.amount_minor
        || booked.view.amount.currency != part.amount.currency
    {
        return Err(Refusal::NotPossible("there is no authorisation of this amount to capture"));
    }
    Ok(answered(is_new.then_some(&charge), "charge.captured", booked))
}

async fn void(
    State(sandbox): State<Sandbox>,
    Path(charge): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let (key, now) = (key(&headers)?, sandbox.clock.now());
    sandbox.ledger.refuse_ahead(&charge, key, now).await?;
    let is_new = sandbox.ledger.void(&charge, key, now).await?;
    let voided_authorisation = is_new || sandbox.ledger.was_voided_under(key).await?;
    let booked = sandbox.find(&charge).await?;
    if matches!(booked.view.status, ChargeStatus::Captured | ChargeStatus::Refunded) {
        return Err(Refusal::NotPossible("the money was taken; refund it instead"));
    }
    let mut response = Json(VoidView { voided_authorisation }).into_response();
    if is_new {
        response.extensions_mut().insert(Done { charge, kind: "charge.voided", token: booked.token });
    }
    Ok(response)
}

async fn refund(
    State(sandbox): State<Sandbox>,
    Path(charge): Path<String>,
    headers: HeaderMap,
    Json(part): Json<Part>,
) -> Result<Response, Refusal> {
    let key = key(&headers)?;
    let is_new = sandbox.ledger.refund(&charge, key, part.amount, sandbox.clock.now()).await?;
    let booked = sandbox.find(&charge).await?;
    if !is_new && !sandbox.ledger.was_refunded_under(key).await? {
        return Err(Refusal::NotPossible("there is not so much money to give back"));
    }
    Ok(answered(is_new.then_some(&charge), "charge.refunded", booked))
}

async fn look_up_refund(
    State(sandbox): State<Sandbox>,
    Path(refund): Path<String>,
) -> Result<Response, Refusal> {
    let refunded = sandbox.ledger.was_refunded_under(&refund).await?;
    if refunded { Ok(Json(json!({ "status": "refunded" })).into_response()) } else { Err(Refusal::NotFound) }
}

impl Sandbox {
    /// A sandbox with these books.
    pub fn new(ledger: Ledger, clock: Clock, notices: Notices, faults: FaultRates) -> Self {
        Self { ledger, clock, notices, dice: Arc::new(Dice::new(faults)) }
    }

    pub(super) async fn find(&self, charge: &str) -> Result<Booked, Refusal> {
        self.ledger.charge(charge, self.clock.now()).await?.ok_or(Refusal::NotFound)
    }

    /// The charge as this call left it, or else as an earlier one did; `true`: this one.
    async fn new_or_known(&self, done: Option<Booked>, charge: &str) -> Result<(bool, Booked), Refusal> {
        match done {
            Some(booked) => Ok((true, booked)),
            None => Ok((false, self.find(charge).await?)),
        }
    }

    /// Tells the shop about a charge that takes its time, whether or not somebody still waits for the answer.
    async fn tell_when_decided(self, charge: String) {
        tokio::time::sleep(Duration::try_from(SLOW).unwrap_or_default()).await;
        if let Ok(booked) = self.find(&charge).await {
            let done = Done { charge, kind: booked.happened(), token: booked.token };
            self.notices.tell(&done, &Mishaps::default()).await;
        }
    }
}

impl Booked {
    /// What a webhook calls the decision on the charge.
    pub(super) fn happened(&self) -> &'static str {
        match self.view.status {
            ChargeStatus::Declined => "charge.declined",
            ChargeStatus::ActionRequired => "charge.action_required",
            ChargeStatus::Processing => "charge.processing",
            ChargeStatus::Voided => "charge.voided",
            ChargeStatus::Authorised | ChargeStatus::Captured | ChargeStatus::Refunded => "charge.authorised",
        }
    }
}

pub(super) fn key(headers: &HeaderMap) -> Result<&str, Refusal> {
    headers.get("Idempotency-Key").and_then(|value| value.to_str().ok()).ok_or(Refusal::NoKey)
}

/// The charge, and for `conduct` what was done to it by this call.
pub(super) fn answered(charge: Option<&str>, kind: &'static str, booked: Booked) -> Response {
    let done = charge.map(|charge| Done { charge: charge.to_owned(), kind, token: booked.token });
    let mut response = Json(booked.view).into_response();
    if let Some(done) = done {
        response.extensions_mut().insert(done);
    }
    response
}
