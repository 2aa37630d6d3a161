//! Other seats for a basket, or for a booking (`booked`): the page of the show once more, with its own seats as a choice that
//! can be kept. What is exchanged, and whether, the API's own handlers decide.

pub(super) mod booked;

use std::collections::HashSet;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use shared::http::{Address, Body, PathOf, QueryOf};
use shared::money::Money;
use shared::problem::Problem;

use super::checkout::{EXCHANGED, own, to_basket};
use super::hall::categories;
use super::plan;
use super::show::{Access, Answer, Notice, Wished, chosen, is, refusal};
use super::view::local_time;
use crate::app::AppState;
use crate::domain::booking::Booking;
use crate::domain::catalogue::{STANDARD_FARE, ShowPlan};
use crate::domain::exchange::booked::cost_the_same;
use crate::domain::exchange::most_seats;
use crate::domain::holds::{SeatMap, SeatState};
use crate::domain::ids::{ReservationId, ShowId};
use crate::domain::reservation::{Reservation, ReservationStatus};
use crate::domain::reserve::MAX_SEATS;
use crate::http::caller::{Caller, Shopper};
use crate::http::codes;
use crate::http::error::{found, not_found};
use crate::http::list::tagged;
use crate::http::reservations::exchange::exchange_seats;
use crate::http::reservations::{FareAsk, ReserveBody, SeatAsk};
use crate::http::seats::CACHING;
use crate::http::seats::best::{BestBody, BestQuery, propose};

/// Seats that somebody has and may give for others.
#[derive(Clone, Debug)]
pub(super) struct Exchange {
    pub(super) show: ShowId,
    pub(super) reservation: ReservationId,
    /// Labels of the seats that it has.
    pub(super) own: Vec<String>,
    /// So many seats it may have.
    pub(super) max_seats: usize,
    /// Whether the standard prices of seats are what they cost here.
    pub(super) has_plain_prices: bool,
    pub(super) keeps: Keeps,
}

/// What stays as it is.
#[derive(Clone, Debug)]
pub(super) enum Keeps {
    /// The time of a basket.
    Time(Time),
    /// The number of seats of a booking, and their price.
    Price(Box<Booking>),
}

/// For how long seats are kept.
#[derive(Clone, Debug)]
pub(super) struct Time {
    /// When they are let go of.
    pub(super) expires_at: Timestamp,
    /// `expires_at` on the theatre's clocks.
    pub(super) kept_until: String,
    /// What the time is counted from.
    pub(super) now: Timestamp,
}

impl Exchange {
    /// What can become of a basket; `None` where it cannot be changed any more.
    pub(super) async fn of(
        app: &AppState,
        reservation: &Reservation,
        plan: &ShowPlan,
    ) -> Result<Option<Self>, Problem> {
        let now = app.clock.now();
        if reservation.status != ReservationStatus::Pending || reservation.expires_at <= now {
            return Ok(None);
        }
        let most = most_seats(&app.store, reservation).await?;
        Ok(Some(Self {
            show: reservation.show,
            reservation: reservation.id,
            own: reservation.seats.iter().map(|seat| seat.label.clone()).collect(),
            max_seats: (most as usize).min(MAX_SEATS),
            has_plain_prices: true,
            keeps: Keeps::Time(Time {
                expires_at: reservation.expires_at,
                kept_until: local_time(reservation.expires_at, &plan.show.theatre.time_zone, "%H:%M:%S"),
                now,
            }),
        }))
    }

    /// What can become of a booking.
    pub(super) fn of_booking(booking: Booking, plan: &ShowPlan) -> Self {
        let own: Vec<String> = booking.tickets.iter().map(|ticket| ticket.seat.clone()).collect();
        Self {
            show: booking.show,
            reservation: booking.reservation,
            max_seats: own.len(),
            has_plain_prices: standard_price(plan, &own) == Some(booking.total),
            own,
            keeps: Keeps::Price(Box::new(booking)),
        }
    }

    /// Until when a basket has its seats.
    pub(super) fn time(&self) -> Option<&Time> {
        match &self.keeps {
            Keeps::Time(time) => Some(time),
            Keeps::Price(_) => None,
        }
    }

    /// The booking that keeps its price.
    pub(super) fn booking(&self) -> Option<&Booking> {
        match &self.keeps {
            Keeps::Time(_) => None,
            Keeps::Price(booking) => Some(booking),
        }
    }

    fn labels(&self) -> HashSet<String> {
        self.own.iter().cloned().collect()
    }

