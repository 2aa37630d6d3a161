//! Accounts that join: one place each, on however many devices, whoever vouches for them.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures::future::join_all;
use harness::stores::TestStores;
use jiff::SignedDuration;
use serde_json::{Value, json};
use shared::clock::ManualClock;
use shared::secret::hmac_sha256;
use uuid::Uuid;
use waitroom::config::{AccountIssuer, AccountIssuers};

use super::issuer::{AUDIENCE, Issuer};
use crate::support::{DROP, Room, config, post};

/// A waiting room of two replicas that trusts an issuer by its discovery, one by its keys' address, and booking.
struct World {
    room: Room,
    clock: ManualClock,
    issuer: Issuer,
    other: Issuer,
    booking: Issuer,
}

impl World {
    async fn open() -> Self {
        let clock = ManualClock::at("2026-03-01T12:00:00Z".parse().unwrap());
        let (issuer, other, booking) =
            (Issuer::start(&clock).await, Issuer::start(&clock).await, Issuer::start(&clock).await);
        let stores = TestStores::new().await;
        let mut config = config(&stores.redis_url, &stores.database_url);
        config.booking_internal_url = booking.url.parse().unwrap();
        let trusts = |issuer: &Issuer, jwks_url: Option<String>| AccountIssuer {
            issuer: issuer.url.to_string(),
            audience: AUDIENCE.to_owned(),
            jwks_url: jwks_url.map(|url| url.parse().unwrap()),
        };
        let keys = format!("{}/.well-known/jwks.json", other.url);
        config.account_issuers = AccountIssuers(vec![trusts(&issuer, None), trusts(&other, Some(keys))]);
        let mut replicas = Vec::new();
        for _ in 0..2 {
            replicas.push(waitroom::start(config.clone(), clock.clone().into()).await.unwrap());
        }
        let room = Room { stores, replicas };
        room.create_open(json!({})).await;
        room.operator().pause(DROP).await.expect(200);
        Self { room, clock, issuer, other, booking }
    }

    /// What booking says about an account.
    fn account(&self, id: &str) -> Value {
        let now = self.clock.now().as_second();
        json!({"iss": "http://booking.test", "aud": ["booking", "waitroom"], "sub": id, "iat": now, "exp": now + 3_600})
    }

    fn account_token(&self, id: &str) -> String {
        self.booking.signed("EdDSA", Some("account+jwt"), &self.account(id))
    }

    /// Joins on a new device and returns the status and the place.
    async fn join(&self, token: &str) -> (u16, String) {
        let joined = self.room.visitor().with_account(token).join().await;
        (joined.status, joined["place_id"].as_str().unwrap_or(joined.code()).to_owned())
    }
}

#[tokio::test]
async fn two_devices_of_one_account_have_one_place() {
    let world = World::open().await;
    let (issuer, other) = (&world.issuer, &world.other);
    let (status, place) = world.join(&issuer.token("RS256", "ann")).await;
    assert_eq!(status, 201, "{place}");
    world.clock.advance(SignedDuration::from_mins(1).unsigned_abs());
    for alg in ["RS256", "ES256", "EdDSA"] {
        assert_eq!(world.join(&issuer.token(alg, "ann")).await, (200, place.clone()), "{alg}");
    }
    let access = issuer.signed("RS256", Some("at+jwt"), &issuer.claims("ann"));
    let many = issuer.signed("ES256", None, &{
        let mut claims = issuer.claims("ann");
        claims["aud"] = json!(["another", AUDIENCE]);
        claims
    });
    for token in [access, many] {
        assert_eq!(world.join(&token).await, (200, place.clone()), "another kind of token");
    }

    let account = Uuid::from_u128(7).to_string();
    let mut places = HashSet::from([place]);
    for token in [
        issuer.token("RS256", "bob"),
        other.token("RS256", "ann"),
        world.account_token(&account),
        other.token("EdDSA", &account),
    ] {
        let (status, place) = world.join(&token).await;
        assert_eq!(status, 201, "{place}");
        assert!(places.insert(place), "somebody else has a place of their own");
    }
    let device = world.room.visitor().join().await.expect(201);
    assert!(
        places.insert(device.text("place_id").to_owned()),
        "a browser without an account is somebody else"
    );
}

