//! Stores that are away: nothing is guessed, the answer comes in time, and it works again soon after.

use std::time::{Duration, Instant};

use harness::actors::{Reply, Shopper};
use harness::eventually;
use harness::proxy::{Moment, Proxy};
use harness::stores::TestStores;
use shared::clock::Clock;

use crate::support::Shop;

/// A client has its 503 so soon.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);
/// And after the outage it works again so soon.
const WORK_WITHIN: Duration = Duration::from_secs(5);

struct Cuttable {
    shop: Shop,
    redis: Proxy,
    postgres: Proxy,
    show: String,
}

async fn cuttable() -> Cuttable {
    let stores = TestStores::new().await;
    let redis = Proxy::start(&stores.redis_url).await;
    let postgres = Proxy::start(&stores.database_url).await;
    let (redis_url, database_url) = (redis.url(&stores.redis_url), postgres.url(&stores.database_url));
    let shop = Shop::reaching(stores, Clock::System, &redis_url, &database_url).await;
    let show = shop.show(2).await;
    // Seen once, so that its plan is in memory as in a shop that has been open for a while.
    shop.shopper().await.seats(&show).await.expect(200);
    Cuttable { shop, redis, postgres, show }
}

/// Asks and asserts that the refusal is one a client can act on, in time.
async fn refused_in_time(shopper: &Shopper, show: &str, seats: &[&str]) -> Reply {
    let started = Instant::now();
    let reply = shopper.reserve(show, seats).await.expect(503);
    assert!(started.elapsed() < ANSWER_WITHIN, "answered after {:?}", started.elapsed());
    assert_eq!(reply.code(), "dependency_unavailable");
    assert!(!reply.header("retry-after").is_empty());
    reply
}

/// After healing the same shopper gets the same seats, and everything adds up.
async fn works_again(cuttable: &Cuttable, shopper: &Shopper, seats: &[&str]) {
    let reply = eventually(WORK_WITHIN, async || {
        let reply = shopper.reserve(&cuttable.show, seats).await;
        if matches!(reply.status, 200 | 201) { Ok(reply) } else { Err(reply.body) }
    })
    .await;
    assert_eq!(reply["status"], "pending");
    let stats = cuttable.shop.stats(&cuttable.show).await;
    assert_eq!(stats["reserved"], seats.len(), "no seat is held that nobody reserved");
    assert!(cuttable.shop.broken_seat_checks().await.is_empty());
}

#[tokio::test]
async fn without_redis_nothing_is_reserved() {
    let cuttable = cuttable().await;
    let shopper = cuttable.shop.shopper().await;
    cuttable.redis.cut().await;
    refused_in_time(&shopper, &cuttable.show, &["A1", "A2"]).await;
    let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM booking.reservations")
        .fetch_one(&cuttable.shop.pool)
        .await
        .unwrap();
    assert_eq!(rows, 0);
    cuttable.redis.heal().await;
    works_again(&cuttable, &shopper, &["A1", "A2"]).await;
}

#[tokio::test]
async fn a_half_open_redis_does_not_keep_a_client_waiting() {
    let cuttable = cuttable().await;
    let shopper = cuttable.shop.shopper().await;
    cuttable.redis.stall().await;
    refused_in_time(&shopper, &cuttable.show, &["A1"]).await;
    cuttable.redis.heal().await;
    works_again(&cuttable, &shopper, &["A1"]).await;
}

#[tokio::test]
async fn without_postgres_nothing_is_reserved() {
    let cuttable = cuttable().await;
    let shopper = cuttable.shop.shopper().await;
    cuttable.postgres.cut().await;
    refused_in_time(&shopper, &cuttable.show, &["A1", "A2"]).await;
    // The contended path needs no Postgres: a taken seat is still refused as taken.
    let other = cuttable.shop.shopper().await;
    assert_eq!(other.reserve(&cuttable.show, &["A1"]).await.expect(409).code(), "seats_unavailable");
    cuttable.postgres.heal().await;
    works_again(&cuttable, &shopper, &["A1", "A2"]).await;
}

#[tokio::test]
async fn a_half_open_postgres_does_not_keep_a_client_waiting() {
    let cuttable = cuttable().await;
    let shopper = cuttable.shop.shopper().await;
    cuttable.postgres.stall().await;
    refused_in_time(&shopper, &cuttable.show, &["A1"]).await;
    cuttable.postgres.heal().await;
    works_again(&cuttable, &shopper, &["A1"]).await;
}

