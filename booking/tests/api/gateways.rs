//! A shop that changed who takes its money: what one gateway began is ended by it, and by no other.

use std::time::Duration;

use booking::domain::ids::ReservationId;
use harness::eventually;
use harness::stores::TestStores;
use serde_json::json;

use crate::gateway_stripe::settings;
use crate::stripe_server::Stripe;
use crate::till::{Setup, Till};

const SOON: Duration = Duration::from_secs(30);

/// A shop that took one payment with the sandbox and was stopped in the midst of another, whose charge was made; now it
/// takes money by Stripe.
struct Changed {
    till: Till,
    stripe: Stripe,
    booking: String,
    booked: ReservationId,
    begun: ReservationId,
}

async fn changed(without_sandbox: bool) -> Changed {
    let mut till = Till::with(TestStores::new().await, Setup::default()).await;
    let (booked, booking) = till.book("tok_ok").await;
    let begun = till.reserve().await;
    till.gateway.drop_answers().await;
    till.buyer(begun).confirm(&begun.to_string(), "tok_ok", "k").await.expect(202);
    till.close().await;
    till.gateway.heal().await;
    let stripe = Stripe::open().await;
    till.reopen_with(Setup { more: settings(&stripe), without_sandbox, ..Setup::default() }).await;
    Changed { till, stripe, booking, booked, begun }
}

#[tokio::test]
async fn payments_and_refunds_are_ended_by_the_gateway_that_has_them() {
    let Changed { till, stripe, booking, booked, begun } = changed(false).await;
    eventually(SOON, || async { till.payments(begun).await == "captured" }).await;
    assert_eq!(till.charges(begun).await, "captured");
    till.buyer(booked).cancel(&booking).await.expect(200);
    eventually(SOON, || async { till.refunds(booked).await == "refunded" }).await;
    assert_eq!(till.given_back(booked).await, 2500);
    assert_eq!(
        stripe.calls(""),
        stripe.calls("GET /v1/payment_intents"),
        "Stripe was asked for its books alone"
    );
    // What is paid now is Stripe's, and each gateway's books are compared with what it has.
    let new = till.reserve().await;
    till.buyer(new).confirm(&new.to_string(), "pm_card_visa", "k").await.expect(201);
    assert_eq!(stripe.statuses(), ["succeeded"]);
    let sandbox = till.operator().get("reconciliation?gateway=sandbox").await.expect(200);
    assert_eq!((&sandbox["gateway"], &sandbox["payments"]), (&json!("sandbox"), &json!(2)));
    let current = till.operator().get("reconciliation").await.expect(200);
    assert_eq!((&current["gateway"], &current["payments"]), (&json!("stripe"), &json!(1)));
    let unknown = till.operator().get("reconciliation?gateway=another").await.expect(400);
    assert_eq!(unknown.code(), "malformed");
    assert_eq!(till.broken_money_checks().await, [""; 0]);
}

#[tokio::test]
async fn what_waits_for_a_gateway_that_is_not_configured_is_shown_and_nobody_else_is_asked() {
    shared::telemetry::metrics();
    let Changed { mut till, stripe, booking, booked, begun } = changed(true).await;
    till.buyer(booked).cancel(&booking).await.expect(200);
    let waiting = r#"booking_reconciliation_differences{class="gateway_not_configured"} 2"#;
    let shown = till.operator().get("reconciliation").await.expect(200);
    let differences = shown["differences"].as_array().unwrap();
    let class = |found: &serde_json::Value| (found["class"].clone(), found["gateway"].clone());
    let expected = (json!("gateway_not_configured"), json!("sandbox"));
    assert_eq!(differences.iter().map(class).collect::<Vec<_>>(), [expected.clone(), expected]);
    assert_eq!(shown["counts"]["gateway_not_configured"], 2);
    assert_eq!(
        stripe.calls(""),
        stripe.calls("GET /v1/payment_intents"),
        "Stripe was asked for its books alone"
    );
    assert_eq!(
        (till.payments(begun).await, till.refunds(booked).await),
        ("authorising".into(), "pending".into())
    );
    // The books are compared as soon as a shop opens.
    till.close().await;
    till.reopen_with(Setup { more: settings(&stripe), without_sandbox: true, ..Setup::default() }).await;
    eventually(SOON, || async { till.metrics().await.contains(waiting) }).await;

    till.close().await;
    till.reopen().await;
    eventually(SOON, || async { till.payments(begun).await == "captured" }).await;
    eventually(SOON, || async { till.refunds(booked).await == "refunded" }).await;
    let shown = till.operator().get("reconciliation").await.expect(200);
    assert_eq!(shown["counts"]["gateway_not_configured"], 0);
    assert_eq!(till.broken_money_checks().await, [""; 0]);
}
