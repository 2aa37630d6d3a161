//! Theatres, by operators.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde_json::Value;
use shared::http::{Body, IfMatch, PathOf, QueryOf};
use shared::operator::{Operator, Role};
use shared::problem::Problem;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{changed, meant, patched, tagged};
use crate::app::AppState;
use crate::domain::catalogue::{Theatre, TheatreDetails};
use crate::domain::ids::TheatreId;
use crate::http::error::found;
use crate::http::list::{List, ListQuery, created};
use crate::store::catalogue;

/// The routes.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(read, update))
}

/// Theatres, in the order in which they were made.
#[utoipa::path(get, path = "/v1/operator/theatres", operation_id = "operator_list_theatres", tag = "operator", params(ListQuery),
    responses((status = 200, description = "A part of the list", body = List<Theatre>)))]
async fn list(
    State(app): State<AppState>,
    operator: Operator,
    QueryOf(query): QueryOf<ListQuery>,
) -> Result<Json<List<Theatre>>, Problem> {
    operator.require(Role::Viewer)?;
    let page = query.page()?;
    let items = catalogue::list_theatres(&app.store.pool, page).await?;
    Ok(Json(List::of(items, page, |theatre| theatre.theatre_id.0)))
}

/// Makes a theatre.
#[utoipa::path(post, path = "/v1/operator/theatres", operation_id = "operator_create_theatre", tag = "operator",
    request_body = TheatreDetails,
    responses((status = 201, description = "Made", body = Theatre), (status = 422, description = "`invalid_fields`")))]
async fn create(
    State(app): State<AppState>,
    operator: Operator,
    Body(details): Body<TheatreDetails>,
) -> Result<Response, Problem> {
    operator.require(Role::Operator)?;
    let now = app.clock.now();
    let theatre = Theatre { theatre_id: TheatreId::at(now), details };
    catalogue::create_theatre(&app.store.pool, &theatre, now).await?;
    Ok(created(&format!("/v1/operator/theatres/{}", theatre.theatre_id), theatre))
}

/// A theatre.
#[utoipa::path(get, path = "/v1/operator/theatres/{id}", operation_id = "operator_read_theatre", tag = "operator",
    params(("id" = TheatreId, Path, description = "The theatre")),
    responses((status = 200, description = "The theatre", body = Theatre), (status = 404, description = "No such theatre")))]
async fn read(
    State(app): State<AppState>,
    operator: Operator,
    PathOf(id): PathOf<TheatreId>,
) -> Result<Response, Problem> {
    operator.require(Role::Viewer)?;
    // A version that is older than what is read refuses a change needlessly; a newer one would lose one.
    let version = found(catalogue::theatre_version(&app.store.pool, id).await)?;
    Ok(tagged(version, found(catalogue::theatre(&app.store.pool, id).await)?))
}

/// Changes what the body names of a theatre.
#[utoipa::path(patch, path = "/v1/operator/theatres/{id}", operation_id = "operator_update_theatre", tag = "operator",
    params(("id" = TheatreId, Path, description = "The theatre"),
           ("If-Match" = Option<String>, Header, description = "The ETag that was read: another change since then is not overwritten")), request_body = inline(TheatreDetails),
    responses((status = 200, description = "Changed", body = Theatre), (status = 412, description = "`precondition_failed`: it was changed since it was read"),
              (status = 404, description = "No such theatre"),
              (status = 422, description = "`invalid_fields`")))]
async fn update(
    State(app): State<AppState>,
    operator: Operator,
    PathOf(id): PathOf<TheatreId>,
    if_match: Option<IfMatch>,
    Body(patch): Body<Value>,
) -> Result<Response, Problem> {
    operator.require(Role::Operator)?;
    let version = found(catalogue::theatre_version(&app.store.pool, id).await)?;
    let only = meant(if_match.as_ref(), version)?;
    let current = found(catalogue::theatre(&app.store.pool, id).await)?;
    let theatre = Theatre { details: patched(&current.details, patch)?, ..current };
    let updated = catalogue::update_theatre(&app.store.pool, &theatre, only, app.clock.now()).await?;
    Ok(tagged(changed(updated, only)?, theatre))
}
