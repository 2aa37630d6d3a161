//! The audit log of a drop.

// utoipa's `params(Type)` expands to a path that the lint takes for one of ours.
#![allow(unused_qualifications)]

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use shared::http::{PathOf, QueryOf};
use shared::operator::{Operator, Role};
use shared::problem::Problem;
use utoipa::ToSchema;

use super::super::caller::DropPath;
use super::super::error::no_such_drop;
use super::super::places::private;
use super::PageQuery;
use crate::app::AppState;
use crate::store::drops::AuditLine;

/// A page of the audit log.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct AuditPage {
    /// The newest first.
    items: Vec<AuditLine>,
    /// Where to go on; null at the end.
    next_cursor: Option<String>,
}

/// What was done to a drop, the newest first.
#[utoipa::path(
    get, path = "/v1/operator/drops/{drop}/audit", tag = "operator",
    params(("drop" = String, Path, description = "The drop's slug"), PageQuery),
    responses(
        (status = 200, description = "A page of the audit log", body = AuditPage),
        (status = 401, description = "`operator_token_invalid`"),
        (status = 403, description = "`role_insufficient`"),
        (status = 404, description = "`not_found`"),
        (status = 503, description = "`dependency_unavailable`"),
    )
)]
pub(in crate::http) async fn show_audit(
    State(app): State<AppState>,
    operator: Operator,
    PathOf(path): PathOf<DropPath>,
    QueryOf(page): QueryOf<PageQuery>,
) -> Result<Response, Problem> {
    operator.require(Role::Viewer)?;
    let before = page.cursor()?;
    app.drop(&path.drop).await?.ok_or_else(|| no_such_drop(&path.drop))?;
    let items = app.drops.audit(&path.drop, before, page.limit()).await?;
    let next_cursor = page.next(&items, |line| line.id);
    Ok((private(), Json(AuditPage { items, next_cursor })).into_response())
}
