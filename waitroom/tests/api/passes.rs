//! Priority passes: whoever has one is called from the side list, and nobody else's turn moves.

use std::collections::BTreeSet;
use std::time::Duration;

use harness::actors::{Reply, Visitor};
use harness::eventually;
use harness::stores::TestStores;
use serde_json::{Value, json};
use shared::clock::ManualClock;
use shared::ids::Identity;
use shared::secret::Secret;
use uuid::Uuid;
use waitroom::domain::place::PlaceKeys;

use crate::support::{DROP, OPERATOR_TOKEN, Room, SOON};

const PASSES: &str = "drops/premiere/passes";

async fn give(room: &Room, body: Value) -> Reply {
    room.operator().create(PASSES, body).await
}

async fn place_id(visitor: &Visitor) -> String {
    visitor.place().await.text("place_id").to_owned()
}

async fn take(room: &Room, pass: &str) -> u16 {
    let _already_installed = rustls::crypto::ring::default_provider().install_default();
    let request = reqwest::Client::new().delete(format!("{}/v1/operator/{PASSES}/{pass}", room.url()));
    request.bearer_auth(OPERATOR_TOKEN).send().await.unwrap().status().as_u16()
}

/// An open drop with one slot, which the first of these visitors has; the others wait in this order.
async fn waiting(room: &Room, count: usize) -> Vec<Visitor> {
    room.create_open(json!({"max_active": 1, "rate_per_minute": 6_000})).await;
    let mut visitors = Vec::new();
    for number in 0..count {
        let visitor = room.visitor();
        visitor.join().await.expect(201);
        if number == 0 {
            visitor.wait_until("called", SOON).await;
        }
        visitors.push(visitor);
    }
    visitors
}

#[tokio::test]
async fn a_pass_holder_is_called_next_and_nobody_elses_frontier_moves() {
    let room = Room::new().await;
    let visitors = waiting(&room, 4).await;
    let frontier = visitors[0].status().await["frontier"].clone();
    let given = give(&room, json!({"place_id": place_id(&visitors[3]).await, "reason": "the mayor"})).await;
    assert_eq!((given.status, &given["given_by"]), (201, &json!("bootstrap")));
    eventually(SOON, || async { visitors[3].place().await["position"] == 1 }).await;
    visitors[0].leave().await.expect(204);
    visitors[3].wait_until("called", SOON).await;
    assert_eq!(visitors[0].status().await["frontier"], frontier);
    assert_eq!(visitors[1].place().await["state"], "waiting");
    visitors[3].leave().await.expect(204);
    visitors[1].wait_until("called", SOON).await;
    assert_eq!(visitors[2].place().await["state"], "waiting");
    assert!(room.findings().await.is_empty(), "{:?}", room.findings().await);
}

#[tokio::test]
async fn a_pass_given_in_the_lobby_counts_from_the_opening_on() {
    let clock = ManualClock::at("2026-03-01T12:00:00Z".parse().unwrap());
    let room = Room::with(TestStores::new().await, 2, clock.clone().into()).await;
    let plan = json!({"lobby_opens_at": "2026-03-01T12:00:00Z", "opens_at": "2026-03-01T13:00:00Z", "max_active": 1});
    room.create(plan).await;
    let mut visitors = Vec::new();
    for _ in 0..12 {
        visitors.push(room.visitor());
        visitors.last().unwrap().join().await.expect(201);
    }
    for visitor in &visitors[3..5] {
        give(&room, json!({"place_id": place_id(visitor).await})).await.expect(201);
    }
    assert!(visitors[3].place().await["score"].is_null(), "a pass gives nothing away");
    clock.advance(Duration::from_hours(1));
    let first = eventually(SOON, || async {
        for (number, visitor) in visitors.iter().enumerate() {
            if visitor.place().await["state"] == "called" {
                return Some(number);
            }
        }
        None
    })
    .await;
    assert!((3..5).contains(&first), "{first}");
    visitors[first].leave().await.expect(204);
    clock.advance(Duration::from_secs(1));
    visitors[7 - first].wait_until("called", SOON).await;
}

#[tokio::test]
async fn an_account_has_its_pass_before_it_joins() {
    let room = Room::new().await;
    room.create(json!({})).await;
    let account = Uuid::new_v4();
    let given = give(&room, json!({"account": account})).await.expect(201);
    // The same that a join of this account computes.
    let secret = Secret::new("a secret of waitroom for its tests").unwrap();
    let keys = PlaceKeys::new(secret.derive("place-id"));
    let drop = DROP.parse().unwrap();
    assert_eq!(given.text("place_id"), keys.first_place(&drop, &Identity::account(account)).to_string());
    let elsewhere = give(&room, json!({"account": "ann", "issuer": "https://id.test"})).await.expect(201);
    let identity = Identity::account_at("https://id.test", "ann");
    assert_eq!(elsewhere.text("place_id"), keys.first_place(&drop, &identity).to_string());
}

