//! What everybody may know of a drop, and which other sites may use it.

use harness::actors::Reply;
use jiff::ToSpan as _;
use reqwest::{Method, RequestBuilder, Response};
use serde_json::json;

use crate::support::{CLIENT, DROP, Room, SOON};

const PARTNER: &str = "https://partner.example";

async fn ask(room: &Room, method: Method, path: &str, headers: &[(&str, &str)]) -> Response {
    let request = CLIENT.request(method, format!("{}{path}", room.url()));
    let with = |request: RequestBuilder, (name, value): &(&str, &str)| request.header(*name, *value);
    headers.iter().fold(request, with).send().await.unwrap()
}

async fn get(room: &Room, path: &str, headers: &[(&str, &str)]) -> Response {
    ask(room, Method::GET, path, headers).await
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn a_status_that_says_nothing_new_is_not_sent_again() {
    let room = Room::new().await;
    room.create_open(json!({})).await;
    for path in ["/v1/drops/premiere", "/v1/drops"] {
        // The first ticks still change it.
        let tag = harness::eventually(SOON, || async {
            let first = get(&room, path, &[]).await;
            assert_eq!(header(&first, "cache-control"), "public, max-age=1");
            assert_eq!(header(&first, "content-type"), "application/json");
            assert!(!first.headers().contains_key("set-cookie"));
            let tag = header(&first, "etag").to_owned();
            let again = get(&room, path, &[("If-None-Match", &tag)]).await;
            if again.status() != 304 {
                return Err(again.text().await.unwrap());
            }
            assert_eq!(header(&again, "etag"), tag);
            assert_eq!(header(&again, "cache-control"), "public, max-age=1");
            Ok(tag)
        })
        .await;
        let (etag, _) = room.operator().get_drop(DROP).await;
        room.operator().patch_drop(DROP, &etag, json!({"message": path})).await.expect(200);
        let changed = get(&room, path, &[("If-None-Match", &tag)]).await;
        assert_eq!(changed.status(), 200);
        assert_ne!(header(&changed, "etag"), tag);
        assert!(changed.text().await.unwrap().contains(&format!("\"message\":\"{path}\"")));
    }
}

#[tokio::test]
async fn ranks_are_published_after_opening_and_nothing_of_scores_before() {
    let (room, clock) = Room::with_manual_clock().await;
    let opens_at = clock.now() + 1.hour();
    let limits = json!({"lobby_opens_at": clock.now(), "opens_at": opens_at, "rate_per_minute": 60, "burst": 1, "max_active": 1});
    room.create(limits).await;
    let visitors: Vec<_> = (0..5).map(|_| room.visitor()).collect();
    for visitor in &visitors {
        visitor.join().await.expect(201);
    }
    let lobby = harness::eventually(SOON, || async {
        let status = visitors[0].status().await;
        if status["waiting"] == 5 { Ok(status) } else { Err(status.body) }
    })
    .await;
    for secret in ["frontier", "ranks", "track_below"] {
        assert!(lobby[secret].is_null(), "{secret}: {}", lobby.body);
    }

    clock.set(opens_at);
    let places = |status: Reply| {
        let visitors = &visitors;
        async move {
            let mut waiting = Vec::new();
            for visitor in visitors {
                let place = visitor.place().await;
                let text = |name: &str| place[name].as_str().unwrap_or_default().to_owned();
                if place["state"] == "waiting" {
                    waiting.push((text("score"), place["ahead"].as_u64().unwrap_or(99)));
                }
            }
            waiting.sort_by_key(|(_, ahead)| *ahead);
            let ranks: Vec<(String, u64)> =
                serde_json::from_value(status["ranks"].clone()).unwrap_or_default();
            if waiting.len() == 4 && ranks.starts_with(&waiting) { Ok(status) } else { Err(status.body) }
        }
    };
    let open = harness::eventually(SOON, || async {
        // Ranks of the moment in which somebody was asked about tell nothing better of them.
        clock.advance(std::time::Duration::from_millis(10));
        places(visitors[0].status().await).await
    })
    .await;
    assert!(open["track_below"].is_string() && open["frontier"].is_string());
}

#[tokio::test]
async fn pages_of_allowed_origins_may_use_a_line_without_cookies() {
    let room = Room::new().await;
    room.create_open(json!({"allowed_origins": [PARTNER]})).await;
    let visitor = room.visitor();
    visitor.join().await.expect(201);
    let bearer = format!("Bearer {}", visitor.place_token().unwrap());
    let authorized = [("Origin", PARTNER), ("Authorization", bearer.as_str())];
    for (path, status) in [
        ("/v1/drops/premiere", 200),
        ("/v1/drops/premiere/draw", 200),
        ("/v1/drops/premiere/places/me", 200),
        ("/v1/drops/premiere/places/me/events", 200),
    ] {
        let response = get(&room, path, &authorized).await;
        assert_eq!(response.status(), status, "{path}");
        assert_eq!(header(&response, "access-control-allow-origin"), PARTNER, "{path}");
        assert!(!response.headers().contains_key("access-control-allow-credentials"));
        assert!(header(&response, "vary").contains("origin"), "{path}");
    }
    let refused = get(&room, "/v1/drops/premiere/places/me", &[("Origin", PARTNER)]).await;
    assert_eq!((refused.status().as_u16(), header(&refused, "access-control-allow-origin")), (401, PARTNER));

    let asking = [("Origin", PARTNER), ("Access-Control-Request-Method", "POST")];
    let preflight = ask(&room, Method::OPTIONS, "/v1/drops/premiere/places", &asking).await;
    assert_eq!(preflight.status(), 204);
    assert_eq!(header(&preflight, "access-control-allow-origin"), PARTNER);
    assert!(header(&preflight, "access-control-allow-headers").contains("authorization"));
    assert!(header(&preflight, "access-control-allow-methods").contains("POST"));
}

#[tokio::test]
async fn pages_of_other_origins_may_not() {
    let room = Room::new().await;
    room.create_open(json!({"allowed_origins": [PARTNER]})).await;
    for origin in ["https://evil.example", "https://partner.example.evil.example", "null"] {
        let response = get(&room, "/v1/drops/premiere", &[("Origin", origin)]).await;
        assert_eq!(response.status(), 200);
        assert!(!response.headers().contains_key("access-control-allow-origin"), "{origin}");
        let asking = [("Origin", origin), ("Access-Control-Request-Method", "POST")];
        let preflight = ask(&room, Method::OPTIONS, "/v1/drops/premiere/places", &asking).await;
        assert_eq!(preflight.status(), 403);
        assert!(!preflight.headers().contains_key("access-control-allow-origin"));
    }
}
