//! The list of drops.

// utoipa's `params(Type)` expands to a path that the lint takes for one of ours.
#![allow(unused_qualifications)]

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use shared::http::QueryOf;
use shared::operator::{Operator, Role};
use shared::problem::Problem;
use utoipa::ToSchema;

use super::super::places::private;
use super::{OperatorDrop, PageQuery};
use crate::app::AppState;

/// A page of drops.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct OperatorDropPage {
    /// The drops, by name.
    items: Vec<OperatorDrop>,
    /// Where to go on; null at the end.
    next_cursor: Option<String>,
}

/// All drops.
#[utoipa::path(
    get, path = "/v1/operator/drops", tag = "operator", params(PageQuery),
    responses(
        (status = 200, description = "A page of drops", body = OperatorDropPage),
        (status = 400, description = "`malformed`"),
        (status = 401, description = "`operator_token_invalid`"),
        (status = 403, description = "`role_insufficient`"),
        (status = 503, description = "`dependency_unavailable`"),
    )
)]
pub(in crate::http) async fn list_drops(
    State(app): State<AppState>,
    operator: Operator,
    QueryOf(page): QueryOf<PageQuery>,
) -> Result<Response, Problem> {
    operator.require(Role::Viewer)?;
    let drops = app.drops.page(page.cursor.as_deref().unwrap_or_default(), page.limit()).await?;
    let is_full = drops.len() == page.limit() as usize;
    let next_cursor = drops.last().filter(|_| is_full).map(|drop| drop.slug.to_string());
    let now = app.clock.now();
    let items = drops.iter().map(|drop| OperatorDrop::of(drop, now)).collect();
    Ok((private(), Json(OperatorDropPage { items, next_cursor })).into_response())
}
