//! The catalogue, as operators keep it and everybody reads it.

use futures::future::join_all;
use harness::actors::{Operator, Shopper};
use serde_json::{Value, json};

use crate::support::{DROP, Shop, layout};

#[tokio::test]
async fn what_an_operator_makes_everybody_can_read() {
    let shop = Shop::open().await;
    let show = shop.show(2).await;
    let visitor = Shopper::without_token(&shop.url());
    let read = visitor.get(&format!("/v1/shows/{show}")).await.expect(200);
    assert_eq!(read["movie"]["title"], "The Long Night");
    assert_eq!(read["theatre"]["city"], "Berlin");
    assert_eq!(read["status"], "scheduled");
    assert_eq!(read["available_seats"], 20);
    assert_eq!(read["drop"], DROP);
    let list = visitor.shows(DROP).await.expect(200);
    assert_eq!(list["items"][0], read.json);
    assert_eq!(list["next_cursor"], Value::Null);
    let movie = read["movie"]["movie_id"].as_str().unwrap();
    let movie = visitor.get(&format!("/v1/movies/{movie}")).await.expect(200);
    assert_eq!(movie["duration_minutes"], 120);
    let theatre = read["theatre"]["theatre_id"].as_str().unwrap();
    visitor.get(&format!("/v1/theatres/{theatre}")).await.expect(200);
    assert_eq!(visitor.get("/v1/movies").await.expect(200)["items"].as_array().unwrap().len(), 1);
    visitor.get("/v1/movies/nonsense").await.expect(404);
}

#[tokio::test]
async fn lists_come_in_parts() {
    let shop = Shop::open().await;
    for title in ["A", "B", "C"] {
        shop.operator.create_movie(json!({"title": title, "duration_minutes": 90})).await.expect(201);
    }
    let first = shop.operator.get("movies?limit=2").await.expect(200);
    assert_eq!(first["items"].as_array().unwrap().len(), 2);
    let cursor = first.text("next_cursor");
    let second = shop.operator.get(&format!("movies?limit=2&cursor={cursor}")).await.expect(200);
    assert_eq!(second["items"][0]["title"], "C");
    assert_eq!(second["next_cursor"], Value::Null);
    shop.operator.get("movies?limit=0").await.expect(400);
}

