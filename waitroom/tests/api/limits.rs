//! Rate, burst and slots, with several replicas ticking at once; and who asks too often.

use std::time::Duration;

use futures::future::join_all;
use harness::actors::Visitor;
use harness::stores::TestStores;
use serde_json::json;
use shared::clock::Clock;

use crate::support::{DROP, OPERATOR_TOKEN, Room, SOON, config};

#[tokio::test]
async fn three_replicas_never_call_more_than_the_limits_allow() {
    let room = Room::with(TestStores::new().await, 3, Clock::System).await;
    room.create_open(json!({"rate_per_minute": 1_200, "burst": 20, "max_active": 7})).await;
    let visitors: Vec<Visitor> = (0..60).map(|n| Visitor::new(&room.replicas[n % 3].url(), DROP)).collect();
    join_all(visitors.iter().map(Visitor::join)).await;
    let served = visitors.iter().map(|visitor| async {
        visitor.wait_until("called", Duration::from_mins(1)).await;
        visitor.claim().await.expect(200);
        visitor.leave().await.expect(204);
    });
    join_all(served).await;

    let pool = room.pool();
    let calls: i64 = sqlx::query_scalar("SELECT count(*) FROM waitroom.ledger WHERE kind = 'called'")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(calls, 60);
    assert!(room.findings().await.is_empty(), "{:?}", room.findings().await);
}

#[tokio::test]
async fn a_new_rate_is_in_force_within_a_second_and_counts_from_then_on() {
    let (room, clock) = Room::with_manual_clock().await;
    room.create_open(json!({"rate_per_minute": 1, "burst": 1, "max_active": 100})).await;
    let visitors: Vec<Visitor> = (0..5).map(|_| room.visitor()).collect();
    for visitor in &visitors {
        visitor.join().await.expect(201);
    }
    visitors[0].wait_until("called", SOON).await;
    clock.advance(Duration::from_secs(30));
    let (etag, _) = room.operator().get_drop(DROP).await;
    room.operator().patch_drop(DROP, &etag, json!({"rate_per_minute": 60})).await.expect(200);
    clock.advance(Duration::from_millis(500));
    // Half a call at the old rate, half a call at the new one.
    visitors[1].wait_until("called", SOON).await;
    assert_eq!(visitors[2].place().await["state"], "waiting");
    clock.advance(Duration::from_secs(1));
    visitors[2].wait_until("called", SOON).await;
    assert!(room.findings().await.is_empty(), "{:?}", room.findings().await);
}

#[tokio::test]
async fn nobody_is_called_to_an_empty_shop() {
    let (room, clock) = Room::with_manual_clock().await;
    room.create(json!({"rate_per_minute": 600})).await;
    let redis = shared::redis::Redis::connect(&room.stores.redis_url).unwrap();
    let health = |free| shared::drop::Health {
        at_ms: clock.now().as_millisecond(),
        free,
        held: 0,
        p99_ms: 1.0,
        error_share: 0.0,
        in_flight: 0,
        pool_wait_ms: 0.0,
    };
    let drop = DROP.parse().unwrap();
    shared::drop::write_health(&redis, &drop, &health(0)).await.unwrap();
    room.operator().open(DROP).await.expect(200);
    let visitor = room.visitor();
    visitor.join().await.expect(201);
    let place = visitor.wait_until("sold_out", SOON).await;
    assert_eq!(place["seats_left"], 0);
    assert_eq!(visitor.status().await["state"], "sold_out");
    shared::drop::write_health(&redis, &drop, &health(3)).await.unwrap();
    visitor.wait_until("called", SOON).await;
}

#[tokio::test]
async fn who_asks_too_often_is_told_when_to_come_back() {
    let stores = TestStores::new().await;
    let mut config = config(&stores.redis_url, &stores.database_url);
    config.rate_limit_per_identity = 2;
    let running = waitroom::start(config, Clock::System).await.unwrap();
    let operator = harness::actors::Operator::new(&running.url(), OPERATOR_TOKEN);
    operator.create_drop(json!({"slug": DROP, "title": "Premiere", "mode": "safety_net"})).await.expect(201);
    let visitor = Visitor::new(&running.url(), DROP);
    visitor.join().await.expect(201);
    let looks = join_all((0..10).map(|_| visitor.place())).await;
    assert_eq!(looks.iter().filter(|look| look.status == 200).count(), 4);
    let refused = looks.into_iter().find(|look| look.status == 429).unwrap();
    assert_eq!(refused.code(), "rate_limited");
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(refused.header("ratelimit-policy"), "\"look\";q=4;w=2");
    assert!(refused.header("ratelimit").starts_with("\"look\";r=0;t="));
    running.stop().await;
}
