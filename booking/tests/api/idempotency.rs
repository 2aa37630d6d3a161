//! One key, one purchase: whatever is repeated, and whatever else has changed since.

use std::collections::HashSet;

use futures::future::join_all;
use serde_json::json;

use crate::confirm::until_answered;
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