#[tokio::test]
async fn both_devices_look_and_the_one_that_leaves_leaves_for_both() {
    let world = World::open().await;
    let token = world.account_token(&Uuid::from_u128(9).to_string());
    let (phone, laptop) =
        (world.room.visitor().with_account(&token), world.room.visitor().with_account(&token));
    phone.join().await.expect(201);
    laptop.join().await.expect(200);
    assert_eq!(phone.place().await["place_id"], laptop.place().await["place_id"]);
    phone.leave().await.expect(204);
    assert_eq!(laptop.place().await["state"], "left");
}

#[tokio::test]
async fn a_thousand_joins_of_one_account_give_one_place() {
    let world = World::open().await;
    let token = world.issuer.token("EdDSA", "ann");
    let urls: Vec<String> = world.room.replicas.iter().map(shared::service::Running::url).collect();
    let path = format!("/v1/drops/{DROP}/places");
    let joins = (0..1_000).map(|n| post(&urls[n % urls.len()], &path, Some(&token), None, None));
    let answers = join_all(joins).await;
    let places: HashSet<&str> =
        answers.iter().filter_map(|answer| answer.json["place_id"].as_str()).collect();
    assert_eq!(places.len(), 1);
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 999);
}

#[tokio::test]
async fn a_token_that_vouches_for_nobody_here_is_refused() {
    let world = World::open().await;
    let issuer = &world.issuer;
    let now = world.clock.now().as_second();
    let with = |name: &str, value: Value| {
        let mut claims = issuer.claims("ann");
        claims[name] = value;
        ("claims", issuer.signed("EdDSA", Some("JWT"), &claims))
    };
    let mut bad = vec![
        with("aud", json!("another")),
        with("aud", json!([])),
        with("aud", json!({"tickets": true})),
        with("aud", Value::Null),
        with("iss", json!("https://elsewhere.test")),
        with("iss", json!(*world.other.url)),
        with("iss", json!(format!("{}/", issuer.url))),
        with("iss", Value::Null),
        with("sub", json!("")),
        with("sub", json!("x".repeat(256))),
        with("sub", json!(7)),
        with("sub", Value::Null),
        with("iat", json!(now + 60)),
        with("iat", Value::Null),
        with("nbf", json!(now + 60)),
        with("exp", json!((now + 60).to_string())),
        with("exp", Value::Null),
        with("exp", json!(now + 32 * 86_400)),
        with("exp", json!(now - 1)),
    ];
    for typ in ["logout+jwt", "admission+jwt", "account+jwt", "dpop+jwt", ""] {
        bad.push((typ, issuer.signed("RS256", Some(typ), &issuer.claims("ann"))));
    }
    let account = world.account(&Uuid::from_u128(7).to_string());
    for typ in [None, Some("JWT"), Some("at+jwt")] {
        bad.push(("a type that booking does not use", world.booking.signed("ES256", typ, &account)));
    }
    let changed = |name: &str, value: Value| {
        let mut claims = account.clone();
        claims[name] = value;
        world.booking.signed("EdDSA", Some("account+jwt"), &claims)
    };
    bad.push(("for another service", changed("aud", json!("booking"))));
    bad.push(("no account's id", changed("sub", json!("ann"))));
    bad.extend(forgeries(issuer));
    let path = format!("/v1/drops/{DROP}/places");
    for (name, token) in &bad {
        let answer = post(&world.room.url(), &path, Some(token), None, None).await;
        assert_eq!((answer.status, answer.code()), (401, "account_invalid"), "{name}: {token}");
    }
    assert_eq!(world.room.get(&format!("/v1/drops/{DROP}")).await["waiting"], 0);
    let token = issuer.token("EdDSA", "ann");
    world.clock.advance(SignedDuration::from_hours(1).unsigned_abs());
    assert_eq!(world.join(&token).await, (401, "account_expired".to_owned()));
}

