//! Admissions, for every service that only takes people who were let in: the token, its verification, and a tower
//! layer that lets nobody else through.

mod layer;
mod verifier;

pub use layer::{AdmissionLayer, AdmissionService, Admissions, cookie_name, presented_tokens};
pub use verifier::{AdmissionError, Verifier};

pub use crate::keys::JwksClient;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{DropSlug, Identity, Sid};
use crate::keys::SigningPair;
use crate::problem::Code;

/// The `typ` of an admission token.
pub const TOKEN_TYPE: &str = "admission+jwt";
/// The audience of an admission token.
pub const AUDIENCE: &str = "booking";
/// How long an admission token lives, seconds.
pub const LIFETIME_S: i64 = 300;

/// The shop takes only people who were let in.
pub const ADMISSION_REQUIRED: Code = Code::new(
    "admission_required",
    401,
    "You need an admission",
    "Join the line of the drop; when it is your turn, claim the admission and come back with it.",
);
/// The token is not one of waitroom's.
pub const ADMISSION_INVALID: Code = Code::new(
    "admission_invalid",
    401,
    "The admission is not valid",
    "The token was not made by the waiting room for this shop, or was changed. Claim the admission again.",
);
/// The token's time is over.
pub const ADMISSION_EXPIRED: Code = Code::new(
    "admission_expired",
    401,
    "The admission has expired",
    "Renew it while you shop; after that, join the line again.",
);

/// The claims of an admission token (RFC 7519).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdmissionClaims {
    /// Waitroom's public URL.
    pub iss: String,
    /// [`AUDIENCE`].
    pub aud: String,
    /// Who was let in.
    pub sub: Identity,
    /// To which drop.
    pub drop: DropSlug,
    /// The admission, and its slot.
    pub sid: Sid,
    /// This token.
    pub jti: String,
    /// Made at, seconds since 1970.
    pub iat: i64,
    /// Valid from, seconds since 1970.
    pub nbf: i64,
    /// Valid until, seconds since 1970.
    pub exp: i64,
}

impl AdmissionClaims {
    /// The claims of a token made now.
    pub fn new(issuer: &str, identity: Identity, drop: DropSlug, sid: Sid, now: Timestamp) -> Self {
        let iat = now.as_second();
        Self {
            iss: issuer.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: identity,
            drop,
            sid,
            jti: uuid::Uuid::new_v4().to_string(),
            iat,
            nbf: iat,
            exp: iat + LIFETIME_S,
        }
    }

    /// The signed token.
    pub fn sign(&self, key: &SigningPair) -> Result<String, jsonwebtoken::errors::Error> {
        key.sign_jwt(TOKEN_TYPE, self)
    }
}

/// An admission that has been verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admission {
    /// Who was let in.
    pub identity: Identity,
    /// To which drop.
    pub drop: DropSlug,
    /// The admission, and its slot.
    pub sid: Sid,
    /// When the token was made.
    pub issued_at: Timestamp,
    /// When the token ends.
    pub expires_at: Timestamp,
}

impl Admission {
    /// Whether the visit ends with this token: it is shorter than others, and no renewal lasts longer.
    pub fn is_last(&self) -> bool {
        self.expires_at.duration_since(self.issued_at).as_secs() < LIFETIME_S
    }
}
