//! Exchanges of bookings against everything that may happen to them, and to the seats they want, at the same moment.

use std::time::Duration;

use futures::future::{join, join_all};
use harness::actors::{Reply, Shopper};
use serde_json::json;

use crate::booked_exchange::{booked, sums_are_right};
use crate::check_in::codes;
use crate::confirm_races::{answered, micros};
use crate::support::Shop;

fn one_of(reply: &Reply, codes: &[&str]) {
    assert!(reply.status == 200 || codes.contains(&reply.code()), "{} {}", reply.status, reply.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_exchanges_of_many_bookings_and_reserves_of_the_same_seats_split_nothing() {
    let shop = Shop::open().await;
    let show = shop.show(3).await;
    let seats = ["A1", "A2", "A3", "A4", "A5"];
    let (shop, show) = (&shop, &show);
    let bookings = join_all(seats.map(|seat| async move { booked(shop, show, &[seat]).await })).await;
    let (mut exchanged, mut refused) = (0, 0);
    for round in 0..6 {
        let row = ["B", "C"][round % 2];
        let wanted: Vec<String> = (1..=3).map(|number| format!("{row}{number}")).collect();
        let exchanges = bookings.iter().enumerate().flat_map(|(index, (holder, paid))| {
            // Each tries for two of three contended seats at once.
            let wanted = [wanted[index % 3].clone(), wanted[(index + round) % 3].clone()];
            wanted.map(
                |seat| async move { holder.exchange_booking(paid.text("booking_id"), json!([seat])).await },
            )
        });
        let strangers = join_all((0..3).map(|_| shop.shopper())).await;
        let contended = [wanted[0].as_str()];
        let reserves = strangers.iter().map(|stranger| stranger.reserve(show, &contended));
        let (replies, reserved) = join(join_all(exchanges), join_all(reserves)).await;
        for reply in &replies {
            one_of(reply, &["seats_unavailable", "invalid_state"]);
            if reply.status == 200 { exchanged += 1 } else { refused += 1 }
        }
        for (stranger, reply) in strangers.iter().zip(&reserved) {
            assert!([201, 409].contains(&reply.status), "round {round}: {}", reply.body);
            if reply.status == 201 {
                stranger.release(reply.text("reservation_id")).await.expect(204);
            }
        }
        sums_are_right(shop).await;
        assert_eq!(shop.stats(show).await["booked"], 5, "round {round}");
    }
    assert!(exchanged > 0 && refused > 0, "{exchanged} exchanges, {refused} refused");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_exchange_asked_many_times_at_once_is_done_once() {
    let shop = Shop::open().await;
    let show = shop.show(1).await;
    let (holder, paid) = booked(&shop, &show, &["A1", "A2"]).await;
    let id = paid.text("booking_id");
    let replies = join_all((0..20).map(|_| holder.exchange_booking(id, json!(["A3", "A4"])))).await;
    let done = holder.booking(id).await.expect(200);
    assert_eq!(done["seats"], json!(["A3", "A4"]));
    for reply in &replies {
        assert_eq!((reply.status, &reply.body), (200, &done.body));
    }
    let told: i64 =
        sqlx::query_scalar("SELECT count(*) FROM booking.events WHERE kind = 'booking.exchanged'")
            .fetch_one(&shop.pool)
            .await
            .unwrap();
    assert_eq!(told, 1);
    sums_are_right(&shop).await;
    // Nothing of it is left in the way of the next one.
    holder.exchange_booking(id, json!(["A1", "A5"])).await.expect(200);
    shop.shopper().await.reserve(&show, &["A2", "A3", "A4"]).await.expect(201);
}

/// The lead of one of two that race, µs; each round moves it towards the other outcome, so that the rounds gather where the
/// race is open.
async fn race<A, B>(lead_us: i64, first: impl Future<Output = A>, second: impl Future<Output = B>) -> (A, B) {
    join(
        async {
            tokio::time::sleep(micros(-lead_us)).await;
            first.await
        },
        async {
            tokio::time::sleep(micros(lead_us)).await;
            second.await
        },
    )
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_exchange_and_a_cancel_leave_nothing_that_is_nobodys() {
    let shop = Shop::open().await;
    let show = shop.show(3).await;
    let mut lead_us = 1_000;
    for round in 0..12 {
        let (holder, paid) = booked(&shop, &show, &["A1", "A2"]).await;
        let id = paid.text("booking_id");
        let exchange = holder.exchange_booking(id, json!(["A2", "B1"]));
        let (exchanged, cancelled) = race(lead_us, exchange, holder.cancel(id)).await;
        cancelled.expect(200);
        one_of(&exchanged, &["invalid_state"]);
        lead_us += if exchanged.status == 200 { -1_500 } else { 2_300 };
        let seats = if exchanged.status == 200 { json!(["A2", "B1"]) } else { json!(["A1", "A2"]) };
        assert_eq!(holder.booking(id).await["seats"], seats, "round {round}");
        sums_are_right(&shop).await;
        assert_eq!(shop.stats(&show).await["booked"], 0, "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_gate_lets_in_with_the_ticket_of_a_seat_that_is_the_bookings() {
    let shop = Shop::open().await;
    let show = shop.show(3).await;
    let mut lead_us = 1_000;
    for round in 1..=10 {
        let (own, other) = (format!("A{round}"), format!("B{round}"));
        let (holder, paid) = booked(&shop, &show, &[&own]).await;
        let id = paid.text("booking_id");
        let scan = shop.operator.check_in(json!({ "qr": codes(&paid)[0] }));
        let exchange = holder.exchange_booking(id, json!([other]));
        let (exchanged, scanned) = race(lead_us, exchange, scan).await;
        one_of(&exchanged, &["already_used"]);
        let known = holder.booking(id).await.expect(200);
        if exchanged.status == 200 {
            lead_us -= 1_500;
            assert_eq!(scanned.expect(409).code(), "ticket_cancelled");
            assert_eq!((&known["seats"], &known["tickets"][0]["status"]), (&json!([other]), &json!("valid")));
        } else {
            lead_us += 2_300;
            scanned.expect(200);
            assert_eq!((&known["seats"], &known["tickets"][0]["status"]), (&json!([own]), &json!("used")));
        }
    }
    sums_are_right(&shop).await;
    assert_eq!(shop.stats(&show).await["booked"], 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_seat_that_is_given_back_is_sold_to_one_and_the_seat_that_is_wanted_too() {
    let shop = Shop::open().await;
    let show = shop.show(2).await;
    let (holder, paid) = booked(&shop, &show, &["A1"]).await;
    let id = paid.text("booking_id");
    let (mut own, mut other) = ("A1", "B1");
    for round in 0..8_u64 {
        // Rivals buy both seats if they can, while it goes from one to the other.
        let rivals = join_all((0..4).map(|_| shop.shopper())).await;
        let sales = rivals.iter().enumerate().map(|(index, rival)| {
            let seat = if index % 2 == 0 { own } else { other };
            let show = &show;
            async move {
                tokio::time::sleep(Duration::from_micros(700 * (round % 5))).await;
                let reserved = rival.reserve(show, &[seat]).await;
                if reserved.status != 201 {
                    assert_eq!(reserved.code(), "seats_unavailable", "{}", reserved.body);
                    return None;
                }
                let reservation = reserved.text("reservation_id");
                let paid = rival.confirm(reservation, "tok_ok", "k").await;
                let paid = answered(rival, reservation, paid).await.expect(201);
                Some((rival.clone(), paid.text("booking_id").to_owned(), seat))
            }
        });
        let (exchanged, sold) = join(holder.exchange_booking(id, json!([other])), join_all(sales)).await;
        one_of(&exchanged, &["seats_unavailable"]);
        let sold: Vec<(Shopper, String, &str)> = sold.into_iter().flatten().collect();
        let free = if exchanged.status == 200 { own } else { other };
        assert!(
            sold.iter().all(|(_, _, seat)| *seat == free),
            "round {round}: {free} was free, {sold:?} sold"
        );
        assert!(sold.len() <= 1, "round {round}: {sold:?}");
        assert!(exchanged.status == 200 || sold.len() == 1, "round {round}: lost to nobody");
        sums_are_right(&shop).await;
        for (rival, booking, _) in &sold {
            rival.cancel(booking).await.expect(200);
        }
        if exchanged.status == 200 {
            (own, other) = (other, own);
        }
    }
    assert_eq!(holder.booking(id).await["seats"], json!([own]));
    sums_are_right(&shop).await;
}
