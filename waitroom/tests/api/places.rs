//! Places: one an identity, and what leaving and coming back does.

use std::collections::HashSet;
use std::time::Duration;

use futures::future::join_all;
use harness::stores::TestStores;
use jiff::ToSpan as _;
use serde_json::json;
use shared::clock::Clock;
use waitroom::domain::place::{PlaceId, Score, Seed};

use crate::support::{DROP, Room, SOON, post};

#[tokio::test]
async fn a_thousand_joins_of_one_identity_give_one_place() {
    let room = Room::with(TestStores::new().await, 2, Clock::System).await;
    room.create_open(json!({})).await;
    room.operator().pause(DROP).await.expect(200);
    let cookie = room.device_cookie().await;
    let urls: Vec<String> = room.replicas.iter().map(shared::service::Running::url).collect();
    let joins = (0..1_000)
        .map(|n| post(&urls[n % urls.len()], "/v1/drops/premiere/places", None, Some(&cookie), None));
    let answers = join_all(joins).await;

    let places: HashSet<&str> =
        answers.iter().filter_map(|answer| answer.json["place_id"].as_str()).collect();
    assert_eq!(places.len(), 1);
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 999);
    assert!(answers.iter().all(|answer| answer.json["position"] == 1 && answer.json["queue_length"] == 1));
}

#[tokio::test]
async fn leaving_and_coming_back_goes_to_the_tail() {
    let room = Room::new().await;
    room.create_open(json!({})).await;
    room.operator().pause(DROP).await.expect(200);
    let (ann, bob) = (room.visitor(), room.visitor());
    let first = ann.join().await.expect(201);
    bob.join().await.expect(201);
    assert_eq!(bob.place().await["position"], 2);

    ann.leave().await.expect(204);
    assert_eq!(ann.place().await["state"], "left");
    harness::eventually(SOON, || async { bob.place().await["position"] == 1 }).await;
    ann.leave().await.expect(204);

    let again = ann.join().await.expect(201);
    assert_ne!(again["place_id"], first["place_id"]);
    assert_eq!(again["position"], 2);
}

#[tokio::test]
async fn the_lobby_tells_nothing_and_coming_back_to_it_re_rolls_nothing() {
    let (room, clock) = Room::with_manual_clock().await;
    let opens_at = clock.now() + 1.hour();
    room.create(json!({"lobby_opens_at": clock.now(), "opens_at": opens_at, "rate_per_minute": 60, "burst": 1, "max_active": 1})).await;
    let visitors: Vec<_> = (0..8).map(|_| room.visitor()).collect();
    let mut places = Vec::new();
    for visitor in &visitors {
        let joined = visitor.join().await.expect(201);
        assert_eq!(joined["state"], "lobby");
        assert!(joined["position"].is_null() && joined["score"].is_null() && joined["ahead"].is_null());
        places.push(joined.text("place_id").to_owned());
    }
    visitors[0].leave().await.expect(204);
    assert_eq!(visitors[0].join().await.expect(201)["place_id"], places[0].as_str());
    let before = visitors[0].status().await;
    assert!(before["draw"]["seed"].is_null());
    let commitment = before["draw"]["commitment"].clone();

    clock.set(opens_at);
    let status = harness::eventually(SOON, || async {
        // The seed comes a moment after the digest of the roster.
        clock.advance(Duration::from_millis(200));
        let status = visitors[0].status().await;
        if status["draw"]["seed"].is_string() { Ok(status) } else { Err(status.body) }
    })
    .await;
    assert_eq!(status["draw"]["commitment"], commitment);
    let seed = seed_of(status["draw"]["seed"].as_str().unwrap());
    assert_eq!(seed.commitment(), commitment.as_str().unwrap());

    let mut drawn: Vec<(Score, usize)> = places
        .iter()
        .enumerate()
        .map(|(n, place)| (Score::drawn(&seed, place.parse::<PlaceId>().unwrap()), n))
        .collect();
    drawn.sort_unstable();
    visitors[drawn[0].1].wait_until("called", SOON).await;
    clock.advance(Duration::from_secs(1));
    for (position, (score, visitor)) in drawn.iter().skip(1).enumerate() {
        let place = harness::eventually(SOON, || async {
            let place = visitors[*visitor].place().await;
            if place["position"] == position + 1 { Ok(place) } else { Err(place.body) }
        })
        .await;
        assert_eq!(place["score"], score.to_string());
    }
}

fn seed_of(digits: &str) -> Seed {
    let bytes: Vec<u8> =
        (0..64).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect();
    Seed(bytes.try_into().unwrap())
}

#[tokio::test]
async fn nobody_joins_before_the_lobby_or_after_the_close() {
    let (room, clock) = Room::with_manual_clock().await;
    room.create(json!({"lobby_opens_at": clock.now() + 1.hour(), "opens_at": clock.now() + 2.hours()})).await;
    assert_eq!(room.visitor().join().await.expect(409).code(), "drop_not_open");
    room.operator().close(DROP).await.expect(200);
    assert_eq!(room.visitor().join().await.expect(410).code(), "drop_closed");
}

#[tokio::test]
async fn whoever_joins_first_is_called_first() {
    let (room, clock) = Room::with_manual_clock().await;
    room.create_open(json!({"rate_per_minute": 60, "burst": 1, "max_active": 100})).await;
    let visitors: Vec<_> = (0..5).map(|_| room.visitor()).collect();
    for visitor in &visitors {
        visitor.join().await.expect(201);
    }
    for (n, visitor) in visitors.iter().enumerate() {
        visitor.wait_until("called", SOON).await;
        for later in &visitors[n + 1..] {
            assert_eq!(later.place().await["state"], "waiting");
        }
        clock.advance(Duration::from_secs(1));
    }
}
