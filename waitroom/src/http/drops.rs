//! The public status of drops, from this replica's memory.

mod ranks;
mod rendered;

use axum::Json;
use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use http::header::CACHE_CONTROL;
use jiff::Timestamp;
use serde::Serialize;
use shared::ids::DropSlug;
use utoipa::ToSchema;

pub use rendered::Statuses;

use super::caller::OfDrop;
use super::draw::DrawStatus;
use crate::app::AppState;
use crate::domain::drop::{Drop, DropState};
use crate::domain::line::RankTable;
use crate::registry::{Known, Pulse};

/// What everybody may know of a drop.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DropStatus {
    /// Its name.
    pub drop: DropSlug,
    /// What people read.
    pub title: String,
    /// The state.
    pub state: DropState,
    /// From when people may gather.
    pub lobby_opens_at: Option<Timestamp>,
    /// From when people are called.
    pub opens_at: Option<Timestamp>,
    /// Until when.
    pub closes_at: Option<Timestamp>,
    /// How many wait.
    pub waiting: u64,
    /// How many shop or were called.
    pub active: u64,
    /// Calls a minute that the operator allows.
    pub rate_per_minute: u32,
    /// Seats that can be had now, where the shop says so.
    pub seats_left: Option<u64>,
    /// What the operator says.
    pub message: String,
    /// What is published of the draw.
    pub draw: DrawStatus,
    /// How often Redis has been filled for this drop.
    pub epoch: i64,
    /// The highest score that was called, after opening: a string, because it does not fit every client's numbers.
    pub frontier: Option<String>,
    /// After opening: scores, ascending, each with how many are before whoever has it, at least. Between two of them ranks
    /// lie on a straight line; the position is one more. Exact for the next hundred.
    pub ranks: Option<Vec<(String, u64)>>,
    /// After opening: the score below which being seen matters now, because it may be called in the next minutes.
    pub track_below: Option<String>,
    /// When this was true.
    pub updated_at: Timestamp,
}

/// A list of drops.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DropList {
    /// The drops, by name.
    pub items: Vec<DropStatus>,
    /// Always null: the list is whole.
    pub next_cursor: Option<String>,
}

impl DropStatus {
    /// The status of a drop as this replica knows it.
    pub fn of(known: &Known, now: Timestamp) -> Self {
        Self::of_parts(&known.drop, &known.pulse(), now)
    }

    fn of_parts(drop: &Drop, pulse: &Pulse, now: Timestamp) -> Self {
        let fresh = pulse.health.filter(|health| !health.is_stale(now.as_millisecond()));
        let tick = pulse.tick.clone().unwrap_or_default();
        let opened = tick.opened && drop.has_opened(now);
        // Measured since the opening: before it the order may have been another, and nothing of it is told.
        let is_told = |table: &&Arc<RankTable>| {
            let opened_ms = drop.opening().map_or(i64::MAX, Timestamp::as_millisecond);
            opened && table.epoch == tick.epoch && table.at_ms >= opened_ms
        };
        let table = pulse.table.as_ref().filter(is_told);
        Self {
            drop: drop.slug.clone(),
            title: drop.settings.title.clone(),
            state: drop.state(now, fresh.as_ref()),
            lobby_opens_at: drop.settings.lobby_opens_at,
            opens_at: drop.settings.opens_at,
            closes_at: drop.settings.closes_at,
            waiting: tick.waiting,
            active: tick.active,
            rate_per_minute: drop.settings.rate_per_minute,
            seats_left: fresh.map(|health| health.free),
            message: drop.settings.message.clone(),
            draw: DrawStatus::of(drop, now),
            epoch: pulse.tick.as_ref().map_or(drop.epoch, |tick| tick.epoch),
            frontier: tick.frontier.filter(|_| opened).map(|score| score.to_string()),
            ranks: table.map(|table| ranks::published(table)),
            track_below: table.map(|table| table.track_below.to_string()),
            updated_at: pulse
                .tick
                .as_ref()
                .and_then(|tick| Timestamp::from_millisecond(tick.now_ms).ok())
                .unwrap_or(now),
        }
    }
}

/// All drops that are not over.
#[utoipa::path(
    get, path = "/v1/drops", tag = "visitor",
    params(("If-None-Match" = Option<String>, Header, description = "The `ETag` of an earlier answer")),
    responses(
        (status = 200, description = "The drops", body = DropList),
        (status = 304, description = "Nothing but `updated_at` has changed"),
    )
)]
pub(super) async fn list_drops(State(app): State<AppState>, asked: HeaderMap) -> Response {
    app.statuses.answer_list(&app.registry.all(), app.clock.now(), &asked)
}

/// The public status of a drop.
#[utoipa::path(
    get, path = "/v1/drops/{drop}", tag = "visitor",
    params(
        ("drop" = String, Path, description = "The drop's slug"),
        ("If-None-Match" = Option<String>, Header, description = "The `ETag` of an earlier answer"),
    ),
    responses(
        (status = 200, description = "The status", body = DropStatus),
        (status = 304, description = "Nothing but `updated_at` has changed"),
        (status = 404, description = "`not_found`"),
    )
)]
pub(super) async fn show_drop(
    State(app): State<AppState>,
    OfDrop(known): OfDrop,
    asked: HeaderMap,
) -> Response {
    app.statuses.answer(&known, app.clock.now(), &asked)
}

pub(super) fn public<T: Serialize>(body: T) -> Response {
    ([(CACHE_CONTROL, "public, max-age=1")], Json(body)).into_response()
}
