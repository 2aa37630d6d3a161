//! One ticket at the entrance: its code as large and bright as the phone can show it.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use shared::http::PathOf;
use shared::pages::page;
use shared::problem::{Problem, codes};

use super::Asset;
use crate::app::AppState;
use crate::domain::booking::TicketStatus;
use crate::domain::ids::{BookingId, TicketId};
use crate::http::caller::Caller;
use crate::http::error::{found, not_found};
use crate::http::tickets::sheets;
use crate::printing::{Sheet, code_svg};
use crate::store::bookings;

/// The service worker, beside the pages that it works for: it may not work for pages above its own path.
const WORKER: &str = "offline.js";

/// A ticket.
#[derive(Template)]
#[template(path = "ticket.html")]
struct TicketPage {
    booking: BookingId,
    sheet: Sheet,
    status: TicketStatus,
    /// The code as a picture.
    picture: String,
    before: Option<TicketId>,
    after: Option<TicketId>,
}

impl TicketPage {
    fn if_valid(&self) -> &'static str {
        if self.status == TicketStatus::Valid { "valid" } else { "over" }
    }
}

pub(super) async fn show(
    State(app): State<AppState>,
    caller: Caller,
    PathOf((booking, ticket)): PathOf<(BookingId, TicketId)>,
) -> Result<Response, Problem> {
    let booking = found(bookings::find(&app.store.pool, booking).await)?;
    caller.must_own(booking.reservation, &booking.buyer)?;
    let index = not_found(booking.tickets.iter().position(|own| own.id == ticket))?;
    let own = &booking.tickets[index..=index];
    let sheet = sheets(&app, booking.show, &booking.reference.0, own).await?.remove(0);
    let neighbour = |index: Option<usize>| Some(booking.tickets.get(index?)?.id);
    let ticket = TicketPage {
        booking: booking.id,
        picture: code_svg(&sheet.code),
        sheet,
        status: own[0].status,
        before: neighbour(index.checked_sub(1)),
        after: neighbour(index.checked_add(1)),
    };
    Ok(page(StatusCode::OK, &ticket))
}

/// The service worker that shows tickets without a network.
pub(super) async fn worker() -> Result<Response, Problem> {
    let file = Asset::get(WORKER).ok_or_else(|| Problem::from(&codes::NOT_FOUND))?;
    let headers = [(CONTENT_TYPE, "text/javascript; charset=utf-8"), (CACHE_CONTROL, "no-cache")];
    Ok((headers, file.data).into_response())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::super::view::samples;
    use super::*;

    fn sample(status: TicketStatus) -> String {
        let sheet = crate::printing::sheet::samples::sheet();
        let id = |id| TicketId(Uuid::from_u128(id));
        let ticket = TicketPage {
            booking: BookingId(Uuid::from_u128(7)),
            picture: code_svg(&sheet.code),
            sheet,
            status,
            before: None,
            after: Some(id(2)),
        };
        let html = ticket.render().unwrap();
        samples::check(&html);
        html
    }

    #[test]
    fn a_valid_ticket_shows_its_code_and_where_to_sit() {
        let html = sample(TicketStatus::Valid);
        for text in ["<svg", "data-ticket=\"valid\"", ">AA<", ">123<", "21:00 CET", "Next ticket"] {
            assert!(html.contains(text), "{text} is missing in {html}");
        }
        assert!(!html.contains("Previous ticket"));
    }

    #[test]
    fn a_ticket_that_lets_nobody_in_shows_no_code() {
        for (status, words) in
            [(TicketStatus::Used, "has been used"), (TicketStatus::Cancelled, "was cancelled")]
        {
            let html = sample(status);
            assert!(html.contains(words) && !html.contains("<svg"), "{html}");
            assert!(html.contains("data-ticket=\"over\""), "{html}");
        }
    }
}
