use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{EncodingKey, Header};
use serde_json::{Value, json};

use super::*;
use crate::clock::ManualClock;
use crate::ids::{DropSlug, Identity, Sid};
use crate::keys::KeyRing;
use crate::secret::Secret;

const ISSUER: &str = "http://waitroom.test";

struct World {
    ring: KeyRing,
    clock: ManualClock,
    verifier: Verifier,
}

fn world() -> World {
    let ring = KeyRing::new(Secret::new(&"k".repeat(40)).unwrap(), "admission", Duration::from_hours(24));
    let clock = ManualClock::at(Timestamp::from_second(1_800_000_000).unwrap());
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

    fn sign(&self, typ: &str, claims: &impl serde::Serialize) -> String {
        self.ring.signing(self.clock.now()).sign_jwt(typ, claims).unwrap()
    }

    async fn refuses(&self, change: impl FnOnce(&mut Value)) {
        let mut claims = serde_json::to_value(self.claims()).unwrap();
        change(&mut claims);
        let verdict = self.verifier.verify(&self.sign(TOKEN_TYPE, &claims)).await;
        assert_eq!(verdict, Err(AdmissionError::Invalid), "{claims}");
    }
}

#[tokio::test]
async fn a_token_of_waitroom_is_accepted_until_it_expires() {
    let world = world();
    let token = world.sign(TOKEN_TYPE, &world.claims());
    assert_eq!(world.verifier.verify(&token).await.unwrap().identity, Identity::device("abc"));
    world.clock.advance(Duration::from_secs(299));
    assert!(world.verifier.verify(&token).await.is_ok());
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(world.verifier.verify(&token).await, Err(AdmissionError::Expired));
}

#[tokio::test]
async fn claims_that_waitroom_would_not_make_are_refused() {
    let world = world();
    world.refuses(|claims| claims["iss"] = json!("http://elsewhere.test")).await;
    world.refuses(|claims| claims["aud"] = json!("another")).await;
    world.refuses(|claims| claims["exp"] = json!("1800000300")).await;
    world.refuses(|claims| claims["exp"] = json!(1_800_000_301)).await;
    world.refuses(|claims| claims["iat"] = json!(1_800_000_100)).await;
    world.refuses(|claims| claims["nbf"] = json!(1_800_000_100)).await;
    world.refuses(|claims| claims["sub"] = json!("root")).await;
    world.refuses(|claims| drop(claims.as_object_mut().unwrap().remove("sid"))).await;
}

#[tokio::test]
async fn another_type_or_algorithm_is_refused() {
    let world = world();
    let claims = world.claims();
    let other_type = world.sign("operator+jwt", &claims);
    assert_eq!(world.verifier.verify(&other_type).await, Err(AdmissionError::Invalid));

    let pair = world.ring.signing(world.clock.now());
    let mut header = Header::new(Algorithm::HS256);
    header.typ = Some(TOKEN_TYPE.to_owned());
    header.kid = Some(pair.kid.clone());
    let confused =
        jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(pair.public().as_bytes())).unwrap();
    assert_eq!(world.verifier.verify(&confused).await, Err(AdmissionError::Invalid));

    let none = URL_SAFE_NO_PAD.encode(json!({"alg": "none", "typ": TOKEN_TYPE, "kid": pair.kid}).to_string());
    let body = URL_SAFE_NO_PAD.encode(serde_json::to_string(&claims).unwrap());
    assert_eq!(world.verifier.verify(&format!("{none}.{body}.")).await, Err(AdmissionError::Invalid));
}

#[tokio::test]
async fn a_duplicated_claim_is_refused() {
    let world = world();
    let claims = serde_json::to_string(&world.claims()).unwrap().replacen('{', "{\"sub\":\"device:eve\",", 1);
    let pair = world.ring.signing(world.clock.now());
    let header =
        URL_SAFE_NO_PAD.encode(json!({"alg": "EdDSA", "typ": TOKEN_TYPE, "kid": pair.kid}).to_string());
    let message = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims));
    let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(pair.sign(message.as_bytes())));
    assert_eq!(world.verifier.verify(&token).await, Err(AdmissionError::Invalid));
}

#[tokio::test]
async fn a_changed_or_malformed_token_is_refused() {
    let world = world();
    let token = world.sign(TOKEN_TYPE, &world.claims());
    let (message, signature) = token.rsplit_once('.').unwrap();
    let swapped = if signature.starts_with('A') { 'B' } else { 'A' };
    let changed = format!("{message}.{swapped}{}", &signature[1..]);
    for bad in [changed.as_str(), "", "a.b.c", &"a".repeat(5000)] {
        assert_eq!(world.verifier.verify(bad).await, Err(AdmissionError::Invalid));
    }
}
