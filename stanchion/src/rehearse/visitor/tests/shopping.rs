//! How visitors pay.

use super::*;

fn payment_of(ask: &Ask) -> &super::super::super::script::Payment {
    match ask {
        Ask::Confirm { payment, .. } => payment,
        other => panic!("{other:?} is no payment"),
    }
}

#[test]
fn a_declined_card_is_followed_by_another_under_a_new_key() {
    let mut visitor = visitor_with(Purchase { card: Card::Declined, ..PLAIN });
    let first = ask_after(&mut visitor, to_the_payment());
    assert_eq!(payment_of(&first).card, Card::Declined);
    let second = ask_of(visitor.answered(&first, refused(402, "payment_declined", None)));
    assert_eq!((payment_of(&second).card, payment_of(&second).cards_before), (Card::Good, 1));
    assert_ne!(payment_of(&second).idempotency_key, payment_of(&first).idempotency_key);
    let end = ask_of(visitor.answered(&second, booked()));
    assert_eq!(visitor.answered(&end, Answer::Done), Next::Finish(Ending::Booked));
}

#[test]
fn nobody_has_cards_without_end() {
    let mut visitor = visitor(true, false);
    let mut ask = ask_after(&mut visitor, to_the_payment());
    for _ in 0..3 {
        ask = ask_of(visitor.answered(&ask, refused(402, "payment_declined", None)));
    }
    let end = ask_of(visitor.answered(&ask, refused(402, "payment_declined", None)));
    assert_eq!(visitor.answered(&end, Answer::Done), Next::Finish(Ending::Declined));
}

#[test]
fn a_card_that_the_gateway_never_takes_is_replaced_and_a_good_one_is_sent_again() {
    let away = || refused(503, "payment_gateway_unavailable", Some(3));
    let mut with_a_bad_card = visitor_with(Purchase { card: Card::Down, ..PLAIN });
    let ask = ask_after(&mut with_a_bad_card, to_the_payment());
    assert_eq!(payment_of(&ask_of(with_a_bad_card.answered(&ask, away()))).card, Card::Good);

    let mut with_a_good_card = visitor(true, false);
    let ask = ask_after(&mut with_a_good_card, to_the_payment());
    assert_eq!(with_a_good_card.answered(&ask, away()), Next::Again(Duration::from_secs(3)));
}

#[test]
fn who_asks_again_does_so_once_with_the_same_key() {
    let mut visitor = visitor_with(Purchase { asks_again: true, ..PLAIN });
    let ask = ask_after(&mut visitor, to_the_payment());
    assert!(matches!(visitor.answered(&ask, booked()), Next::Again(_)));
    assert!(matches!(visitor.answered(&ask, booked()), Next::Ask(Ask::EndAdmission { .. }, _)));
}

#[test]
fn who_pays_at_the_last_moment_waits_for_it() {
    let mut visitor = visitor_with(Purchase { timing: Timing::AtTheLastMoment, ..PLAIN });
    let reserve = ask_after(&mut visitor, to_the_seats());
    let Next::Ask(Ask::Confirm { .. }, after) = visitor.answered(&reserve, reserved()) else {
        panic!("does not pay");
    };
    assert!(after > Duration::from_secs(6) && after < Duration::from_secs(10), "{after:?}");
}

#[test]
fn who_is_too_late_looks_at_the_basket_tries_to_pay_and_then_for_other_seats() {
    let mut visitor = visitor_with(Purchase { timing: Timing::TooLate, ..PLAIN });
    let reserve = ask_after(&mut visitor, to_the_seats());
    let Next::Ask(look, after) = visitor.answered(&reserve, reserved()) else { panic!("went home") };
    assert!(matches!(look, Ask::LookUpReservation { .. }) && after > Duration::from_secs(10));
    let pay = ask_of(visitor.answered(&look, Answer::Basket { status: "expired".into(), seats: vec![] }));
    assert_eq!(payment_of(&pay).timing, Timing::TooLate);
    let look = ask_of(visitor.answered(&pay, refused(410, "reservation_expired", None)));
    let reserve = ask_of(visitor.answered(&look, free_map()));
    let end = ask_of(visitor.answered(&reserve, refused(429, "cooling_down", Some(5))));
    assert_eq!(visitor.answered(&end, Answer::Done), Next::Finish(Ending::Lapsed));
}

#[test]
fn who_gives_tickets_back_may_ask_for_the_payment_again_afterwards() {
    let mut visitor = visitor_with(Purchase { cancels: true, asks_again: true, ..PLAIN });
    let pay = ask_after(&mut visitor, to_the_payment());
    let cancel = ask_of(visitor.answered(&pay, booked()));
    assert_eq!(cancel, Ask::Cancel { booking_id: "b".into(), manage_token: "m".into() });
    let again = ask_of(visitor.answered(&cancel, Answer::Cancelled(100)));
    assert_eq!(again, pay);
    let end = ask_of(visitor.answered(&again, booked()));
    assert_eq!(visitor.answered(&end, Answer::Done), Next::Finish(Ending::Cancelled));
}
