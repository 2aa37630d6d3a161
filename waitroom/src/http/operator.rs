//! The operators' routes: make, read, change, steer drops, and see what was done to them.

// utoipa's `params(Type)` expands to a path that the lint takes for one of ours.
#![allow(unused_qualifications)]

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{ETAG, LOCATION};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared::http::{Body, IfMatch, PathOf, QueryOf, to_completion};
use shared::ids::DropSlug;
use shared::operator::{Operator, Role};
use shared::problem::{Problem, codes as common};
use utoipa::{IntoParams, ToSchema};

use super::caller::DropPath;
use super::drops::DrawStatus;
use super::error::no_such_drop;
use super::places::private;
use crate::app::AppState;
use crate::domain::drop::{Control, Drop, DropChange, DropState, NewDrop, Settings, Transition};
use crate::domain::operate::{OperateError, Wish};
use crate::domain::place::Seed;
use crate::store::drops::{AuditLine, Author};
use crate::store::ledger::Totals;

/// The most drops or lines a page has.
const MAX_PAGE: u32 = 200;
const DEFAULT_PAGE: u32 = 50;

/// A drop as its operators see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct OperatorDrop {
    /// Its name.
    slug: DropSlug,
    /// The state.
    state: DropState,
    /// The operator's word.
    control: Control,
    /// The settings.
    #[serde(flatten)]
    settings: Settings,
    /// What is published of the draw.
    draw: DrawStatus,
    /// How often Redis has been filled for this drop.
    epoch: i64,
    /// Raised by every change; the `ETag`.
    version: i64,
    /// When it was made.
    created_at: Timestamp,
    /// When it was last changed.
    updated_at: Timestamp,
}

impl OperatorDrop {
    fn of(drop: &Drop, now: Timestamp) -> Self {
        Self {
            slug: drop.slug.clone(),
            state: drop.state(now, None),
            control: drop.control,
            settings: drop.settings.clone(),
            draw: DrawStatus {
                commitment: drop.seed.commitment(),
                seed: drop.has_opened(now).then(|| drop.seed.reveal()),
                salt: None,
            },
            epoch: drop.epoch,
            version: drop.version,
            created_at: drop.created_at,
            updated_at: drop.updated_at,
        }
    }

    fn answer(drop: &Drop, now: Timestamp) -> Response {
        let etag = (ETAG, format!("\"{}\"", drop.version));
        (private(), [etag], Json(Self::of(drop, now))).into_response()
    }
}

/// Which page of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct PageQuery {
    /// How many, 1 to 200.
    limit: Option<u32>,
    /// Where the page before said to go on.
    cursor: Option<String>,
}

impl PageQuery {
    fn limit(&self) -> u32 {
        self.limit.unwrap_or(DEFAULT_PAGE).clamp(1, MAX_PAGE)
    }
}

/// A page of drops.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OperatorDropPage {
    /// The drops, by name.
    items: Vec<OperatorDrop>,
    /// Where to go on; null at the end.
    next_cursor: Option<String>,
}

/// A page of the audit log.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AuditPage {
    /// The newest first.
    items: Vec<AuditLine>,
    /// Where to go on; null at the end.
    next_cursor: Option<String>,
}

/// How a drop goes.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Stats {
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

/// Why, for the audit log.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReasonBody {
    /// Why.
    reason: Option<String>,
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
pub(super) async fn list_drops(
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

/// Makes a drop. Only `slug` and `title` are required.
#[utoipa::path(
    post, path = "/v1/operator/drops", tag = "operator", request_body = NewDrop,
    responses(
        (status = 201, description = "The drop", body = OperatorDrop),
        (status = 401, description = "`operator_token_invalid`"),
        (status = 403, description = "`role_insufficient`"),
        (status = 409, description = "`slug_taken`"),
        (status = 422, description = "`invalid_fields`"),
        (status = 503, description = "`dependency_unavailable`"),
    )
)]
pub(super) async fn create_drop(
    State(app): State<AppState>,
    operator: Operator,
    Body(new): Body<NewDrop>,
) -> Result<Response, Problem> {
    operator.require(Role::Operator)?;
    to_completion(async move {
        let now = stored(app.clock.now());
        let reason = new.settings.reason.clone();
        let drop = new.into_drop(app.config.drop_defaults, Seed(rand::random()), now)?;
        app.drops.create(&drop, &Author { operator: operator.subject, reason }).await?;
        let drop = app.put_in_force(drop).await;
        let location = (LOCATION, format!("/v1/operator/drops/{}", drop.slug));
        Ok((StatusCode::CREATED, [location], OperatorDrop::answer(&drop, now)).into_response())
    })
    .await
}

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
pub(super) async fn show_drop(
    State(app): State<AppState>,
    operator: Operator,
    PathOf(path): PathOf<DropPath>,
) -> Result<Response, Problem> {
    operator.require(Role::Viewer)?;
    let drop = app.drops.find(&path.drop).await?.ok_or_else(|| no_such_drop(&path.drop))?;
    Ok(OperatorDrop::answer(&drop, app.clock.now()))
}

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
pub(super) async fn change_drop(
    State(app): State<AppState>,
    operator: Operator,
    PathOf(path): PathOf<DropPath>,
    if_match: IfMatch,
    Body(change): Body<DropChange>,
) -> Result<Response, Problem> {
    operator.require(Role::Operator)?;
    do_to(app, operator, path.drop, Wish::Change(Box::new(change)), Some(if_match)).await
}

