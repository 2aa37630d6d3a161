//! How visitors take other seats.

use super::super::super::purchase::Exchange;
use super::super::super::script::SeatStatus;
use super::*;

fn with_exchange(exchange: Exchange) -> Visitor {
    visitor_with(Purchase { exchange: Some(exchange), ..PLAIN })
}

/// Has a basket and looks at the map: asks for other seats.
fn to_the_other_seats(visitor: &mut Visitor, map: Answer) -> Ask {
    let look = ask_after(visitor, to_the_payment());
    assert!(matches!(look, Ask::LookUpSeats { .. }), "{look:?}");
    ask_of(visitor.answered(&look, map))
}

fn exchange_of(ask: &Ask) -> (&[String], bool) {
    match ask {
        Ask::Exchange { seats, hangs_up, .. } => (seats, *hangs_up),
        other => panic!("{other:?} is no exchange"),
    }
}

/// The own two seats and two of somebody else's among free ones.
fn map_with_taken_seats() -> Answer {
    let Answer::Seats(mut seats) = free_map() else { unreachable!() };
    for index in [0, 1, 4, 5] {
        seats[index].status = SeatStatus::Reserved;
    }
    Answer::Seats(seats)
}

#[test]
fn who_wants_other_seats_asks_for_as_many_and_pays_for_those() {
    let mut visitor = with_exchange(Exchange::Free);
    let exchange = to_the_other_seats(&mut visitor, map_with_taken_seats());
    let (wanted, hangs_up) = exchange_of(&exchange);
    assert_eq!((wanted.len(), hangs_up), (2, false));
    let other = reservation_of(None, &["A3", "A4"]);
    let pay = ask_of(visitor.answered(&exchange, Answer::Reserved(other.clone())));
    assert!(matches!(&pay, Ask::Confirm { reservation, .. } if *reservation == other), "{pay:?}");
}

#[test]
fn who_asks_for_a_taken_seat_is_refused_and_asks_for_free_ones() {
    let mut visitor = with_exchange(Exchange::TakenFirst);
    let first = to_the_other_seats(&mut visitor, map_with_taken_seats());
    let taken: Vec<&String> =
        exchange_of(&first).0.iter().filter(|seat| ["A5", "A6"].contains(&seat.as_str())).collect();
    assert_eq!(taken.len(), 1, "{first:?}");
    let look = ask_of(visitor.answered(&first, refused(409, "seats_unavailable", None)));
    let second = ask_of(visitor.answered(&look, map_with_taken_seats()));
    assert!(exchange_of(&second).0.iter().all(|seat| !["A5", "A6"].contains(&seat.as_str())), "{second:?}");
}

#[test]
fn who_finds_no_other_seats_pays_for_the_first_ones_in_the_time_that_is_left() {
    let exchange = Some(Exchange::Free);
    let mut visitor = visitor_with(Purchase { exchange, timing: Timing::AtTheLastMoment, ..PLAIN });
    let mut ask = to_the_other_seats(&mut visitor, free_map());
    for _ in 1..3 {
        let look = ask_of(visitor.answered(&ask, refused(409, "seats_unavailable", None)));
        ask = ask_of(visitor.answered(&look, free_map()));
    }
    visitor.time_is(Duration::from_secs(4));
    let next = visitor.answered(&ask, refused(409, "seats_unavailable", None));
    let Next::Ask(Ask::Confirm { reservation, .. }, after) = next else { panic!("{next:?}") };
    assert_eq!(reservation.seats, ["A1", "A2"]);
    assert!(after > Duration::from_secs(2) && after < Duration::from_secs(6), "{after:?}");
}

#[test]
fn who_lost_the_answer_looks_at_the_basket_and_asks_once_more_where_it_was_not_carried_out() {
    let mut visitor = with_exchange(Exchange::HangsUp);
    let exchange = to_the_other_seats(&mut visitor, free_map());
    let (wanted, hangs_up) = exchange_of(&exchange);
    assert!(hangs_up);
    let wanted = wanted.to_vec();
    let look = ask_of(visitor.answered(&exchange, Answer::Lost));
    assert!(matches!(look, Ask::LookUpReservation { .. }), "{look:?}");

    let basket = |seats: &[String]| Answer::Basket { status: "pending".into(), seats: seats.to_vec() };
    let again = ask_of(visitor.answered(&look, basket(&["A1".into(), "A2".into()])));
    assert_eq!(exchange_of(&again), (wanted.as_slice(), false));
    let look = ask_of(visitor.answered(&again, Answer::Lost));
    let pay = ask_of(visitor.answered(&look, basket(&wanted)));
    assert!(matches!(&pay, Ask::Confirm { reservation, .. } if reservation.seats == wanted), "{pay:?}");
}
