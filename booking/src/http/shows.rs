//! One show, with what is left of it.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use serde::Serialize;
use shared::http::PathOf;
use shared::problem::Problem;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::error::found;
use super::list::cached;
use crate::app::AppState;
use crate::domain::catalogue::{Show, ShowPlan};
use crate::domain::holds::{SeatMap, SeatState};
use crate::domain::ids::ShowId;
use crate::store::Store;

/// Answers with seat counts are kept so long.
const COUNTS_MAX_AGE_S: u32 = 1;

/// The routes.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(show)).routes(routes!(seat_stats))
}

/// A show with the number of seats left.
#[derive(Debug, Serialize, ToSchema)]
pub struct ShowBody {
    /// The show.
    #[serde(flatten)]
    pub show: Show,
    /// Seats on sale now; null while that is not known.
    pub available_seats: Option<usize>,
}

impl ShowBody {
    /// The show with its count read from Redis. The catalogue is readable also without Redis.
    pub async fn read(store: &Store, show: Show) -> Self {
        let map = store.seat_map(show.show_id).await;
        Self { show, available_seats: map.ok().map(|map| map.count(SeatState::Free)) }
    }
}

/// How many seats of a show are in which state.
#[derive(Debug, Serialize, ToSchema)]
pub struct SeatStats {
    /// The show.
    pub show_id: ShowId,
    /// Grows with every change.
    pub version: i64,
    /// All seats.
    pub total: usize,
    /// On sale.
    pub available: usize,
    /// In baskets.
    pub reserved: usize,
    /// Sold.
    pub booked: usize,
    /// Not for sale.
    pub unavailable: usize,
    /// The same by price category.
    pub categories: Vec<CategoryStats>,
}

/// How many seats of a category are in which state.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct CategoryStats {
    /// The category.
    pub category: String,
    /// All seats.
    pub total: usize,
    /// On sale.
    pub available: usize,
    /// In baskets.
    pub reserved: usize,
    /// Sold.
    pub booked: usize,
    /// Not for sale.
    pub unavailable: usize,
}

impl SeatStats {
    /// The counts of a map laid over its plan.
    pub fn of(plan: &ShowPlan, map: &SeatMap) -> Self {
        let mut categories: BTreeMap<&str, CategoryStats> = BTreeMap::new();
        for (seat, state) in plan.seats.iter().zip(&map.states) {
            let stats = categories.entry(&seat.seat.category).or_default();
            stats.total += 1;
            match state {
                SeatState::Free => stats.available += 1,
                SeatState::Held => stats.reserved += 1,
                SeatState::Booked => stats.booked += 1,
                SeatState::Blocked => stats.unavailable += 1,
            }
        }
        let named = |(category, stats): (&str, CategoryStats)| CategoryStats {
            category: category.to_owned(),
            ..stats
        };
        Self {
            show_id: plan.show.show_id,
            version: map.version,
            total: map.states.len(),
            available: map.count(SeatState::Free),
            reserved: map.count(SeatState::Held),
            booked: map.count(SeatState::Booked),
            unavailable: map.count(SeatState::Blocked),
            categories: categories.into_iter().map(named).collect(),
        }
    }
}

/// A show.
#[utoipa::path(get, path = "/v1/shows/{id}", tag = "catalogue", params(("id" = ShowId, Path, description = "The show")),
    responses((status = 200, description = "The show", body = ShowBody), (status = 404, description = "No such show")))]
async fn show(
    State(app): State<AppState>,
    PathOf(id): PathOf<ShowId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let plan = found(app.store.plans.get(id).await)?;
    let body = ShowBody::read(&app.store, plan.show.clone()).await;
    Ok(cached(&headers, COUNTS_MAX_AGE_S, &body))
}

/// How many seats of a show are on sale, in baskets, sold and not for sale, in all and by price category.
#[utoipa::path(get, path = "/v1/shows/{id}/seat-stats", tag = "catalogue", params(("id" = ShowId, Path, description = "The show")),
    responses((status = 200, description = "The counts", body = SeatStats), (status = 404, description = "No such show"),
              (status = 503, description = "Not known at the moment")))]
async fn seat_stats(
    State(app): State<AppState>,
    PathOf(id): PathOf<ShowId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let plan = found(app.store.plans.get(id).await)?;
    let map = app.store.seat_map(id).await?;
    Ok(cached(&headers, COUNTS_MAX_AGE_S, &SeatStats::of(&plan, &map)))
}
