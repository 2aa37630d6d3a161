mod exchanging;
mod shopping;
mod waiting;

use rand::SeedableRng;

use super::super::habit::Habits;
use super::super::purchase::{Basket, Card, Timing};
use super::super::script::{Reservation, Seat, Show};
use super::*;

fn visitor(pays: bool, releases: bool) -> Visitor {
    let basket = match (pays, releases) {
        (true, _) => Basket::Pays,
        (false, true) => Basket::GivesBack,
        (false, false) => Basket::WalksOff,
    };
    visitor_with(Purchase { basket, ..PLAIN })
}

const PLAIN: Purchase = Purchase {
    basket: Basket::Pays,
    card: Card::Good,
    timing: Timing::Soon,
    exchange: None,
    asks_again: false,
    cancels: false,
};

fn visitor_with(purchase: Purchase) -> Visitor {
    let intent = Intent { party: 2, purchase, think: Duration::ZERO };
    let mut rng = StdRng::seed_from_u64(7);
    let habit = Habits::steady().draw(&mut rng);
    Visitor::new(intent, habit, rng)
}

fn place(state: PlaceState, position: Option<u64>) -> Answer {
    Answer::Place(place_of("place", state, position))
}

fn place_of(id: &str, state: PlaceState, position: Option<u64>) -> Place {
    Place {
        place_id: Some(id.into()),
        state,
        position,
        eta: None,
        poll_after_ms: 1_500,
        place_token: Some(id.into()),
        device: None,
    }
}

fn refused(status: u16, code: &str, retry_after_s: Option<u64>) -> Answer {
    let retry_after = retry_after_s.map(Duration::from_secs);
    Answer::Refused(Refusal { status, code: code.into(), retry_after })
}

fn shows() -> Answer {
    Answer::Shows(vec![Show { show_id: "show".into(), status: "scheduled".into(), available_seats: Some(9) }])
}

fn map(status: super::super::script::SeatStatus) -> Answer {
    let seat = |number| Seat {
        seat: format!("A{number}"),
        row: "A".into(),
        number,
        x: f64::from(number),
        y: 0.0,
        status,
        features: vec![],
    };
    Answer::Seats((1..=9).map(seat).collect())
}

fn free_map() -> Answer {
    map(super::super::script::SeatStatus::Available)
}

fn reserved() -> Answer {
    let holds_for = Some(Duration::from_secs(10));
    Answer::Reserved(reservation_of(holds_for, &["A1", "A2"]))
}

fn reservation_of(holds_for: Option<Duration>, labels: &[&str]) -> Reservation {
    let seats = labels.iter().map(ToString::to_string).collect();
    Reservation { reservation_id: "r".into(), manage_token: "m".into(), holds_for, seats }
}

fn booked() -> Answer {
    let seats = vec!["A1".into(), "A2".into()];
    let (booking_id, show_id) = ("b".into(), "show".into());
    Answer::Booked(super::super::script::Booking { booking_id, show_id, seats, answer_digest: 7 })
}

/// Feeds answers until the visitor has asked everything they answer; returns what is asked next.
fn ask_after(visitor: &mut Visitor, answers: impl IntoIterator<Item = Answer>) -> Ask {
    let mut ask = Ask::Join;
    for answer in answers {
        match visitor.answered(&ask, answer) {
            Next::Ask(next, _) => ask = next,
            other => panic!("{other:?} instead of a question after {ask:?}"),
        }
    }
    ask
}

fn to_the_seats() -> Vec<Answer> {
    vec![place(PlaceState::Called, None), Answer::Admitted("admission".into()), shows(), free_map()]
}

fn to_the_payment() -> Vec<Answer> {
    [to_the_seats(), vec![reserved()]].concat()
}

#[test]
fn a_paying_visitor_goes_from_the_line_to_tickets_and_frees_the_slot() {
    let mut visitor = visitor(true, false);
    let waits = vec![place(PlaceState::Lobby, None), place(PlaceState::Waiting, Some(3))];
    let ask = ask_after(&mut visitor, [waits, to_the_payment(), vec![booked()]].concat());
    assert_eq!(ask, Ask::EndAdmission { admission_token: "admission".into() });
    assert_eq!(visitor.answered(&ask, Answer::Done), Next::Finish(Ending::Booked));
}

#[test]
fn the_next_look_at_the_line_waits_as_long_as_the_server_says_and_brings_the_position_back() {
    let mut visitor = visitor(true, false);
    let next = visitor.answered(&Ask::Join, place(PlaceState::Waiting, Some(40)));
    let expected =
        Ask::LookUpPlace { place_token: "place".into(), last_position: Some(40), is_hidden: false };
    assert_eq!(next, Next::Ask(expected, Duration::from_millis(1_500)));
}

#[test]
fn a_position_that_rises_is_noticed_unless_the_place_token_is_new() {
    let mut visitor = visitor(true, false);
    let ask =
        ask_after(&mut visitor, [place(PlaceState::Waiting, Some(10)), place(PlaceState::Waiting, Some(12))]);
    assert_eq!(visitor.account().sights.positions_risen, 1);

    let requeued = place_of("another", PlaceState::Waiting, Some(400));
    visitor.answered(&ask, Answer::Place(requeued));
    assert_eq!(visitor.account().sights.positions_risen, 1);
}

#[test]
fn a_claim_that_comes_too_early_returns_to_the_line() {
    let mut visitor = visitor(true, false);
    let claim = ask_after(&mut visitor, [place(PlaceState::Called, None)]);
    let next = visitor.answered(&claim, refused(409, "not_your_turn", None));
    assert!(matches!(next, Next::Ask(Ask::LookUpPlace { .. }, _)), "{next:?}");
}

