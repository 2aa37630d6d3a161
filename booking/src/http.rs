//! Every route and layer of the shop, on one screen.

mod bookings;
mod caller;
mod catalogue;
mod check_ins;
mod codes;
mod enter;
mod error;
mod gate_packs;
pub mod limits;
mod list;
mod operator;
mod pages;
mod payments;
mod renew;
mod reservations;
mod seats;
mod shows;
mod tickets;

use axum::{Router, middleware};
use shared::admission::AdmissionLayer;
use shared::http::{Frame, behind, frame};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use bookings::BookingAnswers;
pub use caller::{Caller, MANAGE_COOKIE_PREFIX, Shopper};
pub use seats::SeatStatus;
pub use seats::live::{LiveChanges, LiveVersion};
pub use seats::statuses::Statuses;

use crate::app::AppState;

/// The head of the OpenAPI document; the routes add themselves.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Stanchion booking",
        description = "The shop: seat maps, reservations, payment and tickets, for people who were let in."
    ),
    paths(bookings::documents::calendar, bookings::documents::printed)
)]
struct Document;

/// All routes with their layers.
pub fn routes(state: AppState) -> Router {
    let renewal = middleware::from_fn_with_state(state.clone(), renew::renew_admissions);
    let proxies = state.config.trusted_proxies.clone();
    let (routes, openapi) = OpenApiRouter::with_openapi(Document::openapi())
        .merge(open())
        .merge(shopping().layer(AdmissionLayer::new(state.verifier.clone())))
        .merge(paying())
        .merge(operator::routes())
        .merge(gates())
        .merge(pages::routes().into())
        .layer(renewal)
        .with_state(state)
        .split_for_parts();
    frame(behind(&proxies, routes), Frame { service: "booking", openapi, codes: codes::ALL })
}

/// What is shown, to everybody.
fn open() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().merge(catalogue::routes()).merge(shows::routes()).merge(enter::routes())
}

/// Tickets at the door, for those who stand there.
fn gates() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(check_ins::check_in))
        .routes(routes!(check_ins::batch::check_in_batch))
        .routes(routes!(gate_packs::gate_pack))
}

/// Seats, for people who were let in.
fn shopping() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(seats::seats))
        .routes(routes!(seats::best::best))
        .routes(routes!(seats::live::live))
        .routes(routes!(seats::live::events))
        .routes(routes!(reservations::reserve_seats))
}

/// A basket, paying for it, and what was paid for: for its owner, let in or with the token of its private link.
fn paying() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(reservations::reservation, reservations::release_reservation))
        .routes(routes!(reservations::exchange::exchange_seats))
        .routes(routes!(bookings::confirm))
        .routes(routes!(bookings::read))
        .routes(routes!(bookings::cancel::cancel))
        .routes(routes!(bookings::exchange::exchange_booking))
        .routes(routes!(payments::config))
        .routes(routes!(payments::challenge))
        .routes(routes!(payments::webhook))
        .routes(routes!(tickets::document))
        .routes(routes!(tickets::jwks))
}
