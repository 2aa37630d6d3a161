//! The operators' routes: make, read, change, steer drops, and see what was done to them. One file an endpoint, and here
//! what they share.

// utoipa's `params(Type)` expands to a path that the lint takes for one of ours.
#![allow(unused_qualifications)]

pub(super) mod audit;
pub(super) mod change;
pub(super) mod create;
pub(super) mod list;
pub(super) mod passes;
pub(super) mod places;
pub(super) mod show;
pub(super) mod stats;
pub(super) mod steer;

use std::str::FromStr;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header::ETAG;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared::http::{IfMatch, to_completion};
use shared::ids::DropSlug;
use shared::operator::Operator;
use shared::problem::{Problem, codes as common};
use utoipa::{IntoParams, ToSchema};

use super::draw::DrawStatus;
use super::places::private;
use crate::app::AppState;
use crate::domain::drop::{Control, Drop, DropState, Settings};
use crate::domain::operate::{OperateError, Wish};
use crate::store::drops::Author;

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
            draw: DrawStatus::of(drop, now),
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

    /// What the page before ended with.
    ///
    /// Errors: 400 `malformed`.
    fn cursor<T: FromStr>(&self) -> Result<Option<T>, Problem> {
        let malformed = |_| Problem::from(&common::MALFORMED).detail("the cursor is none of ours");
        self.cursor.as_deref().map(str::parse).transpose().map_err(malformed)
    }

    /// Where to go on after these; none where they are the last.
    fn next<T, I: ToString>(&self, items: &[T], id: impl Fn(&T) -> I) -> Option<String> {
        let is_full = items.len() == self.limit() as usize;
        items.last().filter(|_| is_full).map(|item| id(item).to_string())
    }
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