#[tokio::test]
async fn an_identity_has_one_pass_however_often_it_is_given() {
    let room = Room::new().await;
    room.create(json!({})).await;
    let account = Uuid::new_v4();
    let gifts = (0..20).map(|_| give(&room, json!({"account": account})));
    let given = futures::future::join_all(gifts).await;
    assert_eq!(given.iter().filter(|pass| pass.status == 201).count(), 1);
    let passes: BTreeSet<&str> = given.iter().map(|pass| pass.text("pass_id")).collect();
    assert_eq!(passes.len(), 1);
    let list = room.operator().get(PASSES).await.expect(200);
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    assert_eq!(list["items"][0]["account"], json!(account));
}

#[tokio::test]
async fn a_pass_that_was_taken_back_is_none() {
    let room = Room::new().await;
    let visitors = waiting(&room, 3).await;
    room.operator().pause(DROP).await.expect(200);
    let account = Uuid::new_v4();
    let pass = give(&room, json!({"account": account})).await.expect(201).text("pass_id").to_owned();
    assert_eq!((take(&room, &pass).await, take(&room, &pass).await), (204, 204));
    assert_eq!(take(&room, &Uuid::new_v4().to_string()).await, 404);
    assert!(room.operator().get(PASSES).await["items"].as_array().unwrap().is_empty());
    let again = give(&room, json!({"account": account})).await.expect(201);
    assert_ne!(again.text("pass_id"), pass, "a new one");
    assert_eq!(take(&room, &pass).await, 204, "the old one is gone, the new one stays");
    assert_eq!(room.operator().get(PASSES).await["items"].as_array().unwrap().len(), 1);
    let log = room.operator().get("drops/premiere/audit").await.expect(200);
    let lines: Vec<&Value> = log["items"].as_array().unwrap().iter().collect();
    assert_eq!((&lines[1]["action"], &lines[2]["action"]), (&json!("take_pass"), &json!("give_pass")));
    assert_eq!(lines[1]["before"]["pass"]["pass_id"], json!(pass));
    drop(visitors);
}

#[tokio::test]
async fn a_gift_that_names_nobody_or_two_is_refused() {
    let room = Room::new().await;
    let visitors = waiting(&room, 1).await;
    let place = place_id(&visitors[0]).await;
    for (body, word) in [
        (json!({}), "one of"),
        (json!({"place_id": place, "account": Uuid::new_v4()}), "one of"),
        (json!({"place_id": place, "issuer": "https://id.test"}), "one of"),
        (json!({"place_id": Uuid::new_v4()}), "nobody"),
        (json!({"account": "ann"}), "account"),
        (json!({"account": Uuid::new_v4(), "reason": "a".repeat(501)}), "reason"),
        (json!({"account": Uuid::new_v4(), "until": "tomorrow"}), "until"),
    ] {
        let refused = give(&room, body).await.expect(422);
        assert!(refused.text("detail").contains(word), "{}", refused.body);
    }
    room.operator().create("drops/nowhere/passes", json!({"account": Uuid::new_v4()})).await.expect(404);
    room.operator().close(DROP).await.expect(200);
    assert_eq!(give(&room, json!({"account": Uuid::new_v4()})).await.expect(409).code(), "invalid_state");
}

#[tokio::test]
async fn a_pass_survives_the_loss_of_redis() {
    let clock = ManualClock::at("2026-03-01T12:00:00Z".parse().unwrap());
    let room = Room::with(TestStores::with_own_redis().await, 1, clock.clone().into()).await;
    let visitors = waiting(&room, 4).await;
    room.operator().pause(DROP).await.expect(200);
    let late = room.visitor();
    late.join().await.expect(201);
    let gift = json!({"place_id": place_id(&late).await});
    give(&room, gift).await.expect(201);
    let client = redis::Client::open(room.stores.redis_url.as_str()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    redis::cmd("FLUSHALL").exec_async(&mut connection).await.unwrap();
    eventually(SOON, || async { late.status().await["epoch"] == 2 }).await;
    for visitor in visitors.iter().chain([&late]) {
        visitor.place().await.expect(200);
    }
    room.operator().resume(DROP).await.expect(200);
    clock.advance(Duration::from_secs(6));
    visitors[0].leave().await.expect(204);
    late.wait_until("called", SOON).await;
    assert_eq!(visitors[1].place().await["state"], "waiting");
}
