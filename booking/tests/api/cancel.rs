//! Giving a booking back: when it may be, what comes back, and that it all comes back whatever breaks meanwhile.

use std::time::Duration;

use harness::actors::Shopper;
use harness::eventually;
use harness::proxy::Proxy;
use harness::stores::TestStores;
use jiff::SignedDuration;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::confirm::until_answered;
use crate::support::Shop;
use crate::till::{Setup, Till};

const SOON: Duration = Duration::from_secs(30);

#[tokio::test]
async fn a_cancelled_booking_frees_its_seats_and_gives_its_money_back() {
    let till = Till::open().await;
    let (id, booking) = till.book("tok_ok").await;
    let (buyer, seats) = (till.buyer(id), till.seats(id).await);

    let cancelled = buyer.cancel(&booking).await.expect(200);
    assert_eq!(cancelled["booking_id"], booking);
    assert_eq!(
        (&cancelled["refund"]["amount_minor"], &cancelled["refund"]["currency"]),
        (&json!(2500), &json!("EUR"))
    );
    assert_eq!(cancelled["refund"]["percent"], 100);
    assert_eq!(till.seat_byte(seats[0]).await, Some(0), "on sale again when the answer comes");

    eventually(SOON, || async { buyer.booking(&booking).await["status"] == "refunded" }).await;
    assert_eq!((till.charges(id).await.as_str(), till.given_back(id).await), ("refunded", 2500));
    assert_eq!(till.payments(id).await, "refunded");
    let read = buyer.booking(&booking).await.expect(200);
    assert_eq!(
        (&read["tickets"][0]["status"], &read["tickets"][1]["status"]),
        (&json!("cancelled"), &json!("cancelled"))
    );
    assert_eq!(till.status(id).await, "cancelled");

    let again = buyer.cancel(&booking).await.expect(200);
    assert_eq!(again["status"], "refunded");
    let refund = json!({"amount_minor": 2500, "currency": "EUR", "percent": 100, "status": "refunded"});
    assert_eq!(again["refund"], refund);
    assert_eq!(till.refunds(id).await, "refunded", "there is one refund");
    assert_eq!(till.broken_money_checks().await, [""; 0]);
}

#[tokio::test]
async fn how_much_is_given_back_depends_on_how_long_before_the_show_it_is() {
    let till = Till::timeless().await;
    let mut bookings = Vec::new();
    for _ in 0..4 {
        bookings.push(till.book("tok_ok").await);
    }
    // The show begins 72 hours after the shop opened. Seconds to advance, and the share that is given back then.
    let moments = [(48 * 3600 - 1, 100), (1, 50), (22 * 3600, 50), (1, 0)];
    for ((id, booking), (advance, percent)) in bookings.iter().zip(moments) {
        till.advance(advance);
        let reply = till.buyer(*id).cancel(booking).await;
        if percent == 0 {
            assert_eq!(reply.expect(400).code(), "too_late");
            assert_eq!(till.status(*id).await, "confirmed");
        } else {
            let reply = reply.expect(200);
            assert_eq!(reply["refund"]["percent"], percent);
            assert_eq!(reply["refund"]["amount_minor"], 25 * percent);
            eventually(SOON, || async { till.given_back(*id).await == 25 * percent }).await;
        }
    }
}

#[tokio::test]
async fn the_policy_is_a_setting() {
    let setup = Setup { policy: Some("100h:90,0h:33"), ..Setup::default() };
    let till = Till::with(TestStores::new().await, setup).await;
    let id = till.reserve_seats(&[0], SignedDuration::from_mins(5), Uuid::new_v4(), 1251).await;
    let booked = till.buyer(id).confirm(&id.to_string(), "tok_ok", "k").await.expect(201);
    let cancelled = till.buyer(id).cancel(booked.text("booking_id")).await.expect(200);
    assert_eq!(
        (&cancelled["refund"]["percent"], &cancelled["refund"]["amount_minor"]),
        (&json!(33), &json!(413))
    );
    eventually(SOON, || async {
        till.buyer(id).booking(booked.text("booking_id")).await["status"] == "refunded"
    })
    .await;
    assert_eq!(till.payments(id).await, "captured", "the rest stays ours");
    assert_eq!(till.broken_money_checks().await, [""; 0]);
}

