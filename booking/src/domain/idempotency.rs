//! The key a client sends so that repeating a request repeats nothing, and what became of the first request under it.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use shared::ids::Identity;

/// The most characters a key may have.
pub const MAX_KEY_CHARACTERS: usize = 255;

/// How long a key and its answer are kept, hours.
pub const KEPT_FOR_HOURS: i64 = 24;

/// A client's `Idempotency-Key`: 1 to 255 visible ASCII characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(String);

/// The text is no idempotency key.
#[derive(Debug, thiserror::Error)]
#[error("an idempotency key has 1 to {MAX_KEY_CHARACTERS} visible ASCII characters")]
pub struct InvalidIdempotencyKey;

impl IdempotencyKey {
    /// The key in a header's value.
    pub fn parse(value: &[u8]) -> Result<Self, InvalidIdempotencyKey> {
        let visible = value.iter().all(u8::is_ascii_graphic);
        if !visible || value.is_empty() || value.len() > MAX_KEY_CHARACTERS {
            return Err(InvalidIdempotencyKey);
        }
        Ok(Self(String::from_utf8_lossy(value).into_owned()))
    }

    /// A key that was stored.
    pub(crate) fn stored(text: String) -> Self {
        Self(text)
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// SHA-256 of a request's body in a canonical form: two bodies that say the same have the same digest.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BodyDigest(pub [u8; 32]);

impl BodyDigest {
    /// The digest of what a body said.
    pub fn of(body: &impl Serialize) -> Self {
        let canonical = serde_json::to_vec(body).expect("a parsed request is representable as JSON");
        Self(Sha256::digest(canonical).into())
    }
}

impl fmt::Debug for BodyDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BodyDigest(…)")
    }
}

/// A request under a key, as it is remembered.
#[derive(Clone, Debug)]
pub struct Keyed {
    /// Whose key it is.
    pub buyer: Identity,
    /// The key.
    pub key: IdempotencyKey,
    /// Method and path: `POST /v1/bookings`.
    pub route: &'static str,
    /// What the request said.
    pub digest: BodyDigest,
}

/// An answer to be given again, byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The headers that belong to the answer, in order.
    pub headers: Vec<(String, String)>,
    /// The body's bytes.
    pub body: Vec<u8>,
}

/// What is known of a key.
#[derive(Clone, Debug)]
pub enum Known {
    /// Nothing: the request is the first under it, or the first was undone without an answer.
    Nothing,
    /// It was used for another request.
    OtherRequest,
    /// The first request is still being worked on.
    Running,
    /// The first request was answered so.
    Answered(StoredAnswer),
}

/// Since when keys are still kept.
pub fn kept_since(now: Timestamp) -> Timestamp {
    now - jiff::SignedDuration::from_hours(KEPT_FOR_HOURS)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_key_has_1_to_255_visible_ascii_characters() {
        for good in ["a", "~!@", &"k".repeat(255)] {
            assert!(IdempotencyKey::parse(good.as_bytes()).is_ok(), "{good}");
        }
        for bad in ["", "two words", "tab\t", "é", &"k".repeat(256)] {
            assert!(IdempotencyKey::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn bodies_that_say_the_same_have_the_same_digest() {
        let spaced: serde_json::Value = serde_json::from_str("{ \"a\" :1}").unwrap();
        assert_eq!(BodyDigest::of(&spaced), BodyDigest::of(&json!({"a": 1})));
        assert_ne!(BodyDigest::of(&spaced), BodyDigest::of(&json!({"a": 2})));
    }
}
