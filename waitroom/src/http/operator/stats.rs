//! How a drop goes, in numbers.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Serialize;
use shared::http::PathOf;
use shared::ids::DropSlug;
use shared::operator::{Operator, Role};
use shared::problem::Problem;
use utoipa::ToSchema;

use super::super::caller::DropPath;
use super::super::error::no_such_drop;
use super::super::places::private;
use crate::app::AppState;
use crate::store::ledger::Totals;

/// How a drop goes.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Stats {
    /// The drop.
    drop: DropSlug,
    /// How many wait now.
    waiting: u64,
    /// How many slots are taken now.
    active: u64,
    /// Calls a minute over the last minute, where it is known.
    rate_now: Option<f64>,
    /// What the ledger counts.
    #[serde(flatten)]
    totals: Totals,
    /// When this was true.
    updated_at: Timestamp,
}

/// How a drop goes, in numbers.
#[utoipa::path(
    get, path = "/v1/operator/drops/{drop}/stats", tag = "operator",
    params(("drop" = String, Path, description = "The drop's slug")),
    responses(
        (status = 200, description = "The numbers", body = Stats),
        (status = 401, description = "`operator_token_invalid`"),
        (status = 403, description = "`role_insufficient`"),
        (status = 404, description = "`not_found`"),
        (status = 503, description = "`dependency_unavailable`"),
    )
)]
pub(in crate::http) async fn show_stats(
    State(app): State<AppState>,
    operator: Operator,
    PathOf(path): PathOf<DropPath>,
) -> Result<Response, Problem> {
    operator.require(Role::Viewer)?;
    let known = app.drop(&path.drop).await?.ok_or_else(|| no_such_drop(&path.drop))?;
    let totals = app.ledger.totals(&path.drop).await?;
    let pulse = known.pulse();
    let tick = pulse.tick.clone().unwrap_or_default();
    let stats = Stats {
        drop: path.drop,
        waiting: tick.waiting,
        active: tick.active,
        rate_now: pulse.pace.calls_per_minute(),
        totals,
        updated_at: app.clock.now(),
    };
    Ok((private(), Json(stats)).into_response())
}
