//! What becomes of a payment when something breaks between two of its steps.

use std::time::{Duration, Instant};

use booking::domain::ids::ReservationId;
use harness::eventually;
use harness::proxy::Proxy;
use harness::stores::TestStores;
use jiff::SignedDuration;
use uuid::Uuid;

use crate::confirm::until_answered;
use crate::till::{Setup, Till};

const SOON: Duration = Duration::from_secs(20);

/// A shop that stopped while it paid for a reservation: the attempt is recorded, the gateway was not reached.
async fn stopped_while_paying() -> (Till, ReservationId) {
    let mut till = Till::open().await;
    let id = till.reserve().await;
    till.gateway.cut().await;
    till.buyer(id).confirm(&id.to_string(), "tok_ok", "k").await.expect(202);
    assert_eq!(till.payments(id).await, "authorising");
    till.close().await;
    till.gateway.heal().await;
    (till, id)
}

/// What the gateway did before the shop stopped.
async fn gateway_authorised(till: &Till, id: ReservationId, status: &'static str) {
    till.tell(
        "INSERT INTO sandbox_gateway.charges (id, idempotency_key, amount_minor, currency, token, status, decided_at,
             created_at, updated_at)
         SELECT id, id || ':authorise', amount_minor, currency, 'tok_ok', 'authorised', created_at, created_at,
                created_at
         FROM booking.payments WHERE reservation_id = $1",
        id.0,
    )
    .await;
    if status != "authorised" {
        let statement = match status {
            "declined" => "UPDATE sandbox_gateway.charges SET status = 'declined' WHERE id = $1",
            "voided" => "UPDATE sandbox_gateway.charges SET status = 'voided' WHERE id = $1",
            "undecided" => {
                "UPDATE sandbox_gateway.charges SET decided_at = decided_at + interval '1 year' WHERE id = $1"
            }
            _ => return gateway_captured(till, id).await,
        };
        till.tell(statement, till.payment(id).await.0).await;
    }
}

/// The gateway took the money of the only charge for a reservation.
pub async fn gateway_captured(till: &Till, id: ReservationId) {
    till.tell(
        "WITH taken AS (
             UPDATE sandbox_gateway.charges SET status = 'captured', captured_minor = amount_minor
             WHERE idempotency_key = (SELECT id || ':authorise' FROM booking.payments WHERE reservation_id = $1)
             RETURNING id, amount_minor, created_at)
         INSERT INTO sandbox_gateway.operations
             (id, charge_id, kind, idempotency_key, amount_minor, outcome, created_at)
         SELECT gen_random_uuid(), id, 'capture', id || ':capture', amount_minor, 'captured', created_at FROM taken",
        id.0,
    )
    .await;
}

/// The shop had recorded that the gateway authorised.
async fn shop_knew(till: &Till, id: ReservationId) {
    till.tell(
        "UPDATE booking.payments SET state = 'authorised', gateway_reference = id::text, authorised_at = created_at
         WHERE reservation_id = $1",
        id.0,
    )
    .await;
}

/// The shop had written the booking, unseen.
async fn shop_had_booked(till: &Till, id: ReservationId) {
    shop_knew(till, id).await;
    till.tell("UPDATE booking.payments SET state = 'capturing' WHERE reservation_id = $1", id.0).await;
    till.tell(
        "INSERT INTO booking.bookings (id, reservation_id, reference, show_id, buyer, drop, sid, status, total_minor,
             currency, contact_email, contact_name, booked_at, updated_at)
         SELECT id, id, 'ABCDEFGH', show_id, buyer, drop, sid, 'booked', total_minor, currency, 'a@example.org', 'A',
                created_at, created_at
         FROM booking.reservations WHERE id = $1",
        id.0,
    )
    .await;
    till.tell(
        "INSERT INTO booking.tickets (id, booking_id, show_id, seat, label, category, fare, price_minor, currency,
             status, created_at)
         SELECT gen_random_uuid(), r.id, r.show_id, s.seat, label, category, fare, price_minor, r.currency, 'valid',
                r.created_at
         FROM booking.reservations r JOIN booking.reservation_seats s ON s.reservation_id = r.id WHERE r.id = $1",
        id.0,
    )
    .await;
}

