//! Every route and layer of the shop, on one screen.

mod caller;
mod codes;

use axum::Router;
use shared::http::{Frame, frame};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

pub use caller::{Caller, MANAGE_COOKIE_PREFIX, Shopper};

use crate::app::AppState;

/// The head of the OpenAPI document; the routes add themselves.
#[derive(OpenApi)]
#[openapi(info(
    title = "Stanchion booking",
    description = "The shop: seat maps, reservations, payment and tickets, for people who were let in."
))]
struct Document;

/// All routes with their layers.
pub fn routes(state: AppState) -> Router {
    let (routes, openapi) =
        OpenApiRouter::with_openapi(Document::openapi()).with_state(state).split_for_parts();
    frame(routes, Frame { service: "booking", openapi, codes: codes::ALL })
}
