//! A configured secret and the keys derived from it.

use std::fmt;
use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The least length of a configured secret, in bytes.
pub const MIN_SECRET_BYTES: usize = 32;

/// A secret from the configuration. It prints as `Secret(…)`; keys for single purposes are derived from it.
#[derive(Clone)]
pub struct Secret(Arc<[u8]>);

/// The secret has fewer than [`MIN_SECRET_BYTES`] bytes.
#[derive(Debug, thiserror::Error)]
#[error("a secret needs at least {MIN_SECRET_BYTES} characters")]
pub struct SecretTooShort;

impl Secret {
    /// Takes a secret of at least [`MIN_SECRET_BYTES`] bytes.
    pub fn new(text: &str) -> Result<Self, SecretTooShort> {
        if text.len() < MIN_SECRET_BYTES { Err(SecretTooShort) } else { Ok(Self(text.as_bytes().into())) }
    }

    /// A key for one purpose: `HMAC-SHA256(secret, label)`, the expand step of HKDF (RFC 5869) with one block.
    /// Different labels give unrelated keys; the same label always gives the same key.
    pub fn derive(&self, label: &str) -> [u8; 32] {
        hmac_sha256(&self.0, label.as_bytes())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// `HMAC-SHA256(key, message)` (RFC 2104).
pub fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of every length");
    mac.update(message);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_never_prints_itself() {
        let secret = Secret::new("correct horse battery staple 1234").unwrap();
        assert_eq!(format!("{secret:?}"), "Secret(…)");
    }

    #[test]
    fn a_short_secret_is_refused() {
        assert!(Secret::new("short").is_err());
    }

    #[test]
    fn hmac_matches_rfc_4231_case_2() {
        let digest = hmac_sha256(b"Jefe", b"what do ya want for nothing?");
        assert_eq!(digest[..4], [0x5b, 0xdc, 0xc1, 0x46]);
    }
}
