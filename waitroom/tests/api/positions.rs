//! Positions from the replicas' memory: no command for who waits, true to the rank, never rising, and nobody forgotten.

use std::time::Duration;

use futures::future::join_all;
use harness::actors::Visitor;
use harness::eventually;
use harness::proxy::Proxy;
use harness::stores::TestStores;
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::ids::{DropSlug, Identity};
use shared::redis::Redis;
use shared::secret::Secret;
use waitroom::domain::line::{Line as _, PUT_BACKS, Remembered};
use waitroom::domain::place::{PlaceId, Score};
use waitroom::domain::visit::PlaceProof;
use waitroom::store::line::RedisLine;
use waitroom::tokens::Tokens;

use crate::support::{CLIENT, DROP, Room, SECRET, SOON};

/// A line that hardly anybody is called from.
const SLOW: &str = r#"{"rate_per_minute": 1, "burst": 1, "max_active": 1}"#;

fn slow() -> Value {
    serde_json::from_str(SLOW).unwrap()
}

#[tokio::test]
async fn a_waiting_place_is_answered_without_a_command_to_either_store() {
    let stores = TestStores::new().await;
    let (redis, postgres) = (Proxy::start(&stores.redis_url).await, Proxy::start(&stores.database_url).await);
    let (redis_url, database_url) = (redis.url(&stores.redis_url), postgres.url(&stores.database_url));
    let room = Room::reached(stores, 1, Clock::System, &redis_url, &database_url).await;
    room.create_open(slow()).await;
    let (first, second, third) = (room.visitor(), room.visitor(), room.visitor());
    for visitor in [&first, &second, &third] {
        visitor.join().await.expect(201);
    }
    first.wait_until("called", SOON).await;
    // Who was seen before the replica first heard of the line is asked about once more.
    eventually(SOON, || async { first.status().await["ranks"].is_array() }).await;
    eventually(SOON, || async { second.place().await["position"] == 1 }).await;
    eventually(SOON, || async { third.place().await["position"] == 2 }).await;

    redis.cut().await;
    postgres.cut().await;
    for _ in 0..500 {
        assert_eq!(second.place().await.expect(200)["position"], 1);
        assert_eq!(third.place().await.expect(200)["position"], 2);
    }
    assert_eq!(
        first.place().await.expect(503).code(),
        "dependency_unavailable",
        "this one must be asked about"
    );
    // What is remembered is not believed for ever.
    eventually(Duration::from_secs(20), || async { second.place().await.status == 503 }).await;
    redis.heal().await;
    postgres.heal().await;
    eventually(SOON, || async { second.place().await["position"] == 1 }).await;
}

/// A line of places that nobody joined over HTTP: half of them drawn, half arrived.
struct Crowd {
    line: RedisLine,
    tokens: Tokens,
    drop: DropSlug,
    places: Vec<(Score, PlaceId)>,
}

impl Crowd {
    async fn new(room: &Room, size: u64) -> Self {
        let line = RedisLine::new(Redis::connect(&room.stores.redis_url).unwrap(), Clock::System);
        let secret = Secret::new(SECRET).unwrap();
        let tokens = Tokens::new(&secret, "http://waitroom.test".to_owned(), Clock::System);
        let identity = |n: u64| Identity::device(&n.to_string());
        let place = |n: u64| {
            let drawn = Score(n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 12);
            let score = if n.is_multiple_of(2) { drawn } else { Score::arrived(1, n) };
            (score, PlaceId::first(&[7; 32], &identity(n)))
        };
        let mut places: Vec<_> = (0..size).map(place).collect();
        let crowd = Self { line, tokens, drop: DROP.parse().unwrap(), places: Vec::new() };
        let now_ms = Clock::System.now().as_millisecond();
        let remembered: Vec<Remembered> = places
            .iter()
            .map(|(score, place)| Remembered { place: *place, score: *score, seen_ms: now_ms })
            .collect();
        for batches in remembered.chunks(4 * PUT_BACKS) {
            let batches = batches.chunks(PUT_BACKS).map(|batch| crowd.line.put_back_all(&crowd.drop, batch));
            join_all(batches).await.into_iter().for_each(Result::unwrap);
        }
        places.sort_unstable();
        Self { places, ..crowd }
    }

