//! Our payments against the gateway's books: nothing where they agree, and each difference that is planted.

use std::collections::BTreeSet;
use std::time::Duration;

use harness::eventually;
use serde_json::{Value, json};

use crate::saga::gateway_captured;
use crate::till::Till;

const SOON: Duration = Duration::from_secs(30);

/// What an operator is shown of the last day.
async fn compared(till: &Till) -> Value {
    till.operator().get("reconciliation").await.expect(200).json
}

#[tokio::test]
async fn books_that_agree_are_shown_with_their_totals_and_no_difference() {
    let till = Till::timeless().await;
    let (id, booking) = till.book("tok_ok").await;
    till.book("tok_ok").await;
    let declined = till.reserve().await;
    till.buyer(declined).confirm(&declined.to_string(), "tok_declined", "k").await.expect(402);
    till.buyer(id).cancel(&booking).await.expect(200);
    eventually(SOON, || async { till.refunds(id).await == "refunded" }).await;
    till.advance(120);
    let shown = compared(&till).await;
    let totals = json!({
        "captured_here_minor": 5000, "captured_there_minor": 5000,
        "refunded_here_minor": 2500, "refunded_there_minor": 2500,
    });
    assert_eq!(shown["totals"]["EUR"], totals);
    assert_eq!((&shown["payments"], &shown["charges"]), (&json!(3), &json!(3)));
    assert_eq!((&shown["gateway"], &shown["differences"]), (&json!("sandbox"), &json!([])));
    let counts = shown["counts"].as_object().unwrap();
    assert!(counts.len() == 11 && counts.values().all(|count| *count == 0), "{counts:?}");
}

#[tokio::test]
async fn each_class_of_difference_is_found_where_it_is_planted() {
    let till = Till::timeless().await;
    let charge =
        "idempotency_key = (SELECT id || ':authorise' FROM booking.payments WHERE reservation_id = $1)";
    let planted = [
        ("captured_there_not_here", "tok_declined", "UPDATE sandbox_gateway.charges SET status = 'captured', captured_minor = amount_minor WHERE {charge}"),
        ("authorised_and_forgotten", "tok_declined", "UPDATE sandbox_gateway.charges SET status = 'authorised' WHERE {charge}"),
        ("captured_here_not_there", "tok_ok", "UPDATE sandbox_gateway.charges SET status = 'voided', captured_minor = 0 WHERE {charge}"),
        ("missing_there",
            "tok_ok",
            "WITH charge AS (SELECT id FROM sandbox_gateway.charges WHERE {charge}),
                  gone AS (DELETE FROM sandbox_gateway.operations WHERE charge_id IN (SELECT id FROM charge))
             DELETE FROM sandbox_gateway.charges WHERE id IN (SELECT id FROM charge)",
        ),
        ("amount_differs", "tok_ok", "UPDATE sandbox_gateway.charges SET captured_minor = captured_minor - 1 WHERE {charge}"),
        ("refunded_there_not_here", "tok_ok", "UPDATE sandbox_gateway.charges SET refunded_minor = 1 WHERE {charge}"),
        (
            "refunded_here_not_there",
            "tok_ok",
            "INSERT INTO booking.refunds (id, payment_id, amount_minor, currency, reason, state, created_at, updated_at)
             SELECT gen_random_uuid(), id, 1, currency, 'planted', 'refunded', created_at, created_at
             FROM booking.payments WHERE reservation_id = $1",
        ),
        (
            "unknown_charge",
            "tok_ok",
            "INSERT INTO sandbox_gateway.charges (id, idempotency_key, amount_minor, currency, token, status,
                 captured_minor, decided_at, created_at, updated_at)
             SELECT gen_random_uuid(), 'nobody', 5, 'EUR', 'tok_ok', 'captured', 5, created_at, created_at, created_at
             FROM booking.payments WHERE reservation_id = $1",
        ),
        ("reference_differs", "tok_ok", "UPDATE booking.payments SET gateway_reference = 'another' WHERE reservation_id = $1"),
        (
            "unfinished",
            "tok_ok",
            "UPDATE booking.payments SET state = 'capturing', next_attempt_at = NULL WHERE reservation_id = $1",
        ),
    ];
    let mut expected = BTreeSet::new();
    for (class, card, fault) in planted {
        let id = till.reserve().await;
        till.buyer(id).confirm(&id.to_string(), card, "k").await;
        let fault = fault.replace("{charge}", charge);
        sqlx::query(sqlx::AssertSqlSafe(fault)).bind(id.0).execute(&till.pool).await.unwrap();
        let payment = if class == "unknown_charge" { Value::Null } else { json!(till.payment(id).await) };
        expected.insert((class.to_owned(), payment.to_string()));
    }
    till.advance(3600);
    let shown = compared(&till).await;
    let differences = shown["differences"].as_array().unwrap();
    let found: BTreeSet<_> = differences
        .iter()
        .map(|found| (found["class"].as_str().unwrap().to_owned(), found["payment_id"].to_string()))
        .collect();
    assert_eq!(found, expected);
    let counts = shown["counts"].as_object().unwrap();
    let right = |(class, count): (&String, &Value)| *count == u32::from(class != "gateway_not_configured");
    assert!(counts.iter().all(right), "{counts:?}");
    let amounts = differences.iter().find(|found| found["class"] == "amount_differs").unwrap();
    assert_eq!(
        (&amounts["ours"]["amount"]["amount_minor"], &amounts["theirs"]["captured_minor"]),
        (&json!(2500), &json!(2499))
    );
}

#[tokio::test]
async fn money_taken_or_held_for_a_payment_that_is_over_goes_back_by_itself() {
    let mut till = Till::timeless().await;
    let (taken, held) = (till.reserve().await, till.reserve().await);
    for id in [taken, held] {
        till.buyer(id).confirm(&id.to_string(), "tok_declined", "k").await.expect(402);
    }
    till.close().await;
    gateway_captured(&till, taken).await;
    till.tell(
        "UPDATE sandbox_gateway.charges SET status = 'authorised'
         WHERE idempotency_key = (SELECT id || ':authorise' FROM booking.payments WHERE reservation_id = $1)",
        held.0,
    )
    .await;
    till.advance(120);
    till.reopen().await;
    eventually(SOON, || async { till.refunds(taken).await == "refunded" }).await;
    eventually(SOON, || async { till.charges(held).await == "voided" }).await;
    assert_eq!((till.given_back(taken).await, till.payments(taken).await.as_str()), (2500, "refunded"));
    assert_eq!(till.broken_money_checks().await, [""; 0]);
    // The buyer's other card pays as if nothing had been.
    till.buyer(taken).confirm(&taken.to_string(), "tok_ok", "another").await.expect(201);
    assert_eq!(till.broken_money_checks().await, [""; 0]);
}

#[tokio::test]
async fn a_period_must_be_one_and_the_gateway_must_show_its_books() {
    let till = Till::open().await;
    let operator = till.operator();
    for bad in
        ["from=2030-01-02T00:00:00Z&to=2030-01-01T00:00:00Z", "from=2020-01-01T00:00:00Z", "from=yesterday"]
    {
        operator.get(&format!("reconciliation?{bad}")).await.expect(400);
    }
    till.book("tok_ok").await;
    let before = operator.get("reconciliation?to=2020-01-01T00:00:00Z").await.expect(200);
    assert_eq!((&before["payments"], &before["charges"]), (&json!(0), &json!(0)));
    till.gateway.cut().await;
    let reply = operator.get("reconciliation").await.expect(503);
    assert_eq!((reply.code(), reply.header("retry-after")), ("dependency_unavailable", "5"));
}