/// Opens a drop now, whatever its schedule says. Cannot be undone.
#[utoipa::path(
    post, path = "/v1/operator/drops/{drop}/open", tag = "operator", request_body = Option<ReasonBody>,
    params(("drop" = String, Path, description = "The drop's slug")),
    responses(
        (status = 200, description = "The drop as it is now", body = OperatorDrop),
        (status = 401, description = "`operator_token_invalid`"),
        (status = 403, description = "`role_insufficient`"),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`invalid_state`"),
        (status = 503, description = "`dependency_unavailable`"),
    )
)]
pub(super) async fn open_drop(
    State(app): State<AppState>,
    operator: Operator,
    PathOf(path): PathOf<DropPath>,
    body: Bytes,
) -> Result<Response, Problem> {
    steer(app, operator, path.drop, Transition::Open, &body).await
}

/// Calls nobody until resumed.
#[utoipa::path(
    post, path = "/v1/operator/drops/{drop}/pause", tag = "operator", request_body = Option<ReasonBody>,
    params(("drop" = String, Path, description = "The drop's slug")),
    responses(
        (status = 200, description = "The drop as it is now", body = OperatorDrop),
        (status = 401, description = "`operator_token_invalid`"),
        (status = 403, description = "`role_insufficient`"),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`invalid_state`"),
        (status = 503, description = "`dependency_unavailable`"),
    )
)]
pub(super) async fn pause_drop(
    State(app): State<AppState>,
    operator: Operator,
    PathOf(path): PathOf<DropPath>,
    body: Bytes,
) -> Result<Response, Problem> {
    steer(app, operator, path.drop, Transition::Pause, &body).await
}

/// Goes on calling.
#[utoipa::path(
    post, path = "/v1/operator/drops/{drop}/resume", tag = "operator", request_body = Option<ReasonBody>,
    params(("drop" = String, Path, description = "The drop's slug")),
    responses(
        (status = 200, description = "The drop as it is now", body = OperatorDrop),
        (status = 401, description = "`operator_token_invalid`"),
        (status = 403, description = "`role_insufficient`"),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`invalid_state`"),
        (status = 503, description = "`dependency_unavailable`"),
    )
)]
pub(super) async fn resume_drop(
    State(app): State<AppState>,
    operator: Operator,
    PathOf(path): PathOf<DropPath>,
    body: Bytes,
) -> Result<Response, Problem> {
    steer(app, operator, path.drop, Transition::Resume, &body).await
}

/// Ends a drop. Cannot be undone; who was called may still claim.
#[utoipa::path(
    post, path = "/v1/operator/drops/{drop}/close", tag = "operator", request_body = Option<ReasonBody>,
    params(("drop" = String, Path, description = "The drop's slug")),
    responses(
        (status = 200, description = "The drop as it is now", body = OperatorDrop),
        (status = 401, description = "`operator_token_invalid`"),
        (status = 403, description = "`role_insufficient`"),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`invalid_state`"),
        (status = 503, description = "`dependency_unavailable`"),
    )
)]
pub(super) async fn close_drop(
    State(app): State<AppState>,
    operator: Operator,
    PathOf(path): PathOf<DropPath>,
    body: Bytes,
) -> Result<Response, Problem> {
    steer(app, operator, path.drop, Transition::Close, &body).await
}

async fn steer(
    app: AppState,
    operator: Operator,
    slug: DropSlug,
    transition: Transition,
    body: &[u8],
) -> Result<Response, Problem> {
    operator.require(Role::Operator)?;
    let ReasonBody { reason } = if body.is_empty() {
        ReasonBody::default()
    } else {
        serde_json::from_slice(body)
            .map_err(|error| Problem::from(&common::INVALID_FIELDS).detail(error.to_string()))?
    };
    do_to(app, operator, slug, Wish::Transition(transition, reason), None).await
}

async fn do_to(
    app: AppState,
    operator: Operator,
    slug: DropSlug,
    wish: Wish,
    if_match: Option<IfMatch>,
) -> Result<Response, Problem> {
    to_completion(async move {
        let now = stored(app.clock.now());
        let author = Author { operator: operator.subject, reason: wish.reason().map(str::to_owned) };
        let decide = |drop: Drop| match &if_match {
            Some(if_match) if !if_match.matches(drop.version) => Err(OperateError::Stale),
            _ => wish.applied(drop, now),
        };
        let drop = app.drops.update(&slug, wish.action(), &author, decide).await?;
        let drop = app.put_in_force(drop).await;
        Ok(OperatorDrop::answer(&drop, now))
    })
    .await
}

/// A time as Postgres keeps it, in microseconds: what is answered now is what is read later.
fn stored(time: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(time.as_microsecond()).unwrap_or(time)
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
pub(super) async fn show_audit(
    State(app): State<AppState>,
    operator: Operator,
    PathOf(path): PathOf<DropPath>,
    QueryOf(page): QueryOf<PageQuery>,
) -> Result<Response, Problem> {
    operator.require(Role::Viewer)?;
    let malformed = |_| Problem::from(&common::MALFORMED).detail("the cursor is none of ours");
    let before = page.cursor.as_deref().map(str::parse).transpose().map_err(malformed)?;
    app.drop(&path.drop).await?.ok_or_else(|| no_such_drop(&path.drop))?;
    let items = app.drops.audit(&path.drop, before, page.limit()).await?;
    let is_full = items.len() == page.limit() as usize;
    let next_cursor = items.last().filter(|_| is_full).map(|line| line.id.to_string());
    Ok((private(), Json(AuditPage { items, next_cursor })).into_response())
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
pub(super) async fn show_stats(
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