    /// Every so manyth leaves.
    async fn thin_out(&mut self, every: usize) {
        let mut number = 0;
        let (mut leave, mut stay) = (Vec::new(), Vec::new());
        for place in self.places.drain(..) {
            number += 1;
            if number % every == 0 { leave.push(place) } else { stay.push(place) }
        }
        for batch in leave.chunks(20) {
            let leaving = batch.iter().map(|(_, place)| self.line.leave(&self.drop, *place));
            assert!(join_all(leaving).await.iter().all(Result::is_ok));
        }
        self.places = stay;
    }

    fn token(&self, rank: usize) -> String {
        let (score, place) = self.places[rank];
        let proof = PlaceProof {
            identity: Identity::device("somebody"),
            place,
            score: (!score.is_drawn()).then_some(score),
            epoch: 1,
            began_behind: None,
        };
        self.tokens.sign_place(&self.drop, &proof)
    }
}

async fn position(url: &str, token: &str, last: Option<u64>) -> u64 {
    let mut request = CLIENT.get(format!("{url}/v1/drops/{DROP}/places/me")).bearer_auth(token);
    if let Some(last) = last {
        request = request.header("X-Last-Position", last);
    }
    let place: Value = serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap();
    place["position"].as_u64().unwrap_or_else(|| panic!("{place}"))
}

#[tokio::test]
async fn measured_ranks_are_true_within_half_a_percent_for_lines_of_a_hundred_to_a_hundred_thousand() {
    for size in [100, 1_000, 10_000, 100_000] {
        let room = Room::new().await;
        room.create_open(slow()).await;
        room.operator().pause(DROP).await.expect(200);
        let mut crowd = Crowd::new(&room, size).await;
        crowd.thin_out(if size > 1_000 { 50 } else { 7 }).await;
        let table = eventually(SOON, || async {
            let table = crowd.line.measure(&crowd.drop, 0).await.unwrap().unwrap();
            if table.waiting == crowd.places.len() as u64 { Ok(table) } else { Err(table.waiting) }
        })
        .await;
        let ranks = crowd.places.iter().enumerate();
        let mut errors: Vec<u64> =
            ranks.map(|(rank, (score, _))| table.rank_of(*score).abs_diff(rank as u64)).collect();
        assert!(errors.iter().take(100).all(|error| *error == 0), "the next 100 are exact");
        errors.sort_unstable();
        let p99 = errors[errors.len() * 99 / 100];
        assert!(p99 * 200 <= crowd.places.len() as u64, "{p99} in a line of {}", crowd.places.len());
    }
}

