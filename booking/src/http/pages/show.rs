//! The page of a show: for those who were let in with its seats, which they can reserve.

mod offer;
mod refusal;
mod ways;

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use http::header::SET_COOKIE;
use shared::admission::{ADMISSION_EXPIRED, ADMISSION_INVALID, ADMISSION_REQUIRED};
use shared::drop::Touched;
use shared::http::{Address, PathOf, to_completion};
use shared::pages::page;
use shared::problem::Problem;

use self::offer::Offer;
pub(super) use self::offer::Wished;
pub(super) use self::refusal::{Notice, is, refusal};
use self::ways::Ways;
use super::exchange::{self, Exchange, Time, categories_for};
use super::hall::{Cell, Hall};
use super::view::ShowView;
use super::{manage_cookie, queue_url};
use crate::app::AppState;
use crate::domain::booking::Booking;
use crate::domain::catalogue::ShowPlan;
use crate::domain::ids::ShowId;
use crate::domain::reserve::{AskedSeat, MAX_SEATS, Reserved, reserve as reserve_seats};
use crate::http::caller::{Caller, Shopper};
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
    exchange: Option<Exchange>,
}

impl ShowPage {
    /// Until when a basket keeps its seats.
    fn time(&self) -> Option<&Time> {
        self.exchange.as_ref().and_then(Exchange::time)
    }

    /// The booking that is to have other seats.
    fn booking(&self) -> Option<&Booking> {
        self.exchange.as_ref().and_then(Exchange::booking)
    }

    /// Whether the standard prices of seats are what they cost here.
    fn has_plain_prices(&self) -> bool {
        self.exchange.as_ref().is_none_or(|exchange| exchange.has_plain_prices)
    }
}

/// What can be chosen, and how it was chosen so far.
struct Choice {
    hall: Hall,
    ways: Ways,
    /// More seats than this are not reserved together.
    max_seats: usize,
    wished: Wished,
    offer: Option<Offer>,
    /// Labels of the seats that were chosen and can be had; those that a basket has already need not be told.
    chosen: Vec<String>,
}

/// Whether seats can be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// By this visitor, now.
    Open,
    /// By nobody.
    NotOnSale,
    /// After this visitor's turn in the line.
    NeedsTurn,
    /// Not any more in this turn.
    TurnOver,
    /// Not any more for this booking; the notice says why.
    Over,
}

/// What a page answers.
pub(super) struct Answer<'a> {
    pub(super) status: StatusCode,
    pub(super) access: Access,
    pub(super) notice: Option<Notice>,
    pub(super) chosen: &'a HashSet<String>,
    pub(super) wished: Wished,
    /// What the seats are for, where they are not for a new basket.
    pub(super) exchange: Option<Exchange>,
}

pub(super) async fn show(
    State(app): State<AppState>,
    PathOf(id): PathOf<ShowId>,
    shopper: Result<Shopper, Problem>,
    caller: Result<Caller, Problem>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let wished = Wished::read(query.as_deref().unwrap_or_default());
    if let Some(basket) = wished.exchange {
        return exchange::show(&app, (id, basket), &caller?, shopper.as_ref().ok(), wished).await;
    }
    let plan = found(app.store.plans.get(id).await)?;
    let access = access(&app, &plan, shopper.as_ref())?;
    let (status, notice, exchange) = (StatusCode::OK, None, None);
    let answer = Answer { status, access, notice, chosen: &HashSet::new(), wished, exchange };
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
    let (wished, chosen, exchange) = (Wished::default(), &chosen(&form), None);
    let Ok(shopper) = shopper else {
        let answer = Answer { status: StatusCode::FORBIDDEN, access, notice: None, chosen, wished, exchange };
        return answer.render(&app, &plan, None).await;
    };
    if chosen.is_empty() {
        let (status, notice) = (StatusCode::UNPROCESSABLE_ENTITY, Some(Notice::NothingChosen));
        let answer = Answer { status, access, notice, chosen, wished, exchange };
        return answer.render(&app, &plan, Some(&shopper)).await;
    }
    match reserved(&app, &plan, &shopper, address, chosen).await {
        Ok(Reserved { reservation, .. }) => {
            let basket = Redirect::to(&format!("/checkout/{}", reservation.id));
            Ok(([(SET_COOKIE, manage_cookie(&app, reservation.id))], basket).into_response())
        }
        Err(problem) => {
            let (access, notice) = refusal(&problem, access)?;
            let answer = Answer { status: problem.status(), access, notice, chosen, wished, exchange };
            answer.render(&app, &plan, Some(&shopper)).await
        }
    }
}

