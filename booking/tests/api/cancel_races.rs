//! Giving a booking back against everything that may happen to it, and to its seats, at the same moment.

use std::time::Duration;

use futures::future::join_all;
use harness::eventually;
use serde_json::json;

use crate::check_in::{broken_gate_checks, codes, unlimited};
use crate::confirm_races::{answered, broken, captured, micros};
use crate::support::{OPERATOR_TOKEN, SOON, Shop};
use crate::till::Till;
use harness::actors::Operator;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_cancels_at_once_give_the_money_back_once() {
    let till = Till::open().await;
    let (id, booking) = till.book("tok_ok").await;
    let buyer = till.buyer(id);
    let replies = join_all((0..40).map(|_| buyer.cancel(&booking))).await;
    for reply in &replies {
        assert_eq!((reply.status, &reply["refund"]["amount_minor"]), (200, &json!(2500)), "{}", reply.body);
    }
    eventually(SOON, || async { till.refunds(id).await == "refunded" }).await;
    assert_eq!(till.given_back(id).await, 2500);
    let ends =
        "SELECT count(*)::text FROM booking.events WHERE kind = 'booking.cancelled' AND $1::uuid IS NOT NULL";
    assert_eq!(till.ask(ends, id.0).await, "1");
    assert_eq!(till.broken_money_checks().await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_gate_and_a_cancel_never_both_have_the_ticket() {
    let till = unlimited().await;
    let (mut used, mut cancelled) = (0, 0);
    // How long the cancel starts before the gate, µs. Each round moves it towards the other outcome, so that the rounds
    // gather where the race is open, however busy the machine is.
    let mut lead_us = 1_000_i64;
    for round in 0..30 {
        let (id, booking) = till.book("tok_ok").await;
        let buyer = till.buyer(id);
        let codes = codes(&buyer.booking(&booking).await);
        let (reply, let_in) = tokio::join!(
            async {
                tokio::time::sleep(micros(-lead_us)).await;
                buyer.cancel(&booking).await
            },
            async {
                tokio::time::sleep(micros(lead_us)).await;
                let scans = codes.iter().map(async |code| {
                    let scanned = till.operator().check_in(json!({ "qr": code })).await;
                    assert!(
                        scanned.status == 200 || scanned.code() == "ticket_cancelled",
                        "{}",
                        scanned.body
                    );
                    scanned.status == 200
                });
                join_all(scans).await.into_iter().filter(|let_in| *let_in).count()
            }
        );
        match (reply.status, let_in) {
            (200, 0) => {
                cancelled += 1;
                lead_us -= 1_000;
            }
            // The cancel came between the scans, or after them: it was refused, and nobody is turned away.
            (409, 2) => {
                used += 1;
                lead_us += 2_300;
                assert_eq!(reply.code(), "already_used");
                assert_eq!(
                    (till.status(id).await.as_str(), till.refunds(id).await.as_str()),
                    ("confirmed", "")
                );
            }
            other => panic!("round {round}: {other:?} {}", reply.body),
        }
    }
    assert!(used > 0 && cancelled > 0, "the race went one way only: {used} to {cancelled}");
    eventually(SOON, || async { till.broken_money_checks().await.is_empty() }).await;
    assert_eq!(broken_gate_checks(&till.pool).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_cancel_with_an_operators_refund_gives_back_what_was_captured_and_no_more() {
    let till = Till::timeless().await;
    let mut bookings = Vec::new();
    for _ in 0..12 {
        bookings.push(till.book("tok_ok").await);
    }
    // A day and a half before the show a buyer gets half; the operator gives all that is left.
    till.advance(50 * 3600);
    for (index, (id, booking)) in (0_u64..).zip(&bookings) {
        let (buyer, operator) = (till.buyer(*id), till.operator());
        let (cancelled, refunded) = tokio::join!(
            async {
                tokio::time::sleep(Duration::from_micros(400 * (index % 4))).await;
                buyer.cancel(booking).await.expect(200)
            },
            async {
                tokio::time::sleep(Duration::from_micros(400 * (index % 3))).await;
                operator.refund(booking, json!({"reason": "a storm"}), None).await.expect(202)
            },
        );
        let amounts = (&cancelled["refund"]["amount_minor"], &refunded["refund"]["amount_minor"]);
        let (half, all) = (json!(1250), json!(2500));
        // Whoever was first ended the booking; a buyer who came second is told what the operator gives back.
        assert!([(&half, &half), (&all, &all)].contains(&amounts), "{amounts:?}");
        eventually(SOON, || async { till.given_back(*id).await == 2500 }).await;
        eventually(SOON, || async { till.buyer(*id).booking(booking).await["status"] == "refunded" }).await;
    }
    assert_eq!(till.broken_money_checks().await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_seat_goes_from_one_buyer_to_the_next_without_ever_being_two_peoples() {
    let shop = Shop::open().await;
    let show = shop.show(1).await;
    let mut owner: Option<(harness::actors::Shopper, String)> = None;
    for round in 0..12_u64 {
        let give_back = async {
            if let Some((buyer, booking)) = &owner {
                tokio::time::sleep(Duration::from_micros(500 * (round % 6))).await;
                buyer.cancel(booking).await.expect(200);
            }
        };
        // Several want it; they try until one of them has it.
        let want = async {
            let rivals = join_all((0..3).map(|_| shop.shopper())).await;
            eventually(SOON, || async {
                let tries = join_all(rivals.iter().map(|rival| async {
                    let reserved = rival.reserve(&show, &["A1"]).await;
                    if !matches!(reserved.status, 200 | 201) {
                        assert_eq!(reserved.code(), "seats_unavailable", "{}", reserved.body);
                        return None;
                    }
                    let reservation = reserved.text("reservation_id").to_owned();
                    let paid = rival.confirm(&reservation, "tok_ok", "k").await;
                    let paid = answered(rival, &reservation, paid).await.expect(201);
                    Some((rival.clone(), paid.text("booking_id").to_owned()))
                }));
                let winners: Vec<_> = tries.await.into_iter().flatten().collect();
                assert!(winners.len() <= 1, "two people bought one seat");
                winners.into_iter().next()
            })
            .await
        };
        let ((), next) = tokio::join!(give_back, want);
        owner = Some(next);
    }
    assert_eq!(shop.stats(&show).await["booked"], 1);
    eventually(SOON, || async { broken(&shop).await.is_empty() }).await;
    let (buyer, booking) = owner.unwrap();
    let reservation = buyer.booking(&booking).await.expect(200).text("reservation_id").to_owned();
    assert_eq!(captured(&shop, &reservation).await, 1250);
    let operator = Operator::new(&shop.url(), OPERATOR_TOKEN);
    assert_eq!(
        operator.get("bookings?status=confirmed").await.expect(200)["items"].as_array().unwrap().len(),
        1
    );
}
