//! `GET /v1/payments/config`: what a page needs to make a payment token. `POST /v1/payments/challenges`: the buyer answers
//! the bank that the sandbox plays. `POST /v1/payments/webhooks/{gateway}`: the gateway says that something happened.

use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use shared::http::{Body, PathOf};
use shared::problem::{Problem, codes as common};
use utoipa::ToSchema;

use super::caller::Caller;
use super::codes;
use crate::app::AppState;
use crate::gateway::Heard;
use crate::metrics::money as measured;

/// When a bank that was away may be answered again.
const RETRY: Duration = Duration::from_secs(1);

/// What a page needs to make a payment token.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PaymentConfig {
    /// Which gateway takes the money.
    #[schema(example = "sandbox")]
    gateway: &'static str,
    /// The gateway's publishable key.
    #[schema(example = "pk_sandbox")]
    publishable_key: String,
}

/// Which gateway takes the money, and its publishable key.
#[utoipa::path(
    get, path = "/v1/payments/config", tag = "bookings",
    responses(
        (status = 200, description = "The gateway", body = PaymentConfig),
        (status = 401, description = "`admission_required`, `admission_invalid`, `admission_expired`"),
    )
)]
pub(super) async fn config(State(state): State<AppState>, _caller: Caller) -> Json<PaymentConfig> {
    let gateway = state.gateways.current();
    Json(PaymentConfig { gateway: gateway.name(), publishable_key: gateway.publishable_key().to_owned() })
}

/// What the buyer tells the bank.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChallengeAnswer {
    /// As `payment_action_required` named it.
    client_secret: String,
    /// Whether it is them who pay.
    approve: bool,
}

/// The buyer answers the bank's question (3-D Secure) where the gateway is the sandbox, which plays the bank; with real
/// gateways their script in the browser does it. Who approved confirms again, with a new Idempotency-Key and what stands
/// before `_secret_` in the `client_secret` as `payment_token`.
#[utoipa::path(
    post, path = "/v1/payments/challenges", tag = "bookings",
    request_body = ChallengeAnswer,
    responses(
        (status = 204, description = "The bank has the answer, now or before"),
        (status = 401, description = "`admission_required`, `admission_invalid`, `admission_expired`"),
        (status = 404, description = "`not_found`: the bank has not asked this, or is a real one"),
        (status = 409, description = "`invalid_state`: the bank does not ask any more, or was told otherwise"),
        (status = 503, description = "`dependency_unavailable`: answer again"),
    )
)]
pub(super) async fn challenge(
    State(state): State<AppState>,
    _caller: Caller,
    Body(said): Body<ChallengeAnswer>,
) -> Result<StatusCode, Problem> {
    let not_found = || Problem::from(&common::NOT_FOUND);
    let bank = state.gateways.current().bank().ok_or_else(not_found)?;
    match bank.hear(&said.client_secret, said.approve).await {
        Ok(Heard::Noted) => Ok(StatusCode::NO_CONTENT),
        Ok(Heard::TooLate) => {
            Err(Problem::from(&codes::INVALID_STATE).detail("the bank does not ask any more"))
        }
        Ok(Heard::Unknown) => Err(not_found()),
        Err(no_answer) => {
            Err(Problem::from(&common::DEPENDENCY_UNAVAILABLE).because(&no_answer).retry_after(RETRY))
        }
    }
}

/// The gateway says that something happened to a payment. It is taken as a reason to ask what: order and repetitions
/// do not matter. The body is the gateway's event as it signed it.
#[utoipa::path(
    post, path = "/v1/payments/webhooks/{gateway}", tag = "bookings",
    params(("gateway" = String, Path, description = "The gateway that has the payment", example = "sandbox")),
    request_body(content = Vec<u8>, content_type = "application/json"),
    responses(
        (status = 204, description = "Taken, now or before"),
        (status = 400, description = "`webhook_invalid`, `malformed`"),
        (status = 404, description = "`not_found`: no such gateway is configured"),
        (status = 413, description = "`body_too_large`"),
        (status = 503, description = "`dependency_unavailable`: send it again"),
    )
)]
pub(super) async fn webhook(
    State(state): State<AppState>,
    PathOf(gateway): PathOf<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, Problem> {
    let Some(gateway) = state.gateways.named(&gateway) else {
        return Err(Problem::from(&common::NOT_FOUND));
    };
    let body = body.map_err(|rejection| unread(&rejection))?;
    let now = state.clock.now();
    let event = gateway.event(&headers, &body, now).map_err(|error| {
        measured::gateway_event("refused");
        Problem::from(&codes::WEBHOOK_INVALID).detail(error.to_string())
    })?;
    let (id, kind) = (event.id.clone(), event.kind.clone());
    let taken = state.gateway_events.take(gateway.name(), event, now).await?;
    measured::gateway_event(if taken { "taken" } else { "known" });
    tracing::debug!(event.id = id, event.kind = kind, taken, "a webhook of the gateway");
    Ok(StatusCode::NO_CONTENT)
}

fn unread(rejection: &BytesRejection) -> Problem {
    let too_large = rejection.status() == StatusCode::PAYLOAD_TOO_LARGE;
    let code = if too_large { &common::BODY_TOO_LARGE } else { &common::MALFORMED };
    Problem::from(code).detail(rejection.body_text())
}
