//! Signed tokens (JWT, RFC 7519, in the compact form of RFC 7515), read as strictly as RFC 8725 asks. One form of a
//! token is accepted: three segments of base64url without padding or stray bits, no member twice in any object,
//! nothing that must be understood and is not. Whose token it is, and for what, decides who reads its claims.
//!
//! A key never comes from a token: `jwk`, `jku` and `x5u` are not looked at, and `kid` only chooses among known keys.

mod json;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use subtle::ConstantTimeEq as _;

use crate::keys::PublicKey;
use crate::secret::hmac_sha256;

/// Header parameters that change what the token means (RFC 7515 section 4.1.11, RFC 7516 section 4.1.3, RFC 7797).
const NOT_UNDERSTOOD: [&str; 4] = ["crit", "b64", "zip", "enc"];

/// A token whose form is right, and of which nothing else is known.
pub struct Unverified<'a> {
    alg: String,
    typ: Option<String>,
    kid: Option<String>,
    message: &'a str,
    claims: &'a str,
    signature: &'a str,
}

impl<'a> Unverified<'a> {
    /// The token, where it has the one form that is accepted and at most `max_bytes`.
    pub fn read(token: &'a str, max_bytes: usize) -> Option<Self> {
        if token.len() > max_bytes {
            return None;
        }
        let (message, signature) = token.rsplit_once('.')?;
        let (header, claims) = message.split_once('.')?;
        let mut header = object(header)?;
        if NOT_UNDERSTOOD.iter().any(|name| header.contains_key(*name)) {
            return None;
        }
        let alg = text(&mut header, "alg").ok()??;
        let (typ, kid) = (text(&mut header, "typ").ok()?, text(&mut header, "kid").ok()?);
        Some(Self { alg, typ, kid, message, claims, signature })
    }

    /// The type that the token says it is of.
    pub fn typ(&self) -> Option<&str> {
        self.typ.as_deref()
    }

    /// The key that the token says it is signed with.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The issuer that the token says it is from: good for choosing whose keys to try, and nothing else.
    pub fn claimed_issuer(&self) -> Option<String> {
        text(&mut object(self.claims)?, "iss").ok()?
    }

    /// What the token says, where this key has signed it by the key's own algorithm.
    pub fn verified<T: DeserializeOwned>(&self, key: &PublicKey) -> Option<T> {
        let genuine = self.alg == key.algorithm() && key.has_signed(self.message.as_bytes(), self.signature);
        if !genuine {
            return None;
        }
        serde_json::from_value(Value::Object(object(self.claims)?)).ok()
    }
}

/// What should be a text is something else.
struct NotAText;

fn text(object: &mut Map<String, Value>, name: &str) -> Result<Option<String>, NotAText> {
    match object.remove(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(NotAText),
    }
}

fn object(segment: &str) -> Option<Map<String, Value>> {
    json::object(&URL_SAFE_NO_PAD.decode(segment).ok()?)
}

/// A key that signs and checks a service's own tokens of one type, by HS256. Nobody else ever has it.
pub struct OwnKey {
    key: [u8; 32],
    header: String,
}

impl OwnKey {
    /// For tokens of this `typ`, with a key of their own.
    pub fn new(key: [u8; 32], typ: &str) -> Self {
        Self { key, header: URL_SAFE_NO_PAD.encode(json!({"alg": "HS256", "typ": typ}).to_string()) }
    }

    /// The token that says this.
    ///
    /// # Panics
    /// When the claims have no JSON form.
    pub fn sign(&self, claims: &impl Serialize) -> String {
        let claims = serde_json::to_vec(claims).expect("claims are plain JSON");
        let message = format!("{}.{}", self.header, URL_SAFE_NO_PAD.encode(claims));
        let signature = URL_SAFE_NO_PAD.encode(hmac_sha256(&self.key, message.as_bytes()));
        format!("{message}.{signature}")
    }

    /// What a token of at most `max_bytes` says, where this key has signed it. The header must be the one that
    /// [`OwnKey::sign`] writes, to the byte. `T` must refuse unknown claims; derived, it then refuses repeated ones too.
    pub fn verified<T: DeserializeOwned>(&self, token: &str, max_bytes: usize) -> Option<T> {
        if token.len() > max_bytes {
            return None;
        }
        let (message, signature) = token.rsplit_once('.')?;
        let claims = message.strip_prefix(&self.header)?.strip_prefix('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        let genuine: bool = signature.ct_eq(&hmac_sha256(&self.key, message.as_bytes())).into();
        if !genuine {
            return None;
        }
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
    }
}

#[cfg(test)]
mod tests;
