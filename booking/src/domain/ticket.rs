//! Tickets and the code printed on them. A gate verifies the code with a public key and no network.
//!
//! The code is `ST1.` and base64url without padding of: the key's id (8 bytes), the ticket (16), the show (16), the
//! seat's label (UTF-8, at most 16 bytes), and an Ed25519 signature (RFC 8032, 64 bytes) over `ST1` and all before it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};
use shared::keys::Jwk;
use shared::secret::Secret;
use uuid::Uuid;

use super::ids::{ShowId, TicketId};

/// What every code begins with; the number is the format's version.
const PREFIX: &str = "ST1.";
const SIGNED_PREFIX: &[u8] = b"ST1";
const KEY_ID_BYTES: usize = 8;
const FIXED_BYTES: usize = KEY_ID_BYTES + 16 + 16;
const SIGNATURE_BYTES: usize = 64;
const MAX_LABEL_BYTES: usize = 16;

/// What a code on a ticket says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QrClaims {
    /// The ticket.
    pub ticket: TicketId,
    /// The show it lets in to.
    pub show: ShowId,
    /// The seat's label.
    pub seat: String,
}

/// The text is no code of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidQr {
    /// Not the form of a code.
    #[error("this is not the code of a ticket")]
    Malformed,
    /// Signed with a key that is not known.
    #[error("the code was signed with an unknown key")]
    UnknownKey,
    /// The signature does not fit.
    #[error("the code's signature is not valid")]
    BadSignature,
}

/// The key that signs the codes. It is derived from the service's secret, so all replicas sign alike, and does not
/// rotate with time: a ticket is sold months before its show.
pub struct TicketKey {
    key: SigningKey,
    id: [u8; KEY_ID_BYTES],
}

impl TicketKey {
    /// The key that follows from the service's secret.
    pub fn derive(secret: &Secret) -> Self {
        let key = SigningKey::from_bytes(&secret.derive("ed25519/tickets/1"));
        let id = key_id(&key.verifying_key());
        Self { key, id }
    }

    /// The code for a ticket.
    pub fn sign(&self, claims: &QrClaims) -> String {
        let mut bytes = Vec::with_capacity(FIXED_BYTES + claims.seat.len() + SIGNATURE_BYTES);
        bytes.extend_from_slice(&self.id);
        bytes.extend_from_slice(claims.ticket.0.as_bytes());
        bytes.extend_from_slice(claims.show.0.as_bytes());
        bytes.extend_from_slice(claims.seat.as_bytes());
        let signature = self.key.sign(&[SIGNED_PREFIX, &bytes].concat());
        bytes.extend_from_slice(&signature.to_bytes());
        format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
    }

    /// A signature over other bytes, which must not begin as a code's do.
    pub(super) fn sign_bytes(&self, message: &[u8]) -> [u8; SIGNATURE_BYTES] {
        self.key.sign(message).to_bytes()
    }

    /// The public half.
    pub fn public(&self) -> TicketPublicKey {
        TicketPublicKey { key: self.key.verifying_key(), id: self.id }
    }
}

/// A public key that verifies codes.
#[derive(Clone, Debug)]
pub struct TicketPublicKey {
    key: VerifyingKey,
    id: [u8; KEY_ID_BYTES],
}

impl TicketPublicKey {
    /// The key of a published JWK (RFC 8037); `None` where it is not an Ed25519 key.
    pub fn from_jwk(jwk: &Jwk) -> Option<Self> {
        let bytes: [u8; 32] = URL_SAFE_NO_PAD.decode(&jwk.x).ok()?.try_into().ok()?;
        let key = VerifyingKey::from_bytes(&bytes).ok().filter(|_| jwk.crv == "Ed25519")?;
        Some(Self { id: key_id(&key), key })
    }

    /// The key's id as published.
    pub fn kid(&self) -> String {
        format!("{:016x}", u64::from_be_bytes(self.id))
    }

