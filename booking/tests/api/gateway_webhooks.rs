//! What the gateway says by webhook is a reason to ask it, and nothing more.

use std::time::Duration;

use booking::domain::ids::{PaymentId, ReservationId};
use booking::gateway::signature::WebhookSecret;
use harness::eventually;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::confirm::until_answered;
use crate::till::Till;

const SOON: Duration = Duration::from_secs(20);

/// An event about a payment.
fn event(id: &str, kind: &str, payment: PaymentId) -> Vec<u8> {
    let charge = format!("{payment}:authorise");
    let at = "2026-01-01T00:00:00Z";
    json!({"id": id, "type": kind, "created_at": at, "charge": charge}).to_string().into_bytes()
}

/// Sends a body with a signature to the shop; the status and the code of its answer.
async fn send(till: &Till, gateway: &str, body: Vec<u8>, signature: Option<String>) -> (u16, String) {
    let url = format!("{}/v1/payments/webhooks/{gateway}", till.url());
    let mut request = reqwest::Client::new().post(url).body(body);
    if let Some(signature) = signature {
        request = request.header("Sandbox-Signature", signature);
    }
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let body: Value = response.json().await.unwrap_or_default();
    (status, body["code"].as_str().unwrap_or_default().to_owned())
}

async fn signed(till: &Till, body: Vec<u8>) -> (u16, String) {
    let signature = Till::webhook_secret().sign(&body, till.now());
    send(till, "sandbox", body, Some(signature)).await
}

/// The kinds of the events that were stored about a reservation's payments.
async fn events(till: &Till, id: ReservationId) -> String {
    till.ask(
        "SELECT string_agg(event.kind, ' ' ORDER BY event.kind) FROM booking.gateway_events AS event
         JOIN booking.payments AS payment ON payment.id = event.payment_id WHERE payment.reservation_id = $1",
        id.0,
    )
    .await
}

async fn until_events(till: &Till, id: ReservationId, expected: &str) {
    eventually(SOON, || async {
        let events = events(till, id).await;
        if events == expected { Ok(()) } else { Err(events) }
    })
    .await;
}

/// A payment whose gateway does not answer, in a shop where time stands still: nobody will ask again.
async fn waiting() -> (Till, ReservationId) {
    let till = Till::timeless().await;
    let id = till.reserve().await;
    till.gateway.cut().await;
    till.buyer(id).confirm(&id.to_string(), "tok_ok", "k").await.expect(202);
    let waits = "SELECT id::text FROM booking.payments
                 WHERE reservation_id = $1 AND last_error IS NOT NULL AND state = 'authorising'";
    eventually(SOON, || async { !till.ask(waits, id.0).await.is_empty() }).await;
    till.gateway.heal().await;
    (till, id)
}

#[tokio::test]
async fn the_sandbox_says_what_it_did_and_the_shop_hears_it_once() {
    for token in ["tok_ok", "tok_webhook_twice", "tok_webhook_reordered", "tok_webhook_before_answer"] {
        let till = Till::open().await;
        let id = till.reserve().await;
        till.buyer(id).confirm(&id.to_string(), token, "k").await.expect(201);
        until_events(&till, id, "charge.authorised charge.captured").await;
        assert_eq!(till.payments(id).await, "captured", "{token}");
        assert!(till.broken_money_checks().await.is_empty(), "{token}");
    }
}

#[tokio::test]
async fn an_early_webhook_is_heard_before_the_answer() {
    let till = Till::open().await;
    let id = till.reserve().await;
    till.buyer(id).confirm(&id.to_string(), "tok_webhook_before_answer", "k").await.expect(201);
    assert_eq!(events(&till, id).await, "charge.authorised charge.captured", "no waiting is needed");
}

#[tokio::test]
async fn a_badly_signed_webhook_is_not_heard_and_not_needed() {
    let till = Till::open().await;
    let (forged, honest) = (till.reserve().await, till.reserve().await);
    till.buyer(forged).confirm(&forged.to_string(), "tok_webhook_badly_signed", "k").await.expect(201);
    till.buyer(honest).confirm(&honest.to_string(), "tok_ok", "k").await.expect(201);
    until_events(&till, honest, "charge.authorised charge.captured").await;
    assert_eq!(events(&till, forged).await, "");
}