#[tokio::test]
async fn a_show_without_a_drop_is_sold_by_the_safety_net() {
    let shop = Shop::open().await;
    let mut body = shop.show_body(1).await;
    body.as_object_mut().unwrap().remove("drop");
    let show = shop.operator.create_show(body).await.expect(201);
    assert_eq!(show["drop"], Value::Null);
    shop.line.open_drop("open-sale", 600, 10, 300).await;
    let shopper = Shopper::new(&shop.url(), &shop.line.admit("open-sale").await.token);
    shopper.reserve(show.text("show_id"), &["A1"]).await.expect(201);
    let listed = shopper.shows("open-sale").await.expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_screen_cannot_show_two_things_at_once() {
    let shop = Shop::open().await;
    let body = shop.show_body(1).await;
    shop.operator.create_show(body.clone()).await.expect(201);
    assert_eq!(shop.operator.create_show(body).await.expect(409).code(), "show_overlaps");
}

#[tokio::test]
async fn mistakes_are_refused_by_field() {
    let shop = Shop::open().await;
    let movie = shop.operator.create_movie(json!({"title": "", "duration_minutes": 90})).await.expect(422);
    assert_eq!(movie["field"], "title");
    shop.operator.create_movie(json!({"title": "A", "duration_minutes": 90, "colour": 1})).await.expect(422);
    let theatre = json!({"name": "A", "city": "B", "time_zone": "Mars/Olympus"});
    assert_eq!(shop.operator.create_theatre(theatre).await.expect(422)["field"], "time_zone");
    let mut show = shop.show_body(1).await;
    show["prices"] = json!({"balcony": {"amount_minor": 1, "currency": "EUR"}});
    assert_eq!(shop.operator.create_show(show.clone()).await.expect(422)["field"], "prices");
    show["prices"] = json!({"standard": {"amount_minor": 1, "currency": "EUR"}});
    show["movie_id"] = json!("00000000-0000-0000-0000-000000000000");
    assert_eq!(shop.operator.create_show(show).await.expect(422)["field"], "movie_id");
}

#[tokio::test]
async fn a_changed_price_is_charged_from_then_on() {
    let shop = Shop::open().await;
    let show = shop.show(1).await;
    let prices = json!({"prices": {"standard": {"amount_minor": 900, "currency": "EUR"}}});
    let patched = patch(&shop, &format!("shows/{show}"), &prices).await;
    assert_eq!(patched.0, 200);
    let reserved = shop.shopper().await.reserve(&show, &["A1"]).await.expect(201);
    assert_eq!(reserved["total"]["amount_minor"], 900);
}

#[tokio::test]
async fn the_seats_of_a_screen_with_shows_stay() {
    let shop = Shop::open().await;
    let show = shop.show_body(1).await;
    let screen = format!("screens/{}", show["screen_id"].as_str().unwrap());
    assert_eq!(patch(&shop, &screen, &json!({"rows": layout(2)})).await.0, 200);
    assert_eq!(shop.operator.get(&screen).await.expect(200)["seat_count"], 20);
    shop.operator.create_show(show).await.expect(201);
    let (status, body) = patch(&shop, &screen, &json!({"rows": layout(3)})).await;
    assert_eq!((status, body["code"].as_str().unwrap()), (409, "screen_in_use"));
    assert_eq!(patch(&shop, &screen, &json!({"name": "2"})).await.0, 200);
}

#[tokio::test]
async fn only_operators_keep_the_catalogue() {
    let shop = Shop::open().await;
    let stranger = Operator::new(&shop.url(), "not the token");
    let movie = json!({"title": "A", "duration_minutes": 90});
    assert_eq!(stranger.create_movie(movie).await.expect(401).code(), "operator_token_invalid");
    stranger.get("shows").await.expect(401);
}

#[tokio::test]
async fn an_unchanged_map_is_not_sent_again() {
    let shop = Shop::open().await;
    let show = shop.show(1).await;
    let admitted = shop.line.admit(DROP).await;
    let url = format!("{}/v1/shows/{show}/seats?view=status", shop.url());
    let client = reqwest::Client::new();
    let ask = |tag: &str| client.get(&url).bearer_auth(&admitted.token).header("If-None-Match", tag).send();
    let first = ask("").await.unwrap();
    let tag = first.headers()["etag"].to_str().unwrap().to_owned();
    let body: Value = first.json().await.unwrap();
    assert_eq!(body["statuses"], "aaaaaaaaaa");
    assert_eq!(ask(&tag).await.unwrap().status(), 304);
    shop.shopper().await.reserve(&show, &["A1"]).await.expect(201);
    let changed = ask(&tag).await.unwrap();
    assert_eq!(changed.status(), 200);
    let changed: Value = changed.json().await.unwrap();
    assert_eq!(changed["statuses"], "raaaaaaaaa");
    assert!(changed["version"].as_i64() > body["version"].as_i64());
}

async fn patch(shop: &Shop, path: &str, changes: &Value) -> (u16, Value) {
    let url = format!("{}/v1/operator/{path}", shop.url());
    let request = reqwest::Client::new().patch(url).bearer_auth(crate::support::OPERATOR_TOKEN).json(changes);
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

#[tokio::test]
async fn a_change_that_overlooks_another_is_refused_where_it_says_what_it_replaces() {
    let shop = Shop::open().await;
    let show = shop.show(1).await;
    let read = shop.operator.get(&format!("shows/{show}")).await.expect(200);
    let id = |of: &str| read[of][format!("{of}_id")].as_str().unwrap().to_owned();
    let movie = format!("movies/{}", id("movie"));
    let theatre = format!("theatres/{}", id("theatre"));
    let screen = format!("screens/{}", id("screen"));
    for (path, change, again) in [
        (movie, json!({"title": "B"}), json!({"genre": "C"})),
        (theatre, json!({"name": "B"}), json!({"chain": "C"})),
        (screen, json!({"name": "B"}), json!({"name": "C"})),
        (format!("shows/{show}"), json!({"stranded_rule": "strict"}), json!({"stranded_rule": "lenient"})),
    ] {
        let first = shop.operator.get(&path).await.expect(200).header("etag").to_owned();
        let changed = shop.operator.update_if(&path, &first, change.clone()).await.expect(200);
        let second = changed.header("etag").to_owned();
        assert_ne!(first, second, "{path}");
        let lost = shop.operator.update_if(&path, &first, again.clone()).await.expect(412);
        assert_eq!(lost.code(), "precondition_failed", "{path}");
        let now = shop.operator.get(&path).await.expect(200);
        assert_eq!((now.header("etag"), &now.json), (second.as_str(), &changed.json), "{path}");
        // Who does not say what is replaced replaces whatever there is; of two who do, at the same time, one does.
        shop.operator.update(&path, change).await.expect(200);
        let third = shop.operator.get(&path).await.expect(200).header("etag").to_owned();
        let both = (0..2).map(|_| shop.operator.update_if(&path, &third, again.clone()));
        let mut statuses: Vec<u16> = join_all(both).await.iter().map(|reply| reply.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412], "{path}");
    }
    let nobody = format!("movies/{}", uuid::Uuid::new_v4());
    shop.operator.update_if(&nobody, "\"1\"", json!({"title": "B"})).await.expect(404);
}
