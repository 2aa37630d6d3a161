//! Ed25519 keys that sign tokens: derived from a secret for each rotation period, so that every replica agrees
//! without storing a private key, and published as a JWKS (RFC 7517, RFC 8037).

mod client;
mod public;

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::pkcs8::EncodePrivateKey as _;
use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use client::{JwksClient, KeyError, MAX_STALE};
pub use public::{PublicKey, PublicKeys};

use crate::digest::{hex, sha256};
use crate::secret::Secret;

/// How long a key signs unless configured otherwise.
pub const DEFAULT_ROTATION: Duration = Duration::from_hours(30 * 24);

/// A private key of one period.
pub struct SigningPair {
    /// The key's id: the first 64 bits of its public key's SHA-256, in hex.
    pub kid: String,
    key: SigningKey,
    encoding: EncodingKey,
}

impl SigningPair {
    fn from_seed(seed: &[u8; 32]) -> Self {
        let key = SigningKey::from_bytes(seed);
        let der = key.to_pkcs8_der().expect("every Ed25519 key has a PKCS#8 form");
        Self { kid: key_id(&key.verifying_key()), encoding: EncodingKey::from_ed_der(der.as_bytes()), key }
    }

    /// A signature over raw bytes (RFC 8032).
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }

    /// A JWT with `alg: EdDSA`, this `typ` and this key's `kid`.
    pub fn sign_jwt<T: Serialize>(
        &self,
        typ: &str,
        claims: &T,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(typ.to_owned());
        header.kid = Some(self.kid.clone());
        jsonwebtoken::encode(&header, claims, &self.encoding)
    }

    /// The public half.
    pub fn public(&self) -> VerifyingKey {
        self.key.verifying_key()
    }
}

fn key_id(public: &VerifyingKey) -> String {
    hex(&sha256(public.as_bytes())[..8])
}

/// The keys of one purpose, one a rotation period.
pub struct KeyRing {
    secret: Secret,
    purpose: &'static str,
    rotation: Duration,
}

impl KeyRing {
    /// Keys for `purpose`, each signing for `rotation`.
    pub fn new(secret: Secret, purpose: &'static str, rotation: Duration) -> Self {
        Self { secret, purpose, rotation: rotation.max(Duration::from_secs(1)) }
    }

    /// The key that signs at this time.
    pub fn signing(&self, now: Timestamp) -> SigningPair {
        self.of_period(self.period(now))
    }

    /// The keys to accept at this time: the one before, the one that signs, and the next, so that verifiers know a
    /// key before the first token signed with it, and still know it while its last tokens live.
    pub fn jwks(&self, now: Timestamp) -> JwkSet {
        let period = self.period(now);
        let keys =
            (period.saturating_sub(1)..=period + 1).map(|period| Jwk::of(&self.of_period(period).public()));
        JwkSet { keys: keys.collect() }
    }

    fn period(&self, now: Timestamp) -> u64 {
        u64::try_from(now.as_second()).unwrap_or_default() / self.rotation.as_secs()
    }

    fn of_period(&self, period: u64) -> SigningPair {
        SigningPair::from_seed(&self.secret.derive(&format!("ed25519/{}/{period}", self.purpose)))
    }
}

/// A public Ed25519 key (RFC 8037 section 2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Jwk {
    /// `OKP`.
    pub kty: String,
    /// `Ed25519`.
    pub crv: String,
    /// The public key, base64url.
    pub x: String,
    /// The key's id.
    pub kid: String,
    /// `EdDSA`.
    #[serde(default)]
    pub alg: String,
    /// `sig`.
    #[serde(default, rename = "use")]
    pub usage: String,
}

impl Jwk {
    fn of(public: &VerifyingKey) -> Self {
        Self {
            kty: "OKP".to_owned(),
            crv: "Ed25519".to_owned(),
            x: URL_SAFE_NO_PAD.encode(public.as_bytes()),
            kid: key_id(public),
            alg: "EdDSA".to_owned(),
            usage: "sig".to_owned(),
        }
    }
}

/// A set of public keys (RFC 7517 section 5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JwkSet {
    /// The keys.
    pub keys: Vec<Jwk>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring() -> KeyRing {
        KeyRing::new(Secret::new(&"s".repeat(32)).unwrap(), "test", Duration::from_hours(1))
    }

    const HOUR_S: i64 = 3_600;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(HOUR_S * 1_000 + second).unwrap()
    }

    fn publishes(second: i64, kid: &str) -> bool {
        ring().jwks(at(second)).keys.iter().any(|jwk| jwk.kid == kid)
    }

    #[test]
    fn a_key_is_published_a_period_before_it_signs_and_a_period_after() {
        for period in 1..5 {
            let begins = HOUR_S * period;
            let kid = ring().signing(at(begins)).kid;
            assert_ne!(kid, ring().signing(at(begins - 1)).kid, "another key each period");
            assert_eq!(kid, ring().signing(at(begins + HOUR_S - 1)).kid);
            for second in [begins - HOUR_S, begins - 1, begins, begins + HOUR_S, begins + 2 * HOUR_S - 1] {
                assert!(publishes(second, &kid), "period {period}, second {second}");
            }
            assert!(!publishes(begins - HOUR_S - 1, &kid) && !publishes(begins + 2 * HOUR_S, &kid));
        }
    }

    #[test]
    fn replicas_with_one_secret_agree_and_others_have_nothing_in_common() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        assert_eq!(ring().jwks(now), ring().jwks(now));
        let kids = |ring: KeyRing| ring.jwks(now).keys.into_iter().map(|jwk| jwk.kid).collect::<Vec<_>>();
        let other_purpose = KeyRing::new(ring().secret, "other", ring().rotation);
        let other_secret = KeyRing::new(Secret::new(&"t".repeat(32)).unwrap(), "test", ring().rotation);
        for other in [other_purpose, other_secret] {
            assert!(kids(other).iter().all(|kid| !kids(ring()).contains(kid)));
        }
    }
}
