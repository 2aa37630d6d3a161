//! Who is not there blocks nobody, and loses nothing by it for a while.

use std::time::Duration;

use futures::StreamExt as _;
use harness::actors::Visitor;
use harness::eventually;
use redis::AsyncCommands as _;
use serde_json::{Value, json};
use shared::clock::ManualClock;
use shared::ids::Identity;
use shared::redis::Redis;
use uuid::Uuid;
use waitroom::domain::line::{Joined, Line as _, Spot};
use waitroom::domain::place::{PlaceId, PlaceKeys, Score};
use waitroom::store::line::RedisLine;

use crate::support::{DROP, Room, SOON};

/// A drop whose line moves only when the test says so.
struct Hall {
    room: Room,
    clock: ManualClock,
    redis: Redis,
    line: RedisLine,
}

impl Hall {
    /// Open and paused: people stand in the order in which they come.
    async fn paused(settings: Value) -> Self {
        let (room, clock) = Room::with_manual_clock().await;
        room.create_open(settings).await;
        room.operator().pause(DROP).await.expect(200);
        let redis = Redis::connect(&room.stores.redis_url).unwrap();
        let line = RedisLine::new(redis.clone(), clock.clone().into());
        Self { room, clock, redis, line }
    }

    /// So many visitors join, and nothing is heard of them again unless the test lets them look.
    async fn crowd(&self, name: &str, count: usize) -> Vec<PlaceId> {
        let (drop, keys) = (DROP.parse().unwrap(), PlaceKeys::new([5; 32]));
        let mut places = Vec::new();
        for n in 0..count {
            let place = keys.first_place(&drop, &Identity::device(&format!("{name}-{n}")));
            match self.line.join(&drop, place, Score(0)).await.unwrap() {
                Joined::New(standing) => {
                    let Spot::Queued { place, .. } = standing.spot else { panic!("{standing:?}") };
                    places.push(place);
                }
                other => panic!("{other:?}"),
            }
        }
        places
    }

    /// Time passes while the replica ticks; these visitors look at their places, and it is known that they did.
    async fn pass(&self, time: Duration, present: &[&Visitor]) {
        self.clock.advance(time);
        let now_ms = self.clock.now().as_millisecond();
        for visitor in present {
            let looked = visitor.place().await.expect(200);
            let place = looked.text("place_id").to_owned();
            eventually(SOON, || async {
                let seen: Option<i64> = self.redis.clone().zscore(key("seen"), &place).await.unwrap();
                if seen >= Some(now_ms) { Ok(()) } else { Err(format!("{place} was seen at {seen:?}")) }
            })
            .await;
        }
        eventually(SOON, || async {
            let ticked: Option<i64> = self.redis.clone().hget(key("credit"), "ticked").await.unwrap();
            if ticked >= Some(now_ms) { Ok(()) } else { Err(ticked) }
        })
        .await;
    }

    /// Long enough that whoever is not among these is not there any more. What a replica had yet to report counts from its
    /// report, which it makes after measuring: when it has measured twice, it has reported.
    async fn others_go(&self, present: &[&Visitor]) {
        for step in 0..5 {
            self.pass(Duration::from_secs(50), present).await;
            let now_ms = self.clock.now().as_millisecond();
            eventually(SOON, || async {
                let measured: Option<i64> = self.redis.clone().hget(key("ranks"), "at").await.unwrap();
                if step > 1 || measured >= Some(now_ms) { Ok(()) } else { Err(measured) }
            })
            .await;
        }
    }

    async fn resume(&self) {
        self.room.operator().resume(DROP).await.expect(200);
    }

    /// The places of the ledger's entries of this kind, in order.
    async fn told(&self, kind: &str) -> Vec<PlaceId> {
        let pool = self.room.pool();
        let places: Vec<Uuid> = sqlx::query_scalar(
            "SELECT place FROM waitroom.ledger WHERE kind = $1 ORDER BY epoch, stream_ms, stream_seq, stream_index",
        )
        .bind(kind)
        .fetch_all(&pool)
        .await
        .unwrap();
        pool.close().await;
        places.into_iter().map(PlaceId).collect()
    }

    async fn is_sound(&self) {
        let findings = self.room.findings().await;
        assert!(findings.is_empty(), "{findings:?}");
    }
}

fn key(name: &str) -> String {
    format!("{{drop:{DROP}}}:{name}")
}

#[tokio::test]
async fn the_first_thousand_are_gone_and_the_next_is_called_at_once() {
    let hall = Hall::paused(json!({"rate_per_minute": 60, "burst": 1, "max_active": 1})).await;
    hall.crowd("gone", 1_000).await;
    let ann = hall.room.visitor();
    ann.join().await.expect(201);
    hall.others_go(&[&ann]).await;
    assert_eq!(ann.place().await["state"], "paused");
    hall.resume().await;
    // The line's clock stands still: no second passes.
    ann.wait_until("called", SOON).await;
    assert_eq!(hall.told("aside").await.len(), 1_000);
    assert_eq!(hall.told("called").await.len(), 1, "who is set aside costs no credit and no slot");
    hall.is_sound().await;
}