#[tokio::test]
async fn a_show_may_have_a_policy_of_its_own() {
    let till = Till::open().await;
    let (operator, show) = (till.operator(), format!("shows/{}", till.show));
    assert_eq!(operator.get(&show).await.expect(200)["cancellation_policy"], Value::Null);
    for bad in [json!("all of it"), json!("2h:50,24h:100"), json!(24)] {
        operator.update(&show, json!({ "cancellation_policy": bad })).await.expect(422);
    }
    let (first, second) = (till.book("tok_ok").await, till.book("tok_ok").await);
    let last = till.book("tok_ok").await;
    let changed = operator.update(&show, json!({"cancellation_policy": "240h:100,48h:20"})).await.expect(200);
    assert_eq!(changed["cancellation_policy"], "240h:100,48h:20");
    let refund = |percent: i64| json!({"amount_minor": 25 * percent, "currency": "EUR", "percent": percent, "status": "pending"});
    assert_eq!(till.buyer(first.0).cancel(&first.1).await.expect(200)["refund"], refund(20));
    // The show is in 72 hours.
    operator.update(&show, json!({"cancellation_policy": "100h:100"})).await.expect(200);
    assert_eq!(till.buyer(second.0).cancel(&second.1).await.expect(400).code(), "too_late");
    operator.update(&show, json!({"cancellation_policy": null})).await.expect(200);
    assert_eq!(till.buyer(last.0).cancel(&last.1).await.expect(200)["refund"], refund(100));
    assert_eq!(till.broken_money_checks().await, [""; 0]);
}

#[tokio::test]
async fn a_used_ticket_cannot_be_given_back_and_nothing_else_is_either() {
    let till = Till::open().await;
    let (id, booking) = till.book("tok_ok").await;
    till.tell(
        "UPDATE booking.tickets SET status = 'used', used_at = created_at
         WHERE seat = (SELECT min(seat) FROM booking.tickets) AND booking_id = $1",
        booking.parse::<Uuid>().unwrap(),
    )
    .await;
    let reply = till.buyer(id).cancel(&booking).await.expect(409);
    assert_eq!(reply.code(), "already_used");
    let read = till.buyer(id).booking(&booking).await.expect(200);
    assert_eq!((&read["status"], &read["tickets"][1]["status"]), (&json!("confirmed"), &json!("valid")));
    assert_eq!(till.refunds(id).await, "");
}

#[tokio::test]
async fn only_its_owner_may_give_a_booking_back() {
    let till = Till::open().await;
    let (_, booking) = till.book("tok_ok").await;
    let other = till.reserve().await;
    assert_eq!(till.buyer(other).cancel(&booking).await.expect(403).code(), "not_yours");
    assert_eq!(
        Shopper::without_token(&till.url()).cancel(&booking).await.expect(401).code(),
        "admission_required"
    );
    till.buyer(other).cancel(&Uuid::new_v4().to_string()).await.expect(404);
    till.buyer(other).cancel("nonsense").await.expect(404);
}

#[tokio::test]
async fn a_booking_that_cost_nothing_is_given_back_without_a_refund() {
    let till = Till::open().await;
    let id = till.reserve_seats(&[0], SignedDuration::from_mins(5), Uuid::new_v4(), 0).await;
    let booked = till.buyer(id).confirm(&id.to_string(), "tok_ok", "k").await.expect(201);
    for _ in 0..2 {
        let cancelled = till.buyer(id).cancel(booked.text("booking_id")).await.expect(200);
        assert_eq!(cancelled["status"], "cancelled");
        let refund = json!({"amount_minor": 0, "currency": "EUR", "percent": 100, "status": "none"});
        assert_eq!(cancelled["refund"], refund);
    }
    assert_eq!(till.seat_byte(0).await, Some(0));
    assert_eq!(till.broken_money_checks().await, [""; 0]);
}

#[tokio::test]
async fn a_repeated_confirm_is_answered_as_before_and_another_one_names_the_booking() {
    let till = Till::open().await;
    let id = till.reserve().await;
    let buyer = till.buyer(id);
    let booked = buyer.confirm(&id.to_string(), "tok_ok", "k").await.expect(201);
    buyer.cancel(booked.text("booking_id")).await.expect(200);
    assert_eq!(buyer.confirm(&id.to_string(), "tok_ok", "k").await.expect(201).body, booked.body);
    let other = buyer.confirm(&id.to_string(), "tok_ok", "other").await.expect(409);
    assert_eq!((other.code(), &other["booking_id"]), ("already_booked", &booked["booking_id"]));
    assert_eq!(till.charges(id).await.split(' ').count(), 1);
}