#[tokio::test]
async fn a_lost_answer_of_either_store_costs_nothing() {
    for lose in ["redis", "postgres"] {
        let cuttable = cuttable().await;
        let shopper = cuttable.shop.shopper().await;
        let proxy = if lose == "redis" { &cuttable.redis } else { &cuttable.postgres };
        proxy.drop_answers().await;
        let started = Instant::now();
        let reply = shopper.reserve(&cuttable.show, &["A1"]).await;
        assert!(started.elapsed() < ANSWER_WITHIN, "{lose}: answered after {:?}", started.elapsed());
        assert!(matches!(reply.status, 201 | 503), "{lose}: {}", reply.body);
        proxy.heal().await;
        works_again(&cuttable, &shopper, &["A1"]).await;
    }
}

#[tokio::test]
async fn seats_of_a_request_that_was_given_up_come_back() {
    let cuttable = cuttable().await;
    let shopper = cuttable.shop.shopper().await;
    cuttable.postgres.cut().await;
    refused_in_time(&shopper, &cuttable.show, &["A1", "A2"]).await;
    cuttable.postgres.heal().await;
    // The client never asks again; the shop itself decides that nothing was recorded, and lets go.
    eventually(WORK_WITHIN, async || cuttable.shop.stats(&cuttable.show).await["available"] == 20).await;
    cuttable.shop.shopper().await.reserve(&cuttable.show, &["A1"]).await.expect(201);
    assert!(cuttable.shop.broken_seat_checks().await.is_empty());
}

#[tokio::test]
async fn seats_held_by_an_answer_that_was_lost_come_back() {
    let cuttable = cuttable().await;
    let shopper = cuttable.shop.shopper().await;
    // Redis does what it is asked and nobody hears of it; the client never asks again.
    cuttable.redis.drop_answers().await;
    shopper.reserve(&cuttable.show, &["A1", "A2"]).await.expect(503);
    cuttable.redis.heal().await;
    eventually(WORK_WITHIN, async || cuttable.shop.stats(&cuttable.show).await["available"] == 20).await;
    cuttable.shop.shopper().await.reserve(&cuttable.show, &["A1"]).await.expect(201);
    assert!(cuttable.shop.broken_seat_checks().await.is_empty());
}

/// A reservation whose release is carried out in Postgres, and nobody hears of it.
async fn release_without_an_answer(cuttable: &Cuttable) -> (Shopper, String) {
    let shopper = cuttable.shop.shopper().await;
    let reserved = shopper.reserve(&cuttable.show, &["A1"]).await.expect(201);
    let reservation = reserved.text("reservation_id").to_owned();
    cuttable.postgres.stop_at(&["SET status = 'released'", "COMMIT"], Moment::BeforeTheAnswer);
    let (released, ()) = tokio::join!(shopper.release(&reservation), async {
        cuttable.postgres.stopped().await;
        cuttable.postgres.heal().await;
    });
    assert_eq!(released.status, 503, "{}", released.body);
    (shopper, reservation)
}

#[tokio::test]
async fn a_release_whose_answer_was_lost_frees_the_seats() {
    let cuttable = cuttable().await;
    let (shopper, reservation) = release_without_an_answer(&cuttable).await;
    // The client never asks again; Redis hears of it all the same.
    eventually(WORK_WITHIN, async || cuttable.shop.stats(&cuttable.show).await["available"] == 20).await;
    assert_eq!(shopper.reservation(&reservation).await["status"], "released");
}

#[tokio::test]
async fn a_shop_that_stops_first_says_what_it_still_has_to_say() {
    let cuttable = cuttable().await;
    let (_, reservation) = release_without_an_answer(&cuttable).await;
    let Cuttable { shop, show, .. } = cuttable;
    let mut redis = shop.redis().await;
    let hold = async |redis: &mut redis::aio::MultiplexedConnection| -> bool {
        let mut known = redis::cmd("HEXISTS");
        known.arg(format!("{{show:{show}}}:holds")).arg(&reservation);
        known.query_async(redis).await.unwrap()
    };
    assert!(hold(&mut redis).await, "Redis has not heard of it yet");
    shop.running.stop().await;
    assert!(!hold(&mut redis).await, "the shop stopped before it had said that the seat is free");
}