    /// The page of what is to have other seats.
    pub(super) fn home(&self) -> String {
        match self.booking() {
            Some(booking) => format!("/b/{}", booking.id),
            None => self.basket(),
        }
    }

    /// The path below which the plan and the seats are told for its key.
    pub(super) fn basket(&self) -> String {
        format!("/checkout/{}", self.reservation)
    }

    /// The page.
    pub(super) fn here(&self) -> String {
        match self.booking() {
            Some(booking) => format!("/b/{}/seats", booking.id),
            None => format!("/shows/{}?exchange={}", self.show, self.reservation),
        }
    }

    /// Whether these seats, as far as their price goes, can be had instead.
    pub(super) fn may_have(&self, plan: &ShowPlan, seats: &[String]) -> bool {
        self.booking().is_none_or(|booking| cost_the_same(booking, plan, seats))
    }

    /// The seats as they are for it: its own can be had.
    pub(super) fn free(&self, plan: &ShowPlan, map: &mut SeatMap) {
        for seat in self.own.iter().filter_map(|label| plan.seat(label)) {
            if let Some(state) = map.states.get_mut(seat.index as usize) {
                *state = SeatState::Free;
            }
        }
    }
}

/// The page of a show for a basket that is to have other seats.
pub(super) async fn show(
    app: &AppState,
    (show, id): (ShowId, ReservationId),
    caller: &Caller,
    shopper: Option<&Shopper>,
    wished: Wished,
) -> Result<Response, Problem> {
    let reservation = own(app, caller, id).await?;
    not_found((reservation.show == show).then_some(()))?;
    let plan = found(app.store.plans.get(show).await)?;
    let Some(exchange) = Exchange::of(app, &reservation, &plan).await? else {
        return Ok(to_basket(id).into_response());
    };
    let (chosen, wished) = (&exchange.labels(), wished.or_so_many(exchange.own.len()));
    let (status, access, notice) = (StatusCode::OK, access_to(app, &plan), None);
    let answer = Answer { status, access, notice, chosen, wished, exchange: Some(exchange) };
    answer.render(app, &plan, shopper).await
}

pub(super) async fn change(
    State(app): State<AppState>,
    caller: Caller,
    shopper: Result<Shopper, Problem>,
    Address(address): Address,
    PathOf(id): PathOf<ReservationId>,
    form: Bytes,
) -> Result<Response, Problem> {
    let reservation = own(&app, &caller, id).await?;
    let plan = found(app.store.plans.get(reservation.show).await)?;
    let Some(exchange) = Exchange::of(&app, &reservation, &plan).await? else {
        return Ok(to_basket(id).into_response());
    };
    let chosen = chosen(&form);
    if chosen == exchange.labels() {
        return Ok(to_basket(id).into_response());
    }
    let (status, access, notice) = if chosen.is_empty() {
        (StatusCode::UNPROCESSABLE_ENTITY, access_to(&app, &plan), Some(Notice::NothingChosen))
    } else {
        let body = Body(asked(&reservation, &chosen));
        match exchange_seats(State(app.clone()), caller, Address(address), PathOf(id), body).await {
            Ok(_) => return Ok(Redirect::to(&format!("/checkout/{id}?{EXCHANGED}")).into_response()),
            // The basket's page says what it is now.
            Err(problem) if has_ended(&problem) => return Ok(to_basket(id).into_response()),
            Err(problem) => {
                let (access, notice) = refusal(&problem, access_to(&app, &plan))?;
                (problem.status(), access, notice)
            }
        }
    };
    let (chosen, wished) = (&chosen, Wished::default().or_so_many(exchange.own.len()));
    let answer = Answer { status, access, notice, chosen, wished, exchange: Some(exchange) };
    answer.render(&app, &plan, shopper.as_ref().ok()).await
}

pub(super) async fn back(
    State(app): State<AppState>,
    caller: Caller,
    PathOf(id): PathOf<ReservationId>,
) -> Result<Redirect, Problem> {
    let reservation = own(&app, &caller, id).await?;
    Ok(Redirect::to(&format!("/shows/{}?exchange={id}", reservation.show)))
}

/// The best seats where the basket's own can be had too; otherwise as the API proposes them.
pub(super) async fn best(
    State(app): State<AppState>,
    caller: Caller,
    PathOf(id): PathOf<ReservationId>,
    QueryOf(query): QueryOf<BestQuery>,
) -> Result<Json<BestBody>, Problem> {
    let reservation = own(&app, &caller, id).await?;
    let plan = found(app.store.plans.get(reservation.show).await)?;
    let mut map = app.store.seat_map(reservation.show).await?;
    if let Some(exchange) = Exchange::of(&app, &reservation, &plan).await? {
        exchange.free(&plan, &mut map);
    }
    propose(&plan, &map, &query).map(Json)
}

