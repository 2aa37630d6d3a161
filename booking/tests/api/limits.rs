//! How much one buyer, and one address, may have at a time: each limit where it is reached, and one over it. And that a
//! refusal costs Postgres nothing.

use std::time::Duration;

use booking::domain::catalogue::ShowPlan;
use booking::domain::reserve::{AskedSeat, ReserveError, reserve};
use booking::store::Store;
use futures::future::join_all;
use harness::actors::Shopper;
use harness::eventually;
use harness::proxy::Proxy;
use harness::stores::TestStores;
use serde_json::json;
use shared::admission::Admission;
use shared::clock::ManualClock;
use shared::redis::Redis;

use crate::support::{Admitted, DROP, SOON, Shop};

const CLOSE: &str = "close-limits";

/// A drop where a hold lives 20 s, has three seats, and left to expire costs 7 s.
async fn with_close_limits() -> (Shop, ManualClock, String) {
    let (shop, clock) = Shop::open_timeless().await;
    shop.line.open_drop(CLOSE, 20, 3, 7).await;
    let mut show = shop.show_body(1).await;
    show["drop"] = json!(CLOSE);
    let show = shop.operator.create_show(show).await.expect(201).text("show_id").to_owned();
    (shop, clock, show)
}

async fn shopper(shop: &Shop) -> (Admitted, Shopper) {
    let admitted = shop.line.admit(CLOSE).await;
    let shopper = Shopper::new(&shop.url(), &admitted.token);
    (admitted, shopper)
}

#[tokio::test]
async fn a_drop_says_how_many_seats_a_reservation_may_have() {
    let (shop, _, show) = with_close_limits().await;
    let (_, shopper) = shopper(&shop).await;
    let many = shopper.reserve(&show, &["A1", "A2", "A3", "A4"]).await.expect(422);
    assert_eq!((many.code(), &many["max_seats"]), ("too_many_seats", &json!(3)));
    shopper.reserve(&show, &["A1", "A2", "A3"]).await.expect(201);
}

#[tokio::test]
async fn a_drop_says_how_long_a_hold_lives_and_what_leaving_it_costs() {
    let (shop, clock, show) = with_close_limits().await;
    let (admitted, first) = shopper(&shop).await;
    let held = first.reserve(&show, &["A1"]).await.expect(201);
    let lives = |from: &str, to: &str| {
        let [from, to]: [jiff::Timestamp; 2] =
            [held.text(from), held.text(to)].map(|time| time.parse().unwrap());
        to.duration_since(from).as_secs()
    };
    assert_eq!(lives("created_at", "expires_at"), 20);
    let (_, other) = shopper(&shop).await;
    clock.advance(Duration::from_millis(19_999));
    other.reserve(&show, &["A1"]).await.expect(409);
    clock.advance(Duration::from_millis(1));
    other.reserve(&show, &["A1"]).await.expect(201);

    let again = first.with_token(&shop.line.token(&admitted));
    let cooling = again.reserve(&show, &["A2"]).await.expect(429);
    assert_eq!((cooling.code(), cooling.header("retry-after")), ("cooling_down", "7"));
    clock.advance(Duration::from_millis(6_999));
    again.reserve(&show, &["A2"]).await.expect(429);
    clock.advance(Duration::from_millis(1));
    again.reserve(&show, &["A2"]).await.expect(201);
}

#[tokio::test]
async fn a_buyer_has_one_live_reservation_a_show() {
    let (shop, clock, show) = with_close_limits().await;
    let mut other_show = shop.show_body(1).await;
    other_show["drop"] = json!(CLOSE);
    let other_show = shop.operator.create_show(other_show).await.expect(201).text("show_id").to_owned();
    let (admitted, first) = shopper(&shop).await;
    let held = first.reserve(&show, &["A1"]).await.expect(201);
    clock.advance(Duration::from_secs(5));
    // The same buyer in another tab, let in once more.
    let again = shop.line.admit_again(CLOSE, admitted.identity).await;
    let second = Shopper::new(&shop.url(), &again.token);
    let refused = second.reserve(&show, &["A2"]).await.expect(429);
    assert_eq!((refused.code(), &refused["limit"]), ("reservation_limit", &json!("buyer")));
    assert_eq!(refused["reservation_id"], held["reservation_id"]);
    assert_eq!(refused.header("retry-after"), "15");
    second.reserve(&other_show, &["A2"]).await.expect(201);
    second.release(held.text("reservation_id")).await.expect(204);
    second.reserve(&show, &["A2"]).await.expect(201);
}

