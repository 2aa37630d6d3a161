//! Reserving seats, reading a reservation, giving it back.

pub mod exchange;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared::http::{Address, Body, PathOf, to_completion};
use shared::money::Money;
use shared::problem::Problem;
use utoipa::ToSchema;

use super::caller::{Caller, Shopper};
use super::codes::{INVALID_STATE, PAYMENT_IN_PROGRESS};
use super::error::found;
use super::list::created;
use crate::app::AppState;
use crate::domain::ids::{BookingId, ReservationId, ShowId};
use crate::domain::manage::ManageKey;
use crate::domain::release::{Release, release};
use crate::domain::reservation::{Reservation, ReservationStatus};
use crate::domain::reserve::{AskedSeat, reserve};

/// Which seats to reserve.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReserveBody {
    /// Labels, or labels with fares: `["A1", {"seat": "A2", "fare": "child"}]`.
    pub seats: Vec<SeatAsk>,
}

/// A seat by its label, or with a fare.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum SeatAsk {
    /// At the standard fare.
    Label(String),
    /// At a named fare.
    WithFare(FareAsk),
}

/// A seat with its fare.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FareAsk {
    /// The seat's label.
    pub seat: String,
    /// The fare; `standard` where it is left out.
    #[serde(default)]
    pub fare: Option<String>,
}

impl From<SeatAsk> for AskedSeat {
    fn from(ask: SeatAsk) -> Self {
        match ask {
            SeatAsk::Label(label) => Self { label, fare: None },
            SeatAsk::WithFare(ask) => Self { label: ask.seat, fare: ask.fare },
        }
    }
}

/// A reservation.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReservationBody {
    /// Its id.
    pub reservation_id: ReservationId,
    /// The show.
    pub show_id: ShowId,
    /// The seats at their prices.
    pub seats: Vec<ReservedSeatBody>,
    /// What they cost together.
    pub total: Money,
    /// Where it is.
    pub status: ReservationStatus,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends unless it is paid for. Cannot be extended.
    pub expires_at: Timestamp,
    /// Its booking, when there is one.
    pub booking_id: Option<BookingId>,
    /// Suffices to read, release and pay for this reservation, and for its booking.
    pub manage_token: String,
}

/// A seat of a reservation.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReservedSeatBody {
    /// The seat's label.
    pub seat: String,
    /// The price category.
    pub category: String,
    /// The fare.
    pub fare: String,
    /// The price.
    pub price: Money,
}

impl ReservationBody {
    /// A reservation as its owner sees it. One that is overdue reads as expired before the sweeper has come by.
    pub fn of(reservation: Reservation, manage: &ManageKey, now: Timestamp) -> Self {
        let overdue = reservation.status == ReservationStatus::Pending && reservation.expires_at <= now;
        let seats = reservation.seats.into_iter().map(|seat| ReservedSeatBody {
            seat: seat.label,
            category: seat.category,
            fare: seat.fare,
            price: seat.price,
        });
        Self {
            reservation_id: reservation.id,
            show_id: reservation.show,
            seats: seats.collect(),
            total: reservation.total,
            status: if overdue { ReservationStatus::Expired } else { reservation.status },
            created_at: reservation.created_at,
            expires_at: reservation.expires_at,
            booking_id: reservation.booking,
            manage_token: manage.token(reservation.id),
        }
    }
}

/// Reserves seats: all or none, for a time that cannot be extended. Asking again for the same seats gives the same
/// reservation.
#[utoipa::path(post, path = "/v1/shows/{id}/reserve", tag = "shop", params(("id" = ShowId, Path, description = "The show")),
    request_body = ReserveBody,
    responses((status = 201, description = "Reserved", body = ReservationBody),
              (status = 200, description = "Reserved before", body = ReservationBody),
              (status = 400, description = "`unknown_seats`"),
              (status = 401, description = "`admission_required`, `admission_invalid`, `admission_expired`"),
              (status = 403, description = "`wrong_drop`, `admission_ended`, `admission_spent`"),
              (status = 404, description = "No such show"),
              (status = 409, description = "`seats_unavailable` names them; `show_not_on_sale`"),
              (status = 422, description = "`too_many_seats`, `duplicate_seats`, `unknown_fare`, `stranded_seat`"),
              (status = 429, description = "`reservation_limit` says which; `cooling_down`; `rate_limited`"),
              (status = 503, description = "`dependency_unavailable`: nothing was decided by guessing")))]
pub async fn reserve_seats(
    State(app): State<AppState>,
    shopper: Shopper,
    Address(address): Address,
    PathOf(id): PathOf<ShowId>,
    Body(body): Body<ReserveBody>,
) -> Result<Response, Problem> {
    let plan = found(app.store.plans.get(id).await)?;
    let admission = shopper.admission_to(&plan.show.sold_by())?.clone();
    let bound = app.limits.reserve(&admission.identity, address)?;
    let asked: Vec<AskedSeat> = body.seats.into_iter().map(AskedSeat::from).collect();
    let store = app.store.clone();
    let load = app.load.clone();
    // Boxed: what a reservation may have to do is far larger than what it mostly does.
    let reserving =
        async move { load.reserve(Box::pin(reserve(&store, &admission, bound, &plan, &asked))).await };
    let reserved = to_completion(reserving).await?;
    let body = ReservationBody::of(reserved.reservation, &app.manage, app.clock.now());
    if reserved.is_new {
        Ok(created(&format!("/v1/reservations/{}", body.reservation_id), body))
    } else {
        Ok(Json(body).into_response())
    }
}

/// A reservation.
#[utoipa::path(get, path = "/v1/reservations/{id}", tag = "shop",
    params(("id" = ReservationId, Path, description = "The reservation")),
    responses((status = 200, description = "The reservation", body = ReservationBody),
              (status = 403, description = "`not_yours`"), (status = 404, description = "No such reservation")))]
pub async fn reservation(
    State(app): State<AppState>,
    caller: Caller,
    PathOf(id): PathOf<ReservationId>,
) -> Result<Json<ReservationBody>, Problem> {
    let reservation = found(app.store.reservation(id).await)?;
    caller.must_own(id, &reservation.buyer)?;
    Ok(Json(ReservationBody::of(reservation, &app.manage, app.clock.now())))
}

/// Gives a reservation back; its seats are on sale again at once. Doing it again changes nothing.
#[utoipa::path(delete, path = "/v1/reservations/{id}", tag = "shop",
    params(("id" = ReservationId, Path, description = "The reservation")),
    responses((status = 204, description = "Released, or ended before"), (status = 403, description = "`not_yours`"),
              (status = 404, description = "No such reservation"),
              (status = 409, description = "`payment_in_progress`; `invalid_state`: it is a booking now")))]
pub async fn release_reservation(
    State(app): State<AppState>,
    caller: Caller,
    PathOf(id): PathOf<ReservationId>,
) -> Result<StatusCode, Problem> {
    let reservation = found(app.store.reservation(id).await)?;
    caller.must_own(id, &reservation.buyer)?;
    let store = app.store.clone();
    match to_completion(async move { release(&store, &reservation).await }).await? {
        Release::Ended => Ok(StatusCode::NO_CONTENT),
        Release::Paying => Err(Problem::from(&PAYMENT_IN_PROGRESS)),
        Release::Confirmed => Err(Problem::from(&INVALID_STATE)),
    }
}
