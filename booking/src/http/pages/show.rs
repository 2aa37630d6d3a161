//! The page of a show: for those who were let in with its seats, which they can reserve.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use http::header::SET_COOKIE;
use serde_json::Value;
use shared::admission::{ADMISSION_EXPIRED, ADMISSION_INVALID, ADMISSION_REQUIRED};
use shared::http::{Address, PathOf, to_completion};
use shared::pages::page;
use shared::problem::Problem;

use super::hall::{Cell, Hall};
use super::view::ShowView;
use super::{manage_cookie, queue_url};
use crate::app::AppState;
use crate::domain::catalogue::ShowPlan;
use crate::domain::ids::ShowId;
use crate::domain::reserve::{AskedSeat, Reserved, reserve as reserve_seats};
use crate::http::caller::Shopper;
use crate::http::codes;
use crate::http::error::found;
use crate::http::shows::ShowBody;

/// A show, with its seats for those who may choose.
#[derive(Template)]
#[template(path = "show.html")]
struct ShowPage {
    show: ShowView,
    access: Access,
    hall: Option<Hall>,
    notice: Option<Notice>,
}

/// Whether seats can be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    /// By this visitor, now.
    Open,
    /// By nobody.
    NotOnSale,
    /// After this visitor's turn in the line.
    NeedsTurn,
    /// Not any more in this turn.
    TurnOver,
}

/// Why nothing was reserved.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Notice {
    /// Somebody was faster.
    SeatsTaken { seats: Vec<String> },
    /// One basket at a time.
    HasReservation { url: String },
    /// After a basket that was left to expire.
    Cooling { seconds: u64 },
    /// The form was empty.
    NothingChosen,
    /// Another rule.
    Other { sentence: String },
}

pub(super) async fn show(
    State(app): State<AppState>,
    PathOf(id): PathOf<ShowId>,
    shopper: Result<Shopper, Problem>,
) -> Result<Response, Problem> {
    let plan = found(app.store.plans.get(id).await)?;
    let access = access(&app, &plan, shopper.as_ref())?;
    answer(&app, &plan, StatusCode::OK, access, None, &HashSet::new()).await
}

pub(super) async fn reserve(
    State(app): State<AppState>,
    PathOf(id): PathOf<ShowId>,
    shopper: Result<Shopper, Problem>,
    Address(address): Address,
    form: Bytes,
) -> Result<Response, Problem> {
    let plan = found(app.store.plans.get(id).await)?;
    let access = access(&app, &plan, shopper.as_ref())?;
    let chosen: HashSet<String> = url::form_urlencoded::parse(&form)
        .filter(|(name, _)| name == "seat")
        .map(|(_, label)| label.into_owned())
        .collect();
    let Ok(shopper) = shopper else {
        return answer(&app, &plan, StatusCode::FORBIDDEN, access, None, &chosen).await;
    };
    if chosen.is_empty() {
        let nothing = Some(Notice::NothingChosen);
        return answer(&app, &plan, StatusCode::UNPROCESSABLE_ENTITY, access, nothing, &chosen).await;
    }
    match reserved(&app, &plan, &shopper, address, &chosen).await {
        Ok(Reserved { reservation, .. }) => {
            let basket = Redirect::to(&format!("/checkout/{}", reservation.id));
            Ok(([(SET_COOKIE, manage_cookie(&app, reservation.id))], basket).into_response())
        }
        Err(problem) => {
            let (access, notice) = refusal(&problem, access)?;
            answer(&app, &plan, problem.status(), access, notice, &chosen).await
        }
    }
}

pub(super) async fn back(PathOf(id): PathOf<ShowId>) -> Redirect {
    Redirect::to(&format!("/shows/{id}"))
}

async fn reserved(
    app: &AppState,
    plan: &Arc<ShowPlan>,
    shopper: &Shopper,
    address: Option<IpAddr>,
    chosen: &HashSet<String>,
) -> Result<Reserved, Problem> {
    let admission = shopper.admission_to(&plan.show.sold_by())?.clone();
    let bound = app.limits.reserve(&admission.identity, address)?;
    let asked: Vec<AskedSeat> =
        chosen.iter().map(|label| AskedSeat { label: label.clone(), fare: None }).collect();
    let (store, load, plan) = (app.store.clone(), app.load.clone(), plan.clone());
    let reserved = to_completion(async move {
        load.reserve(Box::pin(reserve_seats(&store, &admission, bound, &plan, &asked))).await
    });
    Ok(reserved.await?)
}

/// What the visitor may do here. An admission that is not good is no error on a page: it shows the way to the line.
fn access(app: &AppState, plan: &ShowPlan, shopper: Result<&Shopper, &Problem>) -> Result<Access, Problem> {
    if !plan.show.is_on_sale(app.clock.now()) {
        return Ok(Access::NotOnSale);
    }
    match shopper {
        Ok(shopper) if shopper.admission_to(&plan.show.sold_by()).is_ok() => Ok(Access::Open),
        Ok(_) => Ok(Access::NeedsTurn),
        Err(problem) if is(problem, &ADMISSION_EXPIRED) => Ok(Access::TurnOver),
        Err(problem) if is(problem, &ADMISSION_REQUIRED) || is(problem, &ADMISSION_INVALID) => {
            Ok(Access::NeedsTurn)
        }
        Err(problem) => Err(problem.clone()),
    }
}

