//! Tokens over HTTP: keys that rotate under way, tokens of one kind shown as another, and accounts that join.

mod accounts;
mod issuer;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use harness::actors::Visitor;
use harness::stores::TestStores;
use jiff::{SignedDuration, Timestamp};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use shared::admission::{JwksClient, TOKEN_TYPE, Verifier};
use shared::clock::ManualClock;
use shared::keys::{DEFAULT_ROTATION, JwkSet};
use shared::secret::hmac_sha256;

use crate::support::{DROP, OPERATOR_TOKEN, Room, SOON, post};

/// The first moment of some period of the signing keys.
fn a_rotation() -> Timestamp {
    let period = i64::try_from(DEFAULT_ROTATION.as_secs()).unwrap();
    Timestamp::from_second(1_800_000_000 / period * period).unwrap()
}

fn client() -> Client {
    let _already_installed = rustls::crypto::ring::default_provider().install_default();
    Client::new()
}

fn kid(token: &str) -> String {
    segment(token, 0)["kid"].as_str().unwrap().to_owned()
}

fn segment(token: &str, index: usize) -> Value {
    let segment = token.split('.').nth(index).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(segment).unwrap()).unwrap()
}

#[tokio::test]
async fn an_admission_outlives_the_key_that_signed_it() {
    let clock = ManualClock::at(a_rotation() - SignedDuration::from_secs(10));
    let room = Room::with(TestStores::new().await, 2, clock.clone().into()).await;
    room.create_open(json!({})).await;
    let verifiers: Vec<Verifier> = room
        .replicas
        .iter()
        .map(|replica| {
            let keys = format!("{}/.well-known/jwks.json", replica.url()).parse().unwrap();
            Verifier::fetching("http://waitroom.test", JwksClient::new(keys, client()), clock.clone().into())
        })
        .collect();
    let visitor = room.visitor();
    visitor.join().await.expect(201);
    visitor.wait_until("called", SOON).await;
    let before = visitor.claim().await.expect(200).text("admission_token").to_owned();
    for verifier in &verifiers {
        assert!(verifier.verify(&before).await.is_ok(), "their keys are from before the rotation");
    }

    clock.advance(SignedDuration::from_secs(20).unsigned_abs());
    assert_eq!(
        visitor.claim().await.expect(200).text("admission_token"),
        before,
        "the same, with the old key"
    );
    let renewals = format!("/v1/drops/{DROP}/admission/renewals");
    let other = room.replicas[1].url();
    let renewed = post(&other, &renewals, Some(&before), None, None).await.expect(200);
    let after = renewed.json["admission_token"].as_str().unwrap();
    assert_ne!(kid(after), kid(&before), "a new key signs");
    for verifier in &verifiers {
        assert!(verifier.verify(after).await.is_ok(), "known before it signed");
        assert!(verifier.verify(&before).await.is_ok(), "good until it ends");
    }
    clock.advance(SignedDuration::from_secs(281).unsigned_abs());
    for verifier in &verifiers {
        assert!(verifier.verify(&before).await.is_err(), "over");
        assert!(verifier.verify(after).await.is_ok());
    }
    assert_eq!(
        post(&other, &renewals, Some(&before), None, None).await.expect(401).code(),
        "admission_expired"
    );
}

/// Sends a token as Bearer and as the cookie of the family, and expects 401 with this code for the first.
async fn refused(room: &Room, method: Method, path: &str, token: &str, code: &str) {
    let url = format!("{}{path}", room.url());
    let answer = client().request(method.clone(), &url).bearer_auth(token).send().await.unwrap();
    let (status, body) = (answer.status().as_u16(), answer.text().await.unwrap());
    assert_eq!(status, 401, "{method} {path} with {token}: {body}");
    assert!(body.contains(code), "{method} {path} with {token}: {body}");
}

