//! How a drop goes, in numbers: once, or every second.

use std::convert::Infallible;
use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use futures::stream;
use http::header::{CONTENT_TYPE, HeaderValue};
use jiff::Timestamp;
use serde::Serialize;
use shared::http::PathOf;
use shared::ids::DropSlug;
use shared::operator::{Operator, Role};
use shared::problem::Problem;
use shared::store::StoreError;
use tokio::time::Instant;
use utoipa::ToSchema;

use super::super::caller::DropPath;
use super::super::codes;
use super::super::error::no_such_drop;
use super::super::places::private;
use crate::app::AppState;
use crate::domain::stats::Summary;
use crate::registry::Known;

/// How often those who watch are told.
const SECOND: Duration = Duration::from_secs(1);

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
    /// What has been counted.
    #[serde(flatten)]
    summary: Summary,
    /// When this was true.
    updated_at: Timestamp,
}

impl Stats {
    async fn of(app: &AppState, known: &Known, max_age: Duration) -> Result<Self, StoreError> {
        let summary = app.summary(known, max_age).await?;
        let pulse = known.pulse();
        let (waiting, active) = pulse.tick.as_ref().map_or((0, 0), |tick| (tick.waiting, tick.active));
        Ok(Self {
            drop: known.drop.slug.clone(),
            waiting,
            active,
            rate_now: pulse.pace.calls_per_minute(),
            summary,
            updated_at: app.clock.now(),
        })
    }
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
    let stats = Stats::of(&app, &known, Duration::ZERO).await?;
    Ok((private(), Json(stats)).into_response())
}

/// The same numbers every second, as events named `stats`. While a store is away there are only comments.
#[utoipa::path(
    get, path = "/v1/operator/drops/{drop}/stats/events", tag = "operator",
    params(("drop" = String, Path, description = "The drop's slug")),
    responses(
        (status = 200, description = "The events", body = Stats, content_type = "text/event-stream"),
        (status = 401, description = "`operator_token_invalid`"),
        (status = 403, description = "`role_insufficient`"),
        (status = 404, description = "`not_found`"),
        (status = 503, description = "`streams_full`, `dependency_unavailable`"),
    )
)]
pub(in crate::http) async fn follow_stats(
    State(app): State<AppState>,
    operator: Operator,
    PathOf(path): PathOf<DropPath>,
) -> Result<Response, Problem> {
    operator.require(Role::Viewer)?;
    app.drop(&path.drop).await?.ok_or_else(|| no_such_drop(&path.drop))?;
    let full = |_| Problem::from(&codes::STREAMS_FULL).retry_after(Duration::from_secs(5));
    let seat = app.stats_streams.clone().try_acquire_owned().map_err(full)?;
    let events = stream::unfold((app, seat, Instant::now()), move |(app, seat, due)| {
        let slug = path.drop.clone();
        async move {
            tokio::time::sleep_until(due).await;
            if app.streams.is_closing() {
                return None;
            }
            let event = event(&app, &slug).await;
            Some((Ok::<_, Infallible>(event), (app, seat, Instant::now() + SECOND)))
        }
    });
    let event_stream = [(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"))];
    Ok((event_stream, private(), Body::from_stream(events)).into_response())
}

/// The next event; a comment where the numbers cannot be had.
async fn event(app: &AppState, slug: &DropSlug) -> Bytes {
    let stats = match app.registry.get(slug) {
        Some(known) => Stats::of(app, &known, SECOND / 2).await.ok(),
        None => None,
    };
    let json = stats.and_then(|stats| serde_json::to_string(&stats).ok());
    json.map_or_else(
        || Bytes::from_static(b": the numbers cannot be had\n\n"),
        |json| Bytes::from(format!("event: stats\ndata: {json}\n\n")),
    )
}
