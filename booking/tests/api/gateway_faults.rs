//! The sandbox misbehaves as it is told, and no money is lost by it.

use std::time::{Duration, Instant};

use futures::future::join_all;
use harness::eventually;
use serde_json::{Value, json};

use crate::confirm::until_answered;
use crate::till::Till;

const SOON: Duration = Duration::from_secs(30);

/// Sets how often the sandbox misbehaves; the answer's status.
async fn misbehave(till: &Till, rates: Value) -> u16 {
    let request = reqwest::Client::new().put(format!("{}/faults", till.sandbox()));
    let response = request.header("Content-Type", "application/json").body(rates.to_string()).send().await;
    response.unwrap().status().as_u16()
}

async fn settled(till: &Till) {
    eventually(SOON, || async {
        let broken = till.broken_money_checks().await;
        if broken.is_empty() { Ok(()) } else { Err(format!("{broken:?}")) }
    })
    .await;
}

#[tokio::test]
async fn a_card_is_declined_as_often_as_the_sandbox_is_told() {
    let till = Till::open().await;
    assert_eq!(misbehave(&till, json!({"decline": 1})).await, 200);
    let id = till.reserve().await;
    let reply = till.buyer(id).confirm(&id.to_string(), "tok_ok", "first").await.expect(402);
    assert_eq!(reply.code(), "payment_declined");
    assert_eq!(misbehave(&till, json!({})).await, 200);
    till.buyer(id).confirm(&id.to_string(), "tok_ok", "second").await.expect(201);
    settled(&till).await;
}

#[tokio::test]
async fn whatever_becomes_of_every_answer_the_payment_is_finished_when_the_gateway_is_well_again() {
    for fault in ["lost_answer", "error_after_charge", "down"] {
        let till = Till::open().await;
        misbehave(&till, json!({fault: 1})).await;
        let id = till.reserve().await;
        till.buyer(id).confirm(&id.to_string(), "tok_ok", "k").await.expect(202);
        let charged = if fault == "down" { "" } else { "authorised" };
        assert_eq!(till.charges(id).await, charged, "{fault}");
        misbehave(&till, json!({})).await;
        until_answered(&till.buyer(id), id, "tok_ok", "k", 201).await;
        settled(&till).await;
    }
}

#[tokio::test]
async fn slow_answers_are_waited_for() {
    let till = Till::open().await;
    misbehave(&till, json!({"slow": 1, "slow_ms": 400})).await;
    let (id, started) = (till.reserve().await, Instant::now());
    till.buyer(id).confirm(&id.to_string(), "tok_ok", "k").await.expect(201);
    assert!(
        started.elapsed() >= Duration::from_millis(800),
        "one for the authorisation, one for the capture"
    );
}

#[tokio::test]
async fn with_everything_going_wrong_at_times_every_payment_ends_and_the_books_agree() {
    let till = Till::open().await;
    let rates = json!({
        "decline": 0.1, "slow": 0.1, "slow_ms": 200, "lost_answer": 0.15, "error_after_charge": 0.15, "down": 0.15,
        "webhook_before_answer": 0.2, "webhook_twice": 0.2, "webhook_reordered": 0.2, "webhook_badly_signed": 0.2,
        "seed": 42,
    });
    assert_eq!(misbehave(&till, rates).await, 200);
    let ids = join_all((0..12).map(|_| till.reserve())).await;
    let answers = join_all(
        ids.iter().map(|id| async { till.buyer(*id).confirm(&id.to_string(), "tok_ok", "k").await.status }),
    )
    .await;
    assert!(answers.iter().any(|status| *status != 201), "something went wrong: {answers:?}");
    misbehave(&till, json!({})).await;
    eventually(SOON, || async {
        let unfinished = till
            .ask(
                "SELECT count(*)::text FROM booking.payments
                 WHERE state IN ('authorising', 'authorised', 'capturing', 'voiding') OR id = $1",
                uuid::Uuid::nil(),
            )
            .await;
        if unfinished == "0" { Ok(()) } else { Err(unfinished) }
    })
    .await;
    settled(&till).await;
    // Whoever was told to ask again, or to try again, has a booking or a refusal in the end.
    for id in ids {
        let status = till.buyer(id).confirm(&id.to_string(), "tok_ok", "k").await.status;
        assert!([201, 402].contains(&status), "{status}");
    }
    settled(&till).await;
}

#[tokio::test]
async fn rates_that_make_no_sense_change_nothing() {
    let till = Till::open().await;
    for wrong in [json!({"decline": 1.5}), json!({"thirst": 0.1}), json!({"down": -1}), json!({"seed": 0.5})]
    {
        assert_eq!(misbehave(&till, wrong.clone()).await, 422, "{wrong}");
    }
    let id = till.reserve().await;
    till.buyer(id).confirm(&id.to_string(), "tok_ok", "k").await.expect(201);
}

#[tokio::test]
async fn a_charge_that_was_made_before_the_gateway_failed_is_found() {
    let till = Till::open().await;
    let id = till.reserve().await;
    till.buyer(id).confirm(&id.to_string(), "tok_error_after_charge", "k").await.expect(201);
    assert_eq!(till.charges(id).await, "captured");
    settled(&till).await;
}

#[tokio::test]
async fn a_capture_that_is_refused_gives_the_seats_back_and_says_so() {
    let till = Till::open().await;
    let id = till.reserve().await;
    let reply = till.buyer(id).confirm(&id.to_string(), "tok_capture_refused", "k").await.expect(402);
    assert_eq!(reply["decline_code"], "capture_refused");
    assert_eq!((till.status(id).await.as_str(), till.charges(id).await.as_str()), ("cancelled", "voided"));
    settled(&till).await;
}