/// Opens the shop again and waits until its payment has come to an end.
async fn finished(till: &mut Till, id: ReservationId) -> String {
    till.reopen().await;
    let till = &*till;
    eventually(SOON, || async {
        let states = till.payments(id).await;
        if ["captured", "declined", "voided", "failed"].contains(&states.as_str()) {
            Ok(states)
        } else {
            Err(states)
        }
    })
    .await
}

/// What the client hears that asks again with its key, and that the audit has nothing to say.
async fn told(till: &Till, id: ReservationId, status: u16, code: &str) {
    let reply = till.buyer(id).confirm(&id.to_string(), "tok_ok", "k").await.expect(status);
    assert_eq!(reply.code(), code);
    eventually(SOON, || async { till.broken_money_checks().await.is_empty() }).await;
}

#[tokio::test]
async fn stopped_before_the_gateway_was_asked_nothing_is_charged_and_the_key_is_free() {
    let (mut till, id) = stopped_while_paying().await;
    assert_eq!(finished(&mut till, id).await, "failed");
    assert_eq!(till.status(id).await, "pending");
    told(&till, id, 201, "").await;
    assert_eq!(till.charges(id).await, "voided captured", "the first is refused ahead, the second paid");
}

#[tokio::test]
async fn stopped_before_the_authorisation_was_recorded_it_is_found_and_used() {
    let (mut till, id) = stopped_while_paying().await;
    gateway_authorised(&till, id, "authorised").await;
    assert_eq!(finished(&mut till, id).await, "captured");
    told(&till, id, 201, "").await;
}

#[tokio::test]
async fn stopped_before_a_refusal_was_recorded_it_is_found_and_told() {
    let (mut till, id) = stopped_while_paying().await;
    gateway_authorised(&till, id, "declined").await;
    assert_eq!(finished(&mut till, id).await, "declined");
    assert_eq!(till.status(id).await, "pending");
    told(&till, id, 402, "payment_declined").await;
}

#[tokio::test]
async fn stopped_after_the_authorisation_was_recorded_the_booking_is_written() {
    let (mut till, id) = stopped_while_paying().await;
    gateway_authorised(&till, id, "authorised").await;
    shop_knew(&till, id).await;
    assert_eq!(finished(&mut till, id).await, "captured");
    told(&till, id, 201, "").await;
}

#[tokio::test]
async fn stopped_after_the_booking_was_written_the_money_is_taken() {
    let (mut till, id) = stopped_while_paying().await;
    gateway_authorised(&till, id, "authorised").await;
    shop_had_booked(&till, id).await;
    assert_eq!(finished(&mut till, id).await, "captured");
    told(&till, id, 201, "").await;
}

#[tokio::test]
async fn stopped_before_the_capture_was_recorded_it_is_not_captured_twice() {
    let (mut till, id) = stopped_while_paying().await;
    gateway_authorised(&till, id, "captured").await;
    shop_had_booked(&till, id).await;
    assert_eq!(finished(&mut till, id).await, "captured");
    told(&till, id, 201, "").await;
}

#[tokio::test]
async fn a_refused_capture_cancels_the_unseen_booking_and_frees_its_seats() {
    let (mut till, id) = stopped_while_paying().await;
    gateway_authorised(&till, id, "voided").await;
    shop_had_booked(&till, id).await;
    assert_eq!(finished(&mut till, id).await, "failed");
    assert_eq!(till.status(id).await, "cancelled");
    let seats = till.seats(id).await;
    eventually(SOON, || async { till.seat_byte(seats[0]).await == Some(0) }).await;
    let booking = till.buyer(id).booking(&id.to_string()).await;
    assert_eq!(booking.status, 404, "nobody ever saw it");
    told(&till, id, 402, "payment_declined").await;
}

