//! Pictures of tickets' codes, and the public keys that verify them.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};
use shared::http::PathOf;
use shared::keys::JwkSet;
use shared::problem::{Problem, codes as common};

use super::caller::Caller;
use crate::app::AppState;
use crate::domain::ids::TicketId;
use crate::domain::ticket::QrClaims;
use crate::store::tickets;

/// The picture's width, pixels; it scales.
const PICTURE_PX: u32 = 256;

/// The QR code of a ticket as a picture: `/v1/tickets/{ticket_id}.svg`.
#[utoipa::path(
    get, path = "/v1/tickets/{picture}", tag = "bookings",
    params(("picture" = String, Path, description = "The ticket's id and `.svg`")),
    responses(
        (status = 200, description = "The code", content_type = "image/svg+xml", body = String),
        (status = 401, description = "`admission_required`, `admission_invalid`, `admission_expired`"),
        (status = 403, description = "`not_yours`"),
        (status = 404, description = "`not_found`"),
        (status = 503, description = "`dependency_unavailable`"),
    )
)]
pub(super) async fn picture(
    State(state): State<AppState>,
    caller: Caller,
    PathOf(name): PathOf<String>,
) -> Result<Response, Problem> {
    let not_found = || Problem::from(&common::NOT_FOUND);
    let id: TicketId = name.strip_suffix(".svg").and_then(|id| id.parse().ok()).ok_or_else(not_found)?;
    let ticket = tickets::find(&state.store.pool, id).await?.ok_or_else(not_found)?;
    caller.must_own(ticket.reservation, &ticket.buyer)?;
    let code = state.tickets.sign(&QrClaims { ticket: id, show: ticket.show, seat: ticket.seat });
    Ok(([(CONTENT_TYPE, "image/svg+xml"), (CACHE_CONTROL, "private, no-store")], draw(&code)).into_response())
}

fn draw(code: &str) -> String {
    let code =
        QrCode::with_error_correction_level(code, EcLevel::M).expect("a ticket's code fits into a QR code");
    code.render::<svg::Color<'_>>().min_dimensions(PICTURE_PX, PICTURE_PX).build()
}

/// The public keys of this service: those of tickets' codes (RFC 7517).
#[utoipa::path(
    get, path = "/.well-known/jwks.json", tag = "bookings",
    responses((status = 200, description = "The keys", body = JwkSet))
)]
pub(super) async fn jwks(State(state): State<AppState>) -> Response {
    let keys = JwkSet { keys: vec![state.tickets.public().jwk()] };
    ([(CACHE_CONTROL, "public, max-age=300")], Json(keys)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_code_can_be_drawn() {
        assert!(draw(&"x".repeat(199)).starts_with("<?xml"));
    }
}
