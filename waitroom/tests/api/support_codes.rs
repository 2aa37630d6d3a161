//! Support codes: what a visitor reads out, and what an operator finds by it.

use futures::future::join_all;
use harness::actors::{Operator, Visitor};
use harness::eventually;
use harness::stores::TestStores;
use serde_json::{Value, json};
use shared::clock::Clock;

use crate::support::{DROP, OPERATOR_TOKEN, Room, SOON, config};

fn by(code: &str) -> String {
    format!("drops/{DROP}/places/{code}")
}

fn kinds(found: &Value) -> Vec<&str> {
    found["history"].as_array().unwrap().iter().map(|line| line["kind"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_place_has_one_support_code_however_often_and_wherever_it_is_asked_for() {
    let room = Room::with(TestStores::new().await, 2, Clock::System).await;
    room.create_open(json!({"max_active": 1})).await;
    let (first, second) = (room.visitor(), room.visitor());
    first.join().await.expect(201);
    second.join().await.expect(201);
    let elsewhere = Visitor::new(&room.replicas[1].url(), DROP);
    elsewhere.use_place_token(&first.place_token().unwrap());
    let asked =
        join_all((0..20).map(|n| if n % 2 == 0 { &first } else { &elsewhere }).map(Visitor::support_code));
    let codes: Vec<String> =
        asked.await.into_iter().map(|asked| asked.expect(200).text("support_code").to_owned()).collect();
    assert!(codes.iter().all(|code| *code == codes[0]), "{codes:?}");
    let characters = |byte: u8| b"0123456789ABCDEFGHJKMNPQRSTVWXYZ".contains(&byte);
    assert!(
        codes[0].len() == 9 && codes[0].bytes().filter(|byte| characters(*byte)).count() == 8,
        "{codes:?}"
    );
    assert_eq!(&codes[0][4..5], "-");
    assert_ne!(second.support_code().await.expect(200)["support_code"], codes[0].as_str());
    assert_eq!(room.visitor().support_code().await.expect(401).code(), "place_required");
}

#[tokio::test]
async fn an_operator_finds_the_place_and_its_history_by_the_code_as_it_was_heard() {
    let room = Room::new().await;
    room.create_open(json!({"max_active": 1})).await;
    let visitor = room.visitor();
    let joined = visitor.join().await.expect(201);
    visitor.wait_until("called", SOON).await;
    visitor.claim().await.expect(200);
    let code = visitor.support_code().await.expect(200).text("support_code").to_owned();

    let heard = code.to_lowercase().replace('-', "").replace('1', "l").replace('0', "O");
    let found = room.operator().get(&by(&heard)).await.expect(200);
    assert_eq!(found["support_code"], code.as_str());
    assert_eq!(found["place"]["place_id"], joined["place_id"]);
    assert_eq!(found["place"]["state"], "admitted");
    assert_eq!(kinds(&found.json), ["claimed", "called"]);
    assert!(found["history"][0]["at"].is_string());
    for secret in ["place_token", "sid", "device:", "admission_token"] {
        assert!(!found.body.contains(secret), "{secret}: {}", found.body);
    }

    visitor.leave().await.expect(204);
    let found = room.operator().get(&by(&code)).await.expect(200);
    assert_eq!(found["place"]["state"], "left");
    assert_eq!(
        (&found["history"][0]["kind"], &found["history"][0]["reason"]),
        (&json!("ended"), &json!("left"))
    );
}

#[tokio::test]
async fn a_requeued_place_keeps_its_code_and_its_history() {
    let (room, clock) = Room::with_manual_clock().await;
    room.create_open(json!({"max_active": 1, "claim_window_s": 10})).await;
    let visitor = room.visitor();
    visitor.join().await.expect(201);
    visitor.wait_until("called", SOON).await;
    let code = visitor.support_code().await.expect(200).text("support_code").to_owned();
    clock.advance(std::time::Duration::from_secs(11));
    let found = eventually(SOON, || async {
        let found = room.operator().get(&by(&code)).await.expect(200);
        if kinds(&found.json).contains(&"freed") { Ok(found) } else { Err(found.body) }
    })
    .await;
    let freed =
        found["history"].as_array().unwrap().iter().find(|line| line["kind"] == "freed").unwrap().clone();
    assert_eq!((&freed["reason"], &freed["outcome"]), (&json!("unclaimed"), &json!("requeued")));
    let successor = visitor.place().await;
    assert!(successor.text("place_id").ends_with("0001"), "{}", successor.body);
    assert_eq!(visitor.support_code().await.expect(200)["support_code"], code.as_str());
}

#[tokio::test]
async fn looking_a_place_up_is_written_down_and_a_miss_is_not_found() {
    let room = Room::new().await;
    room.create_open(json!({"max_active": 1})).await;
    let visitor = room.visitor();
    let joined = visitor.join().await.expect(201);
    let code = visitor.support_code().await.expect(200).text("support_code").to_owned();
    for miss in ["0000-0000", "short", "UUUU-UUUU", "1234567890"] {
        assert_eq!(room.operator().get(&by(miss)).await.expect(404).code(), "not_found", "{miss}");
    }
    room.operator().get(&format!("drops/nowhere/places/{code}")).await.expect(404);
    let looks = async || -> Vec<Value> {
        let audit = room.operator().get(&format!("drops/{DROP}/audit")).await.expect(200);
        let lines = audit["items"].as_array().unwrap().iter().cloned();
        lines.filter(|line| line["action"] == "look_up_place").collect()
    };
    assert!(looks().await.is_empty());

    room.operator().get(&by(&code)).await.expect(200);
    let looks = looks().await;
    assert_eq!(looks.len(), 1);
    assert_eq!(looks[0]["operator"], "bootstrap");
    assert_eq!(looks[0]["after"]["place_id"], joined["place_id"]);
    assert!(!looks[0].to_string().contains(&code), "the code is the visitor's");
}

#[tokio::test]
async fn only_operators_look_places_up() {
    let room = Room::new().await;
    room.create_open(json!({})).await;
    let visitor = room.visitor();
    visitor.join().await.expect(201);
    let code = visitor.support_code().await.expect(200).text("support_code").to_owned();
    let stranger = Operator::new(&room.url(), "nobody's token");
    stranger.get(&by(&code)).await.expect(401);
}

#[tokio::test]
async fn who_asks_for_codes_too_often_is_told_when_to_come_back() {
    let stores = TestStores::new().await;
    let mut config = config(&stores.redis_url, &stores.database_url);
    config.rate_limit_per_identity = 2;
    let running = waitroom::start(config, Clock::System).await.unwrap();
    let operator = Operator::new(&running.url(), OPERATOR_TOKEN);
    operator.create_drop(json!({"slug": DROP, "title": "Premiere", "mode": "safety_net"})).await.expect(201);
    let visitor = Visitor::new(&running.url(), DROP);
    visitor.join().await.expect(201);
    let asked = join_all((0..10).map(|_| visitor.support_code())).await;
    let refused = asked.into_iter().find(|asked| asked.status == 429).expect("one too many");
    assert_eq!(refused.header("ratelimit-policy"), "\"support-code\";q=4;w=2");
    running.stop().await;
}