#[tokio::test]
async fn a_refund_whose_answers_are_lost_is_looked_up_and_given_back_once() {
    let till = Till::open().await;
    let id = till.reserve().await;
    let buyer = till.buyer(id);
    let booked = until_answered(&buyer, id, "tok_lost_answer", "k", 201).await;
    buyer.cancel(booked.text("booking_id")).await.expect(200);
    eventually(SOON, || async { buyer.booking(booked.text("booking_id")).await["status"] == "refunded" })
        .await;
    assert_eq!(till.given_back(id).await, 2500);
    assert_eq!(till.broken_money_checks().await, [""; 0]);
}

#[tokio::test]
async fn a_refund_waits_for_a_gateway_that_is_away_and_survives_a_restart() {
    let mut till = Till::open().await;
    let (id, booking) = till.book("tok_ok").await;
    till.gateway.cut().await;
    let cancelled = till.buyer(id).cancel(&booking).await.expect(200);
    assert_eq!(
        (&cancelled["status"], &cancelled["refund"]["status"]),
        (&json!("cancelled"), &json!("pending"))
    );
    eventually(SOON, || async {
        !till.ask("SELECT last_error FROM booking.refunds WHERE $1::uuid IS NOT NULL", id.0).await.is_empty()
    })
    .await;
    till.close().await;
    till.gateway.heal().await;
    till.reopen().await;
    let buyer = till.buyer(id);
    eventually(SOON, || async { buyer.cancel(&booking).await["refund"]["status"] == "refunded" }).await;
    assert_eq!((till.given_back(id).await, till.refunds(id).await.as_str()), (2500, "refunded"));
}

#[tokio::test]
async fn a_refund_that_was_carried_out_before_a_crash_is_not_carried_out_again() {
    let mut till = Till::open().await;
    let (id, booking) = till.book("tok_ok").await;
    till.gateway.drop_answers().await;
    till.buyer(id).cancel(&booking).await.expect(200);
    eventually(SOON, || async { till.given_back(id).await == 2500 }).await;
    assert_eq!(till.refunds(id).await, "pending");
    till.close().await;
    till.gateway.heal().await;
    till.reopen().await;
    eventually(SOON, || async { till.refunds(id).await == "refunded" }).await;
    assert_eq!(till.given_back(id).await, 2500);
    assert_eq!(till.broken_money_checks().await, [""; 0]);
}

#[tokio::test]
async fn a_refund_that_is_refused_for_good_is_shown_to_operators() {
    let till = Till::open().await;
    let (id, booking) = till.book("tok_ok").await;
    // The gateway has given it back by itself, so that nothing is left for us to give.
    till.tell(
        "UPDATE sandbox_gateway.charges SET refunded_minor = captured_minor WHERE $1::uuid IS NOT NULL",
        id.0,
    )
    .await;
    till.buyer(id).cancel(&booking).await.expect(200);
    eventually(SOON, || async { till.refunds(id).await == "failed" }).await;
    let told = till.buyer(id).cancel(&booking).await.expect(200);
    assert_eq!((&told["status"], &told["refund"]["status"]), (&json!("cancelled"), &json!("failed")));
    let listed = till.operator().get("bookings?refund=failed").await.expect(200);
    assert_eq!(listed["items"][0]["booking_id"], booking);
    assert_eq!(listed["items"][0]["refunds"][0]["last_error"], "the gateway refused it for good");
}

#[tokio::test]
async fn seats_that_redis_did_not_hear_of_are_on_sale_soon_after() {
    let stores = TestStores::new().await;
    let redis = Proxy::start(&stores.redis_url).await;
    let setup = Setup { redis_url: Some(redis.url(&stores.redis_url)), ..Setup::default() };
    let till = Till::with(stores, setup).await;
    let (id, booking) = till.book("tok_ok").await;
    redis.cut().await;
    till.buyer(id).cancel(&booking).await.expect(200);
    redis.heal().await;
    let seats = till.seats(id).await;
    eventually(SOON, || async { till.seat_byte(seats[0]).await == Some(0) }).await;
}

#[tokio::test]
async fn freed_seats_are_sold_to_the_next_one_at_once() {
    let shop = Shop::open().await;
    let show = shop.show(1).await;
    let first = shop.shopper().await;
    let reserved = first.reserve(&show, &["A1", "A2"]).await.expect(201);
    let booked = first.confirm(reserved.text("reservation_id"), "tok_ok", "k").await.expect(201);
    // The admission that bought it gives it back as well as its private link does.
    first.cancel(booked.text("booking_id")).await.expect(200);
    let next = shop.shopper().await;
    let reserved = next.reserve(&show, &["A1", "A2"]).await.expect(201);
    next.confirm(reserved.text("reservation_id"), "tok_ok", "k").await.expect(201);
    assert_eq!(shop.stats(&show).await["booked"], 2);
    assert!(shop.broken_seat_checks().await.is_empty());
}
