//! Other seats for a booking: as many, at the same price, whoever's turn it is.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use shared::http::{Address, Body, PathOf, QueryOf};
use shared::problem::Problem;

use super::super::cancel::{own, to_booking};
use super::super::checkout::EXCHANGED;
use super::super::show::{Access, Answer, Notice, Wished, chosen, is, refusal};
use super::{Exchange, categories_for};
use crate::app::AppState;
use crate::domain::booking::BookingStatus;
use crate::domain::ids::BookingId;
use crate::http::bookings::exchange::exchange_booking;
use crate::http::caller::{Caller, Shopper};
use crate::http::codes;
use crate::http::error::found;
use crate::http::reservations::{ReserveBody, SeatAsk};
use crate::http::seats::best::{BestBody, BestQuery, propose};
use crate::store::bookings;

pub(in super::super) async fn show(
    State(app): State<AppState>,
    caller: Caller,
    shopper: Result<Shopper, Problem>,
    PathOf(id): PathOf<BookingId>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let booking = own(&app, &caller, id).await?;
    if booking.status != BookingStatus::Confirmed {
        return Ok(to_booking(id));
    }
    let plan = found(app.store.plans.get(booking.show).await)?;
    let (access, notice) = match app.till.exchanger.allowed(&booking, &plan.show) {
        Ok(()) => (Access::Open, None),
        Err(refused) => told(&refused.into())?,
    };
    let exchange = Exchange::of_booking(booking, &plan);
    let wished = Wished::read(query.as_deref().unwrap_or_default());
    let (status, chosen) = (StatusCode::OK, &exchange.labels());
    let answer = Answer { status, access, notice, chosen, wished, exchange: Some(exchange) };
    answer.render(&app, &plan, shopper.as_ref().ok()).await
}

pub(in super::super) async fn change(
    State(app): State<AppState>,
    caller: Caller,
    shopper: Result<Shopper, Problem>,
    Address(address): Address,
    PathOf(id): PathOf<BookingId>,
    form: Bytes,
) -> Result<Response, Problem> {
    let booking = own(&app, &caller, id).await?;
    let plan = found(app.store.plans.get(booking.show).await)?;
    let chosen = chosen(&form);
    if booking.status != BookingStatus::Confirmed || chosen == Exchange::of_booking(booking, &plan).labels() {
        return Ok(to_booking(id));
    }
    let body = Body(ReserveBody { seats: chosen.iter().cloned().map(SeatAsk::Label).collect() });
    let asked = exchange_booking(State(app.clone()), caller, Address(address), PathOf(id), body).await;
    let Err(problem) = asked else {
        return Ok(Redirect::to(&format!("/b/{id}?{EXCHANGED}")).into_response());
    };
    // It may be another one by now.
    let booking = found(bookings::find(&app.store.pool, id).await)?;
    if booking.status != BookingStatus::Confirmed {
        return Ok(to_booking(id));
    }
    let exchange = Exchange::of_booking(booking, &plan);
    let (status, wished, (access, notice)) = (problem.status(), Wished::default(), told(&problem)?);
    let answer = Answer { status, access, notice, chosen: &chosen, wished, exchange: Some(exchange) };
    answer.render(&app, &plan, shopper.as_ref().ok()).await
}

/// The best seats for what was paid, where the booking's own can be had too.
pub(in super::super) async fn best(
    State(app): State<AppState>,
    caller: Caller,
    PathOf(id): PathOf<BookingId>,
    QueryOf(query): QueryOf<BestQuery>,
) -> Result<Json<BestBody>, Problem> {
    let booking = own(&app, &caller, id).await?;
    let plan = found(app.store.plans.get(booking.show).await)?;
    let mut map = app.store.seat_map(booking.show).await?;
    let exchange = Exchange::of_booking(booking, &plan);
    exchange.free(&plan, &mut map);
    let fits = |best: &BestBody| {
        let seats: Vec<String> = best.seats.iter().map(|seat| seat.seat.clone()).collect();
        exchange.may_have(&plan, &seats)
    };
    let mut best = categories_for(&plan, query.category.as_deref()).into_iter().filter_map(|category| {
        let query = BestQuery { count: exchange.max_seats, category, ..query };
        propose(&plan, &map, &query).ok().filter(fits)
    });
    best.next().map(Json).ok_or_else(|| Problem::from(&codes::NOT_ENOUGH_SEATS))
}

/// How the page tells that the booking keeps its seats.
fn told(problem: &Problem) -> Result<(Access, Option<Notice>), Problem> {
    if is(problem, &codes::TOO_LATE) {
        return Ok((Access::Over, Some(Notice::TooLate)));
    }
    if is(problem, &codes::ALREADY_USED) {
        return Ok((Access::Over, Some(Notice::Used)));
    }
    if is(problem, &codes::INVALID_STATE) {
        return Ok((Access::Open, Some(Notice::Meanwhile)));
    }
    refusal(problem, Access::Open)
}

#[cfg(test)]
mod tests {
    use super::super::super::hall::tests::sample_plan;
    use super::*;

    #[test]
    fn what_ends_an_exchange_leaves_no_choice_and_what_does_not_leaves_it() {
        let told = |code| told(&Problem::from(code)).unwrap();
        assert_eq!(told(&codes::TOO_LATE), (Access::Over, Some(Notice::TooLate)));
        assert_eq!(told(&codes::ALREADY_USED), (Access::Over, Some(Notice::Used)));
        assert_eq!(told(&codes::INVALID_STATE), (Access::Open, Some(Notice::Meanwhile)));
        assert_eq!(told(&codes::SHOW_NOT_ON_SALE), (Access::NotOnSale, None));
    }

    #[test]
    fn best_seats_of_any_category_are_looked_for_before_those_of_each() {
        let plan = sample_plan();
        let all = [None, Some("standard".to_owned()), Some("premium".to_owned())];
        assert_eq!(categories_for(&plan, None), all);
        assert_eq!(categories_for(&plan, Some("premium")), all[2..]);
    }
}
