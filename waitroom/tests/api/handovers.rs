//! A place on another device: one place, one admission, whoever looks at it.

use futures::future::join_all;
use harness::actors::{Operator, Visitor};
use harness::eventually;
use harness::stores::TestStores;
use http::header::SET_COOKIE;
use redis::AsyncCommands as _;
use serde_json::json;
use shared::clock::Clock;

use crate::support::{DROP, OPERATOR_TOKEN, Room, SOON, config};

const MINUTES_MS: i64 = 60_000;

async fn redis(room: &Room) -> redis::aio::MultiplexedConnection {
    let client = redis::Client::open(room.stores.redis_url.as_str()).unwrap();
    client.get_multiplexed_async_connection().await.unwrap()
}

#[tokio::test]
async fn a_code_takes_the_place_to_another_device_with_its_position_and_its_one_admission() {
    let (room, clock) = Room::with_manual_clock().await;
    room.create_open(json!({"max_active": 1, "rate_per_minute": 6_000})).await;
    let (before, phone, laptop) = (room.visitor(), room.visitor(), room.visitor());
    before.join().await.expect(201);
    before.wait_until("called", SOON).await;
    let joined = phone.join().await.expect(201);

    let made = phone.move_place().await.expect(201);
    let code = made.text("code");
    assert_eq!(made.text("url"), format!("http://waitroom.test/q/{DROP}/move#{code}"));
    let good_for = made.text("expires_at").parse::<jiff::Timestamp>().unwrap().as_millisecond()
        - clock.now().as_millisecond();
    assert_eq!(good_for, 5 * MINUTES_MS);
    assert!(made.text("qr_svg").contains("<svg") && !made.text("qr_svg").contains("style="));
    let bits = code.bytes().filter(|byte| *byte != b'-').count() * 5;
    assert!(bits >= 128, "{code}");

    assert_eq!(phone.moves().await.expect(200)["opened_elsewhere_at"], serde_json::Value::Null);
    let taken = laptop.take_over(&code.to_lowercase()).await.expect(200);
    for device in [&phone, &laptop] {
        assert_eq!(device.moves().await.expect(200)["opened_elsewhere_at"], clock.now().to_string());
    }
    assert_eq!(before.moves().await.expect(200)["opened_elsewhere_at"], serde_json::Value::Null);
    assert_eq!((&taken["place_id"], &taken["position"]), (&joined["place_id"], &joined["position"]));
    let cookies = taken.headers.get_all(SET_COOKIE).iter().filter_map(|cookie| cookie.to_str().ok());
    let cookie =
        cookies.into_iter().find(|cookie| cookie.starts_with("place_premiere=")).expect("the cookie");
    assert!(cookie.contains("HttpOnly"), "{cookie}");
    assert_eq!(laptop.take_over(code).await.expect(410).code(), "code_spent");

    before.leave().await.expect(204);
    laptop.wait_until("called", SOON).await;
    phone.wait_until("called", SOON).await;
    let (one, other) = (laptop.claim().await.expect(200), phone.claim().await.expect(200));
    assert_eq!(one["admission_token"], other["admission_token"]);
    assert_eq!(phone.status().await["active"], 1);
}

#[tokio::test]
async fn of_many_devices_that_redeem_a_code_at_once_one_wins() {
    let room = Room::with(TestStores::new().await, 2, Clock::System).await;
    room.create_open(json!({"max_active": 1})).await;
    let owner = room.visitor();
    owner.join().await.expect(201);
    let code = owner.move_place().await.expect(201).text("code").to_owned();
    let devices: Vec<Visitor> = (0..24).map(|n| Visitor::new(&room.replicas[n % 2].url(), DROP)).collect();
    let answers = join_all(devices.iter().map(|device| device.take_over(&code))).await;
    let of = |status: u16| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((of(200), of(410)), (1, 23));
}

