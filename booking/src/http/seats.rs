//! The seat map, for people who were let in: a string from Redis laid over a plan in memory.

pub mod best;
pub mod live;
pub mod statuses;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use shared::http::{PathOf, QueryOf};
use shared::money::Money;
use shared::problem::Problem;
use utoipa::ToSchema;

use super::caller::Shopper;
use super::error::found;
use super::list::tagged;
use crate::app::AppState;
use crate::domain::catalogue::{STANDARD_FARE, Seat, ShowPlan};
use crate::domain::holds::{SeatMap, SeatState};
use crate::domain::ids::ShowId;

/// A browser keeps the map, and asks every time whether it still is what it was.
pub const CACHING: &str = "private, no-cache";

/// How much of the map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum View {
    /// Everything.
    Full,
    /// The statuses alone.
    Status,
}

/// How the map is asked for.
#[derive(Debug, Deserialize)]
pub struct SeatsQuery {
    /// `full` (the default) or `status`.
    view: Option<View>,
}

/// Whether a seat can be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SeatStatus {
    /// On sale.
    Available,
    /// In somebody's basket.
    Reserved,
    /// Sold.
    Booked,
    /// Not for sale.
    Unavailable,
}

impl From<SeatState> for SeatStatus {
    fn from(state: SeatState) -> Self {
        match state {
            SeatState::Free => Self::Available,
            SeatState::Held => Self::Reserved,
            SeatState::Booked => Self::Booked,
            SeatState::Blocked => Self::Unavailable,
        }
    }
}

impl SeatStatus {
    /// Its letter in the compact view.
    fn letter(self) -> char {
        match self {
            Self::Available => 'a',
            Self::Reserved => 'r',
            Self::Booked => 'b',
            Self::Unavailable => 'u',
        }
    }
}

/// The seat map of a show.
#[derive(Debug, Serialize, ToSchema)]
pub struct SeatMapBody {
    /// The show.
    pub show_id: ShowId,
    /// Grows with every change.
    pub version: i64,
    /// The screen.
    pub screen: ScreenBody,
    /// The seats, in reading order.
    pub seats: Vec<SeatBody>,
}

/// The screen of a seat map.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScreenBody {
    /// Its name.
    pub name: String,
    /// The names of its rows, front to back.
    pub rows: Vec<String>,
}

/// A seat of a seat map.
#[derive(Debug, Serialize, ToSchema)]
pub struct SeatBody {
    /// Its label.
    #[schema(example = "A12")]
    pub seat: String,
    /// Its row.
    pub row: String,
    /// Its number in the row.
    pub number: i32,
    /// How far from the left wall, in seat widths.
    pub x: f32,
    /// How far from the screen, in seat widths.
    pub y: f32,
    /// Its price category.
    pub category: String,
    /// Its price at the standard fare.
    pub price: Option<Money>,
    /// Whether it can be had.
    pub status: SeatStatus,
    /// `wheelchair`, `companion`, …
    pub features: Vec<String>,
}

/// The statuses of a show's seats, a letter a seat in reading order: available, reserved, booked, unavailable.
#[derive(Debug, Serialize, ToSchema)]
pub struct StatusesBody {
    /// The show.
    pub show_id: ShowId,
    /// Grows with every change.
    pub version: i64,
    /// `a`, `r`, `b` or `u` for each seat.
    #[schema(example = "aaarrbbu")]
    pub statuses: String,
}

impl SeatMapBody {
    /// A map laid over its plan.
    pub fn of(plan: &ShowPlan, map: &SeatMap) -> Self {
        let mut rows: Vec<String> = plan.seats.iter().map(|seat| seat.row.clone()).collect();
        rows.dedup();
        let seats = plan.seats.iter().zip(&map.states);
        let seats = seats.map(|(seat, state)| SeatBody::of(plan, seat, SeatStatus::from(*state)));
        Self {
            show_id: plan.show.show_id,
            version: map.version,
            screen: ScreenBody { name: plan.show.screen.name.clone(), rows },
            seats: seats.collect(),
        }
    }
}

impl SeatBody {
    /// A seat at its price.
    pub fn of(plan: &ShowPlan, seat: &Seat, status: SeatStatus) -> Self {
        Self {
            seat: seat.label.clone(),
            row: seat.row.clone(),
            number: seat.seat.number,
            x: seat.seat.x,
            y: seat.y,
            category: seat.seat.category.clone(),
            price: plan.show.prices.price(&seat.seat.category, STANDARD_FARE),
            status,
            features: seat.seat.features.clone(),
        }
    }
}

impl StatusesBody {
    /// The statuses of a map.
    pub fn of(show_id: ShowId, map: &SeatMap) -> Self {
        let statuses = map.states.iter().map(|state| SeatStatus::from(*state).letter()).collect();
        Self { show_id, version: map.version, statuses }
    }
}

/// The seat map: every seat with its price and status, or with `view=status` the statuses alone, at most a tenth of a
/// second old.
#[utoipa::path(get, path = "/v1/shows/{id}/seats", tag = "shop",
    params(("id" = ShowId, Path, description = "The show"),
           ("view" = Option<View>, Query, description = "`full` (the default) or `status`")),
    responses((status = 200, description = "The map; `StatusesBody` with `view=status`", body = SeatMapBody),
              (status = 401, description = "`admission_required`, `admission_invalid`, `admission_expired`"),
              (status = 403, description = "`wrong_drop`"), (status = 404, description = "No such show")))]
pub async fn seats(
    State(app): State<AppState>,
    shopper: Shopper,
    PathOf(id): PathOf<ShowId>,
    QueryOf(query): QueryOf<SeatsQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let plan = found(app.store.plans.get(id).await)?;
    shopper.admission_to(&plan.show.sold_by())?;
    if query.view == Some(View::Status) {
        let statuses = app.statuses.of(&app.store, &plan).await?;
        return Ok(tagged(&headers, &statuses.tag, CACHING, || statuses.response(&headers)));
    }
    let map = app.store.seat_map(id).await?;
    // Overdue holds count as free before the version says so; a changed plan changes prices.
    let tag = format!("{}.{}.{}", map.version, map.overdue, plan.updated_at.as_millisecond());
    Ok(tagged(&headers, &tag, CACHING, || Json(SeatMapBody::of(&plan, &map)).into_response()))
}
