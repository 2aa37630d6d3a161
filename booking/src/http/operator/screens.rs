//! Screens, by operators.

use axum::Json;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use shared::http::{Body, IfMatch, PathOf, QueryOf};
use shared::operator::{Operator, Role};
use shared::problem::Problem;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{changed, meant, tagged};
use crate::app::AppState;
use crate::domain::catalogue::{InvalidField, Layout, LayoutRow, Screen};
use crate::domain::ids::{ScreenId, TheatreId};
use crate::http::error::found;
use crate::http::list::{List, ListQuery, created};
use crate::store::catalogue;

/// The routes.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(read, update))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
}

/// A screen of the most seats that there may be, each with what is known of it, fits into this.
const MAX_BODY_BYTES: usize = 16 * 1024 * 1024;

/// A screen as it is made.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewScreen {
    /// The theatre it is in.
    pub theatre_id: TheatreId,
    /// Its name, unique in the theatre.
    pub name: String,
    /// Its rows, front to back.
    pub rows: Vec<LayoutRow>,
}

/// What may change of a screen.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScreenPatch {
    /// Its name.
    #[serde(default)]
    pub name: Option<String>,
    /// Its rows; only as long as it has no shows.
    #[serde(default)]
    pub rows: Option<Vec<LayoutRow>>,
}

fn check_name(name: &str) -> Result<(), InvalidField> {
    let valid = !name.trim().is_empty() && name.chars().count() <= 200;
    if valid { Ok(()) } else { Err(InvalidField::new("name", "must be 1 to 200 characters")) }
}

/// Screens without their seats, in the order in which they were made.
#[utoipa::path(get, path = "/v1/operator/screens", operation_id = "operator_list_screens", tag = "operator", params(ListQuery),
    responses((status = 200, description = "A part of the list", body = List<Screen>)))]
async fn list(
    State(app): State<AppState>,
    operator: Operator,
    QueryOf(query): QueryOf<ListQuery>,
) -> Result<Json<List<Screen>>, Problem> {
    operator.require(Role::Viewer)?;
    let page = query.page()?;
    let items = catalogue::list_screens(&app.store.pool, page).await?;
    Ok(Json(List::of(items, page, |screen| screen.screen_id.0)))
}

/// Makes a screen of these seats.
#[utoipa::path(post, path = "/v1/operator/screens", operation_id = "operator_create_screen", tag = "operator",
    request_body = NewScreen,
    responses((status = 201, description = "Made", body = Screen), (status = 409, description = "`name_taken`"),
              (status = 422, description = "`invalid_fields`")))]
async fn create(
    State(app): State<AppState>,
    operator: Operator,
    Body(new): Body<NewScreen>,
) -> Result<Response, Problem> {
    operator.require(Role::Operator)?;
    check_name(&new.name)?;
    let layout = Layout::parse(&new.rows)?;
    let now = app.clock.now();
    let screen = Screen {
        screen_id: ScreenId::at(now),
        theatre_id: new.theatre_id,
        name: new.name,
        seat_count: u32::try_from(layout.seats().len()).unwrap_or(u32::MAX),
        rows: new.rows,
    };
    catalogue::create_screen(&app.store.pool, &screen, &layout, now).await?;
    Ok(created(&format!("/v1/operator/screens/{}", screen.screen_id), screen))
}

/// A screen with its seats.
#[utoipa::path(get, path = "/v1/operator/screens/{id}", operation_id = "operator_read_screen", tag = "operator",
    params(("id" = ScreenId, Path, description = "The screen")),
    responses((status = 200, description = "The screen", body = Screen), (status = 404, description = "No such screen")))]
async fn read(
    State(app): State<AppState>,
    operator: Operator,
    PathOf(id): PathOf<ScreenId>,
) -> Result<Response, Problem> {
    operator.require(Role::Viewer)?;
    // A version that is older than what is read refuses a change needlessly; a newer one would lose one.
    let version = found(catalogue::screen_version(&app.store.pool, id).await)?;
    Ok(tagged(version, found(catalogue::screen(&app.store.pool, id).await)?))
}

/// Renames a screen, or, as long as it has no shows, gives it other seats.
#[utoipa::path(patch, path = "/v1/operator/screens/{id}", operation_id = "operator_update_screen", tag = "operator",
    params(("id" = ScreenId, Path, description = "The screen"),
           ("If-Match" = Option<String>, Header, description = "The ETag that was read: another change since then is not overwritten")), request_body = ScreenPatch,
    responses((status = 200, description = "Changed", body = Screen), (status = 412, description = "`precondition_failed`: it was changed since it was read"),
              (status = 404, description = "No such screen"),
              (status = 409, description = "`screen_in_use`, `name_taken`"),
              (status = 422, description = "`invalid_fields`")))]
async fn update(
    State(app): State<AppState>,
    operator: Operator,
    PathOf(id): PathOf<ScreenId>,
    if_match: Option<IfMatch>,
    Body(patch): Body<ScreenPatch>,
) -> Result<Response, Problem> {
    operator.require(Role::Operator)?;
    patch.name.as_deref().map_or(Ok(()), check_name)?;
    let layout = patch.rows.as_deref().map(Layout::parse).transpose()?;
    let version = found(catalogue::screen_version(&app.store.pool, id).await)?;
    let only = meant(if_match.as_ref(), version)?;
    let name = patch.name.as_deref();
    let updated =
        catalogue::update_screen(&app.store.pool, id, name, layout.as_ref(), only, app.clock.now()).await?;
    let version = changed(updated, only)?;
    Ok(tagged(version, found(catalogue::screen(&app.store.pool, id).await)?))
}
