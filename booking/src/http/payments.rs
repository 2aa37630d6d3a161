//! `GET /v1/payments/config`: what a page needs to make a payment token. `POST /v1/payments/webhooks/{gateway}`: the
//! gateway says that something happened.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use shared::http::PathOf;
use shared::problem::{Problem, codes as common};
use utoipa::ToSchema;

use super::caller::Caller;
use super::codes;
use crate::app::AppState;
use crate::metrics::money as measured;

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
