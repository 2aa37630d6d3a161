//! The page of a show: for those who were let in with its seats, which they can reserve.

mod offer;

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use http::header::SET_COOKIE;
use serde_json::Value;
use shared::admission::{ADMISSION_EXPIRED, ADMISSION_INVALID, ADMISSION_REQUIRED};
use shared::drop::Touched;
use shared::http::{Address, PathOf, to_completion};
use shared::pages::page;
use shared::problem::Problem;

use self::offer::{Offer, Wished};
use super::hall::{Cell, Hall};
use super::view::ShowView;
use super::{manage_cookie, plan, queue_url};
use crate::app::AppState;
use crate::domain::catalogue::ShowPlan;
use crate::domain::ids::ShowId;
use crate::domain::reserve::{AskedSeat, MAX_SEATS, Reserved, reserve as reserve_seats};
use crate::http::caller::Shopper;
use crate::http::codes;
use crate::http::error::found;
use crate::http::shows::ShowBody;

/// The slot only has to live at this moment, seconds.
const TOUCH_S: u32 = 1;

/// A show, with its seats for those who may choose.
#[derive(Template)]
#[template(path = "show.html")]
struct ShowPage {
    show: ShowView,
    access: Access,
    choice: Option<Choice>,
    notice: Option<Notice>,
}

/// What can be chosen, and how it was chosen so far.
struct Choice {
    hall: Hall,
    /// Where the hall's plan is.
    plan_url: String,
    /// More seats than this are not reserved together.
    max_seats: usize,
    wished: Wished,
    offer: Option<Offer>,
    /// Labels of the seats that were chosen and can be had.
    chosen: Vec<String>,
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

/// Why nothing was reserved, or not found.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Notice {
    /// Somebody was faster.
    SeatsTaken { seats: Vec<String> },
    /// Seats that nobody would buy would be left.
    Stranded { seats: Vec<String> },
    /// One basket at a time.
    HasReservation { url: String },
    /// After a basket that was left to expire.
    Cooling { seconds: u64 },
    /// The form was empty.
    NothingChosen,
    /// There are not so many seats of that kind.
    NothingFound,
    /// Another rule.
    Other { sentence: String },
}

/// What a page answers.
struct Answer<'a> {
    status: StatusCode,
    access: Access,
    notice: Option<Notice>,
    chosen: &'a HashSet<String>,
    wished: Wished,
}

