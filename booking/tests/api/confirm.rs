//! Paying for a reservation: what becomes of it for each answer of the gateway.

use std::time::Duration;

use booking::domain::ids::ReservationId;
use booking::domain::ticket::{TicketPublicKey, verify};
use harness::actors::Shopper;
use harness::eventually;
use jiff::SignedDuration;
use serde_json::json;
use uuid::Uuid;

use crate::till::{Till, label};

const SOON: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_reservation_becomes_a_booking_with_a_ticket_a_seat() {
    let till = Till::open().await;
    let id = till.reserve().await;
    let seats = till.seats(id).await;
    let buyer = till.buyer(id);

    let reply = buyer.confirm(&id.to_string(), "tok_ok", "k").await.expect(201);
    assert_eq!(reply["status"], "confirmed");
    assert_eq!(reply["total"], json!({ "amount_minor": 2500, "currency": "EUR" }));
    assert_eq!(reply["seats"], json!([label(seats[0]), label(seats[1])]));
    assert_eq!(reply.text("reference").len(), 8);
    assert_eq!(reply.header("location"), format!("/v1/bookings/{}", reply.text("booking_id")));

    assert_eq!(till.status(id).await, "confirmed");
    assert_eq!(till.payments(id).await, "captured");
    assert_eq!(till.charges(id).await, "captured");
    assert_eq!(till.seat_byte(seats[0]).await, Some(2));
    assert!(!till.slot_lives(id).await, "the admission is used up");

    let booking = buyer.booking(reply.text("booking_id")).await.expect(200);
    assert_eq!(booking.json, reply.json);
}

#[tokio::test]
async fn a_tickets_code_is_verified_with_the_published_key_and_drawn() {
    let till = Till::open().await;
    let id = till.reserve().await;
    let buyer = till.buyer(id);
    let booking = buyer.confirm(&id.to_string(), "tok_ok", "k").await.expect(201);
    let ticket = &booking["tickets"][0];

    let keys = Shopper::without_token(&till.url()).get("/.well-known/jwks.json").await.expect(200);
    let keys: shared::keys::JwkSet = serde_json::from_value(keys.json).unwrap();
    let keys: Vec<_> = keys.keys.iter().filter_map(TicketPublicKey::from_jwk).collect();
    let code = ticket["qr"].as_str().unwrap();
    assert!(code.len() < 200);
    let claims = verify(code, &keys).unwrap();
    assert_eq!(claims.ticket.to_string(), ticket["ticket_id"].as_str().unwrap());
    assert_eq!(claims.show.0, till.show);
    assert_eq!(claims.seat, ticket["seat"].as_str().unwrap());

    let path = format!("/v1/tickets/{}.svg", claims.ticket);
    let picture = buyer.get(&path).await.expect(200);
    assert_eq!(picture.header("content-type"), "image/svg+xml");
    assert!(picture.body.contains("<svg"));
    let stranger = till.buyer(till.reserve().await);
    stranger.get(&path).await.expect(403);
    stranger.booking(booking.text("booking_id")).await.expect(403);
}

#[tokio::test]
async fn a_declined_card_leaves_the_reservation_and_a_second_card_pays() {
    let till = Till::open().await;
    let id = till.reserve().await;
    let buyer = till.buyer(id);
    for (token, code, decline) in [
        ("tok_declined", "payment_declined", "declined"),
        ("tok_insufficient_funds", "payment_declined", "insufficient_funds"),
        ("tok_nobody_knows", "payment_declined", "declined"),
    ] {
        let reply = buyer.confirm(&id.to_string(), token, token).await.expect(402);
        assert_eq!((reply.code(), reply["decline_code"].as_str().unwrap()), (code, decline));
        assert_eq!(till.status(id).await, "pending");
    }
    buyer.confirm(&id.to_string(), "tok_ok", "the-second-card").await.expect(201);
    assert_eq!(till.payments(id).await, "declined declined declined captured");
}

