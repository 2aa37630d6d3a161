//! The ids both services speak of. A newtype for each, so that a reservation is never looked up as a booking.

use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::digest::sha256_hex;

/// Declares a newtype over [`uuid::Uuid`] that reads and prints as one, in JSON, in SQL and in paths.
#[macro_export]
macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash,
            ::serde::Serialize, ::serde::Deserialize, ::sqlx::Type, ::utoipa::ToSchema,
        )]
        #[serde(transparent)]
        #[sqlx(transparent)]
        #[schema(value_type = uuid::Uuid)]
        pub struct $name(pub ::uuid::Uuid);

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = ::uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

uuid_id! {
    /// Names one admission and its slot, from the call to the end.
    Sid
}

impl Sid {
    /// A new admission's id, ordered by time.
    pub fn at(time: jiff::Timestamp) -> Self {
        Self(uuid_v7(time))
    }
}

/// Counts the ids of one millisecond, and never goes back in time.
struct Counter {
    within_a_millisecond: uuid::ContextV7,
    latest: jiff::Timestamp,
}

static COUNTER: Mutex<Counter> =
    Mutex::new(Counter { within_a_millisecond: uuid::ContextV7::new(), latest: jiff::Timestamp::MIN });
/// Ids go on ascending where a clock is set back by no more than this.
const UNEVENNESS: jiff::SignedDuration = jiff::SignedDuration::from_secs(1);

/// A UUID of version 7 (RFC 9562, section 6.2, method 1) for the given time, so that rows of one time lie together. Ids
/// that one process makes for the same millisecond ascend: a list by id is in the order of making. After a clock was set
/// back by more than a second, ids say the new time: whoever reads it from them would be misled until the old one comes.
pub fn uuid_v7(time: jiff::Timestamp) -> uuid::Uuid {
    let seconds = u64::try_from(time.as_second()).unwrap_or_default();
    let nanoseconds = u32::try_from(time.subsec_nanosecond()).unwrap_or_default();
    let mut counter = COUNTER.lock().unwrap_or_else(PoisonError::into_inner);
    if counter.latest.duration_since(time) > UNEVENNESS {
        *counter = Counter { within_a_millisecond: uuid::ContextV7::new(), latest: time };
    }
    counter.latest = counter.latest.max(time);
    uuid::Uuid::new_v7(uuid::Timestamp::from_unix(&counter.within_a_millisecond, seconds, nanoseconds))
}

/// A drop's name in URLs, keys and tokens: 1 to 64 lower-case letters, digits and inner hyphens.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type, ToSchema,
)]
#[serde(try_from = "String", into = "String")]
#[sqlx(transparent)]
#[schema(value_type = String, example = "midnight-premiere", pattern = "^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$")]
pub struct DropSlug(String);

/// The text is no drop's name.
#[derive(Debug, thiserror::Error)]
#[error("a drop's name has 1 to 64 lower-case letters, digits and inner hyphens")]
pub struct InvalidSlug;

impl DropSlug {
    /// The drop that sells what no other drop names.
    pub fn open_sale() -> Self {
        Self("open-sale".to_owned())
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for DropSlug {
    type Err = InvalidSlug;

    fn from_str(text: &str) -> Result<Self, InvalidSlug> {
        let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let edges = !text.starts_with('-') && !text.ends_with('-');
        let valid = (1..=64).contains(&text.len()) && edges && text.bytes().all(inner);
        if valid { Ok(Self(text.to_owned())) } else { Err(InvalidSlug) }
    }
}

impl TryFrom<String> for DropSlug {
    type Error = InvalidSlug;

    fn try_from(text: String) -> Result<Self, InvalidSlug> {
        text.parse()
    }
}

impl From<DropSlug> for String {
    fn from(slug: DropSlug) -> Self {
        slug.0
    }
}

impl fmt::Display for DropSlug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who a visitor is, as the services know them: `account:<id>` or `device:<digest>`. No personal data.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type, ToSchema,
)]
#[serde(try_from = "String", into = "String")]
#[sqlx(transparent)]
#[schema(value_type = String, example = "device:5f3c9d0b7a2e4c18a6d1f0e9b8c7d6e5")]
pub struct Identity(String);