pub(super) async fn show(
    State(app): State<AppState>,
    PathOf(id): PathOf<ShowId>,
    shopper: Result<Shopper, Problem>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let plan = found(app.store.plans.get(id).await)?;
    let access = access(&app, &plan, shopper.as_ref())?;
    let wished = Wished::read(query.as_deref().unwrap_or_default());
    let answer = Answer { status: StatusCode::OK, access, notice: None, chosen: &HashSet::new(), wished };
    answer.render(&app, &plan, shopper.as_ref().ok()).await
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
    let (wished, chosen) = (Wished::default(), &chosen);
    let Ok(shopper) = shopper else {
        let answer = Answer { status: StatusCode::FORBIDDEN, access, notice: None, chosen, wished };
        return answer.render(&app, &plan, None).await;
    };
    if chosen.is_empty() {
        let (status, notice) = (StatusCode::UNPROCESSABLE_ENTITY, Some(Notice::NothingChosen));
        return Answer { status, access, notice, chosen, wished }.render(&app, &plan, Some(&shopper)).await;
    }
    match reserved(&app, &plan, &shopper, address, chosen).await {
        Ok(Reserved { reservation, .. }) => {
            let basket = Redirect::to(&format!("/checkout/{}", reservation.id));
            Ok(([(SET_COOKIE, manage_cookie(&app, reservation.id))], basket).into_response())
        }
        Err(problem) => {
            let (access, notice) = refusal(&problem, access)?;
            let answer = Answer { status: problem.status(), access, notice, chosen, wished };
            answer.render(&app, &plan, Some(&shopper)).await
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
    } else if is(problem, &codes::STRANDED_SEAT) {
        Notice::Stranded { seats: texts(&document["stranded_seats"]) }
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

impl Answer<'_> {
    async fn render(
        self,
        app: &AppState,
        plan: &ShowPlan,
        shopper: Option<&Shopper>,
    ) -> Result<Response, Problem> {
        let Self { status, mut access, mut notice, chosen, wished } = self;
        let mut choice = None;
        if let (Access::Open, Some(shopper)) = (access, shopper) {
            match max_seats(app, plan, shopper).await? {
                Some(max_seats) => {
                    choice = Some(Choice::of(app, plan, max_seats, chosen, wished, &mut notice).await?);
                }
                None => access = Access::TurnOver,
            }
        }
        let show = view(app, plan).await;
        Ok(page(status, &ShowPage { show, access, choice, notice }))
    }
}

impl Choice {
    /// The seats at this moment, with an offer where one was wished for or something could not be had.
    async fn of(
        app: &AppState,
        plan: &ShowPlan,
        max_seats: usize,
        chosen: &HashSet<String>,
        mut wished: Wished,
        notice: &mut Option<Notice>,
    ) -> Result<Self, Problem> {
        let map = app.store.seat_map(plan.show.show_id).await?;
        wished.bound(max_seats);
        let offer = match notice {
            Some(Notice::SeatsTaken { .. } | Notice::Stranded { .. }) => Offer::instead(plan, &map, chosen),
            None if wished.is_asked => {
                let best = Offer::best(plan, &map, &wished);
                *notice = best.is_none().then_some(Notice::NothingFound);
                best
            }
            _ => None,
        };
        let hall = Hall::of(plan, &map, chosen);
        let chosen = offer::free_of(plan, &map, chosen);
        Ok(Self { hall, plan_url: plan::address(plan), max_seats, wished, offer, chosen })
    }
}

/// How many seats this visitor may reserve; `None` where the turn has ended.
async fn max_seats(app: &AppState, plan: &ShowPlan, shopper: &Shopper) -> Result<Option<usize>, Problem> {
    let admission = shopper.admission_to(&plan.show.sold_by())?;
    match app.store.touch_slot(&admission.drop, admission.sid, TOUCH_S).await? {
        Touched::Live { settings, .. } => Ok(Some((settings.max_seats as usize).min(MAX_SEATS))),
        Touched::Ended => Ok(None),
    }
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
    use super::offer::tests::sample as sample_offer;
    use super::*;

    fn choice() -> Choice {
        Choice {
            hall: sample_hall(),
            plan_url: "/shows/7/plan?at=1".to_owned(),
            max_seats: 4,
            wished: Wished::default(),
            offer: None,
            chosen: vec!["A1".to_owned()],
        }
    }

    fn render(access: Access, choice: Option<Choice>, notice: Option<Notice>) -> String {
        let html = ShowPage { show: samples::show(), access, choice, notice }.render().unwrap();
        samples::check(&html);
        html
    }

    fn sample(access: Access, notice: Option<Notice>) -> String {
        render(access, (access == Access::Open).then(choice), notice)
    }

    #[test]
    fn every_seat_is_named_for_those_who_do_not_see_it() {
        let html = sample(Access::Open, None);
        for name in [
            "aria-label=\"Row A, seat 1, Premium, 18.00 EUR, available\" checked>",
            "aria-label=\"Row A, seat 2, Premium, 18.00 EUR, in a basket\" disabled>",
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
            assert!(!html.contains("<form") && !html.contains("seats.js"), "{access:?}");
            let has_way = html.contains("href=\"http://line.test/q/midnight-premiere\"");
            assert_eq!(has_way, access != Access::NotOnSale, "{access:?}");
        }
    }

    #[test]
    fn the_best_seats_come_first_and_the_limit_is_said() {
        let html = sample(Access::Open, None);
        let (best, map) = (html.find("Find the best seats").unwrap(), html.find("data-map>").unwrap());
        assert!(best < map && html.contains("Up to 4 seats"), "{html}");
        assert_eq!(html.matches("<option value=\"\u{31}\"").count(), 1, "{html}");
        assert!(html.contains("Standard, 12.50 EUR") && html.contains("name=\"accessible\""), "{html}");
    }

    #[test]
    fn the_list_is_a_view_of_its_own() {
        let list = Choice { wished: Wished::read("view=list"), ..choice() };
        let html = render(Access::Open, Some(list), None);
        assert!(html.contains("data-view=\"list\"") && html.contains("name=\"seat\""), "{html}");
    }

    #[test]
    fn what_is_offered_can_be_reserved_at_once() {
        let with = |notice, offer| render(Access::Open, Some(Choice { offer, ..choice() }), notice);
        let html = with(None, Some(sample_offer(true)));
        assert!(html.contains("Best seats: A1, A2"), "{html}");
        assert_eq!(html.matches("type=\"hidden\" name=\"seat\"").count(), 2, "{html}");
        assert!(html.contains("Reserve A1, A2") && html.contains("25.00 EUR"), "{html}");
        let taken = Notice::SeatsTaken { seats: vec!["A3".to_owned()] };
        let html = with(Some(taken), Some(sample_offer(false)));
        assert!(
            html.contains("Take A1, A2 instead") && html.contains("Seat A3 has just been taken"),
            "{html}"
        );
    }

    #[test]
    fn a_large_hall_has_no_checkboxes_and_still_sells_without_script() {
        let mut large = choice();
        large.hall.rows.clear();
        let html = render(Access::Open, Some(large), None);
        assert!(!html.contains("type=\"checkbox\" name=\"seat\""), "{html}");
        assert!(html.contains("Find the best seats") && html.contains("data-rows"), "{html}");
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
        let stranded = with(Notice::Stranded { seats: vec!["A1".to_owned()] });
        assert!(stranded.contains("A1 would be left alone"), "{stranded}");
        assert!(with(Notice::NothingFound).contains("There are not so many seats"));
        assert!(with(Notice::NothingChosen).contains("Choose at least one seat"));
        assert!(with(Notice::Other { sentence: "at most 10".to_owned() }).contains("at most 10"));
    }

    #[test]
    fn refusals_find_their_words() {
        let told = |problem: Problem| refusal(&problem, Access::Open);
        let taken = Problem::from(&codes::SEATS_UNAVAILABLE).with("unavailable_seats", vec!["A1"]);
        let expected = (Access::Open, Some(Notice::SeatsTaken { seats: vec!["A1".to_owned()] }));
        assert_eq!(told(taken).unwrap(), expected);
        let stranded = Problem::from(&codes::STRANDED_SEAT).with("stranded_seats", vec!["A1"]);
        let expected = (Access::Open, Some(Notice::Stranded { seats: vec!["A1".to_owned()] }));
        assert_eq!(told(stranded).unwrap(), expected);
        assert_eq!(told(Problem::from(&codes::ADMISSION_ENDED)).unwrap(), (Access::TurnOver, None));
        assert!(told(Problem::from(&shared::problem::codes::DEPENDENCY_UNAVAILABLE)).is_err());
        assert!(told(Problem::from(&shared::problem::codes::RATE_LIMITED)).is_err());
    }
}
