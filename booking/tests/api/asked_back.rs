//! A bank that asks the buyer back (3-D Secure): whoever comes back goes on with the same charge, and of whoever does not,
//! nothing is kept.

use std::time::Duration;

use booking::domain::ids::ReservationId;
use harness::actors::{Reply, Shopper};
use harness::eventually;
use harness::stores::TestStores;
use jiff::SignedDuration;
use serde_json::json;

use crate::gateway_stripe::settings;
use crate::stripe_server::{Fault, Stripe};
use crate::till::{Setup, Till};

const SOON: Duration = Duration::from_secs(30);
const LET_GO: &str = "SELECT count(let_go_at)::text FROM booking.payments WHERE reservation_id = $1";

/// Pays with a card whose bank asks back; the client secret.
async fn asked_back(till: &Till, id: ReservationId) -> String {
    let reply = till.buyer(id).confirm(&id.to_string(), "tok_action_required", "first").await.expect(402);
    assert_eq!(reply.code(), "payment_action_required");
    reply.text("client_secret").to_owned()
}

async fn tell_bank(buyer: &Shopper, secret: &str, approve: bool) -> Reply {
    buyer.post("/v1/payments/challenges", json!({ "client_secret": secret, "approve": approve })).await
}

/// What a buyer goes on with.
fn token(secret: &str) -> &str {
    secret.split("_secret_").next().unwrap()
}

/// The reservation's time is over.
async fn expire(till: &Till, id: ReservationId) {
    till.tell("UPDATE booking.reservations SET expires_at = created_at WHERE id = $1", id.0).await;
    eventually(SOON, || async { till.status(id).await == "expired" }).await;
}

#[tokio::test]
async fn a_buyer_who_approves_goes_on_with_the_same_charge() {
    let till = Till::open().await;
    let (id, other) = (till.reserve().await, till.reserve().await);
    let (buyer, secret) = (till.buyer(id), asked_back(&till, id).await);
    let early = buyer.confirm(&id.to_string(), token(&secret), "early").await.expect(402);
    assert_eq!((early.code(), early.text("client_secret")), ("payment_action_required", &*secret));
    tell_bank(&buyer, "ch_nobody_secret_0", true).await.expect(404);
    tell_bank(&buyer, &secret, true).await.expect(204);
    tell_bank(&buyer, &secret, true).await.expect(204);
    assert_eq!(tell_bank(&buyer, &secret, false).await.expect(409).code(), "invalid_state");
    let stolen = till.buyer(other).confirm(&other.to_string(), token(&secret), "stolen").await.expect(402);
    assert_eq!(stolen.code(), "payment_declined", "it is another reservation's");
    let booked = buyer.confirm(&id.to_string(), token(&secret), "second").await.expect(201);
    assert_eq!(buyer.confirm(&id.to_string(), token(&secret), "second").await.expect(201).body, booked.body);
    assert_eq!(till.payments(id).await, "declined declined captured");
    let twice = till.buyer(other).confirm(&other.to_string(), token(&secret), "again").await.expect(402);
    assert_eq!(twice.code(), "payment_declined", "nobody pays with it twice");
    // The attempts before it are let go of, and what was paid stays.
    eventually(SOON, || async { till.ask(LET_GO, id.0).await == "2" }).await;
    assert_eq!(till.charges(id).await, "voided voided captured");
    assert_eq!(till.broken_money_checks().await, [""; 0]);
}

#[tokio::test]
async fn a_buyer_who_says_that_it_is_not_them_pays_with_another_card() {
    let till = Till::open().await;
    let id = till.reserve().await;
    let (buyer, secret) = (till.buyer(id), asked_back(&till, id).await);
    tell_bank(&buyer, &secret, false).await.expect(204);
    let refused = buyer.confirm(&id.to_string(), token(&secret), "second").await.expect(402);
    assert_eq!(refused.code(), "payment_declined");
    buyer.confirm(&id.to_string(), "tok_ok", "third").await.expect(201);
    eventually(SOON, || async { till.ask(LET_GO, id.0).await == "1" }).await;
    assert_eq!(till.broken_money_checks().await, [""; 0]);
}

#[tokio::test]
async fn a_lost_answer_to_a_buyer_who_came_back_is_found_again() {
    let till = Till::open().await;
    let id = till.reserve().await;
    let (buyer, secret) = (till.buyer(id), asked_back(&till, id).await);
    tell_bank(&buyer, &secret, true).await.expect(204);
    till.gateway.drop_answers().await;
    buyer.confirm(&id.to_string(), token(&secret), "second").await.expect(202);
    till.gateway.heal().await;
    eventually(SOON, || async { till.payments(id).await == "declined captured" }).await;
    assert_eq!(
        buyer.confirm(&id.to_string(), token(&secret), "second").await.expect(201)["status"],
        "confirmed"
    );
    assert_eq!(till.broken_money_checks().await, [""; 0]);
}

