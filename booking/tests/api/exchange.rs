//! Other seats for a reservation: in one step, within the same time, whatever others do.

use std::time::Duration;

use booking::domain::holds::{Exchanged, SeatState};
use booking::domain::ids::{ReservationId, ShowId};
use booking::store::Store;
use booking::store::holds::Settled;
use futures::future::{join, join_all};
use harness::actors::{Reply, Shopper};
use harness::eventually;
use serde_json::{Value, json};

use crate::support::watch::Watching;
use crate::support::{DROP, SOON, Shop};

fn seats(reply: &Reply) -> Vec<&str> {
    reply["seats"].as_array().unwrap().iter().map(|seat| seat["seat"].as_str().unwrap()).collect()
}

async fn status_of(shop: &Shop, show: &str, seat: &str) -> Value {
    let map = shop.shopper().await.seats(show).await.expect(200);
    let seats = map["seats"].as_array().unwrap();
    seats.iter().find(|known| known["seat"] == seat).unwrap()["status"].clone()
}

#[tokio::test]
async fn seats_are_exchanged_in_one_step_and_the_time_stays() {
    let shop = Shop::open().await;
    let show = shop.show(2).await;
    let token = shop.line.admit(DROP).await.token;
    let mut watching = Watching::open(&shop.url(), &show, &token).await;
    watching.next().await;
    let buyer = shop.shopper().await;
    let reserved = buyer.reserve(&show, &["A1", "A2"]).await.expect(201);
    watching.until("A1", "reserved").await;
    let id = reserved.text("reservation_id");
    let exchanged = buyer.exchange(id, &["A2", "A3", "B1"]).await.expect(200);
    assert_eq!(seats(&exchanged), ["A2", "A3", "B1"]);
    assert_eq!(exchanged["expires_at"], reserved["expires_at"]);
    assert_eq!(exchanged["total"]["amount_minor"], 3 * 1250);
    let told = watching.next().await;
    let expected = json!([["A1", "available"], ["A3", "reserved"], ["B1", "reserved"]]);
    assert_eq!(told["changes"], expected, "in one step");
    shop.shopper().await.reserve(&show, &["A1"]).await.expect(201);
    // Back to a seat that it had before, with the token of the private link.
    let holder = Shopper::new(&shop.url(), reserved.text("manage_token"));
    holder.exchange(id, &["A4"]).await.expect(200);
    holder.exchange(id, &["A2", "A4"]).await.expect(200);
    let read = holder.reservation(id).await.expect(200);
    assert_eq!((seats(&read), &read["total"]["amount_minor"]), (vec!["A2", "A4"], &json!(2500)));
    let paid = holder.confirm(id, "tok_ok", "key").await.expect(201);
    assert_eq!(paid["tickets"].as_array().unwrap().len(), 2);
    assert_eq!(holder.exchange(id, &["A5"]).await.expect(409).code(), "invalid_state");
    assert!(shop.broken_seat_checks().await.is_empty());
}

#[tokio::test]
async fn what_cannot_be_had_leaves_the_reservation_as_it_was() {
    let shop = Shop::open().await;
    let show = shop.show(2).await;
    shop.shopper().await.reserve(&show, &["B1"]).await.expect(201);
    let buyer = shop.shopper().await;
    let reserved = buyer.reserve(&show, &["A1"]).await.expect(201);
    let id = reserved.text("reservation_id");
    let refused = buyer.exchange(id, &["A2", "B1"]).await.expect(409);
    assert_eq!((refused.code(), &refused["unavailable_seats"]), ("seats_unavailable", &json!(["B1"])));
    assert_eq!(buyer.exchange(id, &["A2", "Z1"]).await.expect(400).code(), "unknown_seats");
    assert_eq!(buyer.exchange(id, &["A2", "A2"]).await.expect(422).code(), "duplicate_seats");
    let many: Vec<String> =
        ["A", "B"].iter().flat_map(|row| (1..=10).map(move |n| format!("{row}{n}"))).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(buyer.exchange(id, &many).await.expect(422).code(), "too_many_seats");
    assert_eq!(shop.shopper().await.exchange(id, &["A2"]).await.expect(403).code(), "not_yours");
    assert_eq!(seats(&buyer.reservation(id).await), ["A1"]);
    assert_eq!(shop.stats(&show).await["reserved"], 2);
    buyer.release(id).await.expect(204);
    assert_eq!(buyer.exchange(id, &["A2"]).await.expect(410).code(), "reservation_expired");
    assert_eq!(shop.stats(&show).await["reserved"], 1);
    assert!(shop.broken_seat_checks().await.is_empty());
}

#[tokio::test]
async fn a_reservation_whose_time_is_over_has_no_other_seats() {
    let (shop, clock) = Shop::open_timeless().await;
    let show = shop.show(1).await;
    let reserved = shop.shopper().await.reserve(&show, &["A1"]).await.expect(201);
    let holder = Shopper::new(&shop.url(), reserved.text("manage_token"));
    let id = reserved.text("reservation_id");
    clock.advance(Duration::from_secs(599));
    holder.exchange(id, &["A2"]).await.expect(200);
    clock.advance(Duration::from_secs(1));
    assert_eq!(holder.exchange(id, &["A3"]).await.expect(410).code(), "reservation_expired");
    shop.shopper().await.reserve(&show, &["A2"]).await.expect(201);
    assert!(shop.broken_seat_checks().await.is_empty());
}

