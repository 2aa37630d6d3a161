//! The plan of a hall for the module that draws it: rows, places, categories and prices, without what changes by the
//! minute. Its address names the plan's state, so a browser asks for it once.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::header::CACHE_CONTROL;
use serde::Serialize;
use shared::http::PathOf;
use shared::problem::Problem;

use super::hall::{CategoryView, categories, features};
use super::view::readable;
use crate::app::AppState;
use crate::domain::catalogue::{Seat, ShowPlan};
use crate::domain::ids::ShowId;
use crate::http::caller::Shopper;
use crate::http::error::found;

/// Whatever changes has another address.
const CACHING: &str = "private, max-age=86400, immutable";

/// A hall.
#[derive(Serialize)]
struct PlanBody {
    currency: String,
    exponent: usize,
    categories: Vec<CategoryBody>,
    /// What seats are called that have something special.
    features: Vec<FeatureBody>,
    rows: Vec<RowBody>,
}

/// A price category.
#[derive(Serialize)]
struct CategoryBody {
    name: String,
    price: String,
    amount_minor: i64,
    style: usize,
}

/// Something that sets a seat apart.
#[derive(Serialize)]
struct FeatureBody {
    word: String,
    name: String,
}

/// A row: a column of values for each seat, in the order of the show's statuses.
#[derive(Serialize)]
struct RowBody {
    row: String,
    y: f32,
    numbers: Vec<i32>,
    x: Vec<f32>,
    /// Places in the plan's `categories`; −1: not sold.
    categories: Vec<i32>,
    /// Seats of the row that have something special, with places in the plan's `features`.
    features: Vec<(usize, Vec<usize>)>,
}

/// Where the plan is, in its present state.
pub(super) fn address(plan: &ShowPlan) -> String {
    address_within(plan, &format!("/shows/{}", plan.show.show_id))
}

/// The same below another page's path, which another key opens.
pub(super) fn address_within(plan: &ShowPlan, path: &str) -> String {
    format!("{path}/plan?at={}", plan.updated_at.as_millisecond())
}

/// The answer with a plan.
pub(super) fn answer(plan: &ShowPlan) -> Response {
    ([(CACHE_CONTROL, CACHING)], Json(PlanBody::of(plan))).into_response()
}

pub(super) async fn plan(
    State(app): State<AppState>,
    shopper: Shopper,
    PathOf(id): PathOf<ShowId>,
) -> Result<Response, Problem> {
    let plan = found(app.store.plans.get(id).await)?;
    shopper.admission_to(&plan.show.sold_by())?;
    Ok(answer(&plan))
}

impl PlanBody {
    fn of(plan: &ShowPlan) -> Self {
        let (categories, features) = (categories(plan), features(plan));
        let words: Vec<&str> = features.iter().copied().collect();
        let rows = plan.seats.chunk_by(|one, next| one.row == next.row);
        let currency = plan.show.prices.currency();
        Self {
            rows: rows.map(|seats| RowBody::of(seats, &categories, &words)).collect(),
            currency: currency.to_string(),
            exponent: currency.exponent(),
            features: words
                .into_iter()
                .map(|word| FeatureBody { word: word.to_owned(), name: readable(word) })
                .collect(),
            categories: categories.into_iter().map(CategoryBody::from).collect(),
        }
    }
}

impl From<CategoryView> for CategoryBody {
    fn from(view: CategoryView) -> Self {
        let amount_minor = view.price.amount_minor;
        Self { name: view.name, price: view.price.to_string(), amount_minor, style: view.style }
    }
}

impl RowBody {
    /// Seats of one row.
    fn of(seats: &[Seat], categories: &[CategoryView], features: &[&str]) -> Self {
        let category = |seat: &Seat| {
            let place = categories.iter().position(|category| category.word == seat.seat.category);
            place.and_then(|place| i32::try_from(place).ok()).unwrap_or(-1)
        };
        let special = |(place, seat): (usize, &Seat)| {
            let words = seat.seat.features.iter();
            let places = words.filter_map(|word| features.iter().position(|feature| feature == word));
            (place, places.collect::<Vec<usize>>())
        };
        Self {
            row: seats.first().map(|seat| seat.row.clone()).unwrap_or_default(),
            y: seats.first().map_or(0.0, |seat| seat.y),
            numbers: seats.iter().map(|seat| seat.seat.number).collect(),
            x: seats.iter().map(|seat| seat.seat.x).collect(),
            categories: seats.iter().map(category).collect(),
            features: seats.iter().enumerate().map(special).filter(|(_, words)| !words.is_empty()).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::hall::tests::sample_plan;
    use super::*;

    #[test]
    fn a_plan_has_a_column_for_each_thing_that_is_known_of_a_seat() {
        let plan = serde_json::to_value(PlanBody::of(&sample_plan())).unwrap();
        assert_eq!(plan["categories"][1]["price"], "18.00 EUR");
        assert_eq!(plan["features"], json!([{ "word": "wheelchair", "name": "Wheelchair" }]));
        let first = json!({
            "row": "A", "y": 0.0, "numbers": [1, 2, 3], "x": [0.0, 1.0, 3.0], "categories": [1, 1, 1],
            "features": [[2, [0]]],
        });
        assert_eq!(plan["rows"][0], first);
        assert_eq!(plan["rows"][1]["categories"], json!([0, 0]));
    }

    #[test]
    fn a_seat_without_a_price_keeps_its_place_in_the_order() {
        let mut plan = sample_plan();
        plan.seats[0].seat.category = "unknown".to_owned();
        let plan = serde_json::to_value(PlanBody::of(&plan)).unwrap();
        assert_eq!(plan["rows"][0]["categories"], json!([-1, 1, 1]));
    }
}
