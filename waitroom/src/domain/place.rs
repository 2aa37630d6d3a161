//! A place in the line: its id, its score, and what its visitor is told.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use shared::ids::{DropSlug, Identity};
use shared::secret::hmac_sha256;
use shared::uuid_id;
use utoipa::ToSchema;
use uuid::Uuid;

mod view;

pub use view::{Eta, Place, PlaceState, Sight, position};

uuid_id! {
    /// A place's id: 112 bits from an HMAC of the drop's key and the identity (as a UUID of version 8, RFC 9562), then a
    /// generation of 16 bits. One identity can so have one live place without anything being remembered about it.
    PlaceId
}

impl PlaceId {
    /// The first place of an identity in a drop. Leaving the lobby and coming back gives it again, so nobody can
    /// re-roll the draw.
    pub fn first(drop_key: &[u8; 32], identity: &Identity) -> Self {
        let mac = hmac_sha256(drop_key, identity.as_str().as_bytes());
        let mut bytes: [u8; 16] = mac[..16].try_into().expect("a SHA-256 has 32 bytes");
        bytes[14..].fill(0);
        Self(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }

    /// What the places of one identity have in common: the id without its generation, 32 characters.
    pub fn base(self) -> String {
        let mut text = self.0.to_string();
        text.truncate(32);
        text
    }

    /// How many places of this identity ended before this one.
    pub fn generation(self) -> u16 {
        let bytes = self.0.as_bytes();
        u16::from_be_bytes([bytes[14], bytes[15]])
    }

    /// The same identity's place of this generation.
    #[must_use]
    pub fn of_generation(self, generation: u16) -> Self {
        let mut bytes = *self.0.as_bytes();
        bytes[14..].copy_from_slice(&generation.to_be_bytes());
        Self(Uuid::from_bytes(bytes))
    }
}

/// Where a place stands in the order of the main line: an exact integer below 2^53. Lower is earlier; below 2^52 the
/// draw decided, from there on the order of arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct Score(pub u64);

/// The least score of a place taken after opening.
pub const FIRST_ARRIVAL: Score = Score(1 << 52);

impl Score {
    /// Above every score.
    pub const END: Self = Self(1 << 53);

    /// The score that the draw gives a place: the first 52 bits, big-endian, of `HMAC-SHA256(seed, place id)`, the id
    /// as 36 lower-case characters.
    pub fn drawn(seed: &Seed, place: PlaceId) -> Self {
        Self(first_52_bits(hmac_sha256(&seed.0, place.to_string().as_bytes())))
    }

    /// The score of the place taken after opening as the `arrival`th of an epoch.
    pub fn arrived(epoch: u64, arrival: u64) -> Self {
        Self(FIRST_ARRIVAL.0 + (epoch << 36) + arrival)
    }

    /// The score in the order in which people are called: the circle of what the draw gave is turned by the drop's
    /// salt; arrivals stay.
    #[must_use]
    pub fn turned(self, turn: u64) -> Self {
        if self.is_drawn() { Self((self.0 + turn) % FIRST_ARRIVAL.0) } else { self }
    }

    /// What [`Score::turned`] was made of.
    #[must_use]
    pub fn unturned(self, turn: u64) -> Self {
        self.turned(FIRST_ARRIVAL.0 - turn % FIRST_ARRIVAL.0)
    }

    /// Whether the draw decided it.
    pub fn is_drawn(self) -> bool {
        self < FIRST_ARRIVAL
    }
}

/// The first 52 bits, big-endian.
fn first_52_bits(mac: [u8; 32]) -> u64 {
    let first: [u8; 8] = mac[..8].try_into().expect("a SHA-256 has 32 bytes");
    u64::from_be_bytes(first) >> 12
}

impl std::fmt::Display for Score {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// The secret that decides the draw, until opening.
#[derive(Clone, PartialEq, Eq)]
pub struct Seed(pub [u8; 32]);

impl Seed {
    /// By how much a salt turns the circle of drawn scores: the first 52 bits, big-endian, of `HMAC-SHA256(seed, salt)`.
    pub fn turn(&self, salt: &str) -> u64 {
        first_52_bits(hmac_sha256(&self.0, salt.as_bytes()))
    }

    /// What is published from the start: the hex SHA-256 of the seed's bytes.
    pub fn commitment(&self) -> String {
        use sha2::{Digest as _, Sha256};
        hex(&Sha256::digest(self.0))
    }

    /// The seed as 64 hex digits, for publication after opening.
    pub fn reveal(&self) -> String {
        hex(&self.0)
    }
}

impl std::fmt::Debug for Seed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seed(…)")
    }
}

/// Lower-case hex digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut digits, byte| {
        let _infallible = write!(digits, "{byte:02x}");
        digits
    })
}

/// The keys of a drop's place ids, all from one.
#[derive(Clone)]
pub struct PlaceKeys([u8; 32]);

impl PlaceKeys {
    /// Keys from a derived secret.
    pub fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// The first place of an identity in a drop.
    pub fn first_place(&self, drop: &DropSlug, identity: &Identity) -> PlaceId {
        PlaceId::first(&hmac_sha256(&self.0, drop.as_str().as_bytes()), identity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_identity_has_one_first_place_in_a_drop() {
        let keys = PlaceKeys::new([7; 32]);
        let (ann, bob) = (Identity::device("ann"), Identity::device("bob"));
        let (first, second): (DropSlug, DropSlug) = ("one".parse().unwrap(), "two".parse().unwrap());
        assert_eq!(keys.first_place(&first, &ann), keys.first_place(&first, &ann));
        assert_ne!(keys.first_place(&first, &ann), keys.first_place(&first, &bob));
        assert_ne!(keys.first_place(&first, &ann), keys.first_place(&second, &ann));
    }

    #[test]
    fn generations_share_their_base() {
        let place = PlaceId::first(&[7; 32], &Identity::device("ann"));
        let later = place.of_generation(0x1a2b);
        assert_eq!(later.base(), place.base());
        assert_eq!((place.generation(), later.generation()), (0, 0x1a2b));
        assert!(later.to_string().ends_with("1a2b"));
        assert_eq!(later.0.get_version_num(), 8);
    }

    #[test]
    fn a_turn_goes_round_the_drawn_scores_and_leaves_arrivals() {
        let (first, last) = (Score(0), Score(FIRST_ARRIVAL.0 - 1));
        assert_eq!((first.turned(7), last.turned(7)), (Score(7), Score(6)));
        for score in [first, last, Score(12_345), Score::arrived(1, 1)] {
            assert_eq!(score.turned(0), score);
            assert_eq!(score.turned(99).unturned(99), score);
        }
        assert_eq!(Score::arrived(1, 1).turned(7), Score::arrived(1, 1));
    }

    #[test]
    fn drawn_scores_come_before_arrivals_and_all_are_exact_in_a_double() {
        let place = PlaceId::first(&[7; 32], &Identity::device("ann"));
        assert!(Score::drawn(&Seed([1; 32]), place).is_drawn());
        assert!(!Score::arrived(0, 1).is_drawn());
        assert!(Score::arrived(65_535, (1 << 36) - 1).0 < 1 << 53);
        assert!(Score::arrived(1, 1) > Score::arrived(0, (1 << 36) - 1));
    }
}
