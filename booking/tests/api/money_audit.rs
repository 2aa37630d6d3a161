//! The audit of the money must find what is wrong: faults are planted, one at a time.

use std::collections::BTreeSet;

use booking::domain::ids::ReservationId;
use jiff::SignedDuration;
use uuid::Uuid;

use crate::till::Till;

/// A shop that sold something, refused something, and is closed.
async fn closed() -> (Till, ReservationId) {
    let mut till = Till::open().await;
    let id = till.reserve().await;
    let buyer = till.buyer(id);
    buyer.confirm(&id.to_string(), "tok_declined", "declined").await.expect(402);
    buyer.confirm(&id.to_string(), "tok_down", "down").await.expect(503);
    buyer.confirm(&id.to_string(), "tok_ok", "k").await.expect(201);
    till.close().await;
    (till, id)
}

/// Plants a fault and expects these checks, and no others, to find it.
async fn planted(faults: &[&'static str], expected: &[&'static str]) {
    let (till, id) = closed().await;
    assert_eq!(till.broken_money_checks().await, [""; 0], "before the fault");
    // What the database itself refuses may have been written before it did.
    sqlx::raw_sql("ALTER TABLE booking.payments DROP CONSTRAINT payments_refunds_stay_within_capture")
        .execute(&till.pool)
        .await
        .unwrap();
    for fault in faults {
        till.tell(fault, id.0).await;
    }
    let broken: BTreeSet<_> = till.broken_money_checks().await.into_iter().collect();
    assert_eq!(broken, expected.iter().copied().collect::<BTreeSet<_>>());
}

#[tokio::test]
async fn a_capture_missing_from_the_gateways_books_is_found() {
    planted(
        &[
            "DELETE FROM sandbox_gateway.operations WHERE charge_id IN
                 (SELECT id FROM sandbox_gateway.charges WHERE status = 'captured') AND $1::uuid IS NOT NULL",
            "DELETE FROM sandbox_gateway.charges WHERE status = 'captured' AND $1::uuid IS NOT NULL",
        ],
        &["money.captured_here_is_captured_there"],
    )
    .await;
}

#[tokio::test]
async fn a_capture_missing_from_our_books_is_found() {
    planted(
        &["UPDATE booking.payments SET state = 'voided' WHERE reservation_id = $1 AND state = 'captured'"],
        &[
            "money.captured_there_is_captured_here",
            "money.refusals_agree",
            "money.a_confirmed_booking_is_paid",
        ],
    )
    .await;
}

