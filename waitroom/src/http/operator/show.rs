//! One drop.

use axum::extract::State;
use axum::response::Response;
use shared::http::PathOf;
use shared::operator::{Operator, Role};
use shared::problem::Problem;

use super::super::caller::DropPath;
use super::super::error::no_such_drop;
use super::OperatorDrop;
use crate::app::AppState;

/// One drop.
#[utoipa::path(
    get, path = "/v1/operator/drops/{drop}", tag = "operator",
    params(("drop" = String, Path, description = "The drop's slug")),
    responses(
        (status = 200, description = "The drop, with its ETag", body = OperatorDrop),
        (status = 401, description = "`operator_token_invalid`"),
        (status = 403, description = "`role_insufficient`"),
        (status = 404, description = "`not_found`"),
        (status = 503, description = "`dependency_unavailable`"),
    )
)]
pub(in crate::http) async fn show_drop(
    State(app): State<AppState>,
    operator: Operator,
    PathOf(path): PathOf<DropPath>,
) -> Result<Response, Problem> {
    operator.require(Role::Viewer)?;
    let drop = app.drops.find(&path.drop).await?.ok_or_else(|| no_such_drop(&path.drop))?;
    Ok(OperatorDrop::answer(&drop, app.clock.now()))
}