#[tokio::test]
async fn a_webhook_wakes_the_payment_that_waits_for_its_gateway() {
    let (till, id) = waiting().await;
    let payment = till.payment(id).await;
    // Whatever it says: the gateway has never seen the charge, so the key may be used again.
    assert_eq!(signed(&till, event("evt_1", "charge.captured", payment)).await.0, 204);
    eventually(SOON, || async {
        let states = till.payments(id).await;
        if states == "failed" { Ok(()) } else { Err(states) }
    })
    .await;
    until_answered(&till.buyer(id), id, "tok_ok", "k", 201).await;
    assert!(till.broken_money_checks().await.is_empty());
}

#[tokio::test]
async fn an_event_is_stored_once_however_often_and_from_however_many_sides_it_comes() {
    let (till, id) = waiting().await;
    let body = event("evt_1", "charge.declined", till.payment(id).await);
    let sent = futures::future::join_all((0..10).map(|_| signed(&till, body.clone()))).await;
    // A busy store is a 503, after which a gateway sends it again.
    assert!(sent.iter().all(|(status, _)| [204, 503].contains(status)), "{sent:?}");
    eventually(SOON, || async { signed(&till, body.clone()).await.0 == 204 }).await;
    assert_eq!(events(&till, id).await, "charge.declined");
}

#[tokio::test]
async fn an_event_moves_no_payment_that_is_over() {
    let till = Till::open().await;
    let id = till.reserve().await;
    till.buyer(id).confirm(&id.to_string(), "tok_declined", "k").await.expect(402);
    let payment = till.payment(id).await;
    assert_eq!(signed(&till, event("evt_1", "charge.captured", payment)).await.0, 204);
    assert_eq!((till.payments(id).await.as_str(), till.status(id).await.as_str()), ("declined", "pending"));
    let again = till.ask("SELECT next_attempt_at::text FROM booking.payments WHERE id = $1", payment.0).await;
    assert_eq!(again, "", "nobody will look at it again");
}

#[tokio::test]
async fn what_the_gateway_did_not_sign_just_now_is_refused_and_has_no_effect() {
    let (till, id) = waiting().await;
    let payment = till.payment(id).await;
    let body = || event("evt_1", "charge.authorised", payment);
    let sign = |secret: &WebhookSecret, at: Timestamp| Some(secret.sign(&body(), at));
    let own = Till::webhook_secret();
    let minutes = SignedDuration::from_mins;
    for (what, signature) in [
        ("unsigned", None),
        ("garbled", Some("v1".to_owned())),
        ("by another", sign(&WebhookSecret::new(b"another"), till.now())),
        ("old", sign(&own, till.now() - minutes(6))),
        ("from the future", sign(&own, till.now() + minutes(6))),
        ("for another body", Some(own.sign(b"{}", till.now()))),
    ] {
        let (status, code) = send(&till, "sandbox", body(), signature).await;
        assert_eq!((status, code.as_str()), (400, "webhook_invalid"), "{what}");
    }
    assert_eq!(signed(&till, b"not an event".to_vec()).await, (400, "webhook_invalid".to_owned()));
    assert_eq!(events(&till, id).await, "");
    assert_eq!(till.payments(id).await, "authorising");
}

#[tokio::test]
async fn a_gateway_that_is_not_configured_is_not_there() {
    let till = Till::open().await;
    for gateway in ["stripe", "nobody"] {
        assert_eq!(send(&till, gateway, Vec::new(), None).await.0, 404);
    }
}

#[tokio::test]
async fn webhooks_that_come_at_once_are_each_stored_once() {
    let till = Till::open().await;
    let id = till.reserve().await;
    till.buyer(id).confirm(&id.to_string(), "tok_declined", "k").await.expect(402);
    until_events(&till, id, "charge.declined").await;
    let payment = till.payment(id).await;
    let sent = (0..60).map(async |number| {
        let body = event(&format!("evt_{}", number % 20), "charge.declined", payment);
        signed(&till, body).await
    });
    let answers = futures::future::join_all(sent).await;
    assert!(answers.iter().all(|(status, _)| *status == 204), "{answers:?}");
    until_events(&till, id, &["charge.declined"; 21].join(" ")).await;
}

#[tokio::test]
async fn a_webhook_larger_than_any_of_a_gateway_is_not_read() {
    let till = Till::timeless().await;
    let large = vec![b' '; 256 * 1024 + 1];
    assert_eq!(signed(&till, large).await, (413, "body_too_large".to_owned()));
}