/// Headers and signatures that the issuer did not make.
fn forgeries(issuer: &Issuer) -> Vec<(&'static str, String)> {
    let claims = issuer.claims("ann");
    let kid = issuer.ed25519().kid;
    let message = |header: Value, claims: &str| {
        format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims))
    };
    let by_ed25519 = |header: Value, claims: &str| {
        let message = message(header, claims);
        let signature = issuer.ed25519().sign(message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    };
    let by_secret = |kid: &str, secret: &[u8]| {
        let message = message(json!({"alg": "HS256", "typ": "JWT", "kid": kid}), &claims.to_string());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(hmac_sha256(secret, message.as_bytes())))
    };
    let plain = claims.to_string();
    let twice = plain.replacen('{', "{\"sub\":\"eve\",", 1);
    let rsa = issuer.token("RS256", "ann");
    let (rsa_message, _) = rsa.rsplit_once('.').unwrap();
    let es = issuer.token("ES256", "ann");
    vec![
        ("none", format!("{}.", message(json!({"alg": "none", "typ": "JWT", "kid": kid}), &plain))),
        ("a published secret", by_secret("oct", b"secretsecretsecretsecretsecretse")),
        ("a public key as secret", by_secret(&kid, issuer.ed25519().public().as_bytes())),
        (
            "the key of another algorithm",
            by_ed25519(json!({"alg": "EdDSA", "typ": "JWT", "kid": "rsa"}), &plain),
        ),
        (
            "the algorithm of another key",
            by_ed25519(json!({"alg": "RS256", "typ": "JWT", "kid": kid}), &plain),
        ),
        ("another signature", format!("{rsa_message}.{}", es.rsplit_once('.').unwrap().1)),
        ("an unknown key", by_ed25519(json!({"alg": "EdDSA", "typ": "JWT", "kid": "1' OR '1'='1"}), &plain)),
        ("no key", by_ed25519(json!({"alg": "EdDSA", "typ": "JWT"}), &plain)),
        ("critical", by_ed25519(json!({"alg": "EdDSA", "typ": "JWT", "kid": kid, "crit": ["exp"]}), &plain)),
        ("a claim twice", by_ed25519(json!({"alg": "EdDSA", "typ": "JWT", "kid": kid}), &twice)),
        (
            "too long",
            issuer.signed("EdDSA", Some("JWT"), &json!({"iss": *issuer.url, "x": "x".repeat(9_000)})),
        ),
        ("no token", "token".to_owned()),
    ]
}

#[tokio::test]
async fn an_issuer_that_is_away_is_not_guessed_at_and_known_keys_go_on() {
    let world = World::open().await;
    assert_eq!(world.join(&world.issuer.token("ES256", "ann")).await.0, 201);
    for issuer in [&world.issuer, &world.other] {
        issuer.go_away();
    }
    world.clock.advance(SignedDuration::from_hours(23).unsigned_abs());
    assert_eq!(world.join(&world.issuer.token("ES256", "bob")).await.0, 201, "its keys are known");
    let path = format!("/v1/drops/{DROP}/places");
    let unknown = world.other.token("ES256", "ann");
    let answer = post(&world.room.url(), &path, Some(&unknown), None, None).await.expect(503);
    assert_eq!(answer.code(), "dependency_unavailable");
    assert!(answer.headers.contains_key("retry-after"));
    world.clock.advance(SignedDuration::from_hours(2).unsigned_abs());
    let late = world.issuer.token("ES256", "cat");
    post(&world.room.url(), &path, Some(&late), None, None).await.expect(503);
    world.room.visitor().join().await.expect(201);
}
