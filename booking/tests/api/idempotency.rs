//! One key, one purchase: whatever is repeated, and whatever else has changed since.

use std::collections::HashSet;
use std::time::Duration;

use futures::future::join_all;
use harness::actors::Shopper;
use harness::eventually;
use serde_json::json;

use crate::confirm::until_answered;
use crate::support::Shop;
use crate::till::Till;

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_confirms_with_one_key_have_one_effect_and_the_same_bytes() {
    let till = Till::open().await;
    let id = till.reserve().await;
    let buyer = till.buyer(id);
    let reservation = id.to_string();
    let replies = join_all((0..100).map(|_| buyer.confirm(&reservation, "tok_ok", "k"))).await;
    for reply in &replies {
        assert!(matches!(reply.status, 201 | 202), "{} {}", reply.status, reply.body);
    }
    let last = until_answered(&buyer, id, "tok_ok", "k", 201).await;
    let booked: HashSet<_> =
        replies.iter().filter(|reply| reply.status == 201).map(|reply| &reply.body).collect();
    assert!(booked.iter().all(|body| **body == last.body), "{booked:?}");
    assert_eq!(till.payments(id).await, "captured");
    assert_eq!(till.charges(id).await, "captured");
    assert_eq!(till.broken_money_checks().await, [""; 0]);
}

#[tokio::test]
async fn a_repetition_has_the_same_status_bytes_and_headers_whatever_has_changed() {
    let till = Till::open().await;
    let id = till.reserve().await;
    let buyer = till.buyer(id);
    let first = buyer.confirm(&id.to_string(), "tok_ok", "k").await.expect(201);
    till.tell(
        "UPDATE booking.bookings SET status = 'cancelled', cancelled_at = confirmed_at WHERE reservation_id = $1",
        id.0,
    )
    .await;
    till.gateway.cut().await;
    let again = buyer.confirm(&id.to_string(), "tok_ok", "k").await.expect(201);
    assert_eq!(again.body, first.body);
    for header in ["location", "content-type", "cache-control"] {
        assert_eq!(again.header(header), first.header(header), "{header}");
        assert!(!again.header(header).is_empty(), "{header}");
    }
}

#[tokio::test]
async fn a_refusal_is_repeated_even_after_a_second_card_has_paid() {
    let till = Till::open().await;
    let id = till.reserve().await;
    let buyer = till.buyer(id);
    let declined = buyer.confirm(&id.to_string(), "tok_declined", "first").await.expect(402);
    let booked = buyer.confirm(&id.to_string(), "tok_ok", "second").await.expect(201);
    let again = buyer.confirm(&id.to_string(), "tok_declined", "first").await.expect(402);
    assert_eq!(again.body, declined.body);
    assert_eq!(again.header("content-type"), "application/problem+json");
    let third = buyer.confirm(&id.to_string(), "tok_ok", "third").await.expect(409);
    assert_eq!((third.code(), &third["booking_id"]), ("already_booked", &booked["booking_id"]));
}

#[tokio::test]
async fn another_body_under_the_same_key_is_refused_before_anything_is_looked_at() {
    let till = Till::open().await;
    let id = till.reserve().await;
    let buyer = till.buyer(id);
    buyer.confirm(&id.to_string(), "tok_ok", "k").await.expect(201);
    let reply = buyer.confirm(&id.to_string(), "tok_declined", "k").await.expect(422);
    assert_eq!(reply.code(), "idempotency_key_reused");
    let spaced = json!({
        "contact": { "name": "Sam Shopper", "email": "shopper@example.com" },
        "payment_token": "tok_ok",
        "reservation_id": id,
    });
    buyer.confirm_json(spaced, Some("k")).await.expect(201);
}

#[tokio::test]
async fn a_key_has_1_to_255_visible_ascii_characters() {
    let till = Till::open().await;
    let id = till.reserve().await;
    let buyer = till.buyer(id);
    let body = json!({
        "reservation_id": id,
        "payment_token": "tok_ok",
        "contact": { "email": "shopper@example.com", "name": "Sam Shopper" },
    });
    let missing = buyer.confirm_json(body.clone(), None).await.expect(400);
    assert_eq!(missing.code(), "idempotency_key_missing");
    for bad in ["", "two words", &"k".repeat(256)] {
        let reply = buyer.confirm_json(body.clone(), Some(bad)).await.expect(400);
        assert_eq!(reply.code(), "idempotency_key_invalid", "{bad:?}");
    }
    buyer.confirm_json(body, Some(&"~".repeat(255))).await.expect(201);
}

#[tokio::test]
async fn a_key_is_its_buyers_own() {
    let till = Till::open().await;
    let (mine, yours) = (till.reserve().await, till.reserve().await);
    let (me, you) = (till.buyer(mine), till.buyer(yours));
    let my_booking = me.confirm(&mine.to_string(), "tok_ok", "k").await.expect(201);
    let your_booking = you.confirm(&yours.to_string(), "tok_ok", "k").await.expect(201);
    assert_ne!(my_booking["booking_id"], your_booking["booking_id"]);
}

