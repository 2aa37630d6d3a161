//! Stores that are cut off or hang: 503 within two seconds, nothing fails open, and all is well soon after.

use std::time::{Duration, Instant};

use harness::actors::Reply;
use harness::proxy::Proxy;
use harness::{eventually, stores::TestStores};
use serde_json::json;
use shared::clock::Clock;

use crate::support::{DROP, Room, SOON};

const ANSWERED_WITHIN: Duration = Duration::from_secs(2);
const RECOVERED_WITHIN: Duration = Duration::from_secs(5);

struct Cut {
    room: Room,
    redis: Proxy,
    postgres: Proxy,
}

impl Cut {
    async fn new() -> Self {
        // Somebody whose refused join happened all the same keeps a slot.
        Self::with(json!({"max_active": 20})).await
    }

    async fn with(settings: serde_json::Value) -> Self {
        let stores = TestStores::new().await;
        let (redis, postgres) =
            (Proxy::start(&stores.redis_url).await, Proxy::start(&stores.database_url).await);
        let (redis_url, database_url) = (redis.url(&stores.redis_url), postgres.url(&stores.database_url));
        let room = Room::reached(stores, 1, Clock::System, &redis_url, &database_url).await;
        room.create_open(settings).await;
        Self { room, redis, postgres }
    }
}

/// Refused in time, with a time to come back.
async fn refused(request: impl Future<Output = Reply>) {
    let started = Instant::now();
    let reply = request.await.expect(503);
    assert!(started.elapsed() < ANSWERED_WITHIN, "{:?}", started.elapsed());
    assert_eq!(reply.code(), "dependency_unavailable");
    assert!(reply.header("retry-after").parse::<u64>().is_ok_and(|seconds| seconds >= 1));
}

async fn without_redis(stalled: bool) {
    let Cut { room, redis, postgres: _postgres } = Cut::new().await;
    let (called, leaving, newcomer) = (room.visitor(), room.visitor(), room.visitor());
    called.join().await.expect(201);
    leaving.join().await.expect(201);
    called.wait_until("called", SOON).await;
    if stalled {
        redis.stall().await;
    } else {
        redis.cut().await;
    }
    refused(newcomer.join()).await;
    refused(called.claim()).await;
    refused(called.place()).await;
    refused(leaving.leave()).await;
    assert_eq!(newcomer.status().await.status, 200, "the public status comes from memory");
    redis.heal().await;
    eventually(RECOVERED_WITHIN, || async { newcomer.join().await.status < 300 }).await;
    eventually(RECOVERED_WITHIN, || async { called.claim().await.status == 200 }).await;
    newcomer.wait_until("called", SOON).await;
    assert!(room.findings().await.is_empty(), "{:?}", room.findings().await);
}

#[tokio::test]
async fn with_redis_cut_off_the_line_answers_503_and_recovers() {
    without_redis(false).await;
}

#[tokio::test]
async fn with_redis_half_open_the_line_answers_503_and_recovers() {
    without_redis(true).await;
}

#[tokio::test]
async fn who_waits_is_told_so_for_a_moment_without_redis_and_then_to_come_back() {
    let Cut { room, redis, postgres: _postgres } = Cut::with(json!({"max_active": 1})).await;
    let (called, waiting, newcomer) = (room.visitor(), room.visitor(), room.visitor());
    called.join().await.expect(201);
    called.wait_until("called", SOON).await;
    waiting.join().await.expect(201);
    waiting.wait_until("waiting", SOON).await;
    redis.cut().await;
    refused(newcomer.join()).await;
    assert_eq!(waiting.place().await.expect(200)["state"], "waiting", "from the replica's memory");
    // What happens to a line that cannot be asked is not guessed for long.
    eventually(2 * SOON, || async { waiting.place().await.status == 503 }).await;
    redis.heal().await;
    eventually(RECOVERED_WITHIN, || async { waiting.place().await["state"] == "waiting" }).await;
    assert_eq!(room.operator().get("drops/premiere/stats").await["called"], 1, "nobody was called meanwhile");
    assert!(room.findings().await.is_empty(), "{:?}", room.findings().await);
}

async fn without_postgres(stalled: bool) {
    // One call a second: the second visitor's turn comes while Postgres is away.
    let settings = json!({"max_active": 20, "rate_per_minute": 60, "burst": 1});
    let Cut { room, redis: _redis, postgres } = Cut::with(settings).await;
    let (called, early, newcomer) = (room.visitor(), room.visitor(), room.visitor());
    called.join().await.expect(201);
    early.join().await.expect(201);
    called.wait_until("called", SOON).await;
    if stalled {
        postgres.stall().await;
    } else {
        postgres.cut().await;
    }
    refused(called.claim()).await;
    // That Postgres was there a moment ago is believed for a moment.
    let last = room.visitor();
    eventually(ANSWERED_WITHIN, || async { last.join().await.status == 503 }).await;
    refused(newcomer.join()).await;
    refused(room.operator().pause(DROP)).await;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(early.place().await["state"], "waiting", "nobody is called while the ledger is away");
    postgres.heal().await;
    eventually(RECOVERED_WITHIN, || async { called.claim().await.status == 200 }).await;
    eventually(RECOVERED_WITHIN, || async { newcomer.join().await.status < 300 }).await;
    early.wait_until("called", RECOVERED_WITHIN).await;
    newcomer.wait_until("called", RECOVERED_WITHIN).await;
    newcomer.leave().await.expect(204);
    assert!(room.findings().await.is_empty(), "{:?}", room.findings().await);
}

#[tokio::test]
async fn with_postgres_cut_off_nobody_is_called_and_the_line_recovers() {
    without_postgres(false).await;
}

#[tokio::test]
async fn with_postgres_half_open_nobody_is_called_and_the_line_recovers() {
    without_postgres(true).await;
}

#[tokio::test]
async fn leaving_is_answered_only_when_the_ledger_knows() {
    let Cut { room, redis: _redis, postgres } = Cut::new().await;
    let visitor = room.visitor();
    visitor.join().await.expect(201);
    visitor.wait_until("called", SOON).await;
    postgres.cut().await;
    refused(visitor.leave()).await;
    postgres.heal().await;
    eventually(RECOVERED_WITHIN, || async { visitor.leave().await.status == 204 }).await;
    eventually(SOON, || async {
        let stats = room.operator().get("drops/premiere/stats").await;
        if stats["left"] == 1 { Ok(()) } else { Err(stats.body) }
    })
    .await;
}
