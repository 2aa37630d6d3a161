//! Confirm against everything that may happen to a reservation at the same moment.

use std::time::Duration;

use booking::domain::ids::ReservationId;
use harness::actors::{Reply, Shopper};
use harness::eventually;

use crate::support::{DROP, SOON, Shop};

/// What the audits of seats and money find, as the names of the checks that do not hold.
pub async fn broken(shop: &Shop) -> Vec<&'static str> {
    let mut broken = shop.broken_seat_checks().await;
    let money = booking::audit::money(&shop.pool, shop.clock.now()).await.unwrap();
    broken.extend(money.iter().filter(|check| !check.holds()).map(|check| check.name));
    broken
}

/// How much money the gateway took for a reservation.
pub async fn captured(shop: &Shop, reservation: &str) -> i64 {
    let id: ReservationId = reservation.parse().unwrap();
    sqlx::query_scalar(
        "SELECT coalesce(sum(captured_minor), 0)::bigint FROM sandbox_gateway.charges AS charge
         JOIN booking.payments AS payment ON charge.idempotency_key = payment.id || ':authorise'
         WHERE payment.reservation_id = $1",
    )
    .bind(id)
    .fetch_one(&shop.pool)
    .await
    .unwrap()
}

/// Asks again with the same key while the payment is being worked on.
pub async fn answered(shopper: &Shopper, reservation: &str, first: Reply) -> Reply {
    if first.status != 202 {
        return first;
    }
    eventually(SOON, || async {
        let reply = shopper.confirm(reservation, "tok_ok", "k").await;
        if reply.status == 202 { Err(reply.body) } else { Ok(reply) }
    })
    .await
}

/// No wait where the time is negative.
pub fn micros(us: i64) -> Duration {
    Duration::from_micros(us.max(0).unsigned_abs())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn confirm_against_expiry_has_one_winner_and_no_money_without_seats() {
    let (shop, clock) = Shop::open_timeless().await;
    let show = shop.show(5).await;
    let (mut confirmed, mut lost) = (0, 0);
    // How long the confirm starts before the expiry, µs. Each round moves it towards the other outcome, so that the
    // rounds gather where the race is open, however busy the machine is.
    let mut lead_us = 8_000_i64;
    for round in 0..40_u64 {
        let seat = format!("{}{}", char::from(b'A' + u8::try_from(round / 10).unwrap()), round % 10 + 1);
        let slow = shop.shopper().await;
        let reserved = slow.reserve(&show, &[&seat]).await.expect(201);
        let reservation = reserved.text("reservation_id").to_owned();
        clock.advance(Duration::from_mins(10) - Duration::from_millis(1));
        let fast = shop.shopper().await;
        let slow = slow.with_token(reserved.text("manage_token"));
        let (paid, (), taken) = tokio::join!(
            async {
                tokio::time::sleep(micros(-lead_us)).await;
                slow.confirm(&reservation, "tok_ok", "k").await
            },
            async {
                tokio::time::sleep(micros(lead_us)).await;
                clock.advance(Duration::from_millis(2));
            },
            async {
                tokio::time::sleep(micros(lead_us)).await;
                fast.reserve(&show, &[&seat]).await
            },
        );
        let paid = answered(&slow, &reservation, paid).await;
        match paid.status {
            201 => {
                confirmed += 1;
                lead_us -= 1_500;
                assert_eq!(taken.status, 409, "round {round}: {}", taken.body);
                assert_eq!(captured(&shop, &reservation).await, 1250);
            }
            409 | 410 => {
                lost += 1;
                lead_us += 3_500;
                let code = if paid.status == 409 { "seats_lost" } else { "reservation_expired" };
                assert_eq!(paid.code(), code, "round {round}");
                assert!(matches!(taken.status, 201 | 409), "round {round}: {}", taken.body);
                assert_eq!(captured(&shop, &reservation).await, 0);
            }
            _ => panic!("round {round}: {} {}", paid.status, paid.body),
        }
    }
    assert!(confirmed > 0 && lost > 0, "the race went one way only: {confirmed} to {lost}");
    eventually(SOON, || async { broken(&shop).await.is_empty() }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn confirm_against_the_sweeper_has_one_winner_by_the_machines_clock() {
    let shop = Shop::open().await;
    shop.line.open_drop(DROP, 1, 10, 0).await;
    let show = shop.show(4).await;
    let buyers = futures::future::join_all((0..30_u64).map(|index| {
        let (shop, show) = (&shop, &show);
        async move {
            let seat = format!("{}{}", char::from(b'A' + u8::try_from(index / 10).unwrap()), index % 10 + 1);
            let shopper = shop.shopper().await;
            let reserved = shopper.reserve(show, &[&seat]).await.expect(201);
            let reservation = reserved.text("reservation_id").to_owned();
            tokio::time::sleep(Duration::from_millis(940 + 4 * index)).await;
            let paid = shopper.confirm(&reservation, "tok_ok", "k").await;
            (answered(&shopper, &reservation, paid).await, reservation)
        }
    }))
    .await;
    for (paid, reservation) in &buyers {
        assert!(matches!(paid.status, 201 | 410), "{} {}", paid.status, paid.body);
        let money = if paid.status == 201 { 1250 } else { 0 };
        assert_eq!(captured(&shop, reservation).await, money);
    }
    eventually(SOON, || async { broken(&shop).await.is_empty() }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn confirm_against_release_has_one_winner() {
    let shop = Shop::open().await;
    let show = shop.show(3).await;
    for round in 0..30_u64 {
        let seat = format!("{}{}", char::from(b'A' + u8::try_from(round / 10).unwrap()), round % 10 + 1);
        let shopper = shop.shopper().await;
        let reservation =
            shopper.reserve(&show, &[&seat]).await.expect(201).text("reservation_id").to_owned();
        let (paid, released) = tokio::join!(
            async {
                tokio::time::sleep(Duration::from_micros(400 * (round % 5))).await;
                shopper.confirm(&reservation, "tok_ok", "k").await
            },
            async {
                tokio::time::sleep(Duration::from_micros(400 * (round % 7))).await;
                shopper.release(&reservation).await
            },
        );
        let paid = answered(&shopper, &reservation, paid).await;
        match (paid.status, released.status) {
            (201, 409) => assert_eq!(captured(&shop, &reservation).await, 1250),
            (410, 204) => assert_eq!(captured(&shop, &reservation).await, 0),
            other => panic!("round {round}: {other:?} {} {}", paid.body, released.body),
        }
    }
    eventually(SOON, || async { broken(&shop).await.is_empty() }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_cards_at_once_pay_a_reservation_once() {
    let shop = Shop::open().await;
    let show = shop.show(1).await;
    let shopper = shop.shopper().await;
    let reserved = shopper.reserve(&show, &["A1"]).await.expect(201);
    let reservation = reserved.text("reservation_id").to_owned();
    let replica = shop.replica().await;
    let elsewhere = Shopper::new(&replica.url(), reserved.text("manage_token"));
    let replies = futures::future::join_all((0..40).map(|index| {
        let shopper = if index % 2 == 0 { &shopper } else { &elsewhere };
        let reservation = &reservation;
        async move { shopper.confirm(reservation, "tok_ok", &format!("key-{index}")).await }
    }))
    .await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1);
    assert!(replies.iter().all(|reply| matches!(reply.status, 201 | 409)), "{replies:?}");
    assert_eq!(captured(&shop, &reservation).await, 1250);
    eventually(SOON, || async { broken(&shop).await.is_empty() }).await;
    replica.stop().await;
}
