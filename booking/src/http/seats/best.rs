//! A proposal: the best seats that can be had at the moment. It holds nothing.

use axum::Json;
use axum::extract::State;
use http::header::CACHE_CONTROL;
use http::{HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};
use shared::http::{PathOf, QueryOf};
use shared::money::Money;
use shared::problem::{Problem, codes};
use utoipa::ToSchema;

use super::{SeatBody, SeatStatus};
use crate::app::AppState;
use crate::domain::best::{Wish, best_seats};
use crate::domain::catalogue::ShowPlan;
use crate::domain::holds::SeatMap;
use crate::domain::ids::ShowId;
use crate::domain::reserve::MAX_SEATS;
use crate::domain::seating::Seating;
use crate::http::caller::Shopper;
use crate::http::codes::NOT_ENOUGH_SEATS;
use crate::http::error::found;

/// What is looked for.
#[derive(Debug, Deserialize)]
pub struct BestQuery {
    /// How many seats, 1 to 100.
    pub(in crate::http) count: usize,
    /// Of this price category alone.
    pub(in crate::http) category: Option<String>,
    /// With a place for a wheelchair, and companions beside it. Without, such places are not proposed.
    pub(in crate::http) accessible: Option<bool>,
}

/// Proposed seats.
#[derive(Debug, Serialize, ToSchema)]
pub struct BestBody {
    /// The show.
    pub show_id: ShowId,
    /// The version of the map that they were chosen on.
    pub version: i64,
    /// Whether they are beside each other.
    pub adjacent: bool,
    /// The seats, in reading order.
    pub seats: Vec<SeatBody>,
    /// What they cost together at the standard fare.
    pub total: Money,
}

/// The best seats that can be had: beside each other first, then near the best row and the centre, and no single seat left
/// alone where the show's rule forbids it. They are not held: reserve them.
#[utoipa::path(get, path = "/v1/shows/{id}/best-seats", tag = "shop",
    params(("id" = ShowId, Path, description = "The show"),
           ("count" = usize, Query, description = "How many seats, 1 to 100"),
           ("category" = Option<String>, Query, description = "Of this price category alone"),
           ("accessible" = Option<bool>, Query,
            description = "With a place for a wheelchair, and companions beside it; without, such places are not proposed")),
    responses((status = 200, description = "The proposal", body = BestBody),
              (status = 400, description = "`malformed`"),
              (status = 401, description = "`admission_required`, `admission_invalid`, `admission_expired`"),
              (status = 403, description = "`wrong_drop`"), (status = 404, description = "No such show"),
              (status = 409, description = "`not_enough_seats`"),
              (status = 503, description = "`dependency_unavailable`")))]
pub async fn best(
    State(app): State<AppState>,
    shopper: Shopper,
    PathOf(id): PathOf<ShowId>,
    QueryOf(query): QueryOf<BestQuery>,
) -> Result<([(HeaderName, HeaderValue); 1], Json<BestBody>), Problem> {
    let plan = found(app.store.plans.get(id).await)?;
    shopper.admission_to(&plan.show.sold_by())?;
    let map = app.store.seat_map(id).await?;
    let body = propose(&plan, &map, &query)?;
    Ok(([(CACHE_CONTROL, HeaderValue::from_static("private, no-store"))], Json(body)))
}

/// The best seats of a map.
///
/// Errors: 400 `malformed`, 409 `not_enough_seats`.
pub fn propose(plan: &ShowPlan, map: &SeatMap, query: &BestQuery) -> Result<BestBody, Problem> {
    if !(1..=MAX_SEATS).contains(&query.count) {
        return Err(Problem::from(&codes::MALFORMED).detail(format!("count must be 1 to {MAX_SEATS}")));
    }
    let wish = Wish {
        count: query.count,
        category: query.category.as_deref(),
        accessible: query.accessible.unwrap_or_default(),
        rule: plan.show.stranded_rule,
    };
    let proposed = best_seats(&Seating::new(&plan.seats, &map.states), &wish);
    let proposed = proposed.ok_or_else(|| Problem::from(&NOT_ENOUGH_SEATS))?;
    let seats: Vec<SeatBody> = proposed
        .seats
        .iter()
        .filter_map(|seat| plan.seats.get(*seat as usize))
        .map(|seat| SeatBody::of(plan, seat, SeatStatus::Available))
        .collect();
    let total = seats
        .iter()
        .filter_map(|seat| seat.price)
        .try_fold(Money::new(0, plan.show.prices.currency()), Money::checked_add);
    let total = total.ok_or_else(|| Problem::from(&codes::INTERNAL))?;
    let show_id = plan.show.show_id;
    Ok(BestBody { show_id, version: map.version, adjacent: proposed.is_adjacent, seats, total })
}
