//! `PUT /v1/bookings/{id}/seats`: other seats for a booking, at the same price.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::header::CACHE_CONTROL;
use shared::http::{Address, Body, PathOf, to_completion};
use shared::problem::Problem;

use super::{BookingView, own};
use crate::app::AppState;
use crate::domain::ids::BookingId;
use crate::domain::reserve::AskedSeat;
use crate::http::caller::Caller;
use crate::http::error::found;
use crate::http::reservations::ReserveBody;

/// Gives a booking other seats of its show in one step, for its owner: all or none, as many as it has, for the same price.
/// The tickets of seats that it gives back let in no more, and those seats are on sale again at once; seats that it keeps
/// keep their tickets, and the others get new ones. No admission is needed. Asking for the same seats again changes nothing
/// and gives the same answer.
#[utoipa::path(
    put, path = "/v1/bookings/{booking_id}/seats", tag = "bookings",
    params(("booking_id" = BookingId, Path, description = "The booking")),
    request_body = ReserveBody,
    responses(
        (status = 200, description = "The booking with its seats and tickets, now or before", body = BookingView),
        (status = 400, description = "`unknown_seats`; `too_late`: it could not be given back any more either"),
        (status = 401, description = "`admission_required`, `admission_invalid`, `admission_expired`"),
        (status = 403, description = "`not_yours`"),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`price_differs` with `total` and `new_total`; `seats_unavailable` names them, and the booking stays as it was; `already_used`; `show_not_on_sale`; `invalid_state`: it was given back, or another exchange of it came first or is under way"),
        (status = 422, description = "`seat_count_differs`, `fares_differ`, `duplicate_seats`, `unknown_fare`, `stranded_seat`"),
        (status = 429, description = "`rate_limited`: seats were asked for too often"),
        (status = 503, description = "`dependency_unavailable`: ask again for the same seats"),
    )
)]
pub(in crate::http) async fn exchange_booking(
    State(state): State<AppState>,
    caller: Caller,
    Address(address): Address,
    PathOf(id): PathOf<BookingId>,
    Body(body): Body<ReserveBody>,
) -> Result<Response, Problem> {
    let booking = own(&state, &caller, id).await?;
    let _its_seats_are_paid_for = state.limits.reserve(&booking.buyer, address)?;
    let plan = found(state.store.plans.get(booking.show).await)?;
    let asked: Vec<AskedSeat> = body.seats.into_iter().map(AskedSeat::from).collect();
    let exchanger = state.till.exchanger.clone();
    let work = async move { exchanger.exchange(&booking, &plan, &asked).await };
    let booking = to_completion(Box::pin(work)).await?;
    Ok(([(CACHE_CONTROL, "no-store")], Json(state.till.answers.view(&booking))).into_response())
}