#[tokio::test]
async fn a_key_is_forgotten_after_a_day() {
    let till = Till::timeless().await;
    let id = till.reserve().await;
    let buyer = till.buyer(id);
    let booked = buyer.confirm(&id.to_string(), "tok_ok", "k").await.expect(201);
    till.advance(24 * 3600);
    let again = buyer.confirm(&id.to_string(), "tok_ok", "k").await.expect(201);
    assert_eq!(again.body, booked.body);
    till.advance(1);
    let reply = buyer.confirm(&id.to_string(), "tok_ok", "k").await.expect(409);
    assert_eq!(reply.code(), "already_booked");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_different_requests_with_one_key_have_one_effect() {
    let till = Till::open().await;
    let id = till.reserve().await;
    let buyer = till.buyer(id);
    let reservation = id.to_string();
    let cards: Vec<String> =
        (0..100).map(|card| if card == 0 { "tok_ok".to_owned() } else { format!("tok_{card}") }).collect();
    let replies = join_all(cards.iter().map(|card| buyer.confirm(&reservation, card, "k"))).await;
    let others = replies.iter().filter(|reply| reply.status == 422);
    assert!(others.clone().all(|reply| reply.code() == "idempotency_key_reused"));
    assert_eq!(others.count(), 99, "{replies:?}");
    assert_eq!(till.charges(id).await.split(' ').count(), 1);
    assert_eq!(till.broken_money_checks().await, [""; 0]);
}

#[tokio::test]
async fn another_request_under_a_key_in_use_is_refused_and_the_same_one_is_under_way() {
    let till = Till::open().await;
    let id = till.reserve().await;
    let buyer = till.buyer(id);
    till.gateway.cut().await;
    let first = buyer.confirm(&id.to_string(), "tok_ok", "k").await.expect(202);
    assert!(!first.header("retry-after").is_empty());
    buyer.confirm(&id.to_string(), "tok_ok", "k").await.expect(202);
    assert_eq!(
        buyer.confirm(&id.to_string(), "tok_other", "k").await.expect(422).code(),
        "idempotency_key_reused"
    );
    let second = buyer.confirm(&id.to_string(), "tok_ok", "another").await.expect(409);
    assert_eq!(second.code(), "payment_in_progress");
    assert!(!second.header("retry-after").is_empty());
    let kept = "SELECT string_agg(key || ' ' || status, ',') FROM booking.idempotency_keys WHERE reservation_id = $1";
    assert_eq!(till.ask(kept, id.0).await, "k running", "what passes is not stored");
    till.gateway.heal().await;
    until_answered(&buyer, id, "tok_ok", "k", 201).await;
}

#[tokio::test]
async fn the_worker_writes_the_final_answer_whether_anybody_asks_or_not() {
    let mut till = Till::open().await;
    let id = till.reserve().await;
    till.gateway.drop_answers().await;
    till.buyer(id).confirm(&id.to_string(), "tok_ok", "k").await.expect(202);
    till.close().await;
    till.gateway.heal().await;
    till.reopen().await;
    let answer = "SELECT response_status::text FROM booking.idempotency_keys WHERE reservation_id = $1";
    eventually(Duration::from_secs(30), || async { till.ask(answer, id.0).await == "201" }).await;
    let body =
        "SELECT convert_from(response_body, 'UTF8') FROM booking.idempotency_keys WHERE reservation_id = $1";
    let stored = till.ask(body, id.0).await;
    assert_eq!(till.buyer(id).confirm(&id.to_string(), "tok_ok", "k").await.expect(201).body, stored);
}

#[tokio::test]
async fn a_stranger_who_knows_the_key_and_the_request_is_told_nothing() {
    let till = Till::open().await;
    let (mine, yours) = (till.reserve().await, till.reserve().await);
    till.buyer(mine).confirm(&mine.to_string(), "tok_ok", "k").await.expect(201);
    let reply = till.buyer(yours).confirm(&mine.to_string(), "tok_ok", "k").await.expect(403);
    assert_eq!(reply.code(), "not_yours");
    let shopper = Shopper::without_token(&till.url());
    assert_eq!(
        shopper.confirm(&mine.to_string(), "tok_ok", "k").await.expect(401).code(),
        "admission_required"
    );
}

#[tokio::test]
async fn a_buyer_is_the_same_with_an_admission_and_with_a_private_link() {
    let shop = Shop::open().await;
    let show = shop.show(1).await;
    let shopper = shop.shopper().await;
    let reserved = shopper.reserve(&show, &["A1"]).await.expect(201);
    let reservation = reserved.text("reservation_id");
    let booked = shopper.confirm(reservation, "tok_ok", "k").await.expect(201);
    let link = shopper.with_token(reserved.text("manage_token"));
    assert_eq!(link.confirm(reservation, "tok_ok", "k").await.expect(201).body, booked.body);
    // The key is the buyer's, whichever reservation it was used for.
    let other = json!({
        "reservation_id": uuid::Uuid::new_v4(),
        "payment_token": "tok_ok",
        "contact": { "email": "shopper@example.com", "name": "Sam Shopper" },
    });
    assert_eq!(shopper.confirm_json(other, Some("k")).await.expect(422).code(), "idempotency_key_reused");
}
