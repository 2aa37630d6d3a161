//! The public keys that admissions are verified with.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::CACHE_CONTROL;
use shared::keys::JwkSet;

use crate::app::AppState;

/// The public keys (RFC 7517): the one before, the one that signs, and the next.
#[utoipa::path(
    get, path = "/.well-known/jwks.json", tag = "keys",
    responses((status = 200, description = "The keys", body = JwkSet))
)]
pub(super) async fn jwks(State(app): State<AppState>) -> Response {
    ([(CACHE_CONTROL, "public, max-age=300")], Json(app.tokens.jwks())).into_response()
}
