//! Losing Redis: nobody loses a place, and nobody gets two.

use std::time::Duration;

use harness::actors::Visitor;
use harness::{eventually, stores::TestStores};
use serde_json::json;
use shared::clock::{Clock, ManualClock};

use crate::support::{Room, SOON};

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
    for (position, visitor) in [(1, 3), (2, 4), (3, 5)] {
        assert_eq!(visitors[visitor].place().await["position"], position);
    }
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
