//! The actors speak the contract: paths, tokens, cookies and headers, as a recording server sees them.

use axum::{
    Json, Router,
    extract::Request,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use harness::actors::{Operator, Shopper, Visitor};
use serde_json::{Value, json};

/// A server that answers every request with what it saw of it.
async fn mirror() -> String {
    async fn answer(request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, 10_000).await.expect("a small body");
        let text =
            |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let seen = json!({
            "request": format!("{} {}", parts.method, parts.uri),
            "authorization": text("authorization"),
            "cookie": text("cookie"),
            "if_match": text("if-match"),
            "idempotency_key": text("idempotency-key"),
            "body": serde_json::from_slice::<Value>(&body).unwrap_or_default(),
            "place_token": "place-1",
            "admission_token": "admission-1",
            "code": "mirrored",
        });
        let mut headers = HeaderMap::new();
        headers.insert(header::SET_COOKIE, "device=d1; Path=/; HttpOnly".parse().expect("a header"));
        headers.insert(header::ETAG, "\"3\"".parse().expect("a header"));
        (StatusCode::OK, headers, Json(seen)).into_response()
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
    format!("http://{address}")
}

#[tokio::test]
async fn a_visitor_keeps_cookie_and_place_token_and_goes_shopping() {
    let base = mirror().await;
    let visitor = Visitor::new(&base, "premiere");
    let joined = visitor.join().await.expect(200);
    assert_eq!(joined["request"], "POST /v1/drops/premiere/places");
    assert_eq!(joined["cookie"], Value::Null);
    assert_eq!(joined.code(), "mirrored");

    let tab = visitor.clone();
    let place = tab.place().await;
    assert_eq!(place["request"], "GET /v1/drops/premiere/places/me");
    assert_eq!(place["cookie"], "device=d1");
    assert_eq!(place["authorization"], "Bearer place-1");

    let shopper = visitor.shop(&base).await;
    let seats = shopper.seats("s1").await;
    assert_eq!(seats["authorization"], "Bearer admission-1");
    assert_eq!(seats["cookie"], Value::Null, "another service is another browser");
}

#[tokio::test]
async fn a_shopper_reserves_and_pays() {
    let shopper = Shopper::new(&mirror().await, "admission-1");
    let reserved = shopper.reserve("s1", &["A1", "A2"]).await;
    assert_eq!(reserved["request"], "POST /v1/shows/s1/reserve");
    assert_eq!(reserved["body"], json!({ "seats": ["A1", "A2"] }));

    let confirmed = shopper.with_token("manage-1").confirm("r1", "tok_ok", "key-1").await;
    assert_eq!(confirmed["idempotency_key"], "key-1");
    assert_eq!(confirmed["authorization"], "Bearer manage-1");
    assert_eq!(confirmed["body"]["payment_token"], "tok_ok");
}

#[tokio::test]
async fn an_operator_changes_a_drop_it_has_read() {
    let operator = Operator::new(&mirror().await, "operator-1");
    let (etag, _) = operator.get_drop("premiere").await;
    let changed = operator.patch_drop("premiere", &etag, json!({ "rate_per_minute": 60 })).await;
    assert_eq!(changed["request"], "PATCH /v1/operator/drops/premiere");
    assert_eq!(changed["if_match"], "\"3\"");
    assert_eq!(changed["authorization"], "Bearer operator-1");
    assert_eq!(operator.pause("premiere").await["request"], "POST /v1/operator/drops/premiere/pause");
}

#[tokio::test]
#[should_panic(expected = "GET http://127.0.0.1")]
async fn an_unexpected_status_fails_with_the_request_and_the_body() {
    let visitor = Visitor::new(&mirror().await, "premiere");
    let _ = visitor.status().await.expect(404);
}