/// How the page tells a refusal; one that says nothing about seats is an error like any other.
fn refusal(problem: &Problem, access: Access) -> Result<(Access, Option<Notice>), Problem> {
    let document = problem.document();
    if is(problem, &codes::ADMISSION_ENDED) || is(problem, &codes::ADMISSION_SPENT) {
        return Ok((Access::TurnOver, None));
    }
    if is(problem, &codes::WRONG_DROP) {
        return Ok((Access::NeedsTurn, None));
    }
    if is(problem, &codes::SHOW_NOT_ON_SALE) {
        return Ok((Access::NotOnSale, None));
    }
    let notice = if is(problem, &codes::SEATS_UNAVAILABLE) {
        Notice::SeatsTaken { seats: texts(&document["unavailable_seats"]) }
    } else if let (true, Some(id)) =
        (is(problem, &codes::RESERVATION_LIMIT), document["reservation_id"].as_str())
    {
        Notice::HasReservation { url: format!("/checkout/{id}") }
    } else if is(problem, &codes::COOLING_DOWN) {
        Notice::Cooling { seconds: document["retry_after_s"].as_u64().unwrap_or(1) }
    } else if problem.status().is_client_error() && !is(problem, &shared::problem::codes::RATE_LIMITED) {
        Notice::Other { sentence: problem.sentence().to_owned() }
    } else {
        return Err(problem.clone());
    };
    Ok((access, Some(notice)))
}

fn is(problem: &Problem, code: &shared::problem::Code) -> bool {
    problem.code().code == code.code
}

fn texts(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

async fn answer(
    app: &AppState,
    plan: &ShowPlan,
    status: StatusCode,
    access: Access,
    notice: Option<Notice>,
    chosen: &HashSet<String>,
) -> Result<Response, Problem> {
    let hall = match access {
        Access::Open => Some(Hall::of(plan, &app.store.seat_map(plan.show.show_id).await?, chosen)),
        _ => None,
    };
    let show = view(app, plan).await;
    Ok(page(status, &ShowPage { show, access, hall, notice }))
}

/// A show as pages show it.
pub(super) async fn view(app: &AppState, plan: &ShowPlan) -> ShowView {
    let body = ShowBody::read(&app.store, plan.show.clone()).await;
    let queue_url = queue_url(app, &body.show.sold_by(), &format!("/shows/{}", body.show.show_id));
    ShowView::of(&body.show, body.available_seats, app.clock.now(), queue_url)
}

#[cfg(test)]
mod tests {
    use super::super::hall::tests::sample as sample_hall;
    use super::super::view::samples;
    use super::*;

    fn sample(access: Access, notice: Option<Notice>) -> String {
        let hall = (access == Access::Open).then(sample_hall);
        let html = ShowPage { show: samples::show(), access, hall, notice }.render().unwrap();
        samples::check(&html);
        html
    }

    #[test]
    fn every_seat_is_named_for_those_who_do_not_see_it() {
        let html = sample(Access::Open, None);
        for name in [
            "aria-label=\"Row A, seat 1, Premium, 18.00 EUR, available\" checked>",
            "aria-label=\"Row A, seat 2, Premium, 18.00 EUR, taken\" disabled>",
            "aria-label=\"Row A, seat 3, Premium, Wheelchair, 18.00 EUR, taken\" disabled>",
            "aria-label=\"Row B, seat 1, Standard, 12.50 EUR, available\">",
        ] {
            assert!(html.contains(name), "{name} is missing in {html}");
        }
    }

    #[test]
    fn who_may_not_choose_sees_no_seats_and_the_way_on() {
        for access in [Access::NeedsTurn, Access::TurnOver, Access::NotOnSale] {
            let html = sample(access, None);
            assert!(!html.contains("<form"), "{access:?}");
            let has_way = html.contains("href=\"http://line.test/q/midnight-premiere\"");
            assert_eq!(has_way, access != Access::NotOnSale, "{access:?}");
        }
    }

    #[test]
    fn every_refusal_is_explained() {
        let with = |notice| sample(Access::Open, Some(notice));
        let one = with(Notice::SeatsTaken { seats: vec!["A1".to_owned()] });
        assert!(one.contains("Seat A1 has just been taken"), "{one}");
        let two = with(Notice::SeatsTaken { seats: vec!["A1".to_owned(), "A2".to_owned()] });
        assert!(two.contains("Seats A1, A2 have just been taken"), "{two}");
        assert!(
            with(Notice::HasReservation { url: "/checkout/9".to_owned() }).contains("href=\"/checkout/9\"")
        );
        assert!(with(Notice::Cooling { seconds: 1 }).contains("in 1 second."));
        assert!(with(Notice::NothingChosen).contains("Choose at least one seat"));
        assert!(with(Notice::Other { sentence: "at most 10".to_owned() }).contains("at most 10"));
    }

    #[test]
    fn refusals_find_their_words() {
        let told = |problem: Problem| refusal(&problem, Access::Open);
        let taken = Problem::from(&codes::SEATS_UNAVAILABLE).with("unavailable_seats", vec!["A1"]);
        let expected = (Access::Open, Some(Notice::SeatsTaken { seats: vec!["A1".to_owned()] }));
        assert_eq!(told(taken).unwrap(), expected);
        assert_eq!(told(Problem::from(&codes::ADMISSION_ENDED)).unwrap(), (Access::TurnOver, None));
        assert!(told(Problem::from(&shared::problem::codes::DEPENDENCY_UNAVAILABLE)).is_err());
        assert!(told(Problem::from(&shared::problem::codes::RATE_LIMITED)).is_err());
    }
}
