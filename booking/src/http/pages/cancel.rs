//! Giving a booking back: first what its buyer would get, then doing it.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use serde::Deserialize;
use shared::http::{PathOf, to_completion};
use shared::money::Money;
use shared::pages::{FormOf, page};
use shared::problem::Problem;

use super::show::view;
use super::view::ShowView;
use crate::app::AppState;
use crate::domain::booking::{Booking, BookingStatus, TicketStatus};
use crate::domain::catalogue::ShowPlan;
use crate::domain::ids::BookingId;
use crate::domain::refund::CancelError;
use crate::http::caller::Caller;
use crate::http::error::found;
use crate::store::bookings;

/// What is asked before a booking is given back.
#[derive(Template)]
#[template(path = "cancel.html")]
struct CancelPage {
    id: BookingId,
    reference: String,
    seats: Vec<String>,
    paid: Money,
    show: ShowView,
    offer: Offer,
    /// The offer is another one than its buyer agreed to.
    changed: bool,
}

/// What giving it back would come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Offer {
    /// Money.
    Back {
        amount: Money,
        percent: u8,
    },
    TooLate,
    /// A ticket has let somebody in.
    Used,
}

/// What the buyer agreed to.
#[derive(Deserialize)]
pub(super) struct CancelForm {
    percent: u8,
}

pub(super) async fn ask(
    State(app): State<AppState>,
    caller: Caller,
    PathOf(id): PathOf<BookingId>,
) -> Result<Response, Problem> {
    let booking = own(&app, &caller, id).await?;
    if booking.status != BookingStatus::Confirmed {
        return Ok(to_booking(id));
    }
    let plan = found(app.store.plans.get(booking.show).await)?;
    let offer = offer(&app, &booking, &plan).await?;
    question(&app, &booking, &plan, offer, false).await
}

pub(super) async fn cancel(
    State(app): State<AppState>,
    caller: Caller,
    PathOf(id): PathOf<BookingId>,
    FormOf(form): FormOf<CancelForm>,
) -> Result<Response, Problem> {
    let booking = own(&app, &caller, id).await?;
    if booking.status != BookingStatus::Confirmed {
        return Ok(to_booking(id));
    }
    let plan = found(app.store.plans.get(booking.show).await)?;
    let now_offered = offer(&app, &booking, &plan).await?;
    match now_offered {
        Offer::Back { percent, .. } if percent >= form.percent => {}
        other => return question(&app, &booking, &plan, other, true).await,
    }
    let (refunder, reservation, buyer) =
        (app.till.refunder.clone(), booking.reservation, booking.buyer.clone());
    let work = async move { refunder.cancel(id, reservation, &buyer).await };
    match to_completion(Box::pin(work)).await {
        Ok(_) => Ok(to_booking(id)),
        Err(CancelError::TooLate) => question(&app, &booking, &plan, Offer::TooLate, true).await,
        Err(CancelError::AlreadyUsed) => question(&app, &booking, &plan, Offer::Used, true).await,
        Err(error) => Err(error.into()),
    }
}

/// To the booking's page, which says what it is now.
pub(super) fn to_booking(id: BookingId) -> Response {
    Redirect::to(&format!("/b/{id}")).into_response()
}

/// A booking that the caller may change.
pub(super) async fn own(app: &AppState, caller: &Caller, id: BookingId) -> Result<Booking, Problem> {
    let booking = found(bookings::find(&app.store.pool, id).await)?;
    caller.must_own(booking.reservation, &booking.buyer)?;
    Ok(booking)
}

async fn offer(app: &AppState, booking: &Booking, plan: &ShowPlan) -> Result<Offer, Problem> {
    if booking.tickets.iter().any(|ticket| ticket.status == TicketStatus::Used) {
        return Ok(Offer::Used);
    }
    let nothing = Money::new(0, booking.total.currency);
    let paid = bookings::paid(&app.store.pool, booking.reservation).await?.unwrap_or((nothing, nothing));
    let offered = app.till.refunder.offer(paid, &plan.show);
    Ok(offered.map_or(Offer::TooLate, |(amount, percent)| Offer::Back { amount, percent }))
}

async fn question(
    app: &AppState,
    booking: &Booking,
    plan: &std::sync::Arc<ShowPlan>,
    offer: Offer,
    changed: bool,
) -> Result<Response, Problem> {
    let question = CancelPage {
        id: booking.id,
        reference: booking.reference.0.clone(),
        seats: booking.tickets.iter().map(|ticket| ticket.seat.clone()).collect(),
        paid: booking.total,
        show: view(app, plan).await,
        offer,
        changed,
    };
    Ok(page(if changed { StatusCode::CONFLICT } else { StatusCode::OK }, &question))
}

#[cfg(test)]
mod tests {
    use shared::money::Currency;
    use uuid::Uuid;

    use super::super::view::samples;
    use super::*;

    fn sample(offer: Offer, changed: bool) -> String {
        let question = CancelPage {
            id: BookingId(Uuid::from_u128(7)),
            reference: "7KQ2M9XA".to_owned(),
            seats: vec!["A1".to_owned(), "A2".to_owned()],
            paid: Money::new(2500, Currency::EUR),
            show: samples::show(),
            offer,
            changed,
        };
        let html = question.render().unwrap();
        samples::check(&html);
        html
    }

    #[test]
    fn what_is_given_back_is_shown_before_it_is_done() {
        let offer = Offer::Back { amount: Money::new(1250, Currency::EUR), percent: 50 };
        let html = sample(offer, false);
        for text in ["12.50 EUR", "50 % of 25.00 EUR", "name=\"percent\" value=\"50\"", "Keep the tickets"] {
            assert!(html.contains(text), "{text} is missing in {html}");
        }
        assert!(!html.contains("has changed") && sample(offer, true).contains("has changed"));
        let nothing = Offer::Back { amount: Money::new(0, Currency::EUR), percent: 0 };
        assert!(sample(nothing, false).contains("Cancel without money back"));
    }

    #[test]
    fn what_cannot_be_given_back_has_no_button() {
        for offer in [Offer::TooLate, Offer::Used] {
            let html = sample(offer, false);
            assert!(!html.contains("<button"), "{html}");
            assert!(html.contains("href=\"/b/00000000-0000-0000-0000-000000000007\""), "{html}");
        }
    }
}
