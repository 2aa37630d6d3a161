//! Reserving seats, as shoppers see it.

use harness::actors::Shopper;
use serde_json::json;

use crate::support::{DROP, Shop};

#[tokio::test]
async fn a_shopper_reserves_seats_and_everybody_sees_it() {
    let shop = Shop::open().await;
    let show = shop.show(2).await;
    let shopper = shop.shopper().await;
    let reserved =
        shopper.reserve_json(&show, json!({"seats": ["A2", {"seat": "A1", "fare": "child"}]})).await;
    let reserved = reserved.expect(201);
    assert_eq!(reserved["status"], "pending");
    assert_eq!(reserved["total"], json!({"amount_minor": 2500, "currency": "EUR"}));
    assert_eq!(reserved["seats"][0]["seat"], "A1");
    assert_eq!(reserved["seats"][0]["fare"], "child");
    assert_eq!(reserved.header("location"), format!("/v1/reservations/{}", reserved.text("reservation_id")));

    let map = shop.shopper().await.seats(&show).await.expect(200);
    let statuses: Vec<&str> = map["seats"]
        .as_array()
        .unwrap()
        .iter()
        .map(|seat| seat["status"].as_str().unwrap())
        .take(3)
        .collect();
    assert_eq!(statuses, ["reserved", "reserved", "available"]);
    assert_eq!(shop.stats(&show).await["reserved"], 2);
    assert!(shop.broken_seat_checks().await.is_empty());
}

#[tokio::test]
async fn the_same_seats_asked_again_are_the_same_reservation() {
    let shop = Shop::open().await;
    let show = shop.show(1).await;
    let shopper = shop.shopper().await;
    let first = shopper.reserve(&show, &["A1", "A2"]).await.expect(201);
    let again = shopper.reserve(&show, &["A2", "A1"]).await.expect(200);
    assert_eq!(first.json, again.json);
    let other = shopper.reserve(&show, &["A3"]).await.expect(429);
    assert_eq!(other.code(), "reservation_limit");
    assert_eq!(other["reservation_id"], first["reservation_id"]);
    assert!(!other.header("retry-after").is_empty());
}

#[tokio::test]
async fn a_conflict_names_the_seats_and_takes_none() {
    let shop = Shop::open().await;
    let show = shop.show(1).await;
    shop.shopper().await.reserve(&show, &["A2", "A3"]).await.expect(201);
    let refused = shop.shopper().await.reserve(&show, &["A1", "A2", "A3"]).await.expect(409);
    assert_eq!(refused.code(), "seats_unavailable");
    assert_eq!(refused["unavailable_seats"], json!(["A2", "A3"]));
    shop.shopper().await.reserve(&show, &["A1"]).await.expect(201);
}

#[tokio::test]
async fn what_cannot_be_asked_for_is_refused_by_name() {
    let shop = Shop::open().await;
    let show = shop.show(2).await;
    let shopper = shop.shopper().await;
    let unknown = shopper.reserve(&show, &["A1", "Z99"]).await.expect(400);
    assert_eq!((unknown.code(), &unknown["unknown_seats"]), ("unknown_seats", &json!(["Z99"])));
    let twice = shopper.reserve(&show, &["A1", "A1"]).await.expect(422);
    assert_eq!(twice.code(), "duplicate_seats");
    let labels: Vec<String> = (1..=10).map(|n| format!("A{n}")).chain(["B1".to_owned()]).collect();
    let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
    let many = shopper.reserve(&show, &labels).await.expect(422);
    assert_eq!((many.code(), &many["max_seats"]), ("too_many_seats", &json!(10)));
    shopper.reserve(&show, &[]).await.expect(422);
    shopper.reserve_json(&show, json!({"seats": ["A1"], "price": 1})).await.expect(422);
    shopper.reserve_json(&show, json!({"seats": [{"seat": "A1", "fare": "Half!"}]})).await.expect(422);
    shopper.reserve("00000000-0000-0000-0000-000000000000", &["A1"]).await.expect(404);
}

#[tokio::test]
async fn only_people_let_into_the_shows_drop_get_near_its_seats() {
    let shop = Shop::open().await;
    let show = shop.show(1).await;
    let stranger = Shopper::without_token(&shop.url());
    assert_eq!(stranger.seats(&show).await.expect(401).code(), "admission_required");
    assert_eq!(stranger.reserve(&show, &["A1"]).await.expect(401).code(), "admission_required");
    let forged = stranger.with_token("eyJhbGciOiJub25lIn0.e30.");
    assert_eq!(forged.reserve(&show, &["A1"]).await.expect(401).code(), "admission_invalid");

    shop.line.open_drop("another", 600, 10, 300).await;
    let elsewhere = Shopper::new(&shop.url(), &shop.line.admit("another").await.token);
    let refused = elsewhere.reserve(&show, &["A1"]).await.expect(403);
    assert_eq!((refused.code(), &refused["drop"]), ("wrong_drop", &json!(DROP)));

    let revoked = shop.line.admit(DROP).await;
    shop.line.revoke(&revoked).await;
    let revoked = Shopper::new(&shop.url(), &revoked.token);
    assert_eq!(revoked.reserve(&show, &["A1"]).await.expect(403).code(), "admission_ended");
    assert_eq!(shop.stats(&show).await["available"], 10);
}

