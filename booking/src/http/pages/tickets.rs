//! The private link of a booking: its tickets with their codes.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use http::header::SET_COOKIE;
use serde::Deserialize;
use shared::http::PathOf;
use shared::money::Money;
use shared::pages::{FormOf, page};
use shared::problem::Problem;

use super::checkout::EXCHANGED;
use super::manage_cookie;
use super::show::view;
use super::view::{ShowView, readable};
use crate::app::AppState;
use crate::domain::booking::{Booking, BookingStatus, Contact, Ticket, TicketStatus};
use crate::domain::ids::{BookingId, TicketId};
use crate::domain::refund::RefundStatus;
use crate::http::caller::Caller;
use crate::http::error::found;
use crate::store::bookings::{self, GivenBack};

/// A booking with its tickets.
#[derive(Template)]
#[template(path = "booking.html")]
struct BookingPage {
    booking: BookingView,
    private_link: String,
    /// It has just been paid for.
    is_new: bool,
    /// It has just been given other seats.
    is_exchanged: bool,
    /// It may have other seats.
    may_be_exchanged: bool,
}

/// Asks for the part of the link that browsers keep to themselves.
#[derive(Template)]
#[template(path = "private_link.html")]
struct PrivateLinkPage {
    booking_id: BookingId,
    refused: bool,
}

struct BookingView {
    id: BookingId,
    reference: String,
    status: BookingStatus,
    show: ShowView,
    total: Money,
    tickets: Vec<TicketView>,
    contact: Option<Contact>,
    given_back: Option<GivenBackView>,
}

/// What the buyer of a cancelled booking gets.
struct GivenBackView {
    amount: Money,
    percent: u8,
    /// The gateway refused for good.
    is_stuck: bool,
}

impl From<GivenBack> for GivenBackView {
    fn from(GivenBack { amount, percent, status }: GivenBack) -> Self {
        Self { amount, percent, is_stuck: status == RefundStatus::Failed }
    }
}

impl BookingView {
    fn is_confirmed(&self) -> bool {
        self.status == BookingStatus::Confirmed
    }

    /// Whether there is a ticket to print.
    fn has_paper(&self) -> bool {
        self.tickets.iter().any(|ticket| ticket.status != TicketStatus::Cancelled)
    }
}

struct TicketView {
    id: TicketId,
    seat: String,
    category: String,
    price: Money,
    status: TicketStatus,
}

impl From<&Ticket> for TicketView {
    fn from(ticket: &Ticket) -> Self {
        Self {
            id: ticket.id,
            seat: ticket.seat.clone(),
            category: readable(&ticket.category),
            price: ticket.price,
            status: ticket.status,
        }
    }
}

/// What a private link carries after `#`.
#[derive(Deserialize)]
pub(super) struct OpenForm {
    manage_token: String,
}

pub(super) async fn show(
    State(app): State<AppState>,
    PathOf(id): PathOf<BookingId>,
    RawQuery(query): RawQuery,
    caller: Result<Caller, Problem>,
) -> Result<Response, Problem> {
    let asks_for_link = || page(StatusCode::OK, &PrivateLinkPage { booking_id: id, refused: false });
    let caller = match caller {
        Ok(caller) => caller,
        Err(problem) if problem.status().is_server_error() => return Err(problem),
        Err(_) => return Ok(asks_for_link()),
    };
    // Whether there is such a booking is told to its owner alone.
    match bookings::find(&app.store.pool, id).await? {
        Some(booking) if caller.owns(booking.reservation, &booking.buyer) => {
            tickets(&app, &booking, query.as_deref().unwrap_or_default()).await
        }
        _ => Ok(asks_for_link()),
    }
}

pub(super) async fn open(
    State(app): State<AppState>,
    PathOf(id): PathOf<BookingId>,
    FormOf(form): FormOf<OpenForm>,
) -> Result<Response, Problem> {
    let opened = app.manage.verify(form.manage_token.trim());
    let booking = bookings::find(&app.store.pool, id).await?;
    match (opened, booking) {
        (Some(reservation), Some(booking)) if booking.reservation == reservation => {
            let tickets = Redirect::to(&format!("/b/{id}"));
            Ok(([(SET_COOKIE, manage_cookie(&app, reservation))], tickets).into_response())
        }
        _ => Ok(page(StatusCode::FORBIDDEN, &PrivateLinkPage { booking_id: id, refused: true })),
    }
}

pub(super) async fn back(PathOf(id): PathOf<BookingId>) -> Redirect {
    Redirect::to(&format!("/b/{id}"))
}