#[tokio::test]
async fn another_amount_at_the_gateway_is_found() {
    planted(
        &["UPDATE sandbox_gateway.charges SET captured_minor = captured_minor - 1
           WHERE status = 'captured' AND $1::uuid IS NOT NULL"],
        &["money.captured_here_is_captured_there", "money.the_gateways_books_add_up"],
    )
    .await;
}

#[tokio::test]
async fn a_double_capture_is_found() {
    planted(
        &["INSERT INTO sandbox_gateway.operations
               (id, charge_id, kind, idempotency_key, amount_minor, outcome, created_at)
           SELECT gen_random_uuid(), charge_id, kind, 'again', amount_minor, outcome, created_at
           FROM sandbox_gateway.operations WHERE kind = 'capture' AND $1::uuid IS NOT NULL"],
        &["money.one_capture_a_booking", "money.the_gateways_books_add_up"],
    )
    .await;
}

#[tokio::test]
async fn a_booking_without_its_payment_is_found() {
    planted(
        &["DELETE FROM booking.payments WHERE reservation_id = $1 AND state = 'captured'"],
        &["money.a_confirmed_booking_is_paid", "money.captured_there_is_captured_here"],
    )
    .await;
}

#[tokio::test]
async fn money_without_its_booking_is_found() {
    planted(
        &[
            "DELETE FROM booking.tickets WHERE booking_id IN
                 (SELECT id FROM booking.bookings WHERE reservation_id = $1)",
            "DELETE FROM booking.bookings WHERE reservation_id = $1",
        ],
        &["money.captured_money_has_a_booking", "money.answers_are_true"],
    )
    .await;
}

#[tokio::test]
async fn a_ticket_that_its_buyer_was_given_and_that_is_gone_is_found() {
    let faults = [
        "UPDATE booking.tickets SET status = 'cancelled', cancelled_at = created_at
         WHERE seat = (SELECT min(seat) FROM booking.reservation_seats WHERE reservation_id = $1)",
        // As if it had been exchanged, but for nothing.
        "UPDATE booking.tickets SET status = 'cancelled', cancelled_at = created_at, replaced_at = created_at
         WHERE seat = (SELECT min(seat) FROM booking.reservation_seats WHERE reservation_id = $1)",
        // Others instead, of which nobody was told.
        "WITH gone AS (UPDATE booking.tickets SET id = gen_random_uuid() RETURNING booking_id)
         SELECT FROM gone WHERE $1::uuid IS NOT NULL",
    ];
    for fault in faults {
        planted(&[fault], &["money.answered_tickets_are_kept"]).await;
    }
}

#[tokio::test]
async fn a_payment_that_stays_authorised_for_ever_is_found() {
    planted(
        &[
            "UPDATE booking.reservations SET status = 'paying', payment_deadline = created_at - interval '5 minutes'
             WHERE id = $1",
            "UPDATE booking.payments SET state = 'authorised' WHERE reservation_id = $1 AND state = 'captured'",
            "UPDATE sandbox_gateway.charges SET status = 'authorised', captured_minor = 0
             WHERE status = 'captured' AND $1::uuid IS NOT NULL",
            "DELETE FROM sandbox_gateway.operations WHERE kind = 'capture' AND $1::uuid IS NOT NULL",
            "UPDATE booking.bookings SET status = 'booked', confirmed_at = NULL WHERE reservation_id = $1",
            "DELETE FROM booking.idempotency_keys WHERE reservation_id = $1",
        ],
        &["money.sagas_end"],
    )
    .await;
}

#[tokio::test]
async fn money_held_for_nobody_is_found() {
    planted(
        &["UPDATE sandbox_gateway.charges SET status = 'authorised'
           WHERE status = 'voided' AND $1::uuid IS NOT NULL"],
        &["money.nothing_is_held_for_nobody", "money.refusals_agree"],
    )
    .await;
}

#[tokio::test]
async fn a_reservation_that_waits_for_no_payment_is_found() {
    planted(
        &["UPDATE booking.reservations SET status = 'paying', payment_deadline = created_at WHERE id = $1"],
        &["money.what_is_being_paid_has_a_payment"],
    )
    .await;
}

#[tokio::test]
async fn refunds_above_the_capture_are_found() {
    planted(
        &["INSERT INTO booking.refunds (id, payment_id, amount_minor, currency, reason, state, created_at, updated_at)
           SELECT gen_random_uuid(), id, amount_minor + 1, currency, 'planted', 'refunded', created_at, created_at
           FROM booking.payments WHERE reservation_id = $1 AND state = 'captured'"],
        &["money.refunds_stay_within_captures", "money.refunds_agree"],
    )
    .await;
}

#[tokio::test]
async fn a_refund_we_do_not_know_of_is_found() {
    planted(
        &[
            "UPDATE sandbox_gateway.charges SET refunded_minor = 1 WHERE status = 'captured' AND $1::uuid IS NOT NULL",
            "INSERT INTO sandbox_gateway.operations
                 (id, charge_id, kind, idempotency_key, amount_minor, outcome, created_at)
             SELECT gen_random_uuid(), id, 'refund', 'planted', 1, 'refunded', created_at
             FROM sandbox_gateway.charges WHERE status = 'captured' AND $1::uuid IS NOT NULL",
        ],
        &["money.refunds_agree"],
    )
    .await;
}

#[tokio::test]
async fn a_message_that_stays_in_the_outbox_is_found() {
    planted(
        &["UPDATE booking.outbox SET sent_at = NULL, created_at = created_at - interval '2 minutes'
           WHERE destination = 'slot_end' AND $1::uuid IS NOT NULL"],
        &["money.the_outbox_is_sent"],
    )
    .await;
}

#[tokio::test]
async fn an_answer_that_is_not_true_is_found() {
    planted(
        &["UPDATE booking.idempotency_keys SET response_body = '{\"booking_id\": \"another\"}'
           WHERE reservation_id = $1 AND response_status = 201"],
        &["money.answers_are_true"],
    )
    .await;
}

#[tokio::test]
async fn a_key_that_is_never_answered_is_found() {
    planted(
        &["UPDATE booking.idempotency_keys SET status = 'running', response_status = NULL, response_headers = NULL,
               response_body = NULL, finished_at = NULL
           WHERE reservation_id = $1 AND response_status = 201"],
        &["money.answers_are_true"],
    )
    .await;
}

#[tokio::test]
async fn two_captured_payments_of_one_booking_are_found() {
    planted(
        &["UPDATE booking.payments SET state = 'refunded', captured_at = created_at
           WHERE reservation_id = $1 AND state = 'declined'"],
        &["money.one_capture_a_booking", "money.captured_here_is_captured_there"],
    )
    .await;
}

#[tokio::test]
async fn another_currency_at_the_gateway_is_found() {
    planted(
        &["UPDATE sandbox_gateway.charges SET currency = 'USD'
           WHERE status = 'captured' AND $1::uuid IS NOT NULL"],
        &["money.captured_here_is_captured_there"],
    )
    .await;
}

#[tokio::test]
async fn a_capture_for_nobody_at_the_gateway_is_found() {
    planted(
        &[
            "INSERT INTO sandbox_gateway.charges (id, idempotency_key, amount_minor, currency, token, status,
                 captured_minor, decided_at, created_at, updated_at)
             SELECT $1, 'planted', 1, 'EUR', 'tok_ok', 'captured', 1, now(), now(), now()",
            "INSERT INTO sandbox_gateway.operations
                 (id, charge_id, kind, idempotency_key, amount_minor, outcome, created_at)
             SELECT gen_random_uuid(), $1, 'capture', 'planted', 1, 'captured', now()",
        ],
        &["money.captured_there_is_captured_here"],
    )
    .await;
}

#[tokio::test]
async fn a_refund_that_never_ends_is_found() {
    let (till, id) = closed().await;
    till.tell(
        "INSERT INTO booking.refunds (id, payment_id, amount_minor, currency, reason, state, created_at, updated_at)
         SELECT gen_random_uuid(), id, 1, currency, 'planted', 'pending', created_at, created_at
         FROM booking.payments WHERE reservation_id = $1 AND state = 'captured'",
        id.0,
    )
    .await;
    assert_eq!(till.broken_money_checks().await, [""; 0], "it may take a while");
    let later = till.now() + SignedDuration::from_mins(6);
    let checks = booking::audit::money(&till.pool, later).await.unwrap();
    let broken: Vec<_> = checks.iter().filter(|check| !check.holds()).map(|check| check.name).collect();
    assert_eq!(broken, ["money.refunds_end"]);
}

/// Plants a fault in the seats of what was sold, and answers with the checks of the seats that find it.
async fn broken_seats_after(faults: &[&'static str]) -> Vec<&'static str> {
    let (till, id) = closed().await;
    let redis = shared::redis::Redis::connect(&till.stores.redis_url).unwrap();
    for fault in faults {
        till.tell(fault, id.0).await;
    }
    let checks = booking::audit::seats(&till.pool, &redis, till.now()).await.unwrap();
    checks.iter().filter(|check| !check.holds()).map(|check| check.name).collect()
}

#[tokio::test]
async fn a_payment_that_began_after_its_reservation_was_over_is_found() {
    assert_eq!(broken_seats_after(&[]).await, [""; 0], "before the fault");
    let late = "UPDATE booking.reservations SET expires_at = created_at WHERE id = $1";
    assert_eq!(broken_seats_after(&[late]).await, ["seats.paid_for_in_time"]);
}

#[tokio::test]
async fn a_booking_without_a_ticket_for_each_seat_is_found() {
    let lost = "UPDATE booking.tickets SET status = 'cancelled', cancelled_at = created_at
        WHERE seat = (SELECT min(seat) FROM booking.reservation_seats WHERE reservation_id = $1)";
    assert_eq!(broken_seats_after(&[lost]).await, ["seats.tickets_fit_bookings"]);
}

#[tokio::test]
async fn a_cancelled_booking_with_tickets_that_let_in_is_found() {
    let kept = "UPDATE booking.bookings SET status = 'cancelled', cancelled_at = booked_at WHERE reservation_id = $1";
    assert!(broken_seats_after(&[kept]).await.contains(&"seats.tickets_fit_bookings"));
}

#[tokio::test]
async fn a_booking_that_was_acknowledged_and_is_gone_is_found() {
    let (till, id) = closed().await;
    let told: Uuid = till
        .ask("SELECT id::text FROM booking.bookings WHERE reservation_id = $1", id.0)
        .await
        .parse()
        .unwrap();
    assert!(booking::audit::acknowledged(&till.pool, &[told]).await.unwrap().holds());
    let gone = Uuid::new_v4();
    let check = booking::audit::acknowledged(&till.pool, &[told, gone]).await.unwrap();
    assert_eq!((check.examined, check.findings.len()), (2, 1));
    assert_eq!(check.findings[0].rows["booking_id"], gone.to_string());
}
