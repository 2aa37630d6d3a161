//! From the claim to the shop and back: codes, renewals, ends.

use std::time::Duration;

use futures::future::join_all;
use serde_json::{Value, json};
use shared::drop::{end_slot, touch_slot};
use shared::ids::{DropSlug, Sid};
use shared::redis::Redis;

use crate::support::{DROP, Room, SOON};

const REDEEM: &str = "/v1/admission-codes/redeem";

async fn admitted(room: &Room) -> (harness::actors::Visitor, harness::actors::Reply) {
    let visitor = room.visitor();
    visitor.join().await.expect(201);
    visitor.wait_until("called", SOON).await;
    let admission = visitor.claim().await.expect(200);
    (visitor, admission)
}

fn code(admission: &harness::actors::Reply) -> Value {
    let url: url::Url = admission.text("booking_url").parse().unwrap();
    let code = url.query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned();
    json!({"code": code})
}

/// The claims of a token, unverified.
fn claims(token: &str) -> Value {
    use base64::Engine as _;
    let body = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(body).unwrap()).unwrap()
}

fn sid(admission: &harness::actors::Reply) -> Sid {
    claims(admission.text("admission_token"))["sid"].as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_code_is_redeemed_once_however_many_try() {
    let room = Room::new().await;
    room.create_open(json!({})).await;
    let (_, admission) = admitted(&room).await;
    let code = code(&admission);
    let answers = join_all((0..50).map(|_| room.post(REDEEM, None, None, Some(code.clone())))).await;
    let spent: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(spent.len(), 1);
    assert_eq!(spent[0].json["admission_token"], admission["admission_token"]);
    assert!(answers.iter().filter(|answer| answer.status != 200).all(|answer| answer.code() == "code_spent"));
}

#[tokio::test]
async fn a_code_is_bound_to_its_site_and_dies_with_its_slot() {
    let room = Room::new().await;
    room.create_open(json!({})).await;
    let (visitor, admission) = admitted(&room).await;
    let mut elsewhere = code(&admission);
    elsewhere["origin"] = json!("https://elsewhere.test");
    assert_eq!(room.post(REDEEM, None, None, Some(elsewhere)).await.expect(410).code(), "code_spent");
    let second = visitor.claim().await.expect(200);
    let mut here = code(&second);
    here["origin"] = json!("http://booking.test");
    room.post(REDEEM, None, None, Some(here)).await.expect(200);

    let third = visitor.claim().await.expect(200);
    visitor.leave().await.expect(204);
    assert_eq!(room.post(REDEEM, None, None, Some(code(&third))).await.expect(410).code(), "code_spent");
    for unknown in ["", "premiere.00", "no such drop"] {
        let body = json!({"code": unknown});
        assert_eq!(room.post(REDEEM, None, None, Some(body)).await.expect(410).code(), "code_spent");
    }
}

#[tokio::test]
async fn a_session_is_renewed_as_long_as_the_drop_allows() {
    let (room, clock) = Room::with_manual_clock().await;
    room.create_open(json!({"session_max_s": 500})).await;
    let (visitor, admission) = admitted(&room).await;
    let path = format!("/v1/drops/{DROP}/admission/renewals");
    let token = admission.text("admission_token").to_owned();
    clock.advance(Duration::from_secs(200));
    let renewed = room.post(&path, Some(&token), None, None).await.expect(200);
    let token = renewed.json["admission_token"].as_str().unwrap().to_owned();
    assert_eq!(claims(&token)["sid"], claims(admission.text("admission_token"))["sid"]);
    assert_eq!(renewed.json["expires_in"], 300);
    clock.advance(Duration::from_secs(290));
    let last = room.post(&path, Some(&token), None, None).await.expect(200);
    assert_eq!(last.json["expires_in"], 10, "a session ends 500 s after the claim");
    assert_eq!(visitor.place().await["state"], "admitted");
    clock.advance(Duration::from_secs(20));
    let token = last.json["admission_token"].as_str().unwrap();
    assert_eq!(room.post(&path, Some(token), None, None).await.expect(401).code(), "admission_expired");
    visitor.wait_until("finished", SOON).await;
    assert_eq!(visitor.join().await.expect(409).code(), "already_served");
}

#[tokio::test]
async fn ending_an_admission_frees_its_slot_and_is_told_twice_alike() {
    let room = Room::new().await;
    room.create_open(json!({"max_active": 1})).await;
    let (ann, admission) = admitted(&room).await;
    let bob = room.visitor();
    bob.join().await.expect(201);
    let path = format!("/v1/drops/{DROP}/admission/end");
    let token = admission.text("admission_token");
    room.post(&path, Some(token), None, None).await.expect(204);
    room.post(&path, Some(token), None, None).await.expect(204);
    bob.wait_until("called", SOON).await;
    assert_eq!(ann.place().await["state"], "finished");
    assert_eq!(ann.claim().await.expect(410).code(), "turn_lapsed");
    let renewals = format!("/v1/drops/{DROP}/admission/renewals");
    assert_eq!(room.post(&renewals, Some(token), None, None).await.expect(410).code(), "session_over");
    assert!(room.findings().await.is_empty(), "{:?}", room.findings().await);
}

#[tokio::test]
async fn booking_prolongs_a_slot_and_ends_it() {
    let (room, clock) = Room::with_manual_clock().await;
    room.create_open(json!({"max_active": 1})).await;
    let (ann, admission) = admitted(&room).await;
    let bob = room.visitor();
    bob.join().await.expect(201);
    let (redis, drop): (Redis, DropSlug) =
        (Redis::connect(&room.stores.redis_url).unwrap(), DROP.parse().unwrap());
    let time = clock.clone().into();
    touch_slot(&redis, &time, &drop, sid(&admission), 600).await.unwrap();
    clock.advance(Duration::from_secs(400));
    assert_eq!(ann.place().await["state"], "admitted");
    assert!(end_slot(&redis, &time, &drop, sid(&admission)).await.unwrap());
    bob.wait_until("called", SOON).await;
    ann.wait_until("finished", SOON).await;
}

#[tokio::test]
async fn a_drop_that_allows_it_serves_people_again() {
    let room = Room::new().await;
    room.create_open(json!({"rejoin": true})).await;
    let (visitor, admission) = admitted(&room).await;
    let path = format!("/v1/drops/{DROP}/admission/end");
    room.post(&path, Some(admission.text("admission_token")), None, None).await.expect(204);
    visitor.join().await.expect(201);
    visitor.wait_until("called", SOON).await;
    assert_ne!(sid(&visitor.claim().await.expect(200)), sid(&admission));
}
