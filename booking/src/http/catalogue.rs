//! The open family: what is shown, where, when. No token, cached.

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use shared::http::{PathOf, QueryOf};
use shared::ids::DropSlug;
use shared::problem::Problem;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::error::found;
use super::list::{List, ListQuery, cached};
use super::shows::ShowBody;
use crate::app::AppState;
use crate::domain::catalogue::{Movie, Theatre};
use crate::domain::ids::{MovieId, TheatreId};
use crate::store::catalogue::{self, Filter};

/// Catalogue answers are kept so long.
const CATALOGUE_MAX_AGE_S: u32 = 60;
/// Answers with seat counts are kept so long.
const COUNTS_MAX_AGE_S: u32 = 1;

/// The routes.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(movies))
        .routes(routes!(movie))
        .routes(routes!(theatre))
        .routes(routes!(drop_shows))
}

/// Movies.
#[utoipa::path(get, path = "/v1/movies", tag = "catalogue", params(ListQuery),
    responses((status = 200, description = "A part of the list", body = List<Movie>)))]
async fn movies(
    State(app): State<AppState>,
    QueryOf(query): QueryOf<ListQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let page = query.page()?;
    let movies = catalogue::list_movies(&app.store.pool, page).await?;
    let list = List::of(movies, page, |movie| movie.movie_id.0);
    Ok(cached(&headers, CATALOGUE_MAX_AGE_S, &list))
}

/// A movie.
#[utoipa::path(get, path = "/v1/movies/{id}", tag = "catalogue", params(("id" = MovieId, Path, description = "The movie")),
    responses((status = 200, description = "The movie", body = Movie), (status = 404, description = "No such movie")))]
async fn movie(
    State(app): State<AppState>,
    PathOf(id): PathOf<MovieId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let movie = found(catalogue::movie(&app.store.pool, id).await)?;
    Ok(cached(&headers, CATALOGUE_MAX_AGE_S, &movie))
}

/// A theatre.
#[utoipa::path(get, path = "/v1/theatres/{id}", tag = "catalogue", params(("id" = TheatreId, Path, description = "The theatre")),
    responses((status = 200, description = "The theatre", body = Theatre), (status = 404, description = "No such theatre")))]
async fn theatre(
    State(app): State<AppState>,
    PathOf(id): PathOf<TheatreId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let theatre = found(catalogue::theatre(&app.store.pool, id).await)?;
    Ok(cached(&headers, CATALOGUE_MAX_AGE_S, &theatre))
}

/// What a drop sells: its shows that are not over.
#[utoipa::path(get, path = "/v1/drops/{drop}/shows", tag = "catalogue",
    params(("drop" = DropSlug, Path, description = "The drop"), ListQuery),
    responses((status = 200, description = "A part of the list", body = List<ShowBody>)))]
async fn drop_shows(
    State(app): State<AppState>,
    PathOf(drop): PathOf<DropSlug>,
    QueryOf(query): QueryOf<ListQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let page = query.page()?;
    let filter = Filter { drop: Some(drop), upcoming: Some(app.clock.now()), ..Filter::default() };
    let shows = catalogue::list_shows(&app.store.pool, &filter, page).await?;
    let List { items, next_cursor } = List::of(shows, page, |show| show.show_id.0);
    let items =
        futures::future::join_all(items.into_iter().map(|show| ShowBody::read(&app.store, show))).await;
    Ok(cached(&headers, COUNTS_MAX_AGE_S, &List { items, next_cursor }))
}
