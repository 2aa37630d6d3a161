//! What is accepted, and every attack on a token that RFC 8725 names.

mod rotation;

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::*;
use crate::clock::ManualClock;
use crate::ids::{DropSlug, Identity, Sid};
use crate::keys::{KeyRing, SigningPair};
use crate::secret::{Secret, hmac_sha256};

const ISSUER: &str = "http://waitroom.test";
const NOW: i64 = 1_800_000_000;

struct World {
    ring: KeyRing,
    clock: ManualClock,
    verifier: Verifier,
}

fn world() -> World {
    let ring = KeyRing::new(Secret::new(&"k".repeat(40)).unwrap(), "admission", Duration::from_hours(24));
    let clock = ManualClock::at(Timestamp::from_second(NOW).unwrap());
    let keys = PublicKeys::from(&ring.jwks(clock.now()));
    let verifier = Verifier::fixed(ISSUER, keys, clock.clone().into());
    World { ring, clock, verifier }
}

impl World {
    fn claims(&self) -> AdmissionClaims {
        let drop: DropSlug = "midnight-premiere".parse().unwrap();
        let now = self.clock.now();
        AdmissionClaims::new(ISSUER, Identity::device("abc"), drop, Sid::at(now), now)
    }

    fn pair(&self) -> SigningPair {
        self.ring.signing(self.clock.now())
    }

    fn header(&self) -> Value {
        json!({"alg": "EdDSA", "typ": TOKEN_TYPE, "kid": self.pair().kid})
    }

    /// A token of waitroom's that says these things, in this JSON.
    fn signed(&self, header: &str, claims: &str) -> String {
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let signature = URL_SAFE_NO_PAD.encode(self.pair().sign(message.as_bytes()));
        format!("{message}.{signature}")
    }

    fn token(&self) -> String {
        self.signed(&self.header().to_string(), &serde_json::to_string(&self.claims()).unwrap())
    }

    fn with_header(&self, change: impl FnOnce(&mut Value)) -> String {
        let mut header = self.header();
        change(&mut header);
        self.signed(&header.to_string(), &serde_json::to_string(&self.claims()).unwrap())
    }

    fn with_claims(&self, change: impl FnOnce(&mut Value)) -> String {
        let mut claims = serde_json::to_value(self.claims()).unwrap();
        change(&mut claims);
        self.signed(&self.header().to_string(), &claims.to_string())
    }

    async fn refuses(&self, name: &str, token: &str) {
        assert_eq!(self.verifier.verify(token).await, Err(AdmissionError::Invalid), "{name}: {token}");
    }
}

fn without(name: &'static str) -> impl FnOnce(&mut Value) {
    move |object| drop(object.as_object_mut().unwrap().remove(name))
}

fn with(name: &'static str, value: Value) -> impl FnOnce(&mut Value) {
    move |object| object[name] = value
}

#[tokio::test]
async fn a_token_of_waitroom_is_accepted_until_it_expires_and_never_after() {
    let world = world();
    let token = world.token();
    assert_eq!(world.verifier.verify(&token).await.unwrap().identity, Identity::device("abc"));
    let library = world.claims().sign(&world.pair()).unwrap();
    assert_eq!(world.verifier.verify(&library).await.unwrap().drop.as_str(), "midnight-premiere");
    world.clock.advance(Duration::from_secs(299));
    assert!(world.verifier.verify(&token).await.is_ok());
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(world.verifier.verify(&token).await, Err(AdmissionError::Expired), "from memory");
    let keys = PublicKeys::from(&world.ring.jwks(world.clock.now()));
    let forgetful = Verifier::fixed(ISSUER, keys, world.clock.clone().into());
    assert_eq!(forgetful.verify(&token).await, Err(AdmissionError::Expired), "seen for the first time");
}