/// Tokens that are each good for something else, or for nothing.
async fn attacks(
    room: &Room,
    good: &str,
    admission: &str,
    elsewhere: &str,
    elsewhere_admission: &str,
) -> Vec<String> {
    let jwks: JwkSet = serde_json::from_str(&room.get("/.well-known/jwks.json").await.body).unwrap();
    let claims = admission.split('.').nth(1).unwrap();
    let mut attacks = vec![
        good.to_owned(),
        admission.to_owned(),
        elsewhere.to_owned(),
        elsewhere_admission.to_owned(),
        format!("{admission}."),
        format!("{admission}=="),
        admission.replace('.', ".."),
        good[..good.len() - 1].to_owned(),
        "e30.e30.".to_owned(),
        "a".repeat(6_000),
        "%00../../etc/passwd".to_owned(),
    ];
    for typ in [TOKEN_TYPE, "operator+jwt", "place+jwt", "account+jwt"] {
        let none =
            URL_SAFE_NO_PAD.encode(json!({"alg": "none", "typ": typ, "kid": jwks.keys[1].kid}).to_string());
        attacks.push(format!("{none}.{claims}."));
        let claims = json!({"sub": "root", "role": "admin", "exp": 9_999_999_999_i64, "drop": DROP});
        let header = json!({"alg": "HS256", "typ": typ, "kid": jwks.keys[1].kid});
        let message = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header.to_string()),
            URL_SAFE_NO_PAD.encode(claims.to_string())
        );
        let public = URL_SAFE_NO_PAD.decode(&jwks.keys[1].x).unwrap();
        attacks
            .push(format!("{message}.{}", URL_SAFE_NO_PAD.encode(hmac_sha256(&public, message.as_bytes()))));
    }
    attacks
}

#[tokio::test]
async fn a_token_is_good_for_its_own_drop_and_its_own_purpose_alone() {
    let room = Room::new().await;
    room.create_open(json!({})).await;
    room.operator()
        .create_drop(json!({"slug": "elsewhere", "title": "E", "mode": "safety_net"}))
        .await
        .expect(201);
    let (here, elsewhere) = (room.visitor(), Visitor::new(&room.url(), "elsewhere"));
    let mut admissions = Vec::new();
    for visitor in [&here, &elsewhere] {
        visitor.join().await.expect(201);
        visitor.wait_until("called", SOON).await;
        admissions.push(visitor.claim().await.expect(200).text("admission_token").to_owned());
    }
    let (place, other) = (here.place_token().unwrap(), elsewhere.place_token().unwrap());
    let attacks = attacks(&room, &place, &admissions[0], &other, &admissions[1]).await;

    let me = format!("/v1/drops/{DROP}/places/me");
    let claim = format!("{me}/admission");
    for token in attacks.iter().filter(|token| **token != place) {
        refused(&room, Method::GET, &me, token, "place_invalid").await;
        refused(&room, Method::POST, &claim, token, "place_invalid").await;
        refused(&room, Method::DELETE, &me, token, "place_invalid").await;
        let cookie = format!("place_{DROP}={token}");
        let by_cookie = post(&room.url(), &claim, None, Some(&cookie), None).await;
        assert_eq!((by_cookie.status, by_cookie.code()), (401, "place_invalid"), "{token}");
    }
    let (renew, end) =
        (format!("/v1/drops/{DROP}/admission/renewals"), format!("/v1/drops/{DROP}/admission/end"));
    for token in attacks.iter().filter(|token| **token != admissions[0]) {
        refused(&room, Method::POST, &renew, token, "admission_invalid").await;
        refused(&room, Method::POST, &end, token, "admission_invalid").await;
    }
    let join = format!("/v1/drops/{DROP}/places");
    for token in attacks.iter().map(String::as_str).chain([OPERATOR_TOKEN.split(' ').next().unwrap()]) {
        refused(&room, Method::POST, &join, token, "account_invalid").await;
        refused(&room, Method::GET, "/v1/operator/drops", token, "operator_token_invalid").await;
        refused(
            &room,
            Method::POST,
            &format!("/v1/operator/drops/{DROP}/close"),
            token,
            "operator_token_invalid",
        )
        .await;
    }
    assert_eq!(here.place().await.expect(200)["state"], "admitted", "nothing of it did anything");
    here.claim().await.expect(200);
}