#[tokio::test]
async fn seats_that_were_lost_let_the_money_go() {
    let (mut till, id) = stopped_while_paying().await;
    gateway_authorised(&till, id, "authorised").await;
    till.tell(
        "UPDATE booking.seat_claims SET live = false, ended_at = claimed_at WHERE reservation_id = $1",
        id.0,
    )
    .await;
    assert_eq!(finished(&mut till, id).await, "voided");
    assert_eq!(till.status(id).await, "cancelled");
    assert_eq!(till.charges(id).await, "voided");
    told(&till, id, 409, "seats_lost").await;
}

#[tokio::test]
async fn stopped_before_a_void_was_recorded_it_is_voided_once() {
    let (mut till, id) = stopped_while_paying().await;
    gateway_authorised(&till, id, "authorised").await;
    till.tell(
        "UPDATE booking.payments SET state = 'voiding', failure = 'not_taken' WHERE reservation_id = $1",
        id.0,
    )
    .await;
    assert_eq!(finished(&mut till, id).await, "voided");
    assert_eq!(till.status(id).await, "pending");
    assert_eq!(till.charges(id).await, "voided");
}

#[tokio::test]
async fn money_that_was_taken_after_its_payment_was_given_up_goes_back() {
    let (mut till, id) = stopped_while_paying().await;
    gateway_authorised(&till, id, "captured").await;
    till.tell(
        "UPDATE booking.payments SET state = 'voiding', failure = 'capture_refused', gateway_reference = id::text
         WHERE reservation_id = $1",
        id.0,
    )
    .await;
    till.tell(
        "UPDATE booking.reservations SET status = 'cancelled', ended_at = created_at WHERE id = $1",
        id.0,
    )
    .await;
    till.tell(
        "UPDATE booking.seat_claims SET live = false, ended_at = claimed_at WHERE reservation_id = $1",
        id.0,
    )
    .await;
    till.reopen().await;
    eventually(SOON, || async { till.payments(id).await == "refunded" }).await;
    assert_eq!((till.refunds(id).await.as_str(), till.given_back(id).await), ("refunded", 2500));
    told(&till, id, 402, "payment_declined").await;
}

#[tokio::test]
async fn how_long_a_payment_may_take_is_a_setting() {
    let setup = Setup { manual_clock: true, payment_within_s: Some(30), ..Setup::default() };
    let till = Till::with(TestStores::new().await, setup).await;
    let id = till.reserve_for(SignedDuration::from_secs(20)).await;
    till.gateway.cut().await;
    till.buyer(id).confirm(&id.to_string(), "tok_ok", "k").await.expect(202);
    let left = till.ask(
        "SELECT extract(epoch FROM payment_deadline - updated_at)::bigint::text FROM booking.reservations WHERE id = $1",
        id.0,
    );
    assert_eq!(left.await, "30");
}

#[tokio::test]
async fn the_end_of_a_slot_that_redis_has_forgotten_is_not_waited_for() {
    let till = Till::open().await;
    let id = till.reserve().await;
    let mut redis = till.redis().await;
    redis::cmd("DEL").arg("{drop:premiere}:epoch").exec_async(&mut redis).await.unwrap();
    till.buyer(id).confirm(&id.to_string(), "tok_ok", "k").await.expect(201);
    let unsent = "SELECT count(*)::text FROM booking.outbox WHERE sent_at IS NULL AND $1::uuid IS NOT NULL";
    eventually(SOON, || async { till.ask(unsent, id.0).await == "0" }).await;
    // The drop comes back in a new epoch, which has the slot; it is ended again.
    till.add_slot(
        till.ask("SELECT sid::text FROM booking.reservations WHERE id = $1", id.0).await.parse().unwrap(),
    )
    .await;
    till.mark_drop(2).await;
    eventually(SOON, || async { !till.slot_lives(id).await }).await;
}