async fn tickets(app: &AppState, booking: &Booking, news: &str) -> Result<Response, Problem> {
    let (is_new, is_exchanged) = (news == "booked", news == EXCHANGED);
    let plan = found(app.store.plans.get(booking.show).await)?;
    let token = app.manage.token(booking.reservation);
    let private_link = format!("{}/b/{}#{token}", app.public_url, booking.id);
    let contact = if is_new { bookings::contact(&app.store.pool, booking.id).await? } else { None };
    let given_back = match booking.status {
        BookingStatus::Confirmed => None,
        _ => bookings::given_back(&app.store.pool, booking.id).await?.map(GivenBackView::from),
    };
    let may_be_exchanged = app.till.exchanger.allowed(booking, &plan.show).is_ok();
    let booking = BookingView {
        id: booking.id,
        reference: booking.reference.0.clone(),
        status: booking.status,
        show: view(app, &plan).await,
        total: booking.total,
        tickets: booking.tickets.iter().map(TicketView::from).collect(),
        contact,
        given_back,
    };
    Ok(page(StatusCode::OK, &BookingPage { booking, private_link, is_new, is_exchanged, may_be_exchanged }))
}

#[cfg(test)]
mod tests {
    use shared::money::Currency;
    use uuid::Uuid;

    use super::super::view::samples;
    use super::*;

    fn sample(status: BookingStatus) -> String {
        sample_of(status, None, "")
    }

    fn sample_of(status: BookingStatus, given_back: Option<GivenBackView>, news: &str) -> String {
        let ticket = |id, status| TicketView {
            id: TicketId(Uuid::from_u128(id)),
            seat: format!("A{id}"),
            category: "Standard".to_owned(),
            price: Money::new(1250, Currency::EUR),
            status,
        };
        let booking = BookingView {
            id: BookingId(Uuid::from_u128(7)),
            contact: Some(Contact { email: "ada@example.org".to_owned(), name: "Ada <L>".to_owned() }),
            given_back,
            reference: "7KQ2M9XA".to_owned(),
            status,
            show: samples::show(),
            total: Money::new(3750, Currency::EUR),
            tickets: vec![
                ticket(1, TicketStatus::Valid),
                ticket(2, TicketStatus::Used),
                ticket(3, TicketStatus::Cancelled),
            ],
        };
        let private_link = "http://shop.test/b/7#m1.abc".to_owned();
        let (is_new, is_exchanged) = (news == "booked", news == EXCHANGED);
        let may_be_exchanged = booking.is_confirmed();
        let page = BookingPage { booking, private_link, is_new, is_exchanged, may_be_exchanged };
        let html = page.render().unwrap();
        samples::check(&html);
        html
    }

    #[test]
    fn only_a_valid_ticket_shows_its_code() {
        let html = sample(BookingStatus::Confirmed);
        assert!(html.contains("7KQ2M9XA") && html.contains("37.50 EUR"), "{html}");
        assert!(html.contains("/v1/tickets/00000000-0000-0000-0000-000000000001.svg?only=code"), "{html}");
        assert_eq!(html.matches("<img src=\"/v1/tickets/").count(), 1);
    }

    #[test]
    fn every_status_of_a_booking_has_its_words() {
        assert!(sample(BookingStatus::Cancelled).contains("on its way back"));
        assert!(sample(BookingStatus::Refunded).contains("was given back"));
    }

    #[test]
    fn a_cancelled_booking_says_how_much_goes_back() {
        let back = |is_stuck, minor| {
            Some(GivenBackView { amount: Money::new(minor, Currency::EUR), percent: 50, is_stuck })
        };
        let html = sample_of(BookingStatus::Cancelled, back(false, 1875), "");
        assert!(html.contains("18.75 EUR, 50 % of its price, are on the way"), "{html}");
        assert!(!html.contains("/cancel\"") && html.contains("Take out of the calendar"), "{html}");
        assert!(sample_of(BookingStatus::Cancelled, back(true, 1875), "").contains("get in touch"));
        assert!(sample_of(BookingStatus::Cancelled, back(false, 0), "").contains("Nothing is given back"));
        assert!(sample_of(BookingStatus::Refunded, back(false, 1875), "").contains("were given back"));
    }

    #[test]
    fn who_has_just_paid_reads_what_they_have_and_what_to_keep() {
        let html = sample_of(BookingStatus::Confirmed, None, "booked");
        for text in [
            "You have your seats",
            "Paid: 37.50 EUR",
            "ada@example.org",
            "Keep your private link",
            ".pdf",
            ".ics",
        ] {
            assert!(html.contains(text), "{text} is missing in {html}");
        }
        assert!(html.contains("Ada &#60;L&#62;") && html.contains("/cancel\""), "{html}");
    }

    #[test]
    fn who_may_have_other_seats_finds_the_way_and_who_has_them_reads_which() {
        assert!(sample(BookingStatus::Confirmed).contains("/seats\">Choose other seats"));
        assert!(!sample(BookingStatus::Cancelled).contains("/seats\""));
        let html = sample_of(BookingStatus::Confirmed, None, EXCHANGED);
        assert!(
            html.contains("You have other seats now") && html.contains("Seats A1, A2, A3</h2>"),
            "{html}"
        );
    }

    #[test]
    fn a_link_that_lost_its_end_can_be_completed_by_hand() {
        for refused in [false, true] {
            let html =
                PrivateLinkPage { booking_id: BookingId(Uuid::from_u128(7)), refused }.render().unwrap();
            samples::check(&html);
            assert_eq!(html.contains("role=\"alert\""), refused);
            assert!(html.contains("action=\"/b/00000000-0000-0000-0000-000000000007/open\""), "{html}");
        }
    }
}
