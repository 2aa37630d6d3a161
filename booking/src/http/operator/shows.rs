//! Shows, by operators.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;
use shared::http::{Body, IfMatch, PathOf, QueryOf, to_completion};
use shared::operator::{Operator, Role};
use shared::problem::Problem;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{changed, meant, patched, tagged};
use crate::app::AppState;
use crate::domain::catalogue::{InvalidField, Show, ShowDetails};
use crate::domain::ids::ShowId;
use crate::http::error::found;
use crate::http::list::{List, ListQuery, created};
use crate::http::shows::SeatStats;
use crate::store::blocking::BlockRequest;
use crate::store::catalogue::{self, Filter};

/// The routes.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(read, update))
        .routes(routes!(block_seats))
}

/// Shows, in the order in which they were made.
#[utoipa::path(get, path = "/v1/operator/shows", operation_id = "operator_list_shows", tag = "operator", params(ListQuery),
    responses((status = 200, description = "A part of the list", body = List<Show>)))]
async fn list(
    State(app): State<AppState>,
    operator: Operator,
    QueryOf(query): QueryOf<ListQuery>,
) -> Result<Json<List<Show>>, Problem> {
    operator.require(Role::Viewer)?;
    let page = query.page()?;
    let items = catalogue::list_shows(&app.store.pool, &Filter::default(), page).await?;
    Ok(Json(List::of(items, page, |show| show.show_id.0)))
}

/// Makes a show.
#[utoipa::path(post, path = "/v1/operator/shows", operation_id = "operator_create_show", tag = "operator",
    request_body = ShowDetails,
    responses((status = 201, description = "Made", body = Show), (status = 409, description = "`show_overlaps`"),
              (status = 422, description = "`invalid_fields`")))]
async fn create(
    State(app): State<AppState>,
    operator: Operator,
    Body(details): Body<ShowDetails>,
) -> Result<Response, Problem> {
    operator.require(Role::Operator)?;
    let now = app.clock.now();
    let id = ShowId::at(now);
    catalogue::create_show(&app.store.pool, id, &details, now).await?;
    let plan = found(app.store.plans.read(id).await)?;
    Ok(created(&format!("/v1/operator/shows/{id}"), plan.show.clone()))
}

/// A show.
#[utoipa::path(get, path = "/v1/operator/shows/{id}", operation_id = "operator_read_show", tag = "operator",
    params(("id" = ShowId, Path, description = "The show")),
    responses((status = 200, description = "The show", body = Show), (status = 404, description = "No such show")))]
async fn read(
    State(app): State<AppState>,
    operator: Operator,
    PathOf(id): PathOf<ShowId>,
) -> Result<Response, Problem> {
    operator.require(Role::Viewer)?;
    // A version that is older than what is read refuses a change needlessly; a newer one would lose one.
    let version = found(catalogue::show_version(&app.store.pool, id).await)?;
    let plan = found(catalogue::plan(&app.store.pool, id).await)?;
    Ok(tagged(version, plan.show))
}

/// Changes what the body names of a show. Its region stays for life, its screen once there are reservations.
#[utoipa::path(patch, path = "/v1/operator/shows/{id}", operation_id = "operator_update_show", tag = "operator",
    params(("id" = ShowId, Path, description = "The show"),
           ("If-Match" = Option<String>, Header, description = "The ETag that was read: another change since then is not overwritten")), request_body = inline(ShowDetails),
    responses((status = 200, description = "Changed", body = Show), (status = 412, description = "`precondition_failed`: it was changed since it was read"),
              (status = 404, description = "No such show"),
              (status = 409, description = "`show_overlaps`, `show_in_use`"),
              (status = 422, description = "`invalid_fields`")))]
async fn update(
    State(app): State<AppState>,
    operator: Operator,
    PathOf(id): PathOf<ShowId>,
    if_match: Option<IfMatch>,
    Body(patch): Body<Value>,
) -> Result<Response, Problem> {
    operator.require(Role::Operator)?;
    let version = found(catalogue::show_version(&app.store.pool, id).await)?;
    let only = meant(if_match.as_ref(), version)?;
    let current = ShowDetails::from(found(catalogue::plan(&app.store.pool, id).await)?.show);
    let details = patched(&current, patch)?;
    if details.region != current.region {
        return Err(InvalidField::new("region", "stays for life").into());
    }
    let updated = catalogue::update_show(&app.store.pool, id, &details, only, app.clock.now()).await?;
    let version = changed(updated, only)?;
    app.store.plans.forget(id);
    let plan = found(app.store.plans.read(id).await)?;
    Ok(tagged(version, plan.show.clone()))
}

/// Seats to take out of sale, and to put back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BlockBody {
    /// Labels of seats to take out of sale.
    #[serde(default)]
    pub block: Vec<String>,
    /// Labels of seats to put back.
    #[serde(default)]
    pub unblock: Vec<String>,
    /// Why, for the audit trail.
    #[serde(default)]
    pub reason: String,
}

/// Takes seats out of sale, or puts them back: all that was asked for, or nothing.
#[utoipa::path(post, path = "/v1/operator/shows/{id}/seats", operation_id = "operator_block_seats", tag = "operator",
    params(("id" = ShowId, Path, description = "The show")), request_body = BlockBody,
    responses((status = 200, description = "Done", body = SeatStats), (status = 400, description = "`unknown_seats`"),
              (status = 404, description = "No such show"),
              (status = 409, description = "`seats_unavailable` names seats that somebody owns")))]
async fn block_seats(
    State(app): State<AppState>,
    operator: Operator,
    PathOf(id): PathOf<ShowId>,
    Body(body): Body<BlockBody>,
) -> Result<Json<SeatStats>, Problem> {
    operator.require(Role::Operator)?;
    let plan = found(app.store.plans.get(id).await)?;
    let BlockBody { block, unblock, reason } = body;
    let request = BlockRequest { block, unblock, reason, operator: operator.subject };
    let (store, blocking) = (app.store.clone(), plan.clone());
    to_completion(async move { store.block_seats(&blocking, &request).await }).await?;
    let map = app.store.seat_map(id).await?;
    Ok(Json(SeatStats::of(&plan, &map)))
}