#[test]
fn a_taken_seat_makes_the_visitor_look_at_the_map_again_but_not_for_ever() {
    let mut visitor = visitor(true, false);
    let mut ask = ask_after(&mut visitor, to_the_seats());
    for _ in 1..PICKS_AT_MOST {
        let Next::Ask(look, _) = visitor.answered(&ask, refused(409, "seats_unavailable", None)) else {
            panic!("the visitor gave up too early");
        };
        assert!(matches!(look, Ask::LookUpSeats { .. }), "{look:?}");
        let Next::Ask(reserve, _) = visitor.answered(&look, free_map()) else { panic!("seats are free") };
        ask = reserve;
    }
    let next = visitor.answered(&ask, refused(409, "seats_unavailable", None));
    assert!(matches!(next, Next::Ask(Ask::EndAdmission { .. }, _)), "{next:?}");
}

#[test]
fn a_lost_payment_answer_is_asked_again_with_the_same_key() {
    let mut visitor = visitor(true, false);
    let confirm = ask_after(&mut visitor, to_the_payment());
    for answer in
        [Answer::Lost, refused(503, "unavailable", Some(2)), Answer::Processing(Duration::from_secs(1))]
    {
        let next = visitor.answered(&confirm, answer);
        assert!(matches!(next, Next::Again(_)), "{next:?}");
    }
    let next = visitor.answered(&confirm, refused(409, "idempotency_key_in_flight", None));
    assert!(matches!(next, Next::Again(_)), "{next:?}");
}

#[test]
fn a_pause_the_server_asks_for_is_kept() {
    let mut visitor = visitor(true, false);
    for status in [503, 429] {
        let next = visitor.answered(&Ask::Join, refused(status, "", Some(7)));
        assert_eq!(next, Next::Again(Duration::from_secs(7)));
    }
}

#[test]
fn a_limit_of_the_shop_is_no_pause() {
    let mut visitor = visitor(true, false);
    let reserve = ask_after(&mut visitor, to_the_seats());
    let next = visitor.answered(&reserve, refused(429, "cooling_down", Some(300)));
    assert!(matches!(next, Next::Ask(Ask::EndAdmission { .. }, _)), "{next:?}");
}

#[test]
fn waits_grow_while_nobody_answers_and_stay_bounded() {
    let mut visitor = visitor(true, false);
    let mut waits = Vec::new();
    for _ in 0..40 {
        let Next::Again(after) = visitor.answered(&Ask::Join, Answer::Lost) else { panic!("gave up") };
        waits.push(after);
    }
    assert!(waits[0] <= BACKOFF_FIRST);
    assert!(waits.iter().all(|wait| *wait <= BACKOFF_LAST));
    assert!(waits[39] >= BACKOFF_LAST / 2);
}

#[test]
fn server_errors_are_not_repeated_for_ever() {
    let mut visitor = visitor(true, false);
    for _ in 1..ERRORS_AT_MOST {
        assert!(matches!(visitor.answered(&Ask::Join, refused(500, "internal", None)), Next::Again(_)));
    }
    assert_eq!(visitor.answered(&Ask::Join, refused(500, "internal", None)), Next::Finish(Ending::Refused));
}

#[test]
fn a_sold_out_drop_is_left() {
    let mut visitor = visitor(true, false);
    let ask = ask_after(&mut visitor, [place(PlaceState::SoldOut, None)]);
    assert_eq!(ask, Ask::Leave { place_token: "place".into() });
    assert_eq!(visitor.answered(&ask, Answer::Done), Next::Finish(Ending::SoldOut));
}

#[test]
fn an_empty_hall_is_looked_at_a_few_times() {
    let mut visitor = visitor(true, false);
    let mut ask = ask_after(&mut visitor, [place(PlaceState::Called, None), Answer::Admitted("a".into())]);
    for _ in 1..GLANCES_AT_MOST {
        let Next::Ask(again, after) = visitor.answered(&ask, Answer::Shows(vec![])) else {
            panic!("left early")
        };
        assert_eq!((&again, after), (&Ask::LookUpShows, LOOK_AGAIN));
        ask = again;
    }
    let end = ask_of(visitor.answered(&ask, Answer::Shows(vec![])));
    assert_eq!(visitor.answered(&end, Answer::Done), Next::Finish(Ending::FoundNoSeats));
}

#[test]
fn who_does_not_pay_gives_seats_back_or_walks_off() {
    let mut polite = visitor(false, true);
    let release = ask_after(&mut polite, to_the_payment());
    assert!(matches!(release, Ask::Release { .. }));
    let end = ask_of(polite.answered(&release, Answer::Done));
    assert_eq!(polite.answered(&end, Answer::Done), Next::Finish(Ending::Released));

    let mut rude = visitor(false, false);
    let reserve = ask_after(&mut rude, to_the_seats());
    assert_eq!(rude.answered(&reserve, reserved()), Next::Finish(Ending::Abandoned));
}

#[test]
fn an_ended_slot_does_not_spoil_a_booking() {
    let mut visitor = visitor(true, false);
    let end = ask_after(&mut visitor, [to_the_payment(), vec![booked()]].concat());
    assert_eq!(visitor.answered(&end, refused(410, "session_over", None)), Next::Finish(Ending::Booked));
}

fn ask_of(next: Next) -> Ask {
    match next {
        Next::Ask(ask, _) => ask,
        other => panic!("{other:?} is no question"),
    }
}