#[tokio::test]
async fn claims_that_waitroom_would_not_make_are_refused() {
    let world = world();
    for (name, value) in [
        ("iss", json!("http://elsewhere.test")),
        ("iss", json!("http://waitroom.test/")),
        ("iss", json!([ISSUER])),
        ("aud", json!("another")),
        ("aud", json!(["booking"])),
        ("aud", json!(["booking", "another"])),
        ("exp", json!("1800000300")),
        ("exp", json!(1_800_000_300.5)),
        ("exp", json!(1_800_000_301)),
        ("exp", json!(i64::MAX)),
        ("exp", json!(NOW - 1)),
        ("exp", json!(-1)),
        ("iat", json!(NOW + 100)),
        ("iat", json!(NOW.to_string())),
        ("iat", json!(i64::MIN)),
        ("nbf", json!(NOW + 100)),
        ("sub", json!("root")),
        ("sub", json!(null)),
        ("drop", json!("No Drop")),
        ("sid", json!("1")),
    ] {
        world.refuses(name, &world.with_claims(with(name, value))).await;
    }
    for name in ["iss", "aud", "sub", "drop", "sid", "jti", "iat", "nbf", "exp"] {
        world.refuses(name, &world.with_claims(without(name))).await;
    }
    world.refuses("no object", &world.signed(&world.header().to_string(), "[]")).await;
}

#[tokio::test]
async fn headers_that_waitroom_would_not_write_are_refused() {
    let world = world();
    for (name, value) in [
        ("typ", json!("JWT")),
        ("typ", json!("operator+jwt")),
        ("typ", json!("ADMISSION+JWT")),
        ("typ", json!(null)),
        ("alg", json!("none")),
        ("alg", json!("nOnE")),
        ("alg", json!("HS256")),
        ("alg", json!("ES256")),
        ("alg", json!("Ed25519")),
        ("alg", json!(["EdDSA"])),
        ("kid", json!("0000000000000000")),
        ("kid", json!("../../dev/null")),
        ("kid", json!("' OR 1=1 --")),
        ("kid", json!("")),
        ("kid", json!(1)),
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("b64", json!(false)),
        ("zip", json!("DEF")),
        ("enc", json!("A256GCM")),
    ] {
        world.refuses(name, &world.with_header(with(name, value))).await;
    }
    for name in ["alg", "typ", "kid"] {
        world.refuses(name, &world.with_header(without(name))).await;
    }
}

#[tokio::test]
async fn a_key_of_another_period_does_not_verify_and_none_comes_from_the_token() {
    let world = world();
    let next = world.ring.signing(world.clock.now() + jiff::SignedDuration::from_hours(24));
    world.refuses("wrong kid", &world.with_header(with("kid", json!(next.kid)))).await;

    let thief = KeyRing::new(Secret::new(&"t".repeat(40)).unwrap(), "admission", Duration::from_hours(24));
    let (jwks, thief) = (thief.jwks(world.clock.now()), thief.signing(world.clock.now()));
    let theirs = jwks.keys.iter().find(|jwk| jwk.kid == thief.kid).unwrap();
    for header in [
        json!({"alg": "EdDSA", "typ": TOKEN_TYPE, "kid": thief.kid, "jwk": theirs}),
        json!({"alg": "EdDSA", "typ": TOKEN_TYPE, "kid": world.pair().kid, "jwk": theirs}),
        json!({"alg": "EdDSA", "typ": TOKEN_TYPE, "kid": thief.kid, "jku": "http://127.0.0.1:1/jwks.json"}),
        json!({"alg": "EdDSA", "typ": TOKEN_TYPE, "kid": world.pair().kid, "x5u": "http://127.0.0.1:1/", "x5c": ["MII"]}),
    ] {
        let claims = serde_json::to_string(&world.claims()).unwrap();
        let message =
            format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims));
        let signature = URL_SAFE_NO_PAD.encode(thief.sign(message.as_bytes()));
        world.refuses("a thief's key", &format!("{message}.{signature}")).await;
    }
}

#[tokio::test]
async fn a_public_key_is_no_hmac_secret_and_nothing_is_no_signature() {
    let world = world();
    let claims = URL_SAFE_NO_PAD.encode(serde_json::to_string(&world.claims()).unwrap());
    let kid = world.pair().kid;
    let public = world.pair().public();
    let published = world.ring.jwks(world.clock.now());
    let jwk = published.keys.iter().find(|jwk| jwk.kid == kid).unwrap();
    let secrets =
        [public.to_bytes().to_vec(), jwk.x.clone().into_bytes(), serde_json::to_vec(jwk).unwrap(), vec![]];
    for alg in ["HS256", "EdDSA"] {
        let header = URL_SAFE_NO_PAD.encode(json!({"alg": alg, "typ": TOKEN_TYPE, "kid": kid}).to_string());
        let message = format!("{header}.{claims}");
        for secret in &secrets {
            let signature = URL_SAFE_NO_PAD.encode(hmac_sha256(secret, message.as_bytes()));
            world.refuses("public key as secret", &format!("{message}.{signature}")).await;
        }
        world.refuses("no signature", &format!("{message}.")).await;
        world.refuses("no third segment", &message).await;
        world.refuses("zeros", &format!("{message}.{}", URL_SAFE_NO_PAD.encode([0; 64]))).await;
    }
    let none = URL_SAFE_NO_PAD.encode(json!({"alg": "none", "typ": TOKEN_TYPE, "kid": kid}).to_string());
    world.refuses("none", &format!("{none}.{claims}.")).await;
}