#[tokio::test]
async fn an_address_has_so_many_live_reservations_whoever_its_buyers_say_they_are() {
    let clock = ManualClock::at("2030-01-01T12:00:00Z".parse().unwrap());
    let settings = [("RESERVATIONS_PER_ADDRESS", "2")];
    let shop = Shop::with_settings_on(TestStores::new().await, clock.clone().into(), &settings).await;
    let show = shop.show(1).await;
    let (first, second, third) = (shop.shopper().await, shop.shopper().await, shop.shopper().await);
    let held = first.reserve(&show, &["A1"]).await.expect(201);
    clock.advance(Duration::from_mins(1));
    second.reserve(&show, &["A2"]).await.expect(201);
    let refused = third.reserve(&show, &["A3"]).await.expect(429);
    assert_eq!((refused.code(), &refused["limit"]), ("reservation_limit", &json!("address")));
    assert_eq!((&refused["max_reservations"], refused.header("retry-after")), (&json!(2), "540"));
    // Who has one already is not refused it.
    first.reserve(&show, &["A1"]).await.expect(200);
    // One that ended, or was paid for, makes room.
    first.release(held.text("reservation_id")).await.expect(204);
    let third_held = third.reserve(&show, &["A3"]).await.expect(201);
    first.reserve(&show, &["A1"]).await.expect(429);
    third.confirm(third_held.text("reservation_id"), "tok_ok", "k").await.expect(201);
    first.reserve(&show, &["A1"]).await.expect(201);
    // Another show has its own.
    third.reserve(&shop.show(1).await, &["A3"]).await.expect(403);
    shop.shopper().await.reserve(&shop.show(1).await, &["A3"]).await.expect(201);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_address_gets_no_more_by_asking_at_once() {
    let shop = Shop::with_settings(&[("RESERVATIONS_PER_ADDRESS", "3")]).await;
    let show = shop.show(2).await;
    let shoppers = join_all((0..20).map(|_| shop.shopper())).await;
    let replies = join_all(shoppers.iter().enumerate().map(async |(index, shopper)| {
        let seat = format!("{}{}", ["A", "B"][index % 2], index / 2 + 1);
        shopper.reserve(&show, &[&seat]).await.status
    }))
    .await;
    assert_eq!(replies.iter().filter(|status| **status == 201).count(), 3);
    assert_eq!(replies.iter().filter(|status| **status == 429).count(), 17);
}

#[tokio::test]
async fn whoever_asks_too_often_is_told_when_to_come_back() {
    let shop = Shop::with_settings(&[("RATE_LIMIT_PER_IDENTITY", "1")]).await;
    let show = shop.show(1).await;
    let hasty = shop.shopper().await;
    let asked = join_all((0..20).map(|_| hasty.reserve(&show, &["A1"]))).await;
    let refused =
        asked.iter().find(|reply| reply.status == 429).expect("two at once are allowed, not twenty");
    assert_eq!(refused.code(), "rate_limited");
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(refused.header("ratelimit-policy"), "\"reserve\";q=2;w=2");
    shop.shopper().await.reserve(&show, &["A2"]).await.expect(201);
}

#[tokio::test]
async fn an_address_that_asks_too_often_is_refused_across_its_buyers() {
    let shop =
        Shop::with_settings(&[("RATE_LIMIT_PER_ADDRESS", "1"), ("RESERVATIONS_PER_ADDRESS", "0")]).await;
    let show = shop.show(1).await;
    let shoppers = join_all((0..20).map(|_| shop.shopper())).await;
    let asked = join_all(shoppers.iter().map(|shopper| shopper.reserve(&show, &["A1"]))).await;
    let refused =
        asked.iter().find(|reply| reply.status == 429).expect("two at once are allowed, not twenty");
    assert_eq!(refused.header("ratelimit-policy"), "\"reserve-by-address\";q=2;w=2");
}

/// A store without the tasks of a service beside it, whose way to Postgres is counted.
struct Counted {
    store: Store,
    postgres: Proxy,
    plan: std::sync::Arc<ShowPlan>,
}

impl Counted {
    async fn of(shop: &Shop, show: &str) -> Self {
        let postgres = Proxy::start(&shop.stores.database_url).await;
        let pool = shared::db::pool(&postgres.url(&shop.stores.database_url), "counted", 2).unwrap();
        let redis = Redis::connect(&shop.stores.redis_url).unwrap();
        let store = Store::new(pool, redis, shop.clock.clone());
        let plan = store.plans.get(show.parse().unwrap()).await.unwrap().unwrap();
        Self { store, postgres, plan }
    }

    /// The pool looks at a connection once more before it takes it back.
    async fn is_idle(&self) {
        let pool = &self.store.pool;
        eventually(SOON, || async { pool.num_idle() == pool.size() as usize }).await;
    }

    /// What became of asking, and how many bytes were sent to Postgres for it.
    async fn ask(&self, admitted: &Admitted, seats: &[&str]) -> (Result<bool, ReserveError>, u64) {
        let asked: Vec<AskedSeat> =
            seats.iter().map(|label| AskedSeat { label: (*label).to_owned(), fare: None }).collect();
        let now = self.store.clock.now();
        let admission = Admission {
            identity: admitted.identity.clone(),
            drop: admitted.drop.clone(),
            sid: admitted.sid,
            issued_at: now,
            expires_at: now + jiff::SignedDuration::from_secs(300),
        };
        let before = self.postgres.bytes_forwarded();
        let reserved = reserve(&self.store, &admission, None, &self.plan, &asked).await;
        (reserved.map(|reserved| reserved.is_new), self.postgres.bytes_forwarded() - before)
    }
}

#[tokio::test]
async fn a_refused_reserve_sends_nothing_to_postgres() {
    let (shop, clock) = Shop::open_timeless().await;
    let show = shop.show(2).await;
    let counted = Counted::of(&shop, &show).await;
    let (winner, rival, revoked) =
        (shop.line.admit(DROP).await, shop.line.admit(DROP).await, shop.line.admit(DROP).await);
    shop.line.revoke(&revoked).await;

    let (won, sent) = counted.ask(&winner, &["A1", "A2"]).await;
    assert!(won.unwrap() && sent > 0, "who wins is recorded: {sent} bytes");
    counted.is_idle().await;
    let nothing = |(refused, sent): (Result<bool, ReserveError>, u64), what: &str| {
        assert_eq!(sent, 0, "{what}");
        refused.expect_err(what)
    };
    for _ in 0..100 {
        let taken = nothing(counted.ask(&rival, &["A2", "A3"]).await, "a taken seat");
        assert!(matches!(taken, ReserveError::SeatsUnavailable(seats) if seats == ["A2"]));
    }
    let limit = nothing(counted.ask(&winner, &["B1"]).await, "a second reservation");
    assert!(matches!(limit, ReserveError::ReservationLimit { .. }), "{limit:?}");
    let ended = nothing(counted.ask(&revoked, &["B1"]).await, "no admission");
    assert!(matches!(ended, ReserveError::AdmissionEnded), "{ended:?}");
    let many = ["A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "A9", "A10", "B1"];
    nothing(counted.ask(&rival, &many).await, "too many seats");
    nothing(counted.ask(&rival, &["Z1"]).await, "no such seat");

    clock.advance(Duration::from_secs(700));
    let cooling = nothing(counted.ask(&winner, &["B1"]).await, "a cool-down");
    assert!(matches!(cooling, ReserveError::CoolingDown { .. }), "{cooling:?}");
}

#[tokio::test]
async fn seats_are_asked_for_so_often_from_an_address_also_where_they_are_exchanged() {
    let settings = [("RATE_LIMIT_PER_ADDRESS", "1"), ("RESERVATIONS_PER_ADDRESS", "5")];
    let shop = Shop::with_settings(&settings).await;
    let show = shop.show(1).await;
    let first = shop.shopper().await;
    let held = first.reserve(&show, &["A1"]).await.expect(201);
    let id = held.text("reservation_id");
    // A request a second, and two at once: others from the address are among them.
    eventually(SOON, || async { first.exchange(id, &["A2"]).await.status == 429 }).await;
    let refused = eventually(SOON, || async {
        let reply = shop.shopper().await.reserve(&show, &["A9"]).await;
        if reply.status == 429 { Ok(reply) } else { Err(reply.body) }
    })
    .await;
    assert_eq!(refused.code(), "rate_limited");
    assert!(
        refused.header("ratelimit-policy").contains("by-address"),
        "{}",
        refused.header("ratelimit-policy")
    );
}