#[tokio::test]
async fn a_code_is_kept_as_a_digest_under_the_drops_tag_for_five_minutes() {
    let room = Room::with(TestStores::with_own_redis().await, 1, Clock::System).await;
    room.create_open(json!({"max_active": 1})).await;
    let owner = room.visitor();
    owner.join().await.expect(201);
    let code = owner.move_place().await.expect(201).text("code").replace('-', "");
    let mut redis = redis(&room).await;
    let keys: Vec<String> = redis.keys("*handover:*").await.unwrap();
    assert_eq!(keys.len(), 1, "{keys:?}");
    assert!(keys[0].starts_with("{drop:premiere}:handover:") && !keys[0].contains(&code), "{keys:?}");
    let good_for: i64 = redis.pttl(&keys[0]).await.unwrap();
    assert!((1..=5 * MINUTES_MS).contains(&good_for), "{good_for}");
    let content: String = redis.get(&keys[0]).await.unwrap();
    assert!(!content.contains(&code), "{content}");

    // Its time is over.
    let _: () = redis.del(&keys[0]).await.unwrap();
    assert_eq!(room.visitor().take_over(&code).await.expect(410).code(), "code_spent");
}

#[tokio::test]
async fn a_code_is_spent_when_redis_lost_it_and_another_one_is_good() {
    let room = Room::with(TestStores::with_own_redis().await, 1, Clock::System).await;
    room.create_open(json!({"max_active": 1})).await;
    let (owner, device) = (room.visitor(), room.visitor());
    let joined = owner.join().await.expect(201);
    let code = owner.move_place().await.expect(201).text("code").to_owned();
    redis::cmd("FLUSHALL").exec_async(&mut redis(&room).await).await.unwrap();
    let refused = eventually(SOON, || async {
        let answer = device.take_over(&code).await;
        // While it is filled again nothing is said.
        if answer.status == 503 { Err(answer.body) } else { Ok(answer) }
    })
    .await;
    assert_eq!(refused.expect(410).code(), "code_spent");
    let code = owner.move_place().await.expect(201).text("code").to_owned();
    assert_eq!(device.take_over(&code).await.expect(200)["place_id"], joined["place_id"]);
}

#[tokio::test]
async fn a_code_is_good_for_its_own_drop_alone_and_what_is_no_code_is_spent() {
    let room = Room::new().await;
    room.create_open(json!({"max_active": 1})).await;
    room.operator()
        .create_drop(json!({"slug": "other", "title": "Other", "mode": "safety_net"}))
        .await
        .expect(201);
    let owner = room.visitor();
    owner.join().await.expect(201);
    let code = owner.move_place().await.expect(201).text("code").to_owned();
    let elsewhere = Visitor::new(&room.url(), "other");
    assert_eq!(elsewhere.take_over(&code).await.expect(410).code(), "code_spent");
    for wrong in ["", "no code", "0000-0000-0000-0000-0000-0000-00", &"0".repeat(500)] {
        assert_eq!(room.visitor().take_over(wrong).await.expect(410).code(), "code_spent", "{wrong}");
    }
    assert_eq!(room.visitor().move_place().await.expect(401).code(), "place_required");
    room.visitor().take_over(&code).await.expect(200);
}

#[tokio::test]
async fn a_place_has_twenty_codes_in_five_minutes() {
    let room = Room::new().await;
    room.create_open(json!({"max_active": 1})).await;
    let owner = room.visitor();
    owner.join().await.expect(201);
    let made = join_all((0..21).map(|_| owner.move_place())).await;
    let refused: Vec<_> = made.iter().filter(|made| made.status != 201).collect();
    assert_eq!(refused.len(), 1);
    assert_eq!((refused[0].status, refused[0].code()), (429, "rate_limited"));
    let wait_s: i64 = refused[0].header("retry-after").parse().unwrap();
    assert!((1..=300).contains(&wait_s), "{wait_s}");
    let neighbour = room.visitor();
    neighbour.join().await.expect(201);
    neighbour.move_place().await.expect(201);
}

#[tokio::test]
async fn an_address_that_guesses_codes_is_slowed_down() {
    let stores = TestStores::new().await;
    let mut config = config(&stores.redis_url, &stores.database_url);
    config.rate_limit_per_address = 2;
    let running = waitroom::start(config, Clock::System).await.unwrap();
    let operator = Operator::new(&running.url(), OPERATOR_TOKEN);
    operator.create_drop(json!({"slug": DROP, "title": "Premiere", "mode": "safety_net"})).await.expect(201);
    let guesses =
        join_all((0..10).map(|_| async { Visitor::new(&running.url(), DROP).take_over("X").await })).await;
    let refused = guesses.into_iter().find(|guess| guess.status == 429).expect("one too many");
    assert_eq!(refused.header("ratelimit-policy"), "\"redeem-by-address\";q=4;w=2");
    running.stop().await;
}
