//! How long a visit to the shop goes on: what a page that is open asks near the end of its admission, which renews it on
//! the way, and so keeps a visitor in who only looks.

use axum::Json;
use axum::extract::State;
use http::header::CACHE_CONTROL;
use http::{HeaderName, StatusCode};
use jiff::Timestamp;
use serde::Serialize;
use shared::admission::Admission;
use shared::http::PathOf;
use shared::ids::DropSlug;
use shared::problem::Problem;

use crate::app::AppState;
use crate::http::caller::Shopper;

/// A visit as its pages know it.
#[derive(Serialize)]
pub(super) struct Visit {
    /// When the browser's admission ends; none, where it has none any more.
    expires_at: Option<Timestamp>,
    /// The visit ends then: it is not renewed beyond.
    is_last: bool,
    /// The time here.
    now: Timestamp,
}

/// The visit to a drop.
///
/// Errors: 503 where nobody can tell whether an admission is good.
pub(super) async fn look(
    State(app): State<AppState>,
    PathOf(drop): PathOf<DropSlug>,
    shopper: Result<Shopper, Problem>,
) -> Result<([(HeaderName, &'static str); 1], Json<Visit>), Problem> {
    let admission = match &shopper {
        Ok(shopper) => shopper.admission_to(&drop).ok(),
        Err(problem) if problem.status() == StatusCode::UNAUTHORIZED => None,
        Err(problem) => return Err(problem.clone()),
    };
    let visit = Visit {
        expires_at: admission.map(|admission| admission.expires_at),
        is_last: admission.is_some_and(Admission::is_last),
        now: app.clock.now(),
    };
    Ok(([(CACHE_CONTROL, "no-store")], Json(visit)))
}