#[tokio::test]
async fn a_member_that_is_there_twice_is_refused() {
    let world = world();
    let (header, claims) = (world.header().to_string(), serde_json::to_string(&world.claims()).unwrap());
    let twice = |json: &str, member: &str| json.replacen('{', &format!("{{{member},"), 1);
    for member in [
        "\"sub\":\"device:eve\"",
        "\"sub\":\"device:abc\"",
        "\"\\u0073ub\":\"device:eve\"",
        "\"exp\":9999999999",
        "\"x\":1,\"x\":1",
        "\"x\":{\"y\":1,\"y\":2}",
    ] {
        world.refuses(member, &world.signed(&header, &twice(&claims, member))).await;
    }
    for member in ["\"alg\":\"none\"", "\"kid\":\"1\"", "\"typ\":\"JWT\""] {
        world.refuses(member, &world.signed(&twice(&header, member), &claims)).await;
    }
}

#[tokio::test]
async fn a_token_has_one_spelling() {
    let world = world();
    let token = world.token();
    let [header, claims, signature]: [&str; 3] = token.split('.').collect::<Vec<_>>().try_into().unwrap();
    let padded = |segment: &str| {
        let bytes = URL_SAFE_NO_PAD.decode(segment).unwrap();
        URL_SAFE.encode(bytes)
    };
    // 64 bytes end in a character of which four bits count for nothing.
    let stray = |segment: &str| {
        let last = segment.bytes().last().unwrap();
        format!("{}{}", &segment[..segment.len() - 1], char::from(last + 1))
    };
    assert!(signature.ends_with(['A', 'Q', 'g', 'w']), "the last four bits are nothing");
    let changed = if signature.starts_with('A') { "B" } else { "A" };
    for (name, bad) in [
        ("trailing bits", format!("{header}.{claims}.{}", stray(signature))),
        ("padding", format!("{header}.{claims}.{}", padded(signature))),
        ("an extra segment", format!("{token}.")),
        ("an extra segment", format!("{token}.e30")),
        ("an extra segment before", format!(".{token}")),
        ("five segments, as if encrypted", format!("{token}.e30.e30")),
        ("whitespace before", format!(" {token}")),
        ("whitespace after", format!("{token}\n")),
        ("whitespace between", format!("{header}. {claims}.{signature}")),
        ("plain base64", format!("{header}.{claims}.{}+/", &signature[..84])),
        ("a changed signature", format!("{header}.{claims}.{changed}{}", &signature[1..])),
        ("a shortened signature", format!("{header}.{claims}.{}", &signature[..signature.len() - 4])),
        ("a nested token", world.signed(&world.header().to_string(), &token)),
        ("cut", token[..token.len() / 2].to_owned()),
        ("nothing", String::new()),
        ("dots", "..".to_owned()),
        ("letters", "a.b.c".to_owned()),
        ("too long", "a".repeat(5_000)),
        ("too long, and right", world.with_claims(with("more", json!("m".repeat(2_000))))),
    ] {
        world.refuses(name, &bad).await;
    }
    world
        .refuses("whitespace in JSON is fine, a mark before it is not", &{
            world.signed(
                &world.header().to_string(),
                &format!("\u{feff}{}", serde_json::to_string(&world.claims()).unwrap()),
            )
        })
        .await;
    assert!(world.verifier.verify(&token).await.is_ok());
}

#[tokio::test]
async fn a_signature_with_the_order_added_is_refused() {
    // RFC 8032, section 5.1.7: S is below the order L; S + L would be a second spelling of the same signature.
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let world = world();
    let token = world.token();
    let (message, signature) = token.rsplit_once('.').unwrap();
    let mut bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let mut carry = 0_u16;
    for (byte, add) in bytes[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        (*byte, carry) = (sum.to_le_bytes()[0], sum >> 8);
    }
    world.refuses("S + L", &format!("{message}.{}", URL_SAFE_NO_PAD.encode(bytes))).await;
}
