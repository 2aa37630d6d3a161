//! `GET /v1/payments/config`: what a page needs to make a payment token.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::Caller;
use crate::app::AppState;

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
    let gateway = &state.gateway;
    Json(PaymentConfig { gateway: gateway.name(), publishable_key: gateway.publishable_key().to_owned() })
}
