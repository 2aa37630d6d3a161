//! A logo: a small picture that was sent as a `data:` URL (RFC 2397) and is served under a name made of its digest.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use shared::digest::{hex, sha256};

const MAX_BYTES: usize = 64 * 1024;
/// Kinds of pictures that run nothing: what the `data:` URL says, how the bytes begin, and the ending of the name.
const KINDS: [(&str, &[u8], &str); 3] = [
    ("data:image/png;base64,", b"\x89PNG\r\n\x1a\n", "png"),
    ("data:image/jpeg;base64,", b"\xff\xd8\xff", "jpg"),
    ("data:image/webp;base64,", b"RIFF", "webp"),
];
/// Digits of the digest in a name: 128 bits.
const DIGITS: usize = 32;

/// A logo by its name; with its bytes where it has just been sent.
#[derive(Clone, Debug, Eq)]
pub struct Logo {
    name: String,
    bytes: Option<Arc<[u8]>>,
}

/// Why a picture is no logo.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLogo {
    /// Neither a picture nor a name.
    #[error(
        "a logo is a `data:` URL of a PNG, JPEG or WebP picture in base64, or the name of the logo there is"
    )]
    Kind,
    /// The bytes are not base64.
    #[error("the logo's base64 is malformed")]
    Base64,
    /// The bytes are not of the kind that was said.
    #[error("the logo is not the kind of picture that it says it is")]
    NoSuchPicture,
    /// Too large.
    #[error("a logo has at most 65536 bytes")]
    Size,
}

impl Logo {
    /// The name that it is served under.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The picture, where it has just been sent.
    pub fn bytes(&self) -> Option<&[u8]> {
        self.bytes.as_deref()
    }

    /// What kind of picture it is.
    pub fn media_type(&self) -> &'static str {
        match self.name.rsplit('.').next() {
            Some("png") => "image/png",
            Some("jpg") => "image/jpeg",
            _ => "image/webp",
        }
    }

    pub(super) fn is_only_named(&self) -> bool {
        self.bytes.is_none()
    }

    fn parse(text: &str) -> Result<Self, InvalidLogo> {
        let Some((start, magic, ending)) = KINDS.iter().find(|(start, ..)| text.starts_with(start)) else {
            return Self::named(text).ok_or(InvalidLogo::Kind);
        };
        let encoded = &text[start.len()..];
        if encoded.len() > MAX_BYTES.div_ceil(3) * 4 {
            return Err(InvalidLogo::Size);
        }
        let bytes = STANDARD.decode(encoded).map_err(|_| InvalidLogo::Base64)?;
        if bytes.len() > MAX_BYTES {
            return Err(InvalidLogo::Size);
        }
        let is_webp = *ending != "webp" || bytes.get(8..12) == Some(b"WEBP");
        if !bytes.starts_with(magic) || !is_webp {
            return Err(InvalidLogo::NoSuchPicture);
        }
        let digest = hex(&sha256(&bytes)[..DIGITS / 2]);
        Ok(Self { name: format!("{digest}.{ending}"), bytes: Some(bytes.into()) })
    }

    fn named(name: &str) -> Option<Self> {
        let (digest, ending) = name.split_once('.')?;
        let is_digest = digest.len() == DIGITS && digest.bytes().all(|digit| digit.is_ascii_hexdigit());
        let is_known = is_digest && KINDS.iter().any(|(.., known)| *known == ending);
        is_known.then(|| Self { name: name.to_owned(), bytes: None })
    }
}

/// The name is made of the picture's digest.
impl PartialEq for Logo {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Serialize for Logo {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name)
    }
}

impl<'de> Deserialize<'de> for Logo {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}