#[tokio::test]
async fn the_rule_against_stranded_seats_counts_own_seats_as_free() {
    let shop = Shop::open().await;
    let mut body = shop.show_body(1).await;
    body["stranded_rule"] = json!("strict");
    let show = shop.operator.create_show(body).await.expect(201).text("show_id").to_owned();
    let buyer = shop.shopper().await;
    let id = buyer.reserve(&show, &["A1", "A2"]).await.expect(201).text("reservation_id").to_owned();
    let refused = buyer.exchange(&id, &["A2", "A3"]).await.expect(422);
    assert_eq!((refused.code(), &refused["stranded_seats"]), ("stranded_seat", &json!(["A1"])));
    buyer.exchange(&id, &["A3", "A4"]).await.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_exchanges_and_reserves_of_the_same_seats_split_nothing() {
    let shop = Shop::open().await;
    let show = shop.show(2).await;
    let mut holders = Vec::new();
    for seat in ["A1", "A2", "A3", "A4"] {
        let reserved = shop.shopper().await.reserve(&show, &[seat]).await.expect(201);
        let holder = Shopper::new(&shop.url(), reserved.text("manage_token"));
        holders.push((holder, reserved.text("reservation_id").to_owned()));
    }
    for round in 0..4 {
        let wanted: &[&str] = if round % 2 == 0 { &["B1", "B2", "B3"] } else { &["B3", "B4"] };
        let exchanges = holders.iter().flat_map(|(holder, id)| {
            // Each tries for the contended seats and for one of its own at the same time.
            let own = ["A5", "A6", "A7", "A8"];
            let own = own[holders.iter().position(|(_, known)| known == id).unwrap()];
            [wanted.to_vec(), vec![own]].map(|seats| async move { holder.exchange(id, &seats).await })
        });
        let strangers = join_all((0..4).map(|_| shop.shopper())).await;
        let reserves = join_all(strangers.iter().map(|stranger| stranger.reserve(&show, &["B2", "B3"])));
        let (exchanged, reserved) = join(join_all(exchanges), reserves).await;
        for reply in exchanged.iter().chain(&reserved) {
            assert!([200, 201, 409].contains(&reply.status), "round {round}: {reply:?}");
        }
        for (stranger, reply) in strangers.iter().zip(&reserved) {
            if reply.status == 201 {
                stranger.release(reply.text("reservation_id")).await.expect(204);
            }
        }
        eventually(SOON, || async {
            let broken = shop.broken_seat_checks().await;
            if broken.is_empty() { Ok(()) } else { Err(broken) }
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_exchange_against_a_payment_ends_with_the_seats_that_were_paid_for() {
    let shop = Shop::open().await;
    let show = shop.show(2).await;
    let (mut exchanged_first, mut paid_first) = (0, 0);
    for round in 0..8 {
        let buyer = shop.shopper().await;
        let seat = format!("A{}", round + 1);
        let reserved = buyer.reserve(&show, &[&seat]).await.expect(201);
        let id = reserved.text("reservation_id");
        let (other, second) =
            (format!("B{}", round + 1), Shopper::new(&shop.url(), reserved.text("manage_token")));
        let wanted = [other.as_str()];
        let (exchanged, paid) = join(second.exchange(id, &wanted), buyer.confirm(id, "tok_ok", "key")).await;
        let paid = paid.expect(201);
        let expected = if exchanged.status == 200 { &other } else { &seat };
        exchanged_first += u32::from(exchanged.status == 200);
        paid_first += u32::from(exchanged.status == 409);
        assert!([200, 409].contains(&exchanged.status), "{exchanged:?}");
        assert_eq!(paid["tickets"][0]["seat"], *expected);
        eventually(SOON, || async { status_of(&shop, &show, expected).await == "booked" }).await;
    }
    assert_eq!(exchanged_first + paid_first, 8);
    eventually(SOON, || async {
        let broken = shop.broken_seat_checks().await;
        if broken.is_empty() { Ok(()) } else { Err(broken) }
    })
    .await;
    assert_eq!(shop.stats(&show).await["booked"], 8);
}

#[tokio::test]
async fn an_exchange_that_postgres_did_not_answer_is_undone_in_redis() {
    let shop = Shop::open().await;
    let show = shop.show(1).await;
    let reserved = shop.shopper().await.reserve(&show, &["A1"]).await.expect(201);
    let holder = Shopper::new(&shop.url(), reserved.text("manage_token"));
    let id = reserved.text("reservation_id");
    // Somebody has the row for longer than a store is waited for.
    let mut slow = shop.pool.begin().await.unwrap();
    sqlx::query("SELECT FROM booking.reservations FOR UPDATE").execute(&mut *slow).await.unwrap();
    holder.exchange(id, &["A2"]).await.expect(503);
    slow.rollback().await.unwrap();
    eventually(SOON * 3, || async {
        status_of(&shop, &show, "A1").await == "reserved"
            && status_of(&shop, &show, "A2").await == "available"
    })
    .await;
    // From then on nothing of it comes back.
    assert_eq!(seats(&holder.reservation(id).await), ["A1"]);
    holder.exchange(id, &["A2"]).await.expect(200);
    shop.shopper().await.reserve(&show, &["A1"]).await.expect(201);
    assert_eq!(shop.broken_seat_checks().await, [""; 0]);
}

/// The store of a replica whose exchange is cut short wherever a test wants it.
fn store_of(shop: &Shop) -> Store {
    let redis = shared::redis::Redis::connect(&shop.stores.redis_url).unwrap();
    Store::new(shop.pool.clone(), redis, shop.clock.clone())
}

async fn exchanged_in_redis_alone(store: &Store, show: ShowId, id: ReservationId, seat: u32) -> i64 {
    match store.exchange_hold(show, id, &[seat]).await.unwrap() {
        Exchanged::Held(hold) => hold.fence,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn undoing_an_exchange_leaves_a_later_one_alone() {
    let shop = Shop::open().await;
    let show = shop.show(1).await;
    let reserved = shop.shopper().await.reserve(&show, &["A1"]).await.expect(201);
    let (store, show_id, id) =
        (store_of(&shop), show.parse().unwrap(), reserved.text("reservation_id").parse().unwrap());
    let first = exchanged_in_redis_alone(&store, show_id, id, 1).await;
    let second = exchanged_in_redis_alone(&store, show_id, id, 2).await;
    // Somebody has the first seat by now, and is about to be recorded.
    assert_eq!(store.restore_hold(show_id, id, Some(first)).await.unwrap(), None);
    assert_eq!(store.holds.record(show_id, id).await.unwrap(), Some((second, vec![2])));
    assert_eq!(status_of(&shop, &show, "A1").await, "available");
    assert_eq!(store.restore_hold(show_id, id, Some(second)).await.unwrap(), Some(vec![0]));
    assert_eq!(store.holds.record(show_id, id).await.unwrap(), Some((second, vec![0])));
    assert_eq!(shop.stats(&show).await["reserved"], 1);
    assert_eq!(shop.broken_seat_checks().await, [""; 0]);
}

#[tokio::test]
async fn a_hold_that_has_moved_on_is_not_written_as_it_was() {
    let shop = Shop::open().await;
    let show = shop.show(1).await;
    let reserved = shop.shopper().await.reserve(&show, &["A1"]).await.expect(201);
    let (store, show_id, id): (_, ShowId, ReservationId) =
        (store_of(&shop), show.parse().unwrap(), reserved.text("reservation_id").parse().unwrap());
    let (fence, _) = store.holds.record(show_id, id).await.unwrap().unwrap();
    let states = [(0, SeatState::Held)];
    for only_at in [Some(Some(fence - 1)), Some(None)] {
        assert!(!store.holds.settle(show_id, Settled { id, only_at }, &states, &[]).await.unwrap());
    }
    assert_eq!(store.holds.record(show_id, id).await.unwrap(), Some((fence, vec![0])));
    let as_it_is = Settled { id, only_at: Some(Some(fence)) };
    assert!(store.holds.settle(show_id, as_it_is, &states, &[]).await.unwrap());
    assert_eq!(store.holds.record(show_id, id).await.unwrap(), None);
    let gone = Settled { id, only_at: Some(None) };
    assert!(store.holds.settle(show_id, gone, &[(0, SeatState::Free)], &[]).await.unwrap());
}

#[tokio::test]
async fn a_refusal_in_the_midst_of_an_exchange_leaves_no_seat_held_for_nobody() {
    let shop = Shop::open().await;
    let show = shop.show(1).await;
    let reserved = shop.shopper().await.reserve(&show, &["A1"]).await.expect(201);
    let (store, show_id, id) =
        (store_of(&shop), show.parse().unwrap(), reserved.text("reservation_id").parse().unwrap());
    let fence = exchanged_in_redis_alone(&store, show_id, id, 1).await;
    // Redis lets somebody else have the seat; Postgres knows its owner, and Redis hears of it.
    let other = shop.shopper().await;
    assert_eq!(other.reserve(&show, &["A1"]).await.expect(409).code(), "seats_unavailable");
    assert_eq!(status_of(&shop, &show, "A1").await, "reserved");
    assert_eq!(status_of(&shop, &show, "A2").await, "available");
    other.reserve(&show, &["A2"]).await.expect(201);
    // Whoever exchanged gives up later, and finds nothing to do.
    store.restore_hold(show_id, id, Some(fence)).await.unwrap();
    assert_eq!(shop.stats(&show).await["reserved"], 2);
    assert_eq!(shop.broken_seat_checks().await, [""; 0]);
}