#[tokio::test]
async fn a_bank_that_asks_back_is_told_to_the_browser() {
    let till = Till::open().await;
    let id = till.reserve().await;
    let reply = till.buyer(id).confirm(&id.to_string(), "tok_action_required", "k").await.expect(402);
    assert_eq!(reply.code(), "payment_action_required");
    assert!(reply.text("client_secret").starts_with("ch_"));
    assert_eq!(till.status(id).await, "pending");
}

#[tokio::test]
async fn a_declined_hold_lapses_when_it_would_have() {
    let till = Till::timeless().await;
    let id = till.reserve_for(SignedDuration::from_secs(30)).await;
    till.buyer(id).confirm(&id.to_string(), "tok_declined", "k").await.expect(402);
    let mut redis = till.redis().await;
    let lapses_at: i64 = redis::cmd("ZSCORE")
        .arg(format!("{{show:{}}}:expiries", till.show))
        .arg(id.to_string())
        .query_async(&mut redis)
        .await
        .unwrap();
    assert_eq!(lapses_at, (till.now() + SignedDuration::from_secs(30)).as_millisecond());
    till.advance(30);
    let reply = till.buyer(id).confirm(&id.to_string(), "tok_ok", "too-late").await.expect(410);
    assert_eq!(reply.code(), "reservation_expired");
}

#[tokio::test]
async fn a_slow_gateway_is_202_and_the_same_key_gets_the_booking() {
    let till = Till::open().await;
    let id = till.reserve().await;
    let buyer = till.buyer(id);
    let asked = std::time::Instant::now();
    let reply = buyer.confirm(&id.to_string(), "tok_slow", "k").await.expect(202);
    assert!(asked.elapsed() < Duration::from_secs(6), "{:?}", asked.elapsed());
    assert_eq!(reply.json, json!({ "reservation_id": id, "status": "processing", "retry_after_s": 2 }));
    assert_eq!(reply.header("retry-after"), "2");
    let other_key = buyer.confirm(&id.to_string(), "tok_ok", "another-key").await.expect(409);
    assert_eq!(other_key.code(), "payment_in_progress");
    let booked = until_answered(&buyer, id, "tok_slow", "k", 201).await;
    assert_eq!(booked["status"], "confirmed");
    assert_eq!(till.payments(id).await, "captured");
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_and_found() {
    let till = Till::open().await;
    let id = till.reserve().await;
    till.buyer(id).confirm(&id.to_string(), "tok_lost_answer", "k").await.expect(201);
    assert_eq!(till.charges(id).await, "captured");
}

#[tokio::test]
async fn a_gateway_that_refuses_every_call_charges_nothing_and_the_key_may_be_used_again() {
    let till = Till::open().await;
    let id = till.reserve().await;
    let buyer = till.buyer(id);
    for _ in 0..2 {
        let reply = buyer.confirm(&id.to_string(), "tok_down", "k").await.expect(503);
        assert_eq!(reply.code(), "payment_gateway_unavailable");
        assert!(!reply.header("retry-after").is_empty());
        assert_eq!(till.status(id).await, "pending");
    }
    assert_eq!(till.payments(id).await, "failed failed");
    assert_eq!(till.charges(id).await, "voided voided", "both are refused ahead, should they still arrive");
    buyer.confirm(&id.to_string(), "tok_ok", "another-key").await.expect(201);
}

#[tokio::test]
async fn nothing_to_pay_needs_no_gateway() {
    let till = Till::open().await;
    let id = till.reserve_seats(&[100], SignedDuration::from_mins(1), Uuid::new_v4(), 0).await;
    till.gateway.cut().await;
    let body = json!({ "reservation_id": id, "contact": { "email": "a@example.org", "name": "A" } });
    let reply = till.buyer(id).confirm_json(body, Some("k")).await.expect(201);
    assert_eq!(reply["total"]["amount_minor"], 0);
    assert_eq!(till.payments(id).await, "");
    assert_eq!(till.seat_byte(100).await, Some(2));
}

#[tokio::test]
async fn something_to_pay_needs_something_to_pay_with() {
    let till = Till::open().await;
    let id = till.reserve().await;
    let body = json!({ "reservation_id": id, "contact": { "email": "a@example.org", "name": "A" } });
    let reply = till.buyer(id).confirm_json(body, Some("k")).await.expect(422);
    assert_eq!(reply.code(), "payment_token_required");
}

#[tokio::test]
async fn an_admission_buys_once() {
    let till = Till::open().await;
    let sid = Uuid::new_v4();
    let first = till.reserve_seats(&[0], SignedDuration::from_mins(5), sid, 100).await;
    let second = till.reserve_seats(&[1], SignedDuration::from_mins(5), sid, 100).await;
    till.buyer(first).confirm(&first.to_string(), "tok_ok", "k").await.expect(201);
    let reply = till.buyer(second).confirm(&second.to_string(), "tok_ok", "k").await.expect(403);
    assert_eq!(reply.code(), "admission_spent");
}

#[tokio::test]
async fn of_two_purchases_with_one_admission_at_once_one_is_let_go() {
    let till = Till::open().await;
    for round in 0..5 {
        let sid = Uuid::new_v4();
        let seats = [2 * round, 2 * round + 1];
        let first = till.reserve_seats(&seats[..1], SignedDuration::from_mins(5), sid, 100).await;
        let second = till.reserve_seats(&seats[1..], SignedDuration::from_mins(5), sid, 100).await;
        let (one, other) = (till.buyer(first), till.buyer(second));
        let (first_id, second_id) = (first.to_string(), second.to_string());
        let (one, other) =
            tokio::join!(one.confirm(&first_id, "tok_ok", "k"), other.confirm(&second_id, "tok_ok", "k"));
        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 403], "{} {}", one.body, other.body);
        let lost = if one.status == 403 { first } else { second };
        assert!(matches!(till.charges(lost).await.as_str(), "" | "voided"));
    }
}