/// The plan of the hall, for a basket whose turn may have ended.
pub(super) async fn plan_of(
    State(app): State<AppState>,
    caller: Caller,
    PathOf(id): PathOf<ReservationId>,
) -> Result<Response, Problem> {
    let reservation = own(&app, &caller, id).await?;
    Ok(plan::answer(&*found(app.store.plans.get(reservation.show).await)?))
}

/// The statuses of the seats, as the API tells them to those whose turn it is.
pub(super) async fn map(
    State(app): State<AppState>,
    caller: Caller,
    PathOf(id): PathOf<ReservationId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let reservation = own(&app, &caller, id).await?;
    let plan = found(app.store.plans.get(reservation.show).await)?;
    let statuses = app.statuses.of(&app.store, &plan).await?;
    Ok(tagged(&headers, &statuses.tag, CACHING, || statuses.response(&headers)))
}

/// The category that is wished for; where none is, any of them, and then each.
pub(super) fn categories_for(plan: &ShowPlan, wished: Option<&str>) -> Vec<Option<String>> {
    if let Some(wished) = wished {
        return vec![Some(wished.to_owned())];
    }
    let each = categories(plan).into_iter().map(|category| Some(category.word));
    std::iter::once(None).chain(each).collect()
}

/// What these seats cost at the standard fare.
fn standard_price(plan: &ShowPlan, seats: &[String]) -> Option<Money> {
    let prices = &plan.show.prices;
    seats.iter().try_fold(Money::new(0, prices.currency()), |sum, label| {
        sum.checked_add(prices.price(&plan.seat(label)?.seat.category, STANDARD_FARE)?)
    })
}

/// Whether seats of a show can be had at all; whose turn it is does not matter to a basket.
fn access_to(app: &AppState, plan: &ShowPlan) -> Access {
    if plan.show.is_on_sale(app.clock.now()) { Access::Open } else { Access::NotOnSale }
}

/// Whether the basket is not what it was.
fn has_ended(problem: &Problem) -> bool {
    let ends = [&codes::RESERVATION_EXPIRED, &codes::PAYMENT_IN_PROGRESS, &codes::INVALID_STATE];
    ends.into_iter().any(|code| is(problem, code))
}

/// What the API is asked for. Seats that the basket has already keep their fares.
fn asked(reservation: &Reservation, chosen: &HashSet<String>) -> ReserveBody {
    let fare = |label: &String| {
        let own = reservation.seats.iter().find(|seat| seat.label == *label)?;
        Some(own.fare.clone())
    };
    let seat = |label: &String| SeatAsk::WithFare(FareAsk { seat: label.clone(), fare: fare(label) });
    ReserveBody { seats: chosen.iter().map(seat).collect() }
}

#[cfg(test)]
pub(super) mod tests {
    use uuid::Uuid;

    use super::super::hall::tests::sample_plan;
    use super::super::view::samples;
    use super::*;

    pub(in super::super) fn sample() -> Exchange {
        Exchange {
            show: ShowId(Uuid::from_u128(7)),
            reservation: ReservationId(Uuid::from_u128(9)),
            own: vec!["A1".to_owned(), "A2".to_owned()],
            max_seats: 4,
            has_plain_prices: true,
            keeps: Keeps::Time(Time {
                expires_at: samples::now(),
                kept_until: "21:10:00".to_owned(),
                now: samples::now(),
            }),
        }
    }

    /// For a booking of A1 and A2, of which one was cheaper.
    pub(in super::super) fn sample_booked() -> Exchange {
        Exchange::of_booking(crate::domain::exchange::booked::sample(), &sample_plan())
    }

    #[test]
    fn its_own_seats_can_be_had_and_others_stay_as_they_are() {
        use SeatState::{Booked, Free, Held};
        let mut map = SeatMap { version: 1, states: vec![Held, Held, Booked, Held, Free], overdue: 0 };
        sample().free(&sample_plan(), &mut map);
        assert_eq!(map.states, [Free, Free, Booked, Held, Free]);
    }

    #[test]
    fn what_has_ended_is_told_by_the_baskets_page() {
        for code in [&codes::RESERVATION_EXPIRED, &codes::PAYMENT_IN_PROGRESS, &codes::INVALID_STATE] {
            assert!(has_ended(&Problem::from(code)));
        }
        assert!(!has_ended(&Problem::from(&codes::SEATS_UNAVAILABLE)));
    }
}
