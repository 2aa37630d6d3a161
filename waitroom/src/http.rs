//! Every route of the waiting room, on one screen.

pub mod limits;

mod admissions;
mod caller;
mod codes;
mod cors;
mod draw;
pub(crate) mod drops;
mod error;
mod handovers;
mod keys;
mod operator;
mod pages;
mod places;
mod reminders;
mod shown;
mod streams;
mod support;

use axum::Router;
use shared::http::{Frame, behind, frame};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use caller::{Holder, Visitor};
pub use places::{AdmissionAnswer, LastSeen, PlaceAnswer, claim, join, leave, look};

use self::cors::Cors;
use crate::app::AppState;

/// The head of the OpenAPI document; the routes add themselves.
#[derive(OpenApi)]
#[openapi(info(
    title = "Stanchion waitroom",
    description = "The line: drops, places, admissions. Visitors hold a place token (Bearer, or the cookie `place_<drop>`), \
                   operators an operator token."
))]
struct Document;

/// All routes with their layers.
pub fn routes(app: &AppState) -> Router {
    let visitor = OpenApiRouter::new()
        .routes(routes!(drops::show_drop))
        .routes(routes!(draw::show_draw))
        .routes(routes!(draw::roster::show_roster))
        .routes(routes!(places::join_drop))
        .routes(routes!(places::show_place, places::leave_drop))
        .routes(routes!(streams::follow_place))
        .routes(routes!(places::claim_admission))
        .routes(routes!(support::give_support_code))
        .routes(routes!(reminders::show_reminder, reminders::put_reminder, reminders::delete_reminder))
        .routes(routes!(handovers::show_moves, handovers::move_place))
        .routes(routes!(handovers::redeem_move))
        .routes(routes!(admissions::renew_admission))
        .routes(routes!(admissions::end_admission))
        .layer(Cors::new(app))
        .merge(cors::preflights().into());
    let (routes, openapi) = OpenApiRouter::with_openapi(Document::openapi())
        .merge(visitor)
        .routes(routes!(drops::list_drops))
        .routes(routes!(admissions::redeem_code))
        .routes(routes!(keys::jwks))
        .routes(routes!(operator::list::list_drops, operator::create::create_drop))
        .routes(routes!(operator::show::show_drop, operator::change::change_drop))
        .routes(routes!(operator::steer::open_drop))
        .routes(routes!(operator::steer::pause_drop))
        .routes(routes!(operator::steer::resume_drop))
        .routes(routes!(operator::steer::close_drop))
        .routes(routes!(operator::audit::show_audit))
        .routes(routes!(operator::passes::give_pass, operator::passes::list_passes))
        .routes(routes!(operator::passes::take_pass))
        .routes(routes!(operator::places::look_up_place))
        .routes(routes!(operator::stats::show_stats))
        .routes(routes!(operator::stats::follow_stats))
        .merge(pages::routes(app).into())
        .with_state(app.clone())
        .split_for_parts();
    frame(
        behind(&app.config.trusted_proxies, routes),
        Frame { service: "waitroom", openapi, codes: codes::ALL },
    )
}
