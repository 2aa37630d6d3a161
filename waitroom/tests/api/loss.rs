//! Losing Redis: nobody loses a place, and nobody gets two.

use std::time::{Duration, Instant};

use harness::actors::Visitor;
use harness::{eventually, stores::TestStores};
use redis::AsyncCommands as _;
use serde_json::json;
use shared::clock::{Clock, ManualClock};
use shared::ids::Sid;
use shared::redis::Redis;
use shared::store::StoreError;
use sqlx::{AssertSqlSafe, PgPool};
use uuid::Uuid;
use waitroom::domain::ledger::{Entry, EntryId, Fact};
use waitroom::store::ledger::Ledger;
use waitroom::store::restore::{Restored, Restorer};

use crate::support::{DROP, Room, SOON};

pub mod crowd;
pub mod scene;

use crowd::Crowd;
use scene::{Scene, key, until_all_are};

async fn empty(room: &Room) {
    let client = redis::Client::open(room.stores.redis_url.as_str()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    redis::cmd("FLUSHALL").exec_async(&mut connection).await.unwrap();
}

async fn restored(visitor: &Visitor, epoch: i64) {
    eventually(SOON, || async {
        let status = visitor.status().await;
        if status["epoch"] == epoch { Ok(()) } else { Err(status.body) }
    })
    .await;
}

/// A drop with five thousand in it loses its memory in this way.
async fn loses(stores: TestStores, lose: impl AsyncFnOnce(&mut Scene)) {
    let mut scene = Scene::begin(stores, 2).await;
    scene.room.stores.own_redis().copy_data().expect("the data can be copied");
    scene.go_on().await;
    lose(&mut scene).await;
    scene.is_restored(2).await;
    scene.everybody_has_what_they_had().await;
    scene.calling_goes_on().await;
    scene.latecomers_are_put_back().await;
}

#[tokio::test]
async fn nothing_is_lost_when_redis_is_emptied() {
    loses(TestStores::with_own_redis().await, async |scene| empty(&scene.room).await).await;
}

#[tokio::test]
async fn nothing_is_lost_when_redis_restarts_empty() {
    loses(TestStores::with_own_redis().await, async |scene| {
        scene.room.stores.own_redis().restart_empty().await.expect("Redis starts again");
    })
    .await;
}

#[tokio::test]
async fn nothing_is_lost_when_redis_restarts_from_an_old_snapshot() {
    loses(TestStores::with_own_redis().await, async |scene| {
        scene.room.stores.own_redis().restart_from_copy().await.expect("Redis starts again");
    })
    .await;
}

#[tokio::test]
async fn what_a_killed_replica_called_is_recorded_by_another() {
    let mut scene = Scene::begin(TestStores::with_own_redis().await, 2).await;
    scene.go_on().await;
    let calls = scene.calls().await;
    scene.the_replica_dies_after_calling().await;
    assert_eq!(scene.calls().await, calls, "the ledger knows of none of them");
    scene.others_start(2).await;
    scene.its_calls_stand(calls).await;
}

#[tokio::test]
async fn what_a_killed_replica_called_survives_with_redis() {
    let mut scene = Scene::begin(TestStores::with_own_redis().await, 2).await;
    scene.go_on().await;
    let calls = scene.calls().await;
    scene.the_replica_dies_after_calling().await;
    scene.room.stores.own_redis().kill().await;
    scene.room.stores.own_redis().restart().await.expect("Redis starts again");
    scene.others_start(2).await;
    scene.is_restored(2).await;
    scene.its_calls_stand(calls).await;
}

#[tokio::test]
async fn whom_a_killed_replica_called_waits_again_when_redis_is_lost_too() {
    let mut scene = Scene::begin(TestStores::with_own_redis().await, 2).await;
    scene.go_on().await;
    scene.the_replica_dies_after_calling().await;
    empty(&scene.room).await;
    scene.others_start(2).await;
    scene.is_restored(2).await;
    scene.everybody_has_what_they_had().await;
    scene.calling_goes_on().await;
    scene.latecomers_are_put_back().await;
}

#[tokio::test]
async fn calling_goes_on_within_ten_seconds_and_whom_a_replica_remembers_need_not_ask() {
    let room = Room::with(TestStores::with_own_redis().await, 2, Clock::System).await;
    room.create_open(json!({"rate_per_minute": 600, "burst": 10, "max_active": 1_000})).await;
    let mut crowd = Crowd::join(&room, 300).await;
    until_all_are(&mut crowd, 0..20, "called").await;
    empty(&room).await;
    let lost = Instant::now();
    restored(&room.visitor(), 2).await;
    let (redis, pool) = (Redis::connect(&room.stores.redis_url).unwrap(), room.pool());
    let calls = async || {
        let count = "SELECT count(*) FROM waitroom.ledger WHERE kind = 'called' AND epoch = $1";
        let in_epoch =
            async |epoch: i64| sqlx::query_scalar::<_, i64>(count).bind(epoch).fetch_one(&pool).await;
        (in_epoch(1).await.unwrap(), in_epoch(2).await.unwrap())
    };
    eventually(SOON, || async {
        let waiting: i64 = redis.clone().zcard(key("queue")).await.unwrap();
        let (before, _) = calls().await;
        if waiting == 300 - before { Ok(()) } else { Err((waiting, before)) }
    })
    .await;
    assert_eq!(calls().await.1, 0, "all are back before anybody is called");
    eventually(SOON, || async { calls().await.1 > 0 }).await;
    let silence = lost.elapsed();
    assert!(silence > Duration::from_secs(5) && silence < Duration::from_secs(10), "{silence:?}");
    assert!(room.findings().await.is_empty(), "{:?}", room.findings().await);
}

#[tokio::test]
async fn who_left_the_lobby_is_not_revived_and_may_join_again() {
    let clock = ManualClock::at("2026-03-01T12:00:00Z".parse().unwrap());
    let room = Room::with(TestStores::with_own_redis().await, 2, clock.clone().into()).await;
    room.create(json!({"lobby_opens_at": "2026-03-01T11:59:30Z", "opens_at": "2026-03-01T13:00:00Z", "max_active": 1})).await;
    let (stays, leaves, returns) = (room.visitor(), room.visitor(), room.visitor());
    for visitor in [&stays, &leaves, &returns] {
        visitor.join().await.expect(201);
    }
    let (place, old) = (returns.place().await["place_id"].clone(), leaves.place_token().unwrap());
    for visitor in [&leaves, &returns] {
        visitor.leave().await.expect(204);
    }
    empty(&room).await;
    restored(&stays, 2).await;
    leaves.use_place_token(&old);
    assert_eq!(leaves.place().await["state"], "left");
    assert_eq!(stays.place().await["state"], "lobby");
    assert_eq!(returns.join().await.expect(201)["place_id"], place, "the draw is not rolled again");
    assert_eq!(returns.place().await["state"], "lobby");
    eventually(SOON, || async { stays.status().await["waiting"] == 2 }).await;
}

/// A ledger of so many calls, of which so many have ended.
async fn write_ledger(pool: &PgPool, calls: i64, ends: i64) {
    let place = "(lpad(to_hex(i), 8, '0') || '-0000-8000-8000-' || lpad(to_hex(i), 8, '0') || '0000')::uuid";
    let sid = "(lpad(to_hex(i), 8, '0') || '-0000-4000-8000-000000000000')::uuid";
    let insert = format!(
        "INSERT INTO waitroom.ledger (drop, epoch, stream_ms, stream_seq, kind, at, place, sid, score, source, lives_until, reason)
         SELECT 'premiere', 1, 2 * i, 0, 'called', now(), {place}, {sid}, 4503668346847232 + i, 'front', now() + '1 hour', NULL
         FROM generate_series(1::bigint, {calls}) i
         UNION ALL
         SELECT 'premiere', 1, 2 * i + 1, 0, 'finished', now(), NULL, {sid}, NULL, NULL, NULL, NULL
         FROM generate_series(1::bigint, {ends}) i"
    );
    sqlx::query(AssertSqlSafe(insert)).execute(pool).await.unwrap();
}

#[tokio::test]
async fn a_long_ledger_is_gone_through_in_pages() {
    let (calls, ends) = (15_000_i64, 14_900_i64);
    let mut room = Room::with(TestStores::with_own_redis().await, 1, Clock::System).await;
    room.create_open(json!({"max_active": 200})).await;
    for replica in room.replicas.drain(..) {
        replica.stop().await;
    }
    let writer = PgPool::connect(&room.stores.database_url).await.unwrap();
    write_ledger(&writer, calls, ends).await;
    empty(&room).await;
    let redis = Redis::connect(&room.stores.redis_url).unwrap();
    let started = Instant::now();
    let restorer = Restorer::new(room.pool(), redis.clone(), Clock::System);
    let restored = restorer.restore(&DROP.parse().unwrap()).await.expect("the ledger can be read");
    assert!(matches!(restored, Restored::Done(_)), "{restored:?}");
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    let mut redis = redis;
    assert_eq!(redis.zcard::<_, i64>(key("slots")).await.unwrap(), calls - ends);
    assert_eq!(redis.hlen::<_, i64>(key("gone")).await.unwrap(), ends);
    assert_eq!(redis.get::<_, i64>(key("frontier")).await.unwrap(), 4_503_668_346_847_232 + calls);
}

#[tokio::test]
async fn what_a_replaced_server_did_did_not_happen() {
    let room = Room::with(TestStores::new().await, 1, Clock::System).await;
    room.create_open(json!({"max_active": 1})).await;
    let visitor = room.visitor();
    visitor.join().await.expect(201);
    visitor.wait_until("called", SOON).await;
    let pool = room.pool();
    let ended = |epoch| Entry {
        id: EntryId { ms: 1, seq: 1 },
        index: 0,
        epoch,
        at_ms: 1_800_000_000_000,
        fact: Fact::Finished { sid: Sid(Uuid::new_v4()), place: None },
    };
    let ledger = Ledger::new(pool.clone());
    let refused = ledger.record(&DROP.parse().unwrap(), &[ended(0)]).await;
    assert!(matches!(refused, Err(StoreError::Lost)), "{refused:?}");
    ledger.record(&DROP.parse().unwrap(), &[ended(1)]).await.unwrap();
    let recorded: i64 = sqlx::query_scalar("SELECT count(*) FROM waitroom.ledger WHERE kind = 'finished'")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(recorded, 1);
    // Redis was filled for an epoch that is not the drop's: on a server that did not last.
    sqlx::query("UPDATE waitroom.drops SET epoch = 7 WHERE slug = 'premiere'").execute(&pool).await.unwrap();
    visitor.claim().await.expect(503);
    restored(&visitor, 8).await;
    eventually(SOON, || async { visitor.claim().await.status == 200 }).await;
    assert!(room.findings().await.is_empty(), "{:?}", room.findings().await);
}

#[tokio::test]
async fn a_line_that_was_filled_and_not_marked_is_only_marked() {
    let room = Room::with(TestStores::new().await, 2, Clock::System).await;
    room.create_open(json!({"max_active": 1})).await;
    let (first, second) = (room.visitor(), room.visitor());
    first.join().await.expect(201);
    second.join().await.expect(201);
    first.wait_until("called", SOON).await;
    // As the replica leaves it that dies in this moment.
    let unmark = "local run_id = redis.call('HGET', KEYS[1], 'run_id')
                  redis.call('HSET', KEYS[1], 'filling', '1 ' .. run_id)
                  return redis.call('HDEL', KEYS[1], 'run_id', 'epoch')";
    let mut redis = Redis::connect(&room.stores.redis_url).unwrap();
    let unmarked: i64 = redis::Script::new(unmark).key(key("epoch")).invoke_async(&mut redis).await.unwrap();
    assert_eq!(unmarked, 2);
    eventually(SOON, || async { first.claim().await.status == 200 }).await;
    first.leave().await.expect(204);
    second.wait_until("called", SOON).await;
    assert_eq!(second.status().await["epoch"], 1, "nothing was lost");
}

#[tokio::test]
async fn place_tokens_bring_the_line_back_in_its_order() {
    let clock = ManualClock::at("2026-03-01T12:00:00Z".parse().unwrap());
    let room = Room::with(TestStores::with_own_redis().await, 2, clock.clone().into()).await;
    room.create_open(json!({"rate_per_minute": 60, "burst": 1, "max_active": 2})).await;
    let visitors: Vec<Visitor> = (0..6).map(|_| room.visitor()).collect();
    for visitor in &visitors {
        visitor.join().await.expect(201);
    }
    visitors[0].wait_until("called", SOON).await;
    let admission = visitors[0].claim().await.expect(200);
    clock.advance(Duration::from_secs(1));
    visitors[1].wait_until("called", SOON).await;
    visitors[2].leave().await.expect(204);

    empty(&room).await;
    restored(&visitors[0], 2).await;
    // They come back in another order than they stood.
    for visitor in [&visitors[5], &visitors[3], &visitors[4]] {
        let place = visitor.place().await.expect(200);
        assert!(place["place_token"].is_string(), "a new epoch has new tokens");
        assert_eq!(place["state"], "waiting");
    }
    let mut places = Vec::new();
    for visitor in &visitors[3..] {
        places.push(visitor.place().await.text("place_id").to_owned());
    }
    let mut redis = Redis::connect(&room.stores.redis_url).unwrap();
    assert_eq!(redis.zrange::<_, Vec<String>>(key("queue"), 0, -1).await.unwrap(), places);
    assert_eq!(visitors[0].place().await["state"], "admitted");
    assert_eq!(visitors[0].claim().await.expect(200)["admission_token"], admission["admission_token"]);
    assert_eq!(visitors[1].place().await["state"], "called");
    visitors[1].claim().await.expect(200);
    assert_eq!(visitors[2].place().await["state"], "left");
    clock.advance(Duration::from_secs(5));
    assert_eq!(visitors[3].place().await["state"], "waiting", "both slots are still taken");
    visitors[0].leave().await.expect(204);
    visitors[3].wait_until("called", SOON).await;
    assert!(room.findings().await.is_empty(), "{:?}", room.findings().await);
}

#[tokio::test]
async fn an_old_token_brings_nobody_back_who_has_gone_and_nobody_twice() {
    let room = Room::with(TestStores::with_own_redis().await, 1, Clock::System).await;
    room.create_open(json!({"max_active": 1})).await;
    let (served, waiting) = (room.visitor(), room.visitor());
    served.join().await.expect(201);
    served.wait_until("called", SOON).await;
    waiting.join().await.expect(201);
    let (old_served, old_waiting) = (served.place_token().unwrap(), waiting.place_token().unwrap());
    served.claim().await.expect(200);
    served.leave().await.expect(204);
    waiting.wait_until("called", SOON).await;

    empty(&room).await;
    restored(&waiting, 2).await;
    served.use_place_token(&old_served);
    assert_eq!(served.place().await["state"], "left");
    waiting.use_place_token(&old_waiting);
    assert_eq!(waiting.place().await["state"], "called");
    waiting.leave().await.expect(204);
    waiting.use_place_token(&old_waiting);
    assert_eq!(waiting.place().await["state"], "left", "a token does not undo what happened after the loss");
    assert_eq!(waiting.status().await["waiting"], 0);
    assert!(room.findings().await.is_empty(), "{:?}", room.findings().await);
}

#[tokio::test]
async fn a_lobby_survives_with_its_draw() {
    let clock = ManualClock::at("2026-03-01T12:00:00Z".parse().unwrap());
    let room = Room::with(TestStores::with_own_redis().await, 1, clock.clone().into()).await;
    room.create(json!({"lobby_opens_at": "2026-03-01T11:59:30Z", "opens_at": "2026-03-01T13:00:00Z", "max_active": 1})).await;
    let visitors: Vec<Visitor> = (0..4).map(|_| room.visitor()).collect();
    for visitor in &visitors {
        visitor.join().await.expect(201);
    }
    empty(&room).await;
    restored(&visitors[0], 2).await;
    for visitor in &visitors {
        assert_eq!(visitor.place().await["state"], "lobby");
    }
    clock.advance(Duration::from_hours(1));
    let late = room.visitor();
    assert!(
        late.join().await.expect(201)["position"].as_u64() > Some(3),
        "the lobby stands before who comes after"
    );
}

#[tokio::test]
async fn after_a_restart_of_redis_the_line_stands_as_it_stood() {
    let mut stores = TestStores::with_own_redis().await;
    stores.own_redis();
    let room = Room::with(stores, 1, Clock::System).await;
    room.create_open(json!({"max_active": 1})).await;
    let (first, second) = (room.visitor(), room.visitor());
    first.join().await.expect(201);
    first.wait_until("called", SOON).await;
    second.join().await.expect(201);
    let mut room = room;
    room.stores.own_redis().kill().await;
    room.stores.own_redis().restart().await.expect("Redis starts again");
    restored(&second, 2).await;
    eventually(SOON, || async { second.place().await["position"] == 1 }).await;
    eventually(SOON, || async { first.claim().await.status == 200 }).await;
    first.leave().await.expect(204);
    second.wait_until("called", SOON).await;
    assert!(room.findings().await.is_empty(), "{:?}", room.findings().await);
}