#[tokio::test]
async fn the_end_of_a_slot_that_can_live_no_more_is_dead() {
    let stores = TestStores::new().await;
    let redis = Proxy::start(&stores.redis_url).await;
    let setup = Setup { redis_url: Some(redis.url(&stores.redis_url)), ..Setup::default() };
    let till = Till::with(stores, setup).await;
    let (id, _) = till.book("tok_ok").await;
    let sent = "SELECT count(*)::text FROM booking.outbox WHERE sent_at IS NOT NULL AND $1::uuid IS NOT NULL";
    eventually(SOON, || async { till.ask(sent, id.0).await == "2" }).await;
    redis.cut().await;
    till.tell(
        "UPDATE booking.outbox SET sent_at = NULL, created_at = created_at - interval '7 hours', attempts = 0,
             next_attempt_at = created_at WHERE $1::uuid IS NOT NULL",
        id.0,
    )
    .await;
    let dead = "SELECT string_agg(destination, ' ') FROM booking.outbox WHERE dead_at IS NOT NULL AND $1::uuid IS NOT NULL";
    eventually(SOON, || async { till.ask(dead, id.0).await == "slot_end" }).await;
    redis.heal().await;
    eventually(SOON, || async { till.ask(sent, id.0).await == "1" }).await;
}

#[tokio::test]
async fn a_gateway_that_never_decides_is_told_to_forget_it_after_the_deadline() {
    let (mut till, id) = stopped_while_paying().await;
    gateway_authorised(&till, id, "undecided").await;
    till.tell("UPDATE booking.reservations SET payment_deadline = created_at WHERE id = $1", id.0).await;
    assert_eq!(finished(&mut till, id).await, "voided");
    assert_eq!(till.status(id).await, "expired");
    told(&till, id, 410, "reservation_expired").await;
}

#[tokio::test]
async fn a_payment_that_was_not_taken_before_its_hold_ended_leaves_it_expired() {
    let (mut till, id) = stopped_while_paying().await;
    till.tell("UPDATE booking.reservations SET expires_at = created_at WHERE id = $1", id.0).await;
    assert_eq!(finished(&mut till, id).await, "failed");
    assert_eq!(till.status(id).await, "expired");
    told(&till, id, 410, "reservation_expired").await;
}

#[tokio::test]
async fn a_gateway_that_cannot_be_reached_is_202_at_once_and_decided_when_it_is_back() {
    let till = Till::open().await;
    let id = till.reserve().await;
    till.gateway.cut().await;
    let asked = Instant::now();
    till.buyer(id).confirm(&id.to_string(), "tok_ok", "k").await.expect(202);
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
    till.gateway.heal().await;
    until_answered(&till.buyer(id), id, "tok_ok", "k", 201).await;
    assert_eq!(till.payments(id).await, "failed captured", "the first was never taken");
}

#[tokio::test]
async fn answers_lost_on_the_way_are_asked_for_until_they_arrive() {
    let till = Till::open().await;
    let id = till.reserve().await;
    till.gateway.drop_answers().await;
    till.buyer(id).confirm(&id.to_string(), "tok_ok", "k").await.expect(202);
    till.gateway.heal().await;
    until_answered(&till.buyer(id), id, "tok_ok", "k", 201).await;
    assert_eq!(till.charges(id).await, "captured");
}

