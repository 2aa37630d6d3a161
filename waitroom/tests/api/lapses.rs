//! What becomes of a call that nobody uses.

use std::time::Duration;

use serde_json::json;

use crate::support::{Room, SOON};

const CLAIM_WINDOW: Duration = Duration::from_secs(301);

#[tokio::test]
async fn by_requeue_an_unclaimed_place_goes_back_to_the_tail() {
    let (room, clock) = Room::with_manual_clock().await;
    room.create_open(json!({"rate_per_minute": 60, "burst": 1, "max_active": 1, "on_lapse": "requeue"}))
        .await;
    let (ann, bob) = (room.visitor(), room.visitor());
    let first = ann.join().await.expect(201);
    ann.wait_until("called", SOON).await;
    bob.join().await.expect(201);

    clock.advance(CLAIM_WINDOW);
    bob.wait_until("called", SOON).await;
    let stale = ann.clone();
    assert_eq!(stale.claim().await.expect(410).code(), "turn_lapsed");
    let again = ann.place().await.expect(200);
    assert_eq!(again["state"], "waiting");
    assert_ne!(again["place_id"], first["place_id"]);
    assert!(again["place_token"].is_string(), "a successor has a token of its own");
    assert!(room.findings().await.is_empty(), "{:?}", room.findings().await);
}

#[tokio::test]
async fn by_keep_an_unclaimed_place_is_called_once_more_and_then_ends() {
    let (room, clock) = Room::with_manual_clock().await;
    room.create_open(json!({"rate_per_minute": 60, "burst": 1, "max_active": 1, "on_lapse": "keep"})).await;
    let (ann, bob) = (room.visitor(), room.visitor());
    let first = ann.join().await.expect(201);
    let called = ann.wait_until("called", SOON).await;
    bob.join().await.expect(201);

    clock.advance(CLAIM_WINDOW);
    let again = harness::eventually(SOON, || async {
        let place = ann.place().await;
        if place["called_until"] != called["called_until"] && place["state"] == "called" {
            Ok(place)
        } else {
            Err(place.body)
        }
    })
    .await;
    assert_eq!(again["place_id"], first["place_id"]);
    assert_eq!(bob.place().await["state"], "waiting");

    clock.advance(CLAIM_WINDOW);
    bob.wait_until("called", SOON).await;
    assert_eq!(ann.place().await["state"], "lapsed");
    assert!(room.findings().await.is_empty(), "{:?}", room.findings().await);
}

#[tokio::test]
async fn by_drop_an_unclaimed_place_ends_and_its_visitor_may_join_again() {
    let (room, clock) = Room::with_manual_clock().await;
    room.create_open(json!({"rate_per_minute": 60, "burst": 1, "max_active": 1, "on_lapse": "drop"})).await;
    let ann = room.visitor();
    ann.join().await.expect(201);
    ann.wait_until("called", SOON).await;
    clock.advance(CLAIM_WINDOW);
    ann.wait_until("lapsed", SOON).await;
    assert_eq!(ann.claim().await.expect(410).code(), "turn_lapsed");
    ann.join().await.expect(201);
    clock.advance(Duration::from_secs(1));
    ann.wait_until("called", SOON).await;
}

#[tokio::test]
async fn an_admission_that_nobody_uses_goes_back_when_its_token_ends() {
    let (room, clock) = Room::with_manual_clock().await;
    room.create_open(json!({"rate_per_minute": 60, "burst": 1, "max_active": 1})).await;
    let (ann, bob) = (room.visitor(), room.visitor());
    ann.join().await.expect(201);
    ann.wait_until("called", SOON).await;
    ann.claim().await.expect(200);
    bob.join().await.expect(201);
    clock.advance(Duration::from_secs(299));
    assert_eq!(ann.place().await["state"], "admitted");
    clock.advance(Duration::from_secs(2));
    bob.wait_until("called", SOON).await;
    assert_eq!(ann.place().await["state"], "waiting");
}