#[tokio::test]
async fn what_nobody_came_back_for_is_let_go_of_approved_or_not() {
    let till = Till::open().await;
    let (silent, approved, paid) = (till.reserve().await, till.reserve().await, till.reserve().await);
    let (unanswered, secret) = (asked_back(&till, silent).await, asked_back(&till, approved).await);
    asked_back(&till, paid).await;
    tell_bank(&till.buyer(approved), &secret, true).await.expect(204);
    // While the buyer may still come, nothing is taken from them.
    let shown = till.operator().get("reconciliation").await.expect(200);
    assert_eq!(shown["differences"], json!([]));
    assert_eq!(till.broken_money_checks().await, [""; 0]);
    till.buyer(paid).confirm(&paid.to_string(), "tok_ok", "another").await.expect(201);
    eventually(SOON, || async { till.ask(LET_GO, paid.0).await == "1" }).await;
    assert_eq!(till.charges(approved).await, "authorised");
    for id in [silent, approved] {
        expire(&till, id).await;
        eventually(SOON, || async { till.ask(LET_GO, id.0).await == "1" }).await;
        assert_eq!(till.charges(id).await, "voided");
    }
    // Whoever approves now is told that it is too late, and pays nothing.
    assert_eq!(tell_bank(&till.buyer(silent), &unanswered, true).await.expect(409).code(), "invalid_state");
    till.buyer(approved).confirm(&approved.to_string(), token(&secret), "late").await.expect(410);
    assert_eq!(till.charges(silent).await, "voided");
    assert_eq!(till.broken_money_checks().await, [""; 0]);
}

#[tokio::test]
async fn a_gateway_that_is_away_is_asked_until_it_lets_go() {
    let till = Till::open().await;
    let id = till.reserve().await;
    let secret = asked_back(&till, id).await;
    tell_bank(&till.buyer(id), &secret, true).await.expect(204);
    till.gateway.cut().await;
    expire(&till, id).await;
    let tried = "SELECT (attempts > 0)::text FROM booking.payments WHERE reservation_id = $1";
    eventually(SOON, || async { till.ask(tried, id.0).await == "true" }).await;
    assert_eq!((till.ask(LET_GO, id.0).await, till.charges(id).await), ("0".into(), "authorised".into()));
    till.gateway.heal().await;
    eventually(SOON, || async { till.ask(LET_GO, id.0).await == "1" }).await;
    assert_eq!(till.charges(id).await, "voided");
}

/// At Stripe: a bank that asks back, with the intent that it asks about.
async fn asked_back_at_stripe(till: &Till, id: ReservationId) -> String {
    let card = "pm_card_authenticationRequired";
    let reply = till.buyer(id).confirm(&id.to_string(), card, "first").await.expect(402);
    token(reply.text("client_secret")).to_owned()
}

#[tokio::test]
async fn stripe_cancels_what_nobody_came_back_for_and_keeps_what_went_on() {
    let stripe = Stripe::open().await;
    let setup = Setup { more: settings(&stripe), ..Setup::default() };
    let till = Till::with(TestStores::new().await, setup).await;
    let (silent, approved, came_back) = (till.reserve().await, till.reserve().await, till.reserve().await);
    asked_back_at_stripe(&till, silent).await;
    let intent = asked_back_at_stripe(&till, approved).await;
    stripe.authenticate(&intent, true);
    let intent = asked_back_at_stripe(&till, came_back).await;
    stripe.authenticate(&intent, true);
    assert_eq!(stripe.statuses(), ["requires_action", "requires_capture", "requires_capture"]);
    till.buyer(came_back).confirm(&came_back.to_string(), &intent, "second").await.expect(201);
    eventually(SOON, || async { till.ask(LET_GO, came_back.0).await == "1" }).await;
    stripe.fail("/cancel", Fault::Down);
    for id in [silent, approved] {
        expire(&till, id).await;
        eventually(SOON, || async { till.ask(LET_GO, id.0).await == "1" }).await;
    }
    assert_eq!(stripe.statuses(), ["canceled", "canceled", "succeeded"]);
    assert_eq!(stripe.refunds(), [0_i64; 0]);
}

#[tokio::test]
async fn money_that_was_taken_of_a_payment_nobody_came_back_for_goes_back() {
    let till =
        Till::with(TestStores::new().await, Setup { payment_within_s: Some(20), ..Setup::default() }).await;
    let id = till.reserve_for(SignedDuration::from_mins(5)).await;
    let secret = asked_back(&till, id).await;
    tell_bank(&till.buyer(id), &secret, true).await.expect(204);
    // Somebody at the gateway takes the money by hand.
    crate::saga::gateway_captured(&till, id).await;
    expire(&till, id).await;
    eventually(SOON, || async { till.refunds(id).await == "refunded" }).await;
    assert_eq!((till.given_back(id).await, till.payments(id).await.as_str()), (2500, "refunded"));
    assert_eq!(till.broken_money_checks().await, [""; 0]);
}