#[tokio::test]
async fn a_half_open_gateway_keeps_nobody_waiting() {
    let till = Till::open().await;
    let id = till.reserve().await;
    till.gateway.stall().await;
    let asked = Instant::now();
    till.buyer(id).confirm(&id.to_string(), "tok_ok", "k").await.expect(202);
    assert!(asked.elapsed() < Duration::from_secs(6), "{:?}", asked.elapsed());
    till.gateway.heal().await;
    until_answered(&till.buyer(id), id, "tok_ok", "k", 201).await;
    eventually(SOON, || async { till.broken_money_checks().await.is_empty() }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_cut_at_any_moment_of_a_confirm_leaves_it_consistent() {
    let stores = TestStores::new().await;
    let proxy = Proxy::start(&stores.database_url).await;
    let setup = Setup { database_url: Some(proxy.url(&stores.database_url)), ..Setup::default() };
    let till = Till::with(stores, setup).await;
    for round in 0..12 {
        let id = till.reserve().await;
        let buyer = till.buyer(id);
        let key = format!("round-{round}");
        let asked = {
            let (buyer, key) = (buyer.clone(), key.clone());
            tokio::spawn(async move {
                let started = Instant::now();
                (buyer.confirm(&id.to_string(), "tok_ok", &key).await, started.elapsed())
            })
        };
        tokio::time::sleep(Duration::from_millis(4 * round)).await;
        proxy.cut().await;
        let (reply, took) = asked.await.unwrap();
        assert!(took < Duration::from_secs(4), "{took:?}");
        proxy.heal().await;
        assert!(matches!(reply.status, 201..=202 | 503), "{} {}", reply.status, reply.body);
        if reply.status == 503 {
            assert!(took < Duration::from_secs(2), "{took:?}");
            assert!(!reply.header("retry-after").is_empty());
        }
        let answered = eventually(SOON, || async {
            let again = buyer.confirm(&id.to_string(), "tok_ok", &key).await;
            if matches!(again.status, 202 | 503) { Err(again.body) } else { Ok(again) }
        })
        .await
        .expect(201);
        if reply.status == 201 {
            assert_eq!(answered.body, reply.body);
        }
    }
    eventually(SOON, || async { till.broken_money_checks().await.is_empty() }).await;
}

#[tokio::test]
async fn a_half_open_postgres_or_redis_is_503_within_two_seconds_and_works_again() {
    let stores = TestStores::new().await;
    let postgres = Proxy::start(&stores.database_url).await;
    let redis = Proxy::start(&stores.redis_url).await;
    let setup = Setup {
        database_url: Some(postgres.url(&stores.database_url)),
        redis_url: Some(redis.url(&stores.redis_url)),
        ..Setup::default()
    };
    let till = Till::with(stores, setup).await;
    for proxy in [&postgres, &redis] {
        for stall in [false, true] {
            let id = till.reserve().await;
            let buyer = till.buyer(id);
            if stall {
                proxy.stall().await;
            } else {
                proxy.cut().await;
            }
            let asked = Instant::now();
            let reply = buyer.confirm(&id.to_string(), "tok_ok", "k").await.expect(503);
            assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
            assert_eq!(reply.code(), "dependency_unavailable");
            assert!(!reply.header("retry-after").is_empty());
            proxy.heal().await;
            let healed = eventually(Duration::from_secs(5), || async {
                let reply = buyer.confirm(&id.to_string(), "tok_ok", "k").await;
                if reply.status == 201 { Ok(reply) } else { Err(reply.body) }
            });
            healed.await;
        }
    }
}

#[tokio::test]
async fn slots_are_ended_again_in_a_drops_new_epoch() {
    let till = Till::open().await;
    let sid = Uuid::new_v4();
    let id = till.reserve_seats(&[0], SignedDuration::from_mins(1), sid, 100).await;
    till.buyer(id).confirm(&id.to_string(), "tok_ok", "k").await.expect(201);
    eventually(SOON, || async {
        till.ask("SELECT epoch::text FROM booking.drop_epochs WHERE $1::uuid IS NOT NULL", id.0).await == "1"
    })
    .await;
    till.add_slot(sid).await;
    till.mark_drop(2).await;
    eventually(SOON, || async { !till.slot_lives(id).await }).await;
}

#[tokio::test]
async fn what_redis_did_not_hear_of_is_told_again() {
    let stores = TestStores::new().await;
    let redis = Proxy::start(&stores.redis_url).await;
    let setup = Setup { redis_url: Some(redis.url(&stores.redis_url)), ..Setup::default() };
    let till = Till::with(stores, setup).await;
    let id = till.reserve().await;
    // The gateway is slow enough for Redis to be cut while it decides.
    till.gateway.delay(Duration::from_millis(300)).await;
    let buyer = till.buyer(id);
    let reservation = id.to_string();
    let (reply, ()) = tokio::join!(buyer.confirm(&reservation, "tok_ok", "k"), async {
        eventually(SOON, || async { till.payments(id).await == "authorising" }).await;
        redis.cut().await;
    });
    reply.expect(201);
    redis.heal().await;
    let seats = till.seats(id).await;
    eventually(SOON, || async { till.seat_byte(seats[0]).await == Some(2) && !till.slot_lives(id).await })
        .await;
    eventually(SOON, || async {
        till.ask(
            "SELECT count(*)::text FROM booking.outbox WHERE sent_at IS NULL AND $1::uuid IS NOT NULL",
            id.0,
        )
        .await
            == "0"
    })
    .await;
}
