//! Keys that others publish: what a JWKS says, as far as it can be verified with.
//!
//! A key has one algorithm, which follows from what it is and not from what a token says: Ed25519 verifies `EdDSA`,
//! RSA of 2048 bits and more `RS256`, P-256 `ES256`. Everything else in a set is left out, secrets above all.

use std::collections::HashMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signature, VerifyingKey};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;

use super::JwkSet;

/// More keys than this are not looked at.
const MAX_KEYS: usize = 64;
/// RSA moduli shorter than 2048 bits are not trusted (RFC 7518 section 3.3); longer than 4096 bits they cost too much.
const RSA_BYTES: std::ops::RangeInclusive<usize> = 256..=512;
const P256_BYTES: usize = 32;

/// A key to verify with.
#[derive(Debug)]
pub enum PublicKey {
    /// `EdDSA` over Ed25519 (RFC 8037).
    Ed25519(VerifyingKey),
    /// `RS256` (RFC 7518 section 3.3).
    Rs256(DecodingKey),
    /// `ES256` (RFC 7518 section 3.4).
    Es256(DecodingKey),
}

impl PublicKey {
    /// The one algorithm that this key verifies, by its name in a token's header.
    pub const fn algorithm(&self) -> &'static str {
        match self {
            Self::Ed25519(_) => "EdDSA",
            Self::Rs256(_) => "RS256",
            Self::Es256(_) => "ES256",
        }
    }

    /// Whether `signature`, in base64url, is this key's over the message.
    pub fn has_signed(&self, message: &[u8], signature: &str) -> bool {
        let by = |algorithm, key| {
            jsonwebtoken::crypto::verify(signature, message, key, algorithm).unwrap_or(false)
        };
        match self {
            Self::Ed25519(key) => {
                let bytes = URL_SAFE_NO_PAD.decode(signature).ok();
                let signature = bytes.and_then(|bytes| Signature::from_slice(&bytes).ok());
                signature.is_some_and(|signature| key.verify_strict(message, &signature).is_ok())
            }
            Self::Rs256(key) => by(Algorithm::RS256, key),
            Self::Es256(key) => by(Algorithm::ES256, key),
        }
    }

    fn of(jwk: &Published) -> Option<Self> {
        let key = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
            ("OKP", Some("Ed25519")) => {
                let x: [u8; 32] = bytes(jwk.x.as_ref())?.try_into().ok()?;
                Self::Ed25519(VerifyingKey::from_bytes(&x).ok().filter(|key| !key.is_weak())?)
            }
            ("RSA", _) => {
                let (modulus, exponent) = (bytes(jwk.n.as_ref())?, bytes(jwk.e.as_ref())?);
                let sound = RSA_BYTES.contains(&modulus.len()) && modulus[0] != 0;
                sound.then(|| Self::Rs256(DecodingKey::from_rsa_raw_components(&modulus, &exponent)))?
            }
            ("EC", Some("P-256")) => {
                let (x, y) = (jwk.x.as_ref()?, jwk.y.as_ref()?);
                let sound =
                    [x, y].iter().all(|part| bytes(Some(part)).is_some_and(|it| it.len() == P256_BYTES));
                sound.then(|| DecodingKey::from_ec_components(x, y).ok())?.map(Self::Es256)?
            }
            _ => return None,
        };
        let for_this = jwk.alg.as_deref().is_none_or(|alg| alg.is_empty() || alg == key.algorithm());
        let for_signatures = jwk.usage.as_deref().is_none_or(|usage| usage.is_empty() || usage == "sig");
        let to_verify = jwk.key_ops.as_ref().is_none_or(|ops| ops.iter().any(|op| op == "verify"));
        (for_this && for_signatures && to_verify).then_some(key)
    }
}

fn bytes(part: Option<&String>) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(part?).ok().filter(|bytes| !bytes.is_empty())
}

/// A key as anybody publishes it (RFC 7517 section 4).
#[derive(Deserialize)]
struct Published {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    n: Option<String>,
    e: Option<String>,
}

/// Public keys by their id, ready to verify with.
#[derive(Clone, Debug, Default)]
pub struct PublicKeys(HashMap<String, Arc<PublicKey>>);

impl PublicKeys {
    /// The keys of a JWKS that can be used, each by its id; of two with one id neither. `None` where this is no JWKS.
    pub fn read(document: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<Value>,
        }
        let set: Set = serde_json::from_slice(document).ok()?;
        let mut found: HashMap<String, Option<Arc<PublicKey>>> = HashMap::new();
        for jwk in set.keys.into_iter().take(MAX_KEYS) {
            let Ok(jwk) = serde_json::from_value::<Published>(jwk) else { continue };
            let (Some(key), Some(kid)) = (PublicKey::of(&jwk), jwk.kid) else { continue };
            found.entry(kid).and_modify(|key| *key = None).or_insert_with(|| Some(Arc::new(key)));
        }
        Some(Self(found.into_iter().filter_map(|(kid, key)| Some((kid, key?))).collect()))
    }

    /// The key of this id.
    pub fn get(&self, kid: &str) -> Option<&Arc<PublicKey>> {
        self.0.get(kid)
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<&JwkSet> for PublicKeys {
    fn from(set: &JwkSet) -> Self {
        let document = serde_json::to_vec(set).expect("a key set is plain JSON");
        Self::read(&document).expect("a key set reads as one")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(keys: &[Value]) -> PublicKeys {
        PublicKeys::read(&serde_json::to_vec(&json!({"keys": keys, "more": 1})).unwrap()).unwrap()
    }

    fn ed25519(kid: &str) -> Value {
        // RFC 8037, appendix A.2.
        json!({"kty": "OKP", "crv": "Ed25519", "kid": kid, "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})
    }

    fn rsa(bytes: usize) -> Value {
        json!({"kty": "RSA", "kid": "r", "n": URL_SAFE_NO_PAD.encode(vec![0xc3; bytes]), "e": "AQAB"})
    }

    fn with(mut jwk: Value, name: &str, value: Value) -> Value {
        jwk[name] = value;
        jwk
    }

    #[test]
    fn a_key_of_a_known_kind_is_read_and_the_rest_is_left_out() {
        let p256 = json!({"kty": "EC", "crv": "P-256", "kid": "e", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
                          "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"});
        let oct = json!({"kty": "oct", "kid": "o", "k": "c2VjcmV0"});
        let keys = read(&[ed25519("d"), rsa(256), p256, oct, json!("nonsense"), json!({"kty": 1})]);
        let algorithm = |kid| keys.get(kid).map(|key| key.algorithm());
        assert_eq!(
            (algorithm("d"), algorithm("r"), algorithm("e")),
            (Some("EdDSA"), Some("RS256"), Some("ES256"))
        );
        assert!(keys.get("o").is_none(), "a secret is no public key");
        assert!(PublicKeys::read(b"<html>").is_none());
    }

    #[test]
    fn a_key_that_is_weak_or_for_something_else_is_left_out() {
        let weak = URL_SAFE_NO_PAD.encode([0; 32]);
        for bad in [
            rsa(128),
            rsa(1024),
            with(ed25519("d"), "x", json!(weak)),
            with(ed25519("d"), "use", json!("enc")),
            with(ed25519("d"), "key_ops", json!(["encrypt"])),
            with(ed25519("d"), "alg", json!("HS256")),
            with(rsa(256), "alg", json!("RS512")),
            with(ed25519("d"), "kid", Value::Null),
        ] {
            assert!(read(std::slice::from_ref(&bad)).is_empty(), "{bad}");
        }
        assert!(read(&[ed25519("d"), ed25519("d")]).is_empty(), "two keys of one id");
    }
}