#[tokio::test]
async fn somebody_elses_reservation_is_not_paid_for() {
    let till = Till::open().await;
    let (mine, yours) = (till.reserve().await, till.reserve().await);
    let reply = till.buyer(yours).confirm(&mine.to_string(), "tok_ok", "k").await.expect(403);
    assert_eq!(reply.code(), "not_yours");
    let nobody = Uuid::new_v4().to_string();
    till.buyer(yours).confirm(&nobody, "tok_ok", "k").await.expect(404);
    let stranger = Shopper::without_token(&till.url());
    let reply = stranger.confirm(&mine.to_string(), "tok_ok", "k").await.expect(401);
    assert_eq!(reply.code(), "admission_required");
}

#[tokio::test]
async fn a_malformed_purchase_begins_nothing() {
    let till = Till::open().await;
    let id = till.reserve().await;
    let buyer = till.buyer(id);
    let contact = json!({ "email": "a@example.org", "name": "A" });
    for (body, status) in [
        (json!({ "reservation_id": id, "payment_token": "tok_ok" }), 422),
        (json!({ "reservation_id": id, "payment_token": "tok_ok", "contact": contact, "tip": 1 }), 422),
        (json!({ "reservation_id": id, "payment_token": "", "contact": contact }), 422),
        (
            json!({ "reservation_id": id, "payment_token": "tok_ok", "contact": { "email": "a", "name": "A" } }),
            422,
        ),
        (json!({ "reservation_id": "mine", "payment_token": "tok_ok", "contact": contact }), 422),
    ] {
        let reply = buyer.confirm_json(body, Some("k")).await.expect(status);
        assert_eq!(reply.code(), "invalid_fields");
    }
    assert_eq!(till.payments(id).await, "");
    let config = buyer.get("/v1/payments/config").await.expect(200);
    assert_eq!(config["gateway"], "sandbox");
}

/// Asks with the same key until it is answered for good.
pub async fn until_answered(
    buyer: &Shopper,
    id: ReservationId,
    token: &str,
    key: &str,
    status: u16,
) -> harness::actors::Reply {
    let id = id.to_string();
    eventually(SOON, || async {
        let reply = buyer.confirm(&id, token, key).await;
        if reply.status == 202 { Err(reply.body) } else { Ok(reply) }
    })
    .await
    .expect(status)
}