/// The text is no identity.
#[derive(Debug, thiserror::Error)]
#[error("an identity is `account:<id>` or `device:<digest>`")]
pub struct InvalidIdentity;

impl Identity {
    /// The identity of an account.
    pub fn account(id: uuid::Uuid) -> Self {
        Self(format!("account:{id}"))
    }

    /// The identity of an account at another issuer: 128 bits of a digest of both, so that the same subject at two
    /// issuers is two identities, and none of them looks like one of [`Identity::account`].
    pub fn account_at(issuer: &str, subject: &str) -> Self {
        let digest = sha256_hex(format!("{issuer}\0{subject}"));
        Self(format!("account:{}", &digest[..32]))
    }

    /// The identity of a browser, from the digest of its cookie.
    pub fn device(digest: &str) -> Self {
        Self(format!("device:{digest}"))
    }

    /// The identity as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Identity {
    type Err = InvalidIdentity;

    fn from_str(text: &str) -> Result<Self, InvalidIdentity> {
        let (kind, id) = text.split_once(':').ok_or(InvalidIdentity)?;
        let known = matches!(kind, "account" | "device");
        let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
        let valid = known && plain && (1..=128).contains(&id.len());
        if valid { Ok(Self(text.to_owned())) } else { Err(InvalidIdentity) }
    }
}

impl TryFrom<String> for Identity {
    type Error = InvalidIdentity;

    fn try_from(text: String) -> Result<Self, InvalidIdentity> {
        text.parse()
    }
}

impl From<Identity> for String {
    fn from(identity: Identity) -> Self {
        identity.0
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_made_in_one_millisecond_ascend() {
        let time = "2026-03-01T12:00:00Z".parse().unwrap();
        let ids: Vec<_> = (0..1_000).map(|_| uuid_v7(time)).collect();
        assert!(ids.is_sorted_by(|one, next| one < next));
        assert_eq!(ids[0].get_version_num(), 7);
    }

    #[test]
    fn an_id_says_when_it_was_made_also_after_the_clock_was_set_back() {
        let made = |id: uuid::Uuid| id.get_timestamp().unwrap().to_unix().0;
        for time in ["2031-03-01T12:00:00Z", "2030-03-01T12:00:00Z", "2031-03-01T12:00:00Z"] {
            let time: jiff::Timestamp = time.parse().unwrap();
            assert_eq!(made(uuid_v7(time)), time.as_second().unsigned_abs());
        }
    }

    #[test]
    fn a_slug_is_lower_case_letters_digits_and_inner_hyphens() {
        for good in ["a", "midnight-premiere", "2026"] {
            assert!(good.parse::<DropSlug>().is_ok(), "{good}");
        }
        for bad in ["", "-a", "a-", "A", "a b", "a{b}", &"a".repeat(65)] {
            assert!(bad.parse::<DropSlug>().is_err(), "{bad}");
        }
    }

    #[test]
    fn subjects_of_two_issuers_are_two_identities() {
        let ann = Identity::account_at("https://one.test", "ann");
        assert_eq!(ann, Identity::account_at("https://one.test", "ann"));
        assert_ne!(ann, Identity::account_at("https://two.test", "ann"));
        assert_ne!(
            Identity::account_at("https://one.test", "/ann"),
            Identity::account_at("https://one.test/", "ann")
        );
        assert!(ann.as_str().parse::<Identity>().is_ok());
        assert_eq!(ann.as_str().len(), "account:".len() + 32, "a UUID has 36");
    }

    #[test]
    fn an_identity_is_an_account_or_a_device() {
        assert!("device:abc".parse::<Identity>().is_ok());
        for bad in ["abc", "robot:abc", "device:", "device:a b"] {
            assert!(bad.parse::<Identity>().is_err(), "{bad}");
        }
    }
}
