//! The checkout: a basket, its time, and paying for it. The form carries the attempt's Idempotency-Key, made with the
//! page, so that a reload or a second press repeats nothing.

pub(super) mod bank;
mod paid;

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use http::header::{CONTENT_SECURITY_POLICY, SET_COOKIE};
use http::{HeaderMap, HeaderValue, StatusCode};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;
use shared::http::{Body, PathOf, to_completion};
use shared::pages::{FormOf, page, policy_with};
use shared::problem::Problem;
use uuid::Uuid;

use self::paid::{Paid, PaymentProblem};
use super::manage_cookie;
use super::show::view;
use super::view::BasketView;
use crate::app::AppState;
use crate::domain::booking::{Contact, InvalidContact};
use crate::domain::ids::{BookingId, ReservationId};
use crate::domain::release::{Release, release as release_seats};
use crate::domain::reservation::{Reservation, ReservationStatus};
use crate::http::bookings;
use crate::http::caller::Caller;
use crate::http::error::found;

/// The query of the checkout of a basket that has just been given other seats.
pub(super) const EXCHANGED: &str = "exchanged";

/// How soon a page asks again for a payment's answer, seconds.
const WAIT_S: u64 = 2;

/// A basket that can be paid for.
#[derive(Template)]
#[template(path = "checkout.html")]
struct CheckoutPage {
    basket: BasketView,
    form: PayForm,
    problem: Option<PaymentProblem>,
    /// It has just been given other seats.
    is_exchanged: bool,
    now: Timestamp,
    till: TillView,
}

impl CheckoutPage {
    async fn of(
        app: &AppState,
        reservation: &Reservation,
        form: PayForm,
        problem: Option<PaymentProblem>,
    ) -> Result<Self, Problem> {
        let basket = shown(app, reservation).await?;
        let gateway = app.gateways.current();
        let till = match gateway.name() {
            "stripe" => TillView::Stripe { publishable_key: gateway.publishable_key().to_owned() },
            _ => TillView::Sandbox,
        };
        Ok(Self { basket, form, problem, is_exchanged: false, now: app.clock.now(), till })
    }

    fn answer(&self, status: StatusCode) -> Response {
        let mut answer = page(status, self);
        if self.is_stripe() {
            answer.headers_mut().insert(CONTENT_SECURITY_POLICY, policy_with(&STRIPE_SOURCES));
        }
        answer
    }

    fn is_stripe(&self) -> bool {
        matches!(self.till, TillView::Stripe { .. })
    }
}

/// Who takes the money, and what its form needs.
#[derive(Clone, Debug)]
enum TillView {
    /// Its form takes test cards.
    Sandbox,
    /// Stripe's own form, in a frame.
    Stripe { publishable_key: String },
}

/// What Stripe's form needs to load, to ask, and to show a bank's question.
const STRIPE_SOURCES: [(&str, &str); 4] = [
    ("script-src", "https://js.stripe.com"),
    ("connect-src", "https://api.stripe.com"),
    ("img-src", "https://*.stripe.com"),
    ("frame-src", "https://js.stripe.com https://hooks.stripe.com"),
];

/// A payment whose answer is not known yet.
#[derive(Template)]
#[template(path = "paying.html")]
struct PayingPage {
    basket: BasketView,
    /// What to ask again with; without it the basket is looked at.
    form: Option<PayForm>,
    wait_s: u64,
}

/// A basket that cannot be paid for any more.
#[derive(Template)]
#[template(path = "basket_over.html")]
struct BasketOverPage {
    basket: BasketView,
    ending: Ending,
}

/// Why a basket ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Expired,
    Released,
    SeatsLost,
    PaymentFailed,
    AdmissionSpent,
    Cancelled,
}

/// What the form of the checkout carries.
#[derive(Clone, Deserialize)]
pub(super) struct PayForm {
    /// The Idempotency-Key.
    attempt: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    payment_token: String,
}

impl PayForm {
    /// A form for a new attempt.
    fn new() -> Self {
        let (name, email, payment_token) = Default::default();
        Self { attempt: Uuid::new_v4().to_string(), name, email, payment_token }
    }

    /// The same person for a new attempt with another card.
    fn with_another_card(self) -> Self {
        Self { payment_token: String::new(), ..self.again() }
    }

    /// The same answers for a new attempt.
    fn again(self) -> Self {
        Self { attempt: Uuid::new_v4().to_string(), ..self }
    }
}

pub(super) async fn show(
    State(app): State<AppState>,
    caller: Caller,
    PathOf(id): PathOf<ReservationId>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let reservation = own(&app, &caller, id).await?;
    if let Some(over) = over_if_ended(&app, &reservation).await? {
        return Ok(over);
    }
    let mut checkout = CheckoutPage::of(&app, &reservation, PayForm::new(), None).await?;
    checkout.is_exchanged = query.as_deref() == Some(EXCHANGED);
    Ok(checkout.answer(StatusCode::OK))
}

/// What a basket that cannot be paid for at the moment has become; `None` where it can.
async fn over_if_ended(app: &AppState, reservation: &Reservation) -> Result<Option<Response>, Problem> {
    let overdue =
        reservation.status == ReservationStatus::Pending && reservation.expires_at <= app.clock.now();
    let ending = match (reservation.status, reservation.booking) {
        (_, Some(booking)) => return Ok(Some(to_tickets(app, reservation.id, booking, ""))),
        (ReservationStatus::Pending, _) if !overdue => return Ok(None),
        (ReservationStatus::Paying | ReservationStatus::Confirmed, _) => {
            return paying(app, reservation, None).await.map(Some);
        }
        (ReservationStatus::Pending | ReservationStatus::Expired, _) => Ending::Expired,
        (ReservationStatus::Released, _) => Ending::Released,
        (ReservationStatus::Cancelled, _) => Ending::Cancelled,
    };
    over(app, reservation, StatusCode::GONE, ending).await.map(Some)
}

