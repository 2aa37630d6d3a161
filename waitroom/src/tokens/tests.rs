use std::time::Duration;

use serde_json::{Value, json};
use shared::clock::ManualClock;
use shared::ids::Sid;
use uuid::Uuid;

use super::*;

const ISSUER: &str = "http://waitroom.test";
const NOW: i64 = 1_800_000_000;

fn secret(letter: char) -> Secret {
    Secret::new(&letter.to_string().repeat(32)).unwrap()
}

fn clock() -> ManualClock {
    ManualClock::at(Timestamp::from_second(NOW).unwrap())
}

fn tokens_at(letter: char, clock: &ManualClock) -> Tokens {
    Tokens::new(&secret(letter), ISSUER.to_owned(), clock.clone().into())
}

fn tokens(letter: char) -> Tokens {
    tokens_at(letter, &clock())
}

fn drop(name: &str) -> DropSlug {
    name.parse().unwrap()
}

fn proof() -> PlaceProof {
    PlaceProof {
        identity: Identity::device("abc"),
        place: PlaceId(Uuid::from_u128(7)),
        score: Some(Score(1 << 52)),
        epoch: 3,
        began_behind: Some(9),
    }
}

fn grant_at(ms: i64) -> Grant {
    Grant { sid: Sid(Uuid::from_u128(1)), issued_ms: ms, expires_ms: ms + 300_000, entry: None }
}

#[test]
fn a_place_token_proves_a_place_of_its_own_drop_alone() {
    let token = tokens('a').sign_place(&drop("one"), &proof());
    assert_eq!(tokens('a').check_place(&drop("one"), &token), Some(proof()));
    assert_eq!(tokens('a').check_place(&drop("two"), &token), None);
    assert_eq!(tokens('b').check_place(&drop("one"), &token), None);
    assert!(token.len() < 512, "it travels in a cookie: {} bytes", token.len());
}

#[test]
fn a_place_token_is_good_for_ninety_days() {
    let clock = clock();
    let tokens = tokens_at('a', &clock);
    let token = tokens.sign_place(&drop("one"), &proof());
    clock.advance(Duration::from_secs(90 * 86_400 - 1));
    assert!(tokens.check_place(&drop("one"), &token).is_some());
    clock.advance(Duration::from_secs(1));
    assert!(tokens.check_place(&drop("one"), &token).is_none());
}

/// The segments of a token, and its message and claims.
struct Taken {
    token: String,
    claims: Value,
}

impl Taken {
    fn new() -> Self {
        let token = tokens('a').sign_place(&drop("one"), &proof());
        let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
        Self { claims: serde_json::from_slice(&claims).unwrap(), token }
    }

    fn segment(&self, index: usize) -> &str {
        self.token.split('.').nth(index).unwrap()
    }

    /// As only somebody with the key could sign it.
    fn signed(header: &str, claims: &str) -> String {
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let key = secret('a').derive("place-token");
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(hmac_sha256(&key, message.as_bytes())))
    }

    fn header(&self) -> String {
        String::from_utf8(URL_SAFE_NO_PAD.decode(self.segment(0)).unwrap()).unwrap()
    }

    fn with(&self, name: &str, value: Value) -> String {
        let mut claims = self.claims.clone();
        claims[name] = value;
        Self::signed(&self.header(), &claims.to_string())
    }

    fn without(&self, name: &str) -> String {
        let mut claims = self.claims.clone();
        claims.as_object_mut().unwrap().remove(name);
        Self::signed(&self.header(), &claims.to_string())
    }
}

#[track_caller]
fn refused(name: &str, token: &str) {
    assert_eq!(tokens('a').check_place(&drop("one"), token), None, "{name}: {token}");
}

#[test]
fn claims_that_no_place_token_has_are_refused_even_with_the_key() {
    let taken = Taken::new();
    assert!(
        tokens('a').check_place(&drop("one"), &taken.with("epoch", json!(4))).is_some(),
        "the forger works"
    );
    for (name, value) in [
        ("sub", json!("root")),
        ("drop", json!("two")),
        ("drop", json!(["one"])),
        ("place", json!("7")),
        ("score", json!(1)),
        ("score", json!("first")),
        ("score", json!("-1")),
        ("epoch", json!("3")),
        ("exp", json!("1900000000")),
        ("exp", json!(NOW)),
        ("exp", json!(NOW + 91 * 86_400)),
        ("exp", json!(i64::MAX)),
        ("iat", json!(NOW + 301)),
        ("iat", json!(i64::MIN)),
        ("aud", json!("waitroom")),
        ("nbf", json!(0)),
    ] {
        refused(name, &taken.with(name, value));
    }
    for name in ["sub", "drop", "place", "score", "epoch", "iat", "exp"] {
        refused(name, &taken.without(name));
    }
    let twice = taken.claims.to_string().replacen('{', "{\"epoch\":9,", 1);
    refused("a claim twice", &Taken::signed(&taken.header(), &twice));
}

