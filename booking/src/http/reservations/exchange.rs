//! Other seats for a reservation.

use axum::Json;
use axum::extract::State;
use shared::http::{Address, Body, PathOf, to_completion};
use shared::problem::Problem;

use super::{ReservationBody, ReserveBody};
use crate::app::AppState;
use crate::domain::exchange::exchange;
use crate::domain::ids::ReservationId;
use crate::domain::reserve::AskedSeat;
use crate::http::caller::Caller;
use crate::http::error::found;

/// Gives a reservation other seats in one step: all or none. It ends when it would have ended; what it costs is reckoned
/// anew. Seats that it has may be among them.
#[utoipa::path(put, path = "/v1/reservations/{id}/seats", tag = "shop",
    params(("id" = ReservationId, Path, description = "The reservation")), request_body = ReserveBody,
    responses((status = 200, description = "The reservation with its seats", body = ReservationBody),
              (status = 400, description = "`unknown_seats`"), (status = 403, description = "`not_yours`"),
              (status = 404, description = "No such reservation"),
              (status = 409, description = "`seats_unavailable` names them, and the reservation stays as it was; `payment_in_progress`; `show_not_on_sale`; `invalid_state`: it is a booking now, or another exchange came first"),
              (status = 410, description = "`reservation_expired`"),
              (status = 422, description = "`too_many_seats`, `duplicate_seats`, `unknown_fare`, `stranded_seat`"),
              (status = 429, description = "`rate_limited`: seats were asked for too often"),
              (status = 503, description = "`dependency_unavailable`: nothing was decided by guessing")))]
pub async fn exchange_seats(
    State(app): State<AppState>,
    caller: Caller,
    Address(address): Address,
    PathOf(id): PathOf<ReservationId>,
    Body(body): Body<ReserveBody>,
) -> Result<Json<ReservationBody>, Problem> {
    let reservation = found(app.store.reservation(id).await)?;
    caller.must_own(id, &reservation.buyer)?;
    let _it_has_its_hold = app.limits.reserve(&reservation.buyer, address)?;
    let plan = found(app.store.plans.get(reservation.show).await)?;
    let asked: Vec<AskedSeat> = body.seats.into_iter().map(AskedSeat::from).collect();
    let store = app.store.clone();
    // Boxed: what an exchange may have to do is far larger than what it mostly does.
    let exchanging = async move { Box::pin(exchange(&store, &plan, &reservation, &asked)).await };
    let exchanged = to_completion(exchanging).await?;
    Ok(Json(ReservationBody::of(exchanged, &app.manage, app.clock.now())))
}
