//! Movies, by operators.

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
use crate::domain::catalogue::{Movie, MovieDetails};
use crate::domain::ids::MovieId;
use crate::http::error::found;
use crate::http::list::{List, ListQuery, created};
use crate::store::catalogue;

/// The routes.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(read, update))
}

/// Movies, in the order in which they were made.
#[utoipa::path(get, path = "/v1/operator/movies", operation_id = "operator_list_movies", tag = "operator", params(ListQuery),
    responses((status = 200, description = "A part of the list", body = List<Movie>)))]
async fn list(
    State(app): State<AppState>,
    operator: Operator,
    QueryOf(query): QueryOf<ListQuery>,
) -> Result<Json<List<Movie>>, Problem> {
    operator.require(Role::Viewer)?;
    let page = query.page()?;
    let items = catalogue::list_movies(&app.store.pool, page).await?;
    Ok(Json(List::of(items, page, |movie| movie.movie_id.0)))
}

/// Makes a movie.
#[utoipa::path(post, path = "/v1/operator/movies", operation_id = "operator_create_movie", tag = "operator",
    request_body = MovieDetails,
    responses((status = 201, description = "Made", body = Movie), (status = 422, description = "`invalid_fields`")))]
async fn create(
    State(app): State<AppState>,
    operator: Operator,
    Body(details): Body<MovieDetails>,
) -> Result<Response, Problem> {
    operator.require(Role::Operator)?;
    let now = app.clock.now();
    let movie = Movie { movie_id: MovieId::at(now), details };
    catalogue::create_movie(&app.store.pool, &movie, now).await?;
    Ok(created(&format!("/v1/operator/movies/{}", movie.movie_id), movie))
}

/// A movie.
#[utoipa::path(get, path = "/v1/operator/movies/{id}", operation_id = "operator_read_movie", tag = "operator",
    params(("id" = MovieId, Path, description = "The movie")),
    responses((status = 200, description = "The movie", body = Movie), (status = 404, description = "No such movie")))]
async fn read(
    State(app): State<AppState>,
    operator: Operator,
    PathOf(id): PathOf<MovieId>,
) -> Result<Response, Problem> {
    operator.require(Role::Viewer)?;
    // A version that is older than what is read refuses a change needlessly; a newer one would lose one.
    let version = found(catalogue::movie_version(&app.store.pool, id).await)?;
    Ok(tagged(version, found(catalogue::movie(&app.store.pool, id).await)?))
}

/// Changes what the body names of a movie.
#[utoipa::path(patch, path = "/v1/operator/movies/{id}", operation_id = "operator_update_movie", tag = "operator",
    params(("id" = MovieId, Path, description = "The movie"),
           ("If-Match" = Option<String>, Header, description = "The ETag that was read: another change since then is not overwritten")), request_body = inline(MovieDetails),
    responses((status = 200, description = "Changed", body = Movie), (status = 412, description = "`precondition_failed`: it was changed since it was read"),
              (status = 404, description = "No such movie"),
              (status = 422, description = "`invalid_fields`")))]
async fn update(
    State(app): State<AppState>,
    operator: Operator,
    PathOf(id): PathOf<MovieId>,
    if_match: Option<IfMatch>,
    Body(patch): Body<Value>,
) -> Result<Response, Problem> {
    operator.require(Role::Operator)?;
    let version = found(catalogue::movie_version(&app.store.pool, id).await)?;
    let only = meant(if_match.as_ref(), version)?;
    let current = found(catalogue::movie(&app.store.pool, id).await)?;
    let movie = Movie { details: patched(&current.details, patch)?, ..current };
    let updated = catalogue::update_movie(&app.store.pool, &movie, only, app.clock.now()).await?;
    Ok(tagged(changed(updated, only)?, movie))
}
