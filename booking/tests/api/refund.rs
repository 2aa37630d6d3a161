//! Money given back by operators: never more than was captured.

use std::time::Duration;

use futures::future::join_all;
use harness::eventually;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::till::Till;

const SOON: Duration = Duration::from_secs(30);

fn part(amount_minor: i64) -> Value {
    json!({ "amount": { "amount_minor": amount_minor, "currency": "EUR" }, "reason": "a broken seat" })
}

fn all() -> Value {
    json!({ "reason": "the projector broke down" })
}

#[tokio::test]
async fn a_part_is_given_back_and_the_tickets_stay_valid() {
    let till = Till::open().await;
    let (id, booking) = till.book("tok_ok").await;
    let reply = till.operator().refund(&booking, part(700), None).await.expect(202);
    assert_eq!((&reply["status"], &reply["refund"]["amount_minor"]), (&json!("confirmed"), &json!(700)));
    eventually(SOON, || async { till.refunds(id).await == "refunded" }).await;
    assert_eq!(till.given_back(id).await, 700);
    let read = till.buyer(id).booking(&booking).await.expect(200);
    assert_eq!((&read["status"], &read["tickets"][0]["status"]), (&json!("confirmed"), &json!("valid")));
    let record = "SELECT actor || ' ' || (payload ->> 'reason') FROM booking.events WHERE kind = 'refund.pending' AND $1::uuid IS NOT NULL";
    assert_eq!(till.ask(record, id.0).await, "bootstrap a broken seat");
    // The buyer gets the rest, and no more, when the booking is given back.
    let cancelled = till.buyer(id).cancel(&booking).await.expect(200);
    assert_eq!(cancelled["refund"]["amount_minor"], 1800);
    eventually(SOON, || async { till.buyer(id).booking(&booking).await["status"] == "refunded" }).await;
    assert_eq!(till.payments(id).await, "refunded");
    assert_eq!(till.broken_money_checks().await, [""; 0]);
}

#[tokio::test]
async fn giving_all_back_cancels_the_booking_and_frees_its_seats() {
    let till = Till::open().await;
    let (id, booking) = till.book("tok_ok").await;
    let reply = till.operator().refund(&booking, all(), None).await.expect(202);
    assert_eq!((&reply["status"], &reply["refund"]["amount_minor"]), (&json!("cancelled"), &json!(2500)));
    let seats = till.seats(id).await;
    assert_eq!(till.seat_byte(seats[0]).await, Some(0));
    eventually(SOON, || async { till.buyer(id).booking(&booking).await["status"] == "refunded" }).await;
    let told = till.buyer(id).cancel(&booking).await.expect(200);
    assert_eq!((&told["status"], &told["refund"]["amount_minor"]), (&json!("refunded"), &json!(2500)));
    assert_eq!(till.broken_money_checks().await, [""; 0]);
}

#[tokio::test]
async fn whoever_was_let_in_keeps_the_ticket_and_may_get_all_of_the_money() {
    let till = Till::open().await;
    let (id, booking) = till.book("tok_ok").await;
    till.tell(
        "UPDATE booking.tickets SET status = 'used', used_at = created_at WHERE booking_id = $1",
        booking.parse::<Uuid>().unwrap(),
    )
    .await;
    let reply = till.operator().refund(&booking, all(), None).await.expect(202);
    assert_eq!(reply["status"], "confirmed");
    eventually(SOON, || async { till.given_back(id).await == 2500 }).await;
    let read = till.buyer(id).booking(&booking).await.expect(200);
    assert_eq!((&read["status"], &read["tickets"][0]["status"]), (&json!("confirmed"), &json!("used")));
}

#[tokio::test]
async fn no_more_is_given_back_than_is_left_and_in_no_other_currency() {
    let till = Till::open().await;
    let (_, booking) = till.book("tok_ok").await;
    let operator = till.operator();
    operator.refund(&booking, part(2000), None).await.expect(202);
    for bad in [part(501), part(0), part(-5)] {
        let reply = operator.refund(&booking, bad, None).await.expect(422);
        assert_eq!(reply.code(), "refund_too_large");
        assert_eq!(reply["refundable"], json!({ "amount_minor": 500, "currency": "EUR" }));
    }
    let dollars = json!({ "amount": { "amount_minor": 5, "currency": "USD" }, "reason": "x" });
    assert_eq!(operator.refund(&booking, dollars, None).await.expect(422).code(), "refund_too_large");
    for bad in [json!({ "reason": " " }), json!({}), json!({ "reason": "x", "percent": 5 })] {
        assert_eq!(operator.refund(&booking, bad, None).await.expect(422).code(), "invalid_fields");
    }
    operator.refund(&Uuid::new_v4().to_string(), all(), None).await.expect(404);
}