#[test]
fn a_place_token_has_one_spelling() {
    let taken = Taken::new();
    let (header, claims, signature) = (taken.segment(0), taken.segment(1), taken.segment(2));
    let encoded = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    // 32 bytes end in a character of which two bits count for nothing.
    let last = signature.bytes().last().unwrap();
    let stray = format!("{}{}", &signature[..signature.len() - 1], char::from(last + 1));
    for (name, bad) in [
        ("none", format!("{}.{claims}.", encoded(json!({"alg": "none", "typ": PLACE_TYPE})))),
        (
            "none, signed",
            format!("{}.{claims}.{signature}", encoded(json!({"alg": "none", "typ": PLACE_TYPE}))),
        ),
        (
            "EdDSA",
            Taken::signed(&json!({"alg": "EdDSA", "typ": PLACE_TYPE}).to_string(), &taken.claims.to_string()),
        ),
        (
            "HS512",
            Taken::signed(&json!({"alg": "HS512", "typ": PLACE_TYPE}).to_string(), &taken.claims.to_string()),
        ),
        ("no type", Taken::signed(&json!({"alg": "HS256"}).to_string(), &taken.claims.to_string())),
        ("JWT", Taken::signed(&json!({"alg": "HS256", "typ": "JWT"}).to_string(), &taken.claims.to_string())),
        (
            "kid",
            Taken::signed(
                &json!({"alg": "HS256", "kid": "/dev/null", "typ": PLACE_TYPE}).to_string(),
                &taken.claims.to_string(),
            ),
        ),
        (
            "crit",
            Taken::signed(
                &json!({"alg": "HS256", "crit": ["exp"], "typ": PLACE_TYPE}).to_string(),
                &taken.claims.to_string(),
            ),
        ),
        (
            "jwk",
            Taken::signed(
                &json!({"alg": "HS256", "jwk": {"kty": "oct", "k": "AA"}, "typ": PLACE_TYPE}).to_string(),
                &taken.claims.to_string(),
            ),
        ),
        ("trailing bits", format!("{header}.{claims}.{stray}")),
        ("padding", format!("{header}.{claims}.{signature}=")),
        ("an extra segment", format!("{}.{signature}", taken.token)),
        ("whitespace", format!("{} ", taken.token)),
        ("cut", taken.token[..taken.token.len() - 2].to_owned()),
        ("no signature", format!("{header}.{claims}.")),
        ("too long", taken.with("score", json!("1".repeat(2_000)))),
        ("nested", Taken::signed(&taken.header(), &taken.token)),
        ("nothing", String::new()),
    ] {
        refused(name, &bad);
    }
}

#[test]
fn tokens_of_one_kind_are_no_tokens_of_another() {
    let tokens = tokens('a');
    let admission = tokens.sign_admission(&drop("one"), Identity::device("abc"), &grant_at(NOW * 1_000));
    refused("an admission", &admission);
    refused("a device cookie", &tokens.sign_device([5; 16]));
}

#[test]
fn only_our_own_device_cookies_name_a_device() {
    let cookie = tokens('a').sign_device([5; 16]);
    let identity = tokens('a').check_device(&cookie).unwrap();
    assert!(identity.as_str().starts_with("device:"));
    assert_eq!(tokens('b').check_device(&cookie), None);
    let (id, mac) = cookie.split_once('.').unwrap();
    let stray = format!("{}{}", &id[..21], char::from(id.as_bytes()[21] + 1));
    for bad in ["AAAA.AAAA", ".", "", &format!("{id}."), &format!("{stray}.{mac}"), &format!("{cookie}=")] {
        assert_eq!(tokens('a').check_device(bad), None, "{bad}");
    }
}

#[tokio::test]
async fn the_same_grant_gives_the_same_admission_also_after_the_key_has_changed() {
    let clock = clock();
    let (one, other) = (tokens_at('a', &clock), tokens_at('a', &clock));
    let rotation = i64::try_from(DEFAULT_ROTATION.as_secs()).unwrap();
    for period in 1..=4 {
        let begins = (NOW / rotation + period) * rotation;
        clock.set(Timestamp::from_second(begins - 1).unwrap());
        let grant = grant_at((begins - 1) * 1_000);
        let before = one.sign_admission(&drop("one"), Identity::device("abc"), &grant);
        assert_eq!(one.verifier().verify(&before).await.unwrap().sid, grant.sid);
        clock.set(Timestamp::from_second(begins + 298).unwrap());
        assert_eq!(other.sign_admission(&drop("one"), Identity::device("abc"), &grant), before);
        for replica in [&one, &other] {
            assert!(replica.verifier().verify(&before).await.is_ok(), "its last second, period {period}");
        }
        clock.set(Timestamp::from_second(begins + 299).unwrap());
        for replica in [&one, &other] {
            assert!(replica.verifier().verify(&before).await.is_err(), "over, period {period}");
        }
    }
}
