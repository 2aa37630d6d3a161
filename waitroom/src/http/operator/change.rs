//! Changing a drop's settings.

use axum::extract::State;
use axum::response::Response;
use shared::http::{Body, IfMatch, PathOf};
use shared::operator::{Operator, Role};
use shared::problem::Problem;

use super::super::caller::DropPath;
use super::{OperatorDrop, do_to};
use crate::app::AppState;
use crate::domain::drop::DropChange;
use crate::domain::operate::Wish;

/// Changes a drop's settings. In force everywhere within a second.
#[utoipa::path(
    patch, path = "/v1/operator/drops/{drop}", tag = "operator", request_body = DropChange,
    params(("drop" = String, Path, description = "The drop's slug"), ("If-Match" = String, Header, description = "The ETag that was read")),
    responses(
        (status = 200, description = "The drop as it is now", body = OperatorDrop),
        (status = 401, description = "`operator_token_invalid`"),
        (status = 403, description = "`role_insufficient`"),
        (status = 404, description = "`not_found`"),
        (status = 412, description = "`precondition_failed`"),
        (status = 422, description = "`invalid_fields`"),
        (status = 428, description = "`precondition_required`"),
        (status = 503, description = "`dependency_unavailable`"),
    )
)]
pub(in crate::http) async fn change_drop(
    State(app): State<AppState>,
    operator: Operator,
    PathOf(path): PathOf<DropPath>,
    if_match: IfMatch,
    Body(change): Body<DropChange>,
) -> Result<Response, Problem> {
    operator.require(Role::Operator)?;
    do_to(app, operator, path.drop, Wish::Change(Box::new(change)), Some(if_match)).await
}