#[tokio::test]
async fn nine_of_ten_are_gone_and_nobody_who_is_there_is_set_aside() {
    let hall = Hall::paused(json!({"rate_per_minute": 1_200, "burst": 20, "max_active": 1_000})).await;
    let places = hall.crowd("visitor", 600).await;
    let present: Vec<PlaceId> = places.iter().copied().step_by(10).collect();
    let drop = DROP.parse().unwrap();
    for _ in 0..5 {
        hall.pass(Duration::from_secs(50), &[]).await;
        let looks = present.iter().map(|place| hall.line.look(&drop, *place));
        futures::stream::iter(looks)
            .buffer_unordered(16)
            .for_each(|look| async move { assert!(look.is_ok(), "{look:?}") })
            .await;
    }
    hall.resume().await;
    for _ in 0..3 {
        hall.pass(Duration::from_secs(1), &[]).await;
    }
    let called = eventually(SOON, || async {
        let called = hall.told("called").await;
        if called.len() == present.len() { Ok(called) } else { Err(called.len()) }
    })
    .await;
    assert_eq!(called, present, "all of them, in their order");
    let aside = hall.told("aside").await;
    assert!(!aside.iter().any(|place| present.contains(place)), "nobody who was there");
    hall.is_sound().await;
}

#[tokio::test]
async fn who_looks_once_a_minute_keeps_the_turn() {
    let hall = Hall::paused(json!({"rate_per_minute": 60, "burst": 1, "max_active": 1})).await;
    hall.crowd("gone", 5).await;
    let ann = hall.room.visitor();
    let joined = ann.join().await.expect(201);
    for _ in 0..4 {
        hall.pass(Duration::from_secs(30), &[]).await;
        hall.pass(Duration::from_secs(30), &[&ann]).await;
    }
    hall.pass(Duration::from_secs(50), &[]).await;
    hall.resume().await;
    ann.wait_until("called", SOON).await;
    let ann = joined.text("place_id").parse().unwrap();
    assert!(!hall.told("aside").await.contains(&ann));
    assert_eq!(hall.told("called").await, [ann]);
}

#[tokio::test]
async fn who_comes_back_in_time_is_called_next_and_who_does_not_stands_at_the_tail() {
    let hall =
        Hall::paused(json!({"rate_per_minute": 60, "burst": 1, "max_active": 1, "claim_window_s": 7_200, "return_grace_s": 400}))
            .await;
    let (ann, bob, cara, dave) =
        (hall.room.visitor(), hall.room.visitor(), hall.room.visitor(), hall.room.visitor());
    for visitor in [&ann, &bob, &cara] {
        visitor.join().await.expect(201);
    }
    hall.others_go(&[&cara]).await;
    hall.resume().await;
    cara.wait_until("called", SOON).await;
    assert_eq!(hall.told("aside").await.len(), 2);
    let (before, joined) = (bob.place_token(), dave.join().await.expect(201));
    assert_eq!(joined["position"], 1);

    let back = ann.place().await.expect(200);
    assert_eq!((&back["state"], &back["position"]), (&json!("waiting"), &json!(1)), "before dave");
    eventually(SOON, || async { dave.status().await["waiting"] == 2 }).await;
    cara.leave().await.expect(204);
    hall.pass(Duration::from_secs(1), &[&ann, &dave]).await;
    ann.wait_until("called", SOON).await;
    assert_eq!(dave.place().await["state"], "waiting");

    for _ in 0..9 {
        hall.pass(Duration::from_secs(50), &[&dave]).await;
    }
    let late = bob.place().await.expect(200);
    assert_eq!((&late["state"], &late["position"]), (&json!("waiting"), &json!(2)), "behind dave");
    assert_ne!(bob.place_token(), before, "it is another place");
    hall.is_sound().await;
}

#[tokio::test]
async fn a_kept_place_whose_visitor_has_gone_blocks_nobody_and_is_called_when_they_come_back() {
    let hall = Hall::paused(json!({
        "rate_per_minute": 60, "burst": 1, "max_active": 1, "on_lapse": "keep", "claim_window_s": 240,
    }))
    .await;
    let (ann, bob) = (hall.room.visitor(), hall.room.visitor());
    let first = ann.join().await.expect(201);
    bob.join().await.expect(201);
    hall.resume().await;
    ann.wait_until("called", SOON).await;
    hall.others_go(&[&bob]).await;
    hall.pass(Duration::from_secs(1), &[&bob]).await;
    bob.wait_until("called", SOON).await;
    assert_eq!(hall.told("aside").await.len(), 1, "ann's place was kept, and she was not there");

    assert_eq!(ann.place().await.expect(200)["state"], "waiting");
    bob.leave().await.expect(204);
    hall.pass(Duration::from_secs(1), &[&ann]).await;
    let again = ann.wait_until("called", SOON).await;
    assert_eq!(again["place_id"], first["place_id"]);
    ann.claim().await.expect(200);
    hall.is_sound().await;
}
