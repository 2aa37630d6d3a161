//! Best seats, the rule against stranded seats, and what is counted.

use harness::actors::{Reply, Shopper};
use serde_json::{Value, json};

use crate::support::Shop;

/// The seats that were proposed.
fn labels(reply: &Reply) -> Vec<&str> {
    reply["seats"].as_array().unwrap().iter().map(|seat| seat["seat"].as_str().unwrap()).collect()
}

/// A show with these rows and this rule.
async fn show(shop: &Shop, rows: Value, rule: &str) -> String {
    let mut body = shop.show_body(1).await;
    let screens = shop.operator.get("screens").await.expect(200);
    let theatre = screens["items"][0]["theatre_id"].clone();
    let screen = json!({"theatre_id": theatre, "name": "Two", "rows": rows});
    body["screen_id"] = shop.operator.create_screen(screen).await.expect(201)["screen_id"].clone();
    body["stranded_rule"] = json!(rule);
    body["prices"]["box"] = json!({"amount_minor": 3000, "currency": "EUR"});
    shop.operator.create_show(body).await.expect(201).text("show_id").to_owned()
}

fn row(name: &str, y: u32, count: u32, of: impl Fn(u32) -> Value) -> Value {
    let seat = |number: u32| {
        let mut seat = of(number);
        seat["number"] = json!(number);
        seat["x"] = json!(number);
        seat
    };
    json!({"row": name, "y": y, "seats": (1..=count).map(seat).collect::<Vec<_>>()})
}

async fn best(shopper: &Shopper, show: &str, query: &str) -> Reply {
    shopper.get(&format!("/v1/shows/{show}/best-seats?{query}")).await
}

#[tokio::test]
async fn the_best_seats_are_proposed_and_can_be_reserved() {
    let shop = Shop::open().await;
    let show = shop.show(5).await;
    let shopper = shop.shopper().await;
    let proposed = best(&shopper, &show, "count=4").await.expect(200);
    assert_eq!(labels(&proposed), ["C4", "C5", "C6", "C7"]);
    assert_eq!((&proposed["adjacent"], &proposed["total"]["amount_minor"]), (&json!(true), &json!(5000)));
    shopper.reserve(&show, &labels(&proposed)).await.expect(201);
    let next = best(&shop.shopper().await, &show, "count=4").await.expect(200);
    assert_eq!(labels(&next), ["D4", "D5", "D6", "D7"]);
    assert_eq!(best(&shopper, &show, "count=60").await.expect(409).code(), "not_enough_seats");
    for bad in ["count=0", "count=101", "", "count=x"] {
        best(&shopper, &show, bad).await.expect(400);
    }
    best(&Shopper::without_token(&shop.url()), &show, "count=1").await.expect(401);
}

#[tokio::test]
async fn a_category_and_a_place_for_a_wheelchair_can_be_asked_for() {
    let shop = Shop::open().await;
    let boxes = row("A", 1, 4, |_| json!({"category": "box"}));
    let places = row("B", 2, 4, |number| match number {
        1 => json!({"features": ["wheelchair"]}),
        2 => json!({"features": ["companion"]}),
        _ => json!({}),
    });
    let show = show(&shop, json!([boxes, places]), "off").await;
    let shopper = shop.shopper().await;
    let proposed = best(&shopper, &show, "count=2&category=box").await.expect(200);
    assert_eq!((labels(&proposed), &proposed["total"]["amount_minor"]), (vec!["A2", "A3"], &json!(6000)));
    let proposed = best(&shopper, &show, "count=2&accessible=true").await.expect(200);
    assert_eq!(labels(&proposed), ["B1", "B2"]);
    let proposed = best(&shopper, &show, "count=2&category=standard").await.expect(200);
    assert_eq!(labels(&proposed), ["B3", "B4"]);

    shopper.reserve(&show, &["A1", "B1"]).await.expect(201);
    let stats = shop.stats(&show).await;
    let counts = |category: &str, available: u32| json!({"category": category, "total": 4, "available": available, "reserved": 1, "booked": 0, "unavailable": 0});
    assert_eq!(stats["categories"], json!([counts("box", 3), counts("standard", 3)]));
}

#[tokio::test]
async fn a_choice_that_strands_a_seat_is_refused_by_name_and_what_is_proposed_is_taken() {
    let shop = Shop::open().await;
    let show =
        show(&shop, json!([row("A", 1, 8, |_| json!({})), row("B", 2, 3, |_| json!({}))]), "strict").await;
    let shopper = shop.shopper().await;
    let refused = shopper.reserve(&show, &["A2", "A3"]).await.expect(422);
    assert_eq!((refused.code(), &refused["stranded_seats"]), ("stranded_seat", &json!(["A1"])));
    assert!(refused.text("detail").contains("A1"), "{}", refused.body);
    let proposed = best(&shopper, &show, "count=5").await.expect(200);
    assert_eq!(proposed["adjacent"], true);
    let reserved = shopper.reserve(&show, &labels(&proposed)).await.expect(201);
    // The same again is the same reservation, whatever the rule says of the map now.
    let again = shopper.reserve(&show, &labels(&proposed)).await.expect(200);
    assert_eq!(again.text("reservation_id"), reserved.text("reservation_id"));
    // Three are left beside them, and three in the other row: two of three leave one, and there is no other choice.
    shop.shopper().await.reserve(&show, &["B1", "B2"]).await.expect(201);
}

#[tokio::test]
async fn the_lenient_rule_lets_a_seat_at_the_wall_be_and_without_a_rule_all_are_taken() {
    let shop = Shop::open().await;
    let rows = json!([row("A", 1, 8, |_| json!({}))]);
    let lenient = show(&shop, rows, "lenient").await;
    shop.shopper().await.reserve(&lenient, &["A2", "A3"]).await.expect(201);
    let refused = shop.shopper().await.reserve(&lenient, &["A5", "A6"]).await.expect(422);
    assert_eq!(refused["stranded_seats"], json!(["A4"]));
    let free = shop.show(1).await;
    shop.shopper().await.reserve(&free, &["A2", "A4"]).await.expect(201);
    let mut body = shop.show_body(1).await;
    body["stranded_rule"] = json!("sometimes");
    shop.operator.create_show(body).await.expect(422);
}
