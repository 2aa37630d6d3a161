//! What operators do: make, change, steer, look.

use harness::actors::Operator;
use serde_json::json;

use crate::support::{DROP, Room, SOON};

#[tokio::test]
async fn a_drop_is_made_with_its_defaults_and_read_back() {
    let room = Room::new().await;
    let created = room.create(json!({})).await;
    assert_eq!(created["state"], "scheduled");
    assert_eq!(created["rate_per_minute"], 600);
    assert_eq!(created.header("location"), "/v1/operator/drops/premiere");
    let (etag, read) = room.operator().get_drop(DROP).await;
    assert_eq!(etag, "\"1\"");
    assert_eq!(read["epoch"], 1, "it is in Redis when it is answered");
    for field in ["created_at", "updated_at", "version", "max_active", "on_lapse", "draw"] {
        assert_eq!(read[field], created[field]);
    }
    let taken = room.operator().create_drop(json!({"slug": DROP, "title": "Again"})).await;
    assert_eq!(taken.expect(409).code(), "slug_taken");
    let page = room.operator().get("drops?limit=1").await.expect(200);
    assert_eq!(page["items"][0]["slug"], "open-sale");
    let cursor = page.text("next_cursor").to_owned();
    let page = room.operator().get(&format!("drops?limit=1&cursor={cursor}")).await.expect(200);
    assert_eq!(page["items"][0]["slug"], DROP);
}

#[tokio::test]
async fn rules_and_unknown_fields_are_refused_with_the_fields_name() {
    let room = Room::new().await;
    for (drop, word) in [
        (json!({"slug": "a", "title": "A", "rate": 5}), "rate"),
        (json!({"slug": "a", "title": "A", "rate_per_minute": 0}), "rate_per_minute"),
        (json!({"slug": "a", "title": "A", "rate_per_minute": 6_000, "burst": 5}), "burst"),
        (json!({"slug": "a", "title": "A", "lobby_opens_at": "2020-01-01T00:00:00Z"}), "lobby_opens_at"),
        (json!({"slug": "A", "title": "A"}), "lower-case"),
        (json!({"slug": "a"}), "title"),
    ] {
        let refused = room.operator().create_drop(drop).await.expect(422);
        assert_eq!(refused.code(), "invalid_fields");
        assert!(refused.text("detail").contains(word), "{}", refused.body);
    }
}

#[tokio::test]
async fn a_change_needs_the_version_that_was_read() {
    let room = Room::new().await;
    room.create(json!({})).await;
    let (etag, _) = room.operator().get_drop(DROP).await;
    let changed = room
        .operator()
        .patch_drop(DROP, &etag, json!({"message": "Hello", "reason": "politeness"}))
        .await
        .expect(200);
    assert_eq!(changed.header("etag"), "\"2\"");
    let stale = room.operator().patch_drop(DROP, &etag, json!({"message": "Bye"})).await;
    assert_eq!(stale.expect(412).code(), "precondition_failed");
    let room_url = room.url();
    let unconditional = reqwest_patch(&room_url).await;
    assert_eq!(unconditional, 428);
    assert_eq!(room.visitor().status().await["message"], "Hello");
}

async fn reqwest_patch(url: &str) -> u16 {
    let _already_installed = rustls::crypto::ring::default_provider().install_default();
    let request = reqwest::Client::new().patch(format!("{url}/v1/operator/drops/{DROP}"));
    let request = request.bearer_auth(crate::support::OPERATOR_TOKEN).json(&json!({"message": "Bye"}));
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn every_change_is_in_the_audit_log_with_before_and_after() {
    let room = Room::new().await;
    room.create(json!({})).await;
    let (etag, _) = room.operator().get_drop(DROP).await;
    room.operator()
        .patch_drop(DROP, &etag, json!({"max_active": 7, "reason": "a small hall"}))
        .await
        .expect(200);
    room.operator().open(DROP).await.expect(200);
    let log = room.operator().get("drops/premiere/audit").await.expect(200);
    let actions: Vec<&str> =
        log["items"].as_array().unwrap().iter().map(|line| line["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["open", "change", "create"]);
    let change = &log["items"][1];
    assert_eq!(change["operator"], "bootstrap");
    assert_eq!(change["reason"], "a small hall");
    assert_eq!((&change["before"]["max_active"], &change["after"]["max_active"]), (&json!(100), &json!(7)));
    assert!(!log.body.contains("seed"), "the seed is a secret");
}

#[tokio::test]
async fn only_operators_operate() {
    let room = Room::new().await;
    room.create(json!({})).await;
    let stranger = Operator::new(&room.url(), "not the token");
    assert_eq!(stranger.open(DROP).await.expect(401).code(), "operator_token_invalid");
    stranger.get("drops").await.expect(401);
    room.operator().open("nowhere").await.expect(404);
    room.operator().get("drops/nowhere/audit").await.expect(404);
}

#[tokio::test]
async fn a_paused_drop_calls_nobody_and_a_resumed_one_goes_on() {
    let room = Room::new().await;
    room.create_open(json!({})).await;
    let operator = room.operator();
    assert_eq!(operator.open(DROP).await.expect(409).code(), "invalid_state");
    assert_eq!(operator.resume(DROP).await.expect(409).code(), "invalid_state");
    assert_eq!(operator.pause(DROP).await.expect(200)["state"], "paused");
    let visitor = room.visitor();
    visitor.join().await.expect(201);
    assert_eq!(visitor.place().await["state"], "paused");
    assert_eq!(visitor.claim().await.expect(409).code(), "not_your_turn");
    operator.resume(DROP).await.expect(200);
    visitor.wait_until("called", SOON).await;
    let late = room.visitor();
    operator.pause(DROP).await.expect(200);
    late.join().await.expect(201);
    assert_eq!(operator.close(DROP).await.expect(200)["state"], "closed");
    assert_eq!(late.place().await["state"], "closed");
    visitor.claim().await.expect(200);
    for refused in [
        operator.open(DROP).await,
        operator.pause(DROP).await,
        operator.resume(DROP).await,
        operator.close(DROP).await,
    ] {
        assert_eq!(refused.expect(409).code(), "invalid_state");
    }
    assert!(room.findings().await.is_empty(), "{:?}", room.findings().await);
}

#[tokio::test]
async fn an_opening_that_has_passed_stays() {
    let room = Room::new().await;
    room.create_open(json!({})).await;
    let (etag, _) = room.operator().get_drop(DROP).await;
    let refused = room.operator().patch_drop(DROP, &etag, json!({"opens_at": "2099-01-01T00:00:00Z"})).await;
    assert!(refused.expect(422).text("detail").contains("opens_at"));
}

#[tokio::test]
async fn stats_count_what_the_ledger_knows() {
    let room = Room::new().await;
    room.create_open(json!({})).await;
    let (ann, bob) = (room.visitor(), room.visitor());
    for visitor in [&ann, &bob] {
        visitor.join().await.expect(201);
        visitor.wait_until("called", SOON).await;
    }
    ann.claim().await.expect(200);
    bob.leave().await.expect(204);
    let stats = room.operator().get("drops/premiere/stats").await.expect(200);
    assert_eq!((&stats["called"], &stats["admitted"], &stats["left"]), (&json!(2), &json!(1), &json!(1)));
}
