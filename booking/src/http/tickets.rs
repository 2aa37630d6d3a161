//! Tickets as pictures and on paper, and the public keys that verify their codes.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use serde::Deserialize;
use shared::http::{PathOf, QueryOf};
use shared::keys::JwkSet;
use shared::problem::{Problem, codes as common};

use super::caller::Caller;
use super::codes;
use super::error::found;
use crate::app::AppState;
use crate::domain::booking::{Ticket, TicketStatus};
use crate::domain::ids::{ShowId, TicketId};
use crate::domain::ticket::QrClaims;
use crate::printing::sheet::OneTicket;
use crate::printing::{Sheet, code_svg, pdf, svg};
use crate::store::{catalogue, tickets};

/// How much of a ticket is drawn.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct DrawQuery {
    /// `code`: the QR code alone, of a picture.
    #[param(inline)]
    only: Option<Part>,
}

#[derive(Clone, Copy, Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum Part {
    Code,
}

/// A ticket as a picture (`.svg`) in its real size, 105 by 148 mm, or on paper (`.pdf`). A ticket that was given back is
/// not drawn.
#[utoipa::path(
    get, path = "/v1/tickets/{document}", tag = "bookings",
    params(("document" = String, Path, description = "The ticket's id and `.svg` or `.pdf`"), DrawQuery),
    responses(
        (status = 200, description = "The ticket", content((String = "image/svg+xml"), (Vec<u8> = "application/pdf"))),
        (status = 401, description = "`admission_required`, `admission_invalid`, `admission_expired`"),
        (status = 403, description = "`not_yours`"),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`ticket_cancelled`"),
        (status = 503, description = "`dependency_unavailable`"),
    )
)]
pub(super) async fn document(
    State(app): State<AppState>,
    caller: Caller,
    PathOf(name): PathOf<String>,
    QueryOf(query): QueryOf<DrawQuery>,
) -> Result<Response, Problem> {
    let not_found = || Problem::from(&common::NOT_FOUND);
    let (id, form) = name.rsplit_once('.').ok_or_else(not_found)?;
    let id: TicketId = id.parse().map_err(|_| not_found())?;
    let owned = found(tickets::find(&app.store.pool, id).await)?;
    caller.must_own(owned.reservation, &owned.buyer)?;
    if owned.ticket.status == TicketStatus::Cancelled {
        return Err(Problem::from(&codes::TICKET_CANCELLED));
    }
    if let ("svg", Some(Part::Code)) = (form, query.only) {
        return Ok(picture(code_svg(&code(&app, &owned.ticket))));
    }
    let sheets = sheets(&app, owned.ticket.show, &owned.reference, &[owned.ticket]).await?;
    match form {
        "svg" => Ok(picture(svg(&sheets[0]))),
        "pdf" => paper(sheets).await,
        _ => Err(not_found()),
    }
}

fn picture(svg: String) -> Response {
    ([(CONTENT_TYPE, "image/svg+xml"), (CACHE_CONTROL, "private, no-store")], svg).into_response()
}

/// Sheets as a PDF.
pub(super) async fn paper(sheets: Vec<Sheet>) -> Result<Response, Problem> {
    let reference = sheets.first().map(|sheet| sheet.reference.clone()).unwrap_or_default();
    let printed = tokio::task::spawn_blocking(move || pdf(&sheets)).await.map_err(|error| error.to_string());
    match printed.and_then(|printed| printed.map_err(|error| error.to_string())) {
        Ok(document) => {
            let headers = [
                (CONTENT_TYPE, "application/pdf".to_owned()),
                (CACHE_CONTROL, "private, no-store".to_owned()),
                (CONTENT_DISPOSITION, format!("inline; filename=\"tickets-{reference}.pdf\"")),
            ];
            Ok((headers, document).into_response())
        }
        Err(error) => {
            tracing::error!(error, "a ticket could not be printed");
            Err(Problem::from(&common::INTERNAL))
        }
    }
}

/// What is printed of tickets to a show.
pub(super) async fn sheets(
    app: &AppState,
    show: ShowId,
    reference: &str,
    tickets: &[Ticket],
) -> Result<Vec<Sheet>, Problem> {
    let plan = found(app.store.plans.get(show).await)?;
    let theatre = found(catalogue::theatre(&app.pool, plan.show.theatre.theatre_id).await)?.details;
    let sheet = |ticket: &Ticket| {
        let Ticket { seat, category, fare, price, .. } = ticket;
        let one = OneTicket { seat, category, fare, price: *price, code: code(app, ticket) };
        Sheet::of(&plan, &theatre, reference, one)
    };
    Ok(tickets.iter().map(sheet).collect())
}

/// What the QR code of a ticket says.
pub(super) fn code(app: &AppState, ticket: &Ticket) -> String {
    app.tickets.sign(&QrClaims { ticket: ticket.id, show: ticket.show, seat: ticket.seat.clone() })
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