#[tokio::test]
async fn positions_are_true_and_never_rise_on_any_replica_while_others_leave() {
    let room = Room::with(TestStores::new().await, 2, Clock::System).await;
    room.create_open(slow()).await;
    room.operator().pause(DROP).await.expect(200);
    let mut crowd = Crowd::new(&room, 3_000).await;
    let ranks: Vec<usize> = (0..100).step_by(9).chain((100..2_400).step_by(113)).collect();
    let watchers: Vec<(PlaceId, String)> =
        ranks.iter().map(|rank| (crowd.places[*rank].1, crowd.token(*rank))).collect();
    let mut shown: Vec<Option<u64>> = vec![None; watchers.len()];
    for round in 0..6 {
        if round % 2 == 1 {
            let watched: Vec<PlaceId> = watchers.iter().map(|(place, _)| *place).collect();
            let (keep, others): (Vec<_>, Vec<_>) =
                crowd.places.iter().copied().partition(|(_, place)| watched.contains(place));
            crowd.places = others;
            crowd.thin_out(4).await;
            crowd.places.extend(keep);
            crowd.places.sort_unstable();
        }
        let url = room.replicas[round % 2].url();
        for ((_, token), shown) in watchers.iter().zip(&mut shown) {
            let now = position(&url, token, *shown).await;
            assert!(shown.is_none_or(|shown| now <= shown), "{shown:?} rose to {now}");
            *shown = Some(now);
        }
    }
    eventually(SOON, || async {
        for (place, token) in &watchers {
            let rank = crowd.places.iter().position(|(_, other)| other == place).unwrap() as u64;
            let shown = position(&room.url(), token, None).await;
            let most = if rank < 100 { 0 } else { crowd.places.len() as u64 / 200 };
            if shown.abs_diff(rank + 1) > most {
                return Err(format!("{shown} at rank {rank}"));
            }
        }
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn what_a_client_brings_can_only_lower_its_own_view() {
    let room = Room::new().await;
    room.create_open(slow()).await;
    room.operator().pause(DROP).await.expect(200);
    let visitors: Vec<Visitor> = (0..4).map(|_| room.visitor()).collect();
    for visitor in &visitors {
        visitor.join().await.expect(201);
    }
    let token = visitors[2].place_token().unwrap();
    assert_eq!(position(&room.url(), &token, Some(900)).await, 3);
    assert_eq!(position(&room.url(), &token, Some(2)).await, 2);
    assert_eq!(visitors[3].place().await["position"], 4);
}

#[tokio::test]
async fn a_hidden_page_is_told_to_ask_once_a_minute() {
    let room = Room::new().await;
    room.create_open(slow()).await;
    room.operator().pause(DROP).await.expect(200);
    let visitor = room.visitor();
    visitor.join().await.expect(201);
    assert!((900..=1_100).contains(&visitor.place().await["poll_after_ms"].as_u64().unwrap()));
    let url = format!("{}/v1/drops/{DROP}/places/me?hidden=true", room.url());
    let hidden = CLIENT.get(url).bearer_auth(visitor.place_token().unwrap()).send().await.unwrap();
    let place: Value = serde_json::from_str(&hidden.text().await.unwrap()).unwrap();
    assert!((54_000..=60_000).contains(&place["poll_after_ms"].as_u64().unwrap()), "{place}");
}

#[tokio::test]
async fn replicas_put_back_at_once_whom_they_remember() {
    let room = Room::with(TestStores::with_own_redis().await, 2, Clock::System).await;
    room.create_open(json!({"rate_per_minute": 1, "burst": 1, "max_active": 1})).await;
    room.operator().pause(DROP).await.expect(200);
    let visitors: Vec<Visitor> = (0..40).map(|n| Visitor::new(&room.replicas[n % 2].url(), DROP)).collect();
    for visitor in &visitors {
        visitor.join().await.expect(201);
    }
    visitors[5].leave().await.expect(204);

    let client = redis::Client::open(room.stores.redis_url.as_str()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    redis::cmd("FLUSHALL").exec_async(&mut connection).await.unwrap();
    // Nobody asks.
    eventually(SOON, || async {
        let status = visitors[0].status().await;
        if status["epoch"] == 2 && status["waiting"] == 39 { Ok(()) } else { Err(status.body) }
    })
    .await;
    for (visitor, position) in [(4, 5), (6, 6), (39, 39)] {
        let place = visitors[visitor].place().await.expect(200);
        assert_eq!(place["position"], position);
        assert!(place["place_token"].is_string());
        // Not every replica has heard yet of the pause.
        eventually(SOON, || async {
            let place = visitors[visitor].place().await;
            if place["state"] == "paused" { Ok(()) } else { Err(place.body) }
        })
        .await;
    }
    assert_eq!(visitors[5].place().await["state"], "left");
}
