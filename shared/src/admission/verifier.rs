//! Verification of admission tokens, as strict as RFC 8725 asks: one algorithm, one type, one audience, one issuer, a
//! key named by its id, and a lifetime that cannot be longer than waitroom makes it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use super::{
    ADMISSION_EXPIRED, ADMISSION_INVALID, AUDIENCE, Admission, AdmissionClaims, LIFETIME_S, TOKEN_TYPE,
};
use crate::clock::Clock;
use crate::digest::sha256;
use crate::keys::{JwksClient, KeyError, PublicKey, PublicKeys};
use crate::problem::{Problem, codes};
use crate::token::Unverified;

/// How far clocks of two machines may be apart, seconds.
const LEEWAY_S: i64 = 5;
/// No honest token is longer.
const MAX_TOKEN_BYTES: usize = 2048;
/// How many verified tokens are remembered.
const CACHE_SIZE: usize = 100_000;

/// Why a token was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AdmissionError {
    /// Not made by waitroom for this shop, or changed.
    #[error("the admission is not valid")]
    Invalid,
    /// Its time is over.
    #[error("the admission has expired")]
    Expired,
    /// The public keys cannot be had.
    #[error("the public keys of waitroom cannot be had")]
    KeysUnavailable,
}

impl From<AdmissionError> for Problem {
    fn from(error: AdmissionError) -> Self {
        match error {
            AdmissionError::Invalid => Self::from(&ADMISSION_INVALID),
            AdmissionError::Expired => Self::from(&ADMISSION_EXPIRED),
            AdmissionError::KeysUnavailable => {
                Self::from(&codes::DEPENDENCY_UNAVAILABLE).retry_after(std::time::Duration::from_secs(2))
            }
        }
    }
}

/// Verifies admission tokens. Clones share the cache.
#[derive(Clone)]
pub struct Verifier(Arc<Inner>);

struct Inner {
    issuer: String,
    keys: Keys,
    clock: Clock,
    /// Digest of a token → what it says. An Ed25519 verification takes 20 times as long as a digest.
    seen: Mutex<HashMap<[u8; 32], Admission>>,
}

enum Keys {
    Fixed(PublicKeys),
    Fetched(JwksClient),
}

impl Verifier {
    /// Verifies against waitroom's published keys, fetched when they are first needed.
    pub fn fetching(issuer: &str, jwks: JwksClient, clock: Clock) -> Self {
        Self::new(issuer, Keys::Fetched(jwks), clock)
    }

    /// Verifies against keys known beforehand.
    pub fn fixed(issuer: &str, keys: PublicKeys, clock: Clock) -> Self {
        Self::new(issuer, Keys::Fixed(keys), clock)
    }

    fn new(issuer: &str, keys: Keys, clock: Clock) -> Self {
        Self(Arc::new(Inner { issuer: issuer.to_owned(), keys, clock, seen: Mutex::default() }))
    }

    /// What a token says, if it is one of waitroom's, for this shop, and in its time.
    pub async fn verify(&self, token: &str) -> Result<Admission, AdmissionError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(AdmissionError::Invalid);
        }
        let digest = sha256(token);
        let now = self.0.clock.now();
        if let Some(admission) = self.remembered(&digest) {
            return if now < admission.expires_at { Ok(admission) } else { Err(AdmissionError::Expired) };
        }
        let admission = self.verify_signature(token, now).await?;
        self.remember(digest, &admission, now);
        Ok(admission)
    }

    fn remembered(&self, digest: &[u8; 32]) -> Option<Admission> {
        self.0.seen.lock().unwrap_or_else(PoisonError::into_inner).get(digest).cloned()
    }

    fn remember(&self, digest: [u8; 32], admission: &Admission, now: Timestamp) {
        let mut seen = self.0.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= CACHE_SIZE {
            seen.retain(|_, admission| admission.expires_at > now);
        }
        if seen.len() < CACHE_SIZE {
            seen.insert(digest, admission.clone());
        }
    }

    async fn verify_signature(&self, token: &str, now: Timestamp) -> Result<Admission, AdmissionError> {
        let token = Unverified::read(token, MAX_TOKEN_BYTES).ok_or(AdmissionError::Invalid)?;
        let kid = token.kid().filter(|_| token.typ() == Some(TOKEN_TYPE)).ok_or(AdmissionError::Invalid)?;
        let key = self.key(kid, now).await?;
        let claims: AdmissionClaims = token.verified(&key).ok_or(AdmissionError::Invalid)?;
        if claims.iss != self.0.issuer || claims.aud != AUDIENCE {
            return Err(AdmissionError::Invalid);
        }
        check_times(&claims, now.as_second())?;
        let time = |second| Timestamp::from_second(second).map_err(|_| AdmissionError::Invalid);
        let (issued_at, expires_at) = (time(claims.iat)?, time(claims.exp)?);
        Ok(Admission { identity: claims.sub, drop: claims.drop, sid: claims.sid, issued_at, expires_at })
    }

    /// The key of this id, if it is one that admissions are signed with.
    async fn key(&self, kid: &str, now: Timestamp) -> Result<Arc<PublicKey>, AdmissionError> {
        let key = match &self.0.keys {
            Keys::Fixed(keys) => keys.get(kid).cloned().ok_or(AdmissionError::Invalid)?,
            Keys::Fetched(client) => client.key(kid, now).await.map_err(|error| match error {
                KeyError::Unknown => AdmissionError::Invalid,
                KeyError::Unavailable => AdmissionError::KeysUnavailable,
            })?,
        };
        if matches!(*key, PublicKey::Ed25519(_)) { Ok(key) } else { Err(AdmissionError::Invalid) }
    }
}

fn check_times(claims: &AdmissionClaims, now: i64) -> Result<(), AdmissionError> {
    let lifetime = claims.exp.saturating_sub(claims.iat);
    let honest =
        claims.iat <= now + LEEWAY_S && claims.nbf <= now + LEEWAY_S && (0..=LIFETIME_S).contains(&lifetime);
    if !honest {
        Err(AdmissionError::Invalid)
    } else if claims.exp <= now {
        Err(AdmissionError::Expired)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
