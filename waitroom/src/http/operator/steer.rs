//! Opening, pausing, resuming, closing.

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use shared::http::PathOf;
use shared::ids::DropSlug;
use shared::operator::{Operator, Role};
use shared::problem::{Problem, codes as common};
use utoipa::ToSchema;

use super::super::caller::DropPath;
use super::{OperatorDrop, do_to};
use crate::app::AppState;
use crate::domain::drop::Transition;
use crate::domain::operate::Wish;

/// Why, for the audit log.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct ReasonBody {
    /// Why.
    reason: Option<String>,
}

/// How to open.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct OpenBody {
    /// The salt of the draw, exactly as its source published it: needed where the drop names a `salt_source` and the
    /// salt has not been given yet.
    #[serde(default)]
    salt: Option<String>,
    /// Why.
    #[serde(default)]
    reason: Option<String>,
}

/// Opens a drop now, whatever its schedule says. Cannot be undone.
#[utoipa::path(
    post, path = "/v1/operator/drops/{drop}/open", tag = "operator", request_body = Option<OpenBody>,
    params(("drop" = String, Path, description = "The drop's slug")),
    responses(
        (status = 200, description = "The drop as it is now", body = OperatorDrop),
        (status = 401, description = "`operator_token_invalid`"),
        (status = 403, description = "`role_insufficient`"),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`invalid_state`: not in this state, or its draw waits for a salt and none was sent"),
        (status = 422, description = "`invalid_fields`"),
        (status = 503, description = "`dependency_unavailable`"),
    )
)]
pub(in crate::http) async fn open_drop(
    State(app): State<AppState>,
    operator: Operator,
    PathOf(path): PathOf<DropPath>,
    body: Bytes,
) -> Result<Response, Problem> {
    operator.require(Role::Operator)?;
    let OpenBody { salt, reason } = parsed(&body)?;
    do_to(app, operator, path.drop, Wish::Open { salt, reason }, None).await
}

/// Calls nobody until resumed.
#[utoipa::path(
    post, path = "/v1/operator/drops/{drop}/pause", tag = "operator", request_body = Option<ReasonBody>,
    params(("drop" = String, Path, description = "The drop's slug")),
    responses(
        (status = 200, description = "The drop as it is now", body = OperatorDrop),
        (status = 401, description = "`operator_token_invalid`"),
        (status = 403, description = "`role_insufficient`"),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`invalid_state`"),
        (status = 503, description = "`dependency_unavailable`"),
    )
)]
pub(in crate::http) async fn pause_drop(
    State(app): State<AppState>,
    operator: Operator,
    PathOf(path): PathOf<DropPath>,
    body: Bytes,
) -> Result<Response, Problem> {
    steer(app, operator, path.drop, Transition::Pause, &body).await
}

/// Goes on calling.
#[utoipa::path(
    post, path = "/v1/operator/drops/{drop}/resume", tag = "operator", request_body = Option<ReasonBody>,
    params(("drop" = String, Path, description = "The drop's slug")),
    responses(
        (status = 200, description = "The drop as it is now", body = OperatorDrop),
        (status = 401, description = "`operator_token_invalid`"),
        (status = 403, description = "`role_insufficient`"),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`invalid_state`"),
        (status = 503, description = "`dependency_unavailable`"),
    )
)]
pub(in crate::http) async fn resume_drop(
    State(app): State<AppState>,
    operator: Operator,
    PathOf(path): PathOf<DropPath>,
    body: Bytes,
) -> Result<Response, Problem> {
    steer(app, operator, path.drop, Transition::Resume, &body).await
}

/// Ends a drop. Cannot be undone; who was called may still claim.
#[utoipa::path(
    post, path = "/v1/operator/drops/{drop}/close", tag = "operator", request_body = Option<ReasonBody>,
    params(("drop" = String, Path, description = "The drop's slug")),
    responses(
        (status = 200, description = "The drop as it is now", body = OperatorDrop),
        (status = 401, description = "`operator_token_invalid`"),
        (status = 403, description = "`role_insufficient`"),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`invalid_state`"),
        (status = 503, description = "`dependency_unavailable`"),
    )
)]
pub(in crate::http) async fn close_drop(
    State(app): State<AppState>,
    operator: Operator,
    PathOf(path): PathOf<DropPath>,
    body: Bytes,
) -> Result<Response, Problem> {
    steer(app, operator, path.drop, Transition::Close, &body).await
}

async fn steer(
    app: AppState,
    operator: Operator,
    slug: DropSlug,
    transition: Transition,
    body: &[u8],
) -> Result<Response, Problem> {
    operator.require(Role::Operator)?;
    let ReasonBody { reason } = parsed(body)?;
    do_to(app, operator, slug, Wish::Transition(transition, reason), None).await
}

/// The body, which may be left out.
fn parsed<T: DeserializeOwned + Default>(body: &[u8]) -> Result<T, Problem> {
    if body.is_empty() {
        return Ok(T::default());
    }
    serde_json::from_slice(body)
        .map_err(|error| Problem::from(&common::INVALID_FIELDS).detail(error.to_string()))
}