pub(super) async fn pay(
    State(app): State<AppState>,
    caller: Caller,
    PathOf(id): PathOf<ReservationId>,
    FormOf(form): FormOf<PayForm>,
) -> Result<Response, Problem> {
    let reservation = own(&app, &caller, id).await?;
    pay_with(&app, caller, &reservation, form).await
}

/// Makes an attempt, and shows what came of it.
async fn pay_with(
    app: &AppState,
    caller: Caller,
    reservation: &Reservation,
    form: PayForm,
) -> Result<Response, Problem> {
    match confirm(app, caller, reservation.id, &form).await? {
        (_, Paid::Booked(booking)) => Ok(to_tickets(app, reservation.id, booking, "?booked")),
        (_, Paid::Processing) => paying(app, reservation, Some(form)).await,
        (_, Paid::Elsewhere) => paying(app, reservation, None).await,
        (status, Paid::Over(ending)) => over(app, reservation, status, ending).await,
        // Nothing is decided: the same attempt may be made again.
        (status, Paid::Refused(PaymentProblem::Away)) => {
            checkout(app, reservation, status, form, Some(PaymentProblem::Away)).await
        }
        (_, Paid::Refused(PaymentProblem::ActionRequired { client_secret }))
            if app.gateways.current().bank().is_some() =>
        {
            bank::ask(app, reservation, form.again(), client_secret, false).await
        }
        (status, Paid::Refused(problem)) => {
            let form = if problem.is_the_cards() { form.with_another_card() } else { form.again() };
            checkout(app, reservation, status, form, Some(problem)).await
        }
    }
}

/// Asks the API's own handler, where whom the tickets are for can be read: keys, replays and answers are the same as for any client.
async fn confirm(
    app: &AppState,
    caller: Caller,
    id: ReservationId,
    form: &PayForm,
) -> Result<(StatusCode, Paid), Problem> {
    if let Err(invalid) = Contact::parse(&form.email, &form.name) {
        let refused = Paid::Refused(PaymentProblem::Contact(invalid));
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, refused));
    }
    let mut headers = HeaderMap::new();
    if let Ok(key) = HeaderValue::try_from(&form.attempt) {
        headers.insert("Idempotency-Key", key);
    }
    let token = Some(&form.payment_token).filter(|token| !token.is_empty());
    let body = json!({
        "reservation_id": id,
        "payment_token": token,
        "contact": { "email": form.email, "name": form.name },
    });
    let body = serde_json::from_value(body).expect("the body has the fields of a confirm");
    match bookings::confirm(State(app.clone()), caller, headers, Body(body)).await {
        Ok(answer) => Paid::read(answer).await,
        Err(problem) => Paid::of(problem.status(), &problem.document()).ok_or(problem),
    }
}

pub(super) async fn release(
    State(app): State<AppState>,
    caller: Caller,
    PathOf(id): PathOf<ReservationId>,
) -> Result<Redirect, Problem> {
    let reservation = own(&app, &caller, id).await?;
    let (store, show) = (app.store.clone(), reservation.show);
    match to_completion(async move { release_seats(&store, &reservation).await }).await? {
        Release::Ended => Ok(Redirect::to(&format!("/shows/{show}"))),
        // The basket's page says what it is now.
        Release::Paying | Release::Confirmed => Ok(to_basket(id)),
    }
}

pub(super) async fn back(PathOf(id): PathOf<ReservationId>) -> Redirect {
    to_basket(id)
}

pub(super) fn to_basket(id: ReservationId) -> Redirect {
    Redirect::to(&format!("/checkout/{id}"))
}

/// `more` is `?booked` for somebody who has just paid.
fn to_tickets(app: &AppState, reservation: ReservationId, booking: BookingId, more: &str) -> Response {
    let cookie = [(SET_COOKIE, manage_cookie(app, reservation))];
    (cookie, Redirect::to(&format!("/b/{booking}{more}"))).into_response()
}

/// A reservation, for its owner.
pub(super) async fn own(app: &AppState, caller: &Caller, id: ReservationId) -> Result<Reservation, Problem> {
    let reservation = found(app.store.reservation(id).await)?;
    caller.must_own(id, &reservation.buyer)?;
    Ok(reservation)
}

/// A basket as pages show it.
async fn shown(app: &AppState, reservation: &Reservation) -> Result<BasketView, Problem> {
    let plan = found(app.store.plans.get(reservation.show).await)?;
    Ok(BasketView::of(reservation, view(app, &plan).await, &plan.show.theatre.time_zone))
}

async fn checkout(
    app: &AppState,
    reservation: &Reservation,
    status: StatusCode,
    form: PayForm,
    problem: Option<PaymentProblem>,
) -> Result<Response, Problem> {
    Ok(CheckoutPage::of(app, reservation, form, problem).await?.answer(status))
}

async fn paying(
    app: &AppState,
    reservation: &Reservation,
    form: Option<PayForm>,
) -> Result<Response, Problem> {
    let basket = shown(app, reservation).await?;
    Ok(page(StatusCode::ACCEPTED, &PayingPage { basket, form, wait_s: WAIT_S }))
}

async fn over(
    app: &AppState,
    reservation: &Reservation,
    status: StatusCode,
    ending: Ending,
) -> Result<Response, Problem> {
    let basket = shown(app, reservation).await?;
    Ok(page(status, &BasketOverPage { basket, ending }))
}

#[cfg(test)]
mod tests;
