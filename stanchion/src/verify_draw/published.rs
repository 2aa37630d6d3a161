//! What is published of a draw besides the roster, and the checks on it.

use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use shared::digest::hex;
use shared::secret::hmac_sha256;

use super::Options;
use super::report::{Report, plain};

/// The part of the public status that speaks of the draw.
#[derive(Debug, Deserialize)]
pub(super) struct Status {
    draw: Short,
}

#[derive(Debug, Deserialize)]
struct Short {
    commitment: String,
    seed: Option<String>,
    salt: Option<String>,
}

/// The draw.
#[derive(Debug, Deserialize)]
pub(super) struct Draw {
    pub commitment: String,
    pub seed: Option<String>,
    pub salt: Option<String>,
    #[serde(default)]
    pub salt_source: Option<String>,
    pub roster_sha256: Option<String>,
    pub count: Option<u64>,
}

/// Status and draw are answered apart: they must say the same. The status may be a second older.
pub(super) fn compare(status: &Status, draw: &Draw, report: &mut Report) {
    let Short { commitment, seed, salt } = &status.draw;
    let same_commitment = *commitment == draw.commitment;
    let same_seed = seed.is_none() || *seed == draw.seed;
    let same_salt = salt.is_none() || *salt == draw.salt;
    report.check(
        "status and draw publish the same commitment, seed and salt",
        same_commitment && same_seed && same_salt,
        || "one of them is another: somebody is shown another draw".to_owned(),
    );
}

/// What the person knows from before, and from elsewhere.
pub(super) fn check_what_you_know(options: &Options, draw: &Draw, report: &mut Report) {
    match &options.commitment {
        Some(noted) => report.check(
            "the commitment is the one that you noted",
            noted.trim().eq_ignore_ascii_case(&draw.commitment),
            || format!("it is {} now", plain(&draw.commitment)),
        ),
        None => report.note(format!(
            "the commitment is {}; compare it with what you saw before the lobby opened (--commitment)",
            plain(&draw.commitment)
        )),
    }
    match (&options.salt, &draw.salt, &draw.salt_source) {
        (Some(read), salt, _) => report.check(
            "the salt is the one that you read at its source",
            salt.as_ref() == Some(read),
            || format!("it is {}", salt.as_deref().map_or_else(|| "none".to_owned(), plain)),
        ),
        (None, Some(salt), source) => report.note(format!(
            "the salt is \"{}\"; compare it with what its source has published (--salt): {}",
            plain(salt),
            source.as_deref().map_or_else(|| "no source is named".to_owned(), plain)
        )),
        (None, None, _) => report.note(
            "the draw has no salt: whoever had read the secret seed beforehand could have known the order"
                .to_owned(),
        ),
    }
}

/// The seed, where it can be read, and whether it is what the commitment bound.
pub(super) fn check_seed(draw: &Draw, report: &mut Report) -> Option<[u8; 32]> {
    let seed = draw.seed.as_deref().and_then(seed_of);
    report.check("the seed is 64 hex digits", seed.is_some(), || "it is not".to_owned());
    let seed = seed?;
    let digest = hex(&Sha256::digest(seed));
    report.check("the commitment is the SHA-256 of the seed", digest == draw.commitment, || {
        format!("that is {digest}, and the commitment is {}", plain(&draw.commitment))
    });
    Some(seed)
}

/// By how much the salt turns the circle of numbers.
pub(super) fn turn(draw: &Draw, seed: &[u8; 32], report: &mut Report) -> u64 {
    let Some(salt) = &draw.salt else { return 0 };
    report.check("the salt's source is named", draw.salt_source.is_some(), || {
        "there is a salt, and nothing says where it comes from".to_owned()
    });
    first_52_bits(seed, salt.as_bytes())
}

/// The first 52 bits, big-endian, of `HMAC-SHA256(seed, message)`.
pub(super) fn first_52_bits(seed: &[u8; 32], message: &[u8]) -> u64 {
    let mac = hmac_sha256(seed, message);
    mac[..7].iter().fold(0, |bits, byte| bits << 8 | u64::from(*byte)) >> 4
}

fn seed_of(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    let mut seed = [0; 32];
    for (index, byte) in seed.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).ok()?;
    }
    Some(seed)
}