#[tokio::test]
async fn repeating_a_refund_under_its_key_repeats_nothing() {
    let till = Till::open().await;
    let (id, booking) = till.book("tok_ok").await;
    let operator = till.operator();
    let first = operator.refund(&booking, part(500), Some("k")).await.expect(202);
    let again = operator.refund(&booking, part(500), Some("k")).await.expect(202);
    assert_eq!(again["refund_id"], first["refund_id"]);
    assert_eq!(
        operator.refund(&booking, part(501), Some("k")).await.expect(422).code(),
        "idempotency_key_reused"
    );
    assert_eq!(
        operator.refund(&booking, all(), Some("k")).await.expect(422).code(),
        "idempotency_key_reused"
    );
    operator.refund(&booking, part(500), Some("another")).await.expect(202);
    eventually(SOON, || async { till.given_back(id).await == 1000 }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_refunds_at_once_give_back_no_more_than_was_captured() {
    let till = Till::open().await;
    let (id, booking) = till.book("tok_ok").await;
    let operator = till.operator();
    let replies = join_all((0..30).map(|_| operator.refund(&booking, part(400), None))).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 202).count(), 6, "six times 400 of 2500");
    assert!(replies.iter().all(|reply| matches!(reply.status, 202 | 422)), "{replies:?}");
    eventually(SOON, || async { till.given_back(id).await == 2400 }).await;
    assert_eq!(till.broken_money_checks().await, [""; 0]);
}

#[tokio::test]
async fn the_database_refuses_a_refund_above_the_capture_whoever_writes_it() {
    let till = Till::open().await;
    let (id, _) = till.book("tok_ok").await;
    let write = "INSERT INTO booking.refunds (id, payment_id, amount_minor, currency, reason, state, created_at, updated_at)
         SELECT gen_random_uuid(), id, amount_minor + 1, currency, 'too much', 'pending', created_at, created_at
         FROM booking.payments WHERE reservation_id = $1";
    let error = sqlx::query(write).bind(id.0).execute(&till.pool).await.unwrap_err();
    let constraint = error.as_database_error().and_then(|error| error.constraint());
    assert_eq!(constraint, Some("payments_refunds_stay_within_capture"));
}

#[tokio::test]
async fn bookings_are_listed_by_show_status_reference_and_refund() {
    let till = Till::open().await;
    let (_, kept) = till.book("tok_ok").await;
    let (id, given_back) = till.book("tok_ok").await;
    till.buyer(id).cancel(&given_back).await.expect(200);
    eventually(SOON, || async { till.refunds(id).await == "refunded" }).await;
    let operator = till.operator();
    let listed = async |query: &str| -> Vec<String> {
        let reply = operator.get(&format!("bookings?{query}")).await.expect(200);
        let items = reply["items"].as_array().unwrap();
        items.iter().map(|item| item["booking_id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(listed("status=confirmed").await, std::slice::from_ref(&kept));
    assert_eq!(listed("refund=refunded").await, std::slice::from_ref(&given_back));
    assert_eq!(listed(&format!("show_id={}", till.show)).await, [kept.clone(), given_back.clone()]);
    assert_eq!(listed(&format!("show_id={}", Uuid::new_v4())).await, [""; 0]);
    let first = operator.get("bookings?limit=1").await.expect(200);
    assert_eq!(first["items"][0]["booking_id"], kept);
    let rest = operator.get(&format!("bookings?cursor={}", first.text("next_cursor"))).await.expect(200);
    let item = &rest["items"][0];
    assert_eq!((&item["booking_id"], &item["status"]), (&json!(given_back), &json!("refunded")));
    let (refund, amount) = (&item["refunds"][0], json!({ "amount_minor": 2500, "currency": "EUR" }));
    assert_eq!((&refund["amount"], &refund["cause"]), (&amount, &json!("cancelled")));
    assert_eq!(listed(&format!("reference={}", item["reference"].as_str().unwrap())).await, [given_back]);
    assert!(!rest.body.contains("shopper@example.com"), "whom the tickets are for stays out of lists");
}