/// The seats that a form names.
pub(super) fn chosen(form: &[u8]) -> HashSet<String> {
    let fields = url::form_urlencoded::parse(form).filter(|(name, _)| name == "seat");
    fields.map(|(_, label)| label.into_owned()).collect()
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

impl Answer<'_> {
    pub(super) async fn render(
        mut self,
        app: &AppState,
        plan: &ShowPlan,
        shopper: Option<&Shopper>,
    ) -> Result<Response, Problem> {
        let mut choice = None;
        if self.access == Access::Open {
            let admitted = |shopper: &&Shopper| shopper.admission_to(&plan.show.sold_by()).is_ok();
            let most = match shopper.filter(admitted) {
                Some(shopper) => max_seats(app, plan, shopper).await?,
                None => None,
            };
            match self.exchange.as_ref().map(|exchange| exchange.max_seats).or(most) {
                Some(max_seats) => {
                    choice = Some(Choice::of(app, plan, max_seats, most.is_some(), &mut self).await?);
                }
                None => self.access = Access::TurnOver,
            }
        }
        let Self { status, access, notice, exchange, .. } = self;
        let show = view(app, plan).await;
        Ok(page(status, &ShowPage { show, access, choice, notice, exchange }))
    }
}

impl Choice {
    /// The seats at this moment, with an offer where one was wished for or something could not be had.
    async fn of(
        app: &AppState,
        plan: &ShowPlan,
        max_seats: usize,
        is_live: bool,
        answer: &mut Answer<'_>,
    ) -> Result<Self, Problem> {
        let mut map = app.store.seat_map(plan.show.show_id).await?;
        let exchange = answer.exchange.as_ref();
        if exchange.is_some_and(|exchange| exchange.booking().is_some()) {
            answer.wished.count = max_seats;
        }
        if let Some(exchange) = exchange {
            exchange.free(plan, &mut map);
        }
        let (mut wished, chosen) = (answer.wished.clone(), answer.chosen);
        wished.bound(max_seats);
        let fits = |offer: &Offer| exchange.is_none_or(|exchange| exchange.may_have(plan, &offer.seats));
        let offer = match answer.notice {
            Some(Notice::SeatsTaken { .. } | Notice::Stranded { .. }) => {
                Offer::instead(plan, &map, chosen).filter(fits)
            }
            None if wished.is_asked => {
                let kinds = categories_for(plan, wished.category.as_deref()).into_iter();
                let mut best = kinds.filter_map(|category| {
                    Offer::best(plan, &map, &Wished { category, ..wished.clone() }).filter(fits)
                });
                let best = best.next();
                answer.notice = best.is_none().then_some(Notice::NothingFound);
                best
            }
            _ => None,
        };
        let hall = Hall::of(plan, &map, chosen);
        let ways = Ways::of(plan, exchange, is_live);
        let told = answer.notice.is_some() || exchange.is_none();
        let chosen = if told { offer::free_of(plan, &map, chosen) } else { vec![] };
        Ok(Self { hall, ways, max_seats, wished, offer, chosen })
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
    use super::super::exchange::tests::{sample as sample_exchange, sample_booked};
    use super::super::hall::tests::{sample as sample_hall, sample_plan};
    use shared::money::{Currency, Money};

    use super::super::view::samples;
    use super::offer::tests::sample as sample_offer;
    use super::*;

    fn choice() -> Choice {
        Choice {
            hall: sample_hall(),
            ways: Ways::of(&sample_plan(), None, true),
            max_seats: 4,
            wished: Wished::default(),
            offer: None,
            chosen: vec!["A1".to_owned()],
        }
    }

    fn render(access: Access, choice: Option<Choice>, notice: Option<Notice>) -> String {
        let page = ShowPage { show: samples::show(), access, choice, notice, exchange: None };
        let html = page.render().unwrap();
        samples::check(&html);
        html
    }

    /// The page for a basket that has A1 and A2 and is to have others.
    fn exchanging(is_live: bool, notice: Option<Notice>) -> String {
        other_seats(sample_exchange(), is_live, notice)
    }

    fn other_seats(exchange: Exchange, is_live: bool, notice: Option<Notice>) -> String {
        let ways = Ways::of(&sample_plan(), Some(&exchange), is_live);
        let offer = Some(sample_offer(notice.is_none()));
        let choice = Some(Choice { ways, offer, max_seats: exchange.max_seats, ..choice() });
        let exchange = Some(exchange);
        let page = ShowPage { show: samples::show(), access: Access::Open, choice, notice, exchange };
        let html = page.render().unwrap();
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
        let second = with(Notice::HasReservation { id: "9".to_owned() });
        assert!(second.contains("href=\"/checkout/9\"") && second.contains("Change it to A1"), "{second}");
        assert!(second.contains("action=\"/checkout/9/seats\""), "{second}");
        assert!(with(Notice::Cooling { seconds: 1 }).contains("in 1 second."));
        let stranded = with(Notice::Stranded { seats: vec!["A1".to_owned()] });
        assert!(stranded.contains("A1 would be left alone"), "{stranded}");
        assert!(with(Notice::NothingFound).contains("There are not so many seats"));
        assert!(with(Notice::NothingChosen).contains("Choose at least one seat"));
        assert!(with(Notice::Other { sentence: "at most 10".to_owned() }).contains("at most 10"));
    }

    #[test]
    fn a_basket_that_is_to_have_other_seats_is_told_of_and_can_stay_as_it_is() {
        let html = exchanging(true, None);
        for text in [
            "Choose other seats",
            "A1, A2 stay yours until",
            "21:10:00",
            "data-own=\"A1 A2\"",
            "data-seats=\"/v1/shows/00000000-0000-0000-0000-000000000007/seats\"",
            "Change to these seats",
            "Change to A1, A2",
        ] {
            assert!(html.contains(text), "{text} is missing in {html}");
        }
        let basket = "/checkout/00000000-0000-0000-0000-000000000009";
        assert_eq!(html.matches(&format!("action=\"{basket}/seats\"")).count(), 2, "{html}");
        assert!(html.contains(&format!("href=\"{basket}\"")), "{html}");
        let here = "?exchange=00000000-0000-0000-0000-000000000009&#38;view=list";
        assert!(html.contains(here) && !html.contains("/reserve\""), "{html}");
        let lost = exchanging(true, Some(Notice::SeatsTaken { seats: vec!["B2".to_owned()] }));
        assert!(lost.contains("You still have A1, A2") && !lost.contains("Nothing was reserved"), "{lost}");
    }

    #[test]
    fn a_booking_that_is_to_have_other_seats_says_what_stays_and_what_does_not() {
        let html = other_seats(sample_booked(), false, None);
        let booking = "/b/00000000-0000-0000-0000-000000000002";
        for text in [
            "A1, A2 stay yours until you change them",
            "Choose 2 seats that cost the same, 20.00 EUR: nothing is charged",
            "their tickets let nobody in any more",
            "Keep my seats",
            "Exactly 2 seats, for 20.00 EUR.",
            "<input type=\"hidden\" name=\"count\" value=\"2\">",
            " data-exact data-chosen",
            "Together, and for the same price.",
            "data-seats=\"/checkout/00000000-0000-0000-0000-000000000003/map\"",
            "data-total hidden",
        ] {
            assert!(html.contains(text), "{text} is missing in {html}");
        }
        assert_eq!(html.matches(&format!("action=\"{booking}/seats\"")).count(), 3, "{html}");
        assert!(html.contains(&format!("href=\"{booking}\" data-keep")), "{html}");
        let no_time = ["countdown", "data-now", "exchange.js", "name=\"exchange\"", "<select name=\"count\""];
        assert!(no_time.iter().all(|word| !html.contains(word)), "{html}");
    }

    #[test]
    fn why_a_booking_keeps_its_seats_is_explained_with_what_to_do() {
        let with = |notice| other_seats(sample_booked(), true, Some(notice));
        let (paid, now) = (Money::new(2500, Currency::EUR), Money::new(3600, Currency::EUR));
        let dearer = with(Notice::PriceDiffers { paid, now });
        for text in [
            "cost 36.00 EUR, yours cost 25.00 EUR",
            "You still have A1, A2.",
            "cancel the booking and book anew",
        ] {
            assert!(dearer.contains(text), "{text} is missing in {dearer}");
        }
        assert!(with(Notice::SeatCount).contains("Choose exactly 2 seats</h2>"));
        assert!(with(Notice::Meanwhile).contains("changed at the same moment"));
        assert!(with(Notice::NothingFound).contains("of that kind for the same price"));
        for (notice, words) in
            [(Notice::TooLate, "too late for other seats"), (Notice::Used, "A ticket has been used")]
        {
            let (choice, exchange) = (None, Some(sample_booked()));
            let page = ShowPage {
                show: samples::show(),
                access: Access::Over,
                choice,
                notice: Some(notice),
                exchange,
            };
            let html = page.render().unwrap();
            samples::check(&html);
            assert!(html.contains(words) && html.contains("You still have A1, A2."), "{html}");
            assert!(html.contains("Back to the tickets") && !html.contains("<form"), "{html}");
        }
    }

    #[test]
    fn after_the_turn_a_baskets_seats_are_asked_for_with_its_own_key() {
        let html = exchanging(false, None);
        let map = "data-seats=\"/checkout/00000000-0000-0000-0000-000000000009/map\"";
        assert!(html.contains(map) && html.contains(" data-only-asked"), "{html}");
        assert!(!exchanging(true, None).contains(" data-only-asked"));
    }
}