#[tokio::test]
async fn a_slot_lives_as_long_as_its_hold_and_a_refused_one_is_not_prolonged() {
    let shop = Shop::open().await;
    let show = shop.show(1).await;
    let admitted = shop.line.admit(DROP).await;
    let shopper = Shopper::new(&shop.url(), &admitted.token);
    shop.line.shorten_slot(&admitted, 60).await;
    shopper.reserve(&show, &["Z1"]).await.expect(400);
    let before = shop.line.slot(&admitted).await.unwrap();
    let reserved = shopper.reserve(&show, &["A1"]).await.expect(201);
    let after = shop.line.slot(&admitted).await.unwrap();
    let expires_at: jiff::Timestamp = reserved.text("expires_at").parse().unwrap();
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of this century are exact")]
    let expires_at = expires_at.as_millisecond() as f64;
    assert!(before < expires_at, "the slot was to end before the hold");
    assert!(after >= expires_at, "the slot ends at {after}, the hold at {expires_at}");
}

#[tokio::test]
async fn a_released_seat_is_on_sale_at_once() {
    let shop = Shop::open().await;
    let show = shop.show(1).await;
    let shopper = shop.shopper().await;
    let reserved = shopper.reserve(&show, &["A1"]).await.expect(201);
    let id = reserved.text("reservation_id");
    shop.shopper().await.release(id).await.expect(403);
    shopper.release(id).await.expect(204);
    shopper.release(id).await.expect(204);
    assert_eq!(shopper.reservation(id).await.expect(200)["status"], "released");
    shop.shopper().await.reserve(&show, &["A1"]).await.expect(201);
    // Without a cool-down: it was given back, not left to expire.
    shopper.reserve(&show, &["A2"]).await.expect(201);
    assert!(shop.broken_seat_checks().await.is_empty());
}

#[tokio::test]
async fn the_manage_token_suffices_for_its_reservation_alone() {
    let shop = Shop::open().await;
    let show = shop.show(1).await;
    let mine = shop.shopper().await.reserve(&show, &["A1"]).await.expect(201);
    let theirs = shop.shopper().await.reserve(&show, &["A2"]).await.expect(201);
    let holder = Shopper::new(&shop.url(), mine.text("manage_token"));
    let read = holder.reservation(mine.text("reservation_id")).await.expect(200);
    assert_eq!(read.json, mine.json);
    assert_eq!(holder.reservation(theirs.text("reservation_id")).await.expect(403).code(), "not_yours");
    assert_eq!(holder.release(theirs.text("reservation_id")).await.expect(403).code(), "not_yours");
    assert_eq!(holder.reserve(&show, &["A3"]).await.expect(401).code(), "admission_invalid");
    let changed = Shopper::new(&shop.url(), &format!("{}A", mine.text("manage_token")));
    changed.reservation(mine.text("reservation_id")).await.expect(401);
    holder.release(mine.text("reservation_id")).await.expect(204);
}

#[tokio::test]
async fn a_blocked_seat_is_not_for_sale_until_it_is_unblocked() {
    let shop = Shop::open().await;
    let show = shop.show(1).await;
    let path = format!("shows/{show}/seats");
    shop.shopper().await.reserve(&show, &["A1"]).await.expect(201);
    let owned =
        shop.operator.create(&path, json!({"block": ["A1", "A2"], "reason": "broken"})).await.expect(409);
    assert_eq!(owned["unavailable_seats"], json!(["A1"]));
    let stats = shop.operator.create(&path, json!({"block": ["A2"], "reason": "broken"})).await.expect(200);
    assert_eq!(stats["unavailable"], 1);
    let refused = shop.shopper().await.reserve(&show, &["A2", "A3"]).await.expect(409);
    assert_eq!(refused["unavailable_seats"], json!(["A2"]));
    shop.operator.create(&path, json!({"unblock": ["A2"], "reason": "mended"})).await.expect(200);
    shop.shopper().await.reserve(&show, &["A2", "A3"]).await.expect(201);
    assert!(shop.broken_seat_checks().await.is_empty());
}