    /// Whether this key signed these bytes.
    pub(super) fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        let signature = Signature::from_slice(signature);
        signature.is_ok_and(|signature| self.key.verify_strict(message, &signature).is_ok())
    }

    /// The key as a JWK.
    pub fn jwk(&self) -> Jwk {
        Jwk {
            kty: "OKP".to_owned(),
            crv: "Ed25519".to_owned(),
            x: URL_SAFE_NO_PAD.encode(self.key.as_bytes()),
            kid: self.kid(),
            alg: "EdDSA".to_owned(),
            usage: "sig".to_owned(),
        }
    }
}

/// The first 64 bits of the public key's SHA-256, as for the tokens' keys.
fn key_id(key: &VerifyingKey) -> [u8; KEY_ID_BYTES] {
    let digest = Sha256::digest(key.as_bytes());
    std::array::from_fn(|index| digest[index])
}

/// What a code says, if one of these keys signed it. Whether the ticket was cancelled or used is not in it.
pub fn verify(code: &str, keys: &[TicketPublicKey]) -> Result<QrClaims, InvalidQr> {
    let encoded = code.strip_prefix(PREFIX).ok_or(InvalidQr::Malformed)?;
    let bytes = URL_SAFE_NO_PAD.decode(encoded).map_err(|_| InvalidQr::Malformed)?;
    let label_bytes = bytes.len().checked_sub(FIXED_BYTES + SIGNATURE_BYTES).ok_or(InvalidQr::Malformed)?;
    if !(1..=MAX_LABEL_BYTES).contains(&label_bytes) {
        return Err(InvalidQr::Malformed);
    }
    let (said, signature) = bytes.split_at(FIXED_BYTES + label_bytes);
    let key = keys.iter().find(|key| key.id == said[..KEY_ID_BYTES]).ok_or(InvalidQr::UnknownKey)?;
    let signature = Signature::from_slice(signature).map_err(|_| InvalidQr::Malformed)?;
    let signed = [SIGNED_PREFIX, said].concat();
    key.key.verify_strict(&signed, &signature).map_err(|_| InvalidQr::BadSignature)?;
    claims(said)
}

fn claims(said: &[u8]) -> Result<QrClaims, InvalidQr> {
    let id = |from: usize| Uuid::from_slice(&said[from..from + 16]).map_err(|_| InvalidQr::Malformed);
    let seat = std::str::from_utf8(&said[FIXED_BYTES..]).map_err(|_| InvalidQr::Malformed)?;
    Ok(QrClaims {
        ticket: TicketId(id(KEY_ID_BYTES)?),
        show: ShowId(id(KEY_ID_BYTES + 16)?),
        seat: seat.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(letter: &str) -> TicketKey {
        TicketKey::derive(&Secret::new(&letter.repeat(32)).unwrap())
    }

    fn claims() -> QrClaims {
        QrClaims {
            ticket: TicketId(Uuid::from_u128(1)),
            show: ShowId(Uuid::from_u128(2)),
            seat: "AA123".to_owned(),
        }
    }

    #[test]
    fn a_code_is_short_and_says_what_was_signed() {
        let code = key("a").sign(&claims());
        assert!(code.len() < 200, "{} characters", code.len());
        assert_eq!(verify(&code, &[key("b").public(), key("a").public()]), Ok(claims()));
    }

    #[test]
    fn a_changed_code_is_refused_wherever_it_was_changed() {
        let code = key("a").sign(&claims());
        for index in 0..code.len() - 1 {
            let mut changed = code.clone().into_bytes();
            changed[index] = if changed[index] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(verify(&changed, &[key("a").public()]).is_err(), "changed at {index}");
        }
    }

    #[test]
    fn a_code_of_another_key_is_refused() {
        let code = key("a").sign(&claims());
        assert_eq!(verify(&code, &[key("b").public()]), Err(InvalidQr::UnknownKey));
    }

    #[test]
    fn a_published_key_verifies() {
        let jwk = key("a").public().jwk();
        let code = key("a").sign(&claims());
        assert_eq!(verify(&code, &[TicketPublicKey::from_jwk(&jwk).unwrap()]), Ok(claims()));
    }

    #[test]
    fn anything_else_is_malformed() {
        for text in ["", "ST1.", "ST1.AAAA", "https://example.org", "ST1.💺"] {
            assert_eq!(verify(text, &[key("a").public()]), Err(InvalidQr::Malformed), "{text}");
        }
    }
}
