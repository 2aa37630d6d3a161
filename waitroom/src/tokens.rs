//! The tokens waitroom signs: admissions (`EdDSA`, for the shop), places (HS256, for itself), device cookies, and
//! the single-use codes. All keys are derived from one secret, so that every replica agrees.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use shared::admission::{AdmissionClaims, Verifier};
use shared::clock::Clock;
use shared::ids::{DropSlug, Identity};
use shared::keys::{DEFAULT_ROTATION, JwkSet, KeyRing, PublicKeys};
use shared::secret::{Secret, hmac_sha256};
use shared::token::OwnKey;
use subtle::ConstantTimeEq as _;

use crate::domain::line::Grant;
use crate::domain::place::{PlaceId, PlaceKeys, Score, hex};
use crate::domain::visit::PlaceProof;

const PLACE_TYPE: &str = "place+jwt";
/// No honest place token is longer.
const MAX_TOKEN_BYTES: usize = 1024;
/// How long a place token is good: longer than browsers keep its cookie. Whoever comes later joins again, and gets the
/// place they have.
const PLACE_LIFETIME_S: i64 = 90 * 86_400;
/// How far the clocks of two replicas may be apart, seconds.
const LEEWAY_S: i64 = 300;
/// The score's text in the token of a lobby place.
const LOBBY: &str = "lobby";

/// Signs and checks.
pub struct Tokens {
    issuer: String,
    admissions: KeyRing,
    places: OwnKey,
    device: [u8; 32],
    place_keys: PlaceKeys,
    clock: Clock,
    own: ArcSwapOption<(String, Verifier)>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlaceClaims {
    sub: Identity,
    drop: DropSlug,
    place: PlaceId,
    score: String,
    epoch: i64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    behind: Option<u64>,
    iat: i64,
    exp: i64,
}

impl PlaceClaims {
    fn is_in_its_time(&self, now: i64) -> bool {
        let lifetime = self.exp.saturating_sub(self.iat);
        self.iat <= now + LEEWAY_S && now < self.exp && (0..=PLACE_LIFETIME_S).contains(&lifetime)
    }
}

impl Tokens {
    /// Everything derived from the secret.
    pub fn new(secret: &Secret, issuer: String, clock: Clock) -> Self {
        Self {
            issuer,
            admissions: KeyRing::new(secret.clone(), "admission", DEFAULT_ROTATION),
            places: OwnKey::new(secret.derive("place-token"), PLACE_TYPE),
            device: secret.derive("device-cookie"),
            place_keys: PlaceKeys::new(secret.derive("place-id")),
            clock,
            own: ArcSwapOption::empty(),
        }
    }

    /// What the ids of places are made from.
    pub fn place_keys(&self) -> &PlaceKeys {
        &self.place_keys
    }

    /// The public keys of admissions.
    pub fn jwks(&self) -> JwkSet {
        self.admissions.jwks(self.clock.now())
    }

    /// The signed proof of a place.
    pub fn sign_place(&self, drop: &DropSlug, proof: &PlaceProof) -> String {
        let iat = self.clock.now().as_second();
        self.places.sign(&PlaceClaims {
            sub: proof.identity.clone(),
            drop: drop.clone(),
            place: proof.place,
            score: proof.score.map_or_else(|| LOBBY.to_owned(), |score| score.to_string()),
            epoch: proof.epoch,
            behind: proof.began_behind,
            iat,
            exp: iat + PLACE_LIFETIME_S,
        })
    }

    /// What a place token proves about this drop; `None` where it is not one of ours for it, or not in its time.
    pub fn check_place(&self, drop: &DropSlug, token: &str) -> Option<PlaceProof> {
        let claims: PlaceClaims = self.places.verified(token, MAX_TOKEN_BYTES)?;
        if claims.drop != *drop || !claims.is_in_its_time(self.clock.now().as_second()) {
            return None;
        }
        let score = if claims.score == LOBBY { None } else { Some(Score(claims.score.parse().ok()?)) };
        Some(PlaceProof {
            identity: claims.sub,
            place: claims.place,
            score,
            epoch: claims.epoch,
            began_behind: claims.behind,
        })
    }

    /// The admission token of a grant. The same grant gives the same token: its id, times and key follow from it.
    ///
    /// # Panics
    /// Never: the claims are plain JSON.
    pub fn sign_admission(&self, drop: &DropSlug, identity: Identity, grant: &Grant) -> String {
        let (iat, exp) = (grant.issued_ms / 1_000, grant.expires_ms / 1_000);
        let claims = AdmissionClaims {
            iss: self.issuer.clone(),
            aud: shared::admission::AUDIENCE.to_owned(),
            sub: identity,
            drop: drop.clone(),
            sid: grant.sid,
            jti: format!("{}.{iat}", grant.sid),
            iat,
            nbf: iat,
            exp,
        };
        let issued = Timestamp::from_second(iat).expect("a time in milliseconds is a time in seconds");
        claims.sign(&self.admissions.signing(issued)).expect("plain claims can be signed")
    }

    /// Checks admissions as the shop does, with the keys of now.
    pub fn verifier(&self) -> Verifier {
        let now = self.clock.now();
        let kid = self.admissions.signing(now).kid;
        if let Some(own) = self.own.load().as_ref().filter(|own| own.0 == kid) {
            return own.1.clone();
        }
        let keys = PublicKeys::from(&self.admissions.jwks(now));
        let verifier = Verifier::fixed(&self.issuer, keys, self.clock.clone());
        self.own.store(Some(Arc::new((kid, verifier.clone()))));
        verifier
    }

    /// A device cookie for a random id.
    pub fn sign_device(&self, id: [u8; 16]) -> String {
        format!("{}.{}", URL_SAFE_NO_PAD.encode(id), URL_SAFE_NO_PAD.encode(&self.device_mac(&id)[..16]))
    }

    /// The identity behind a device cookie; `None` where it is not one of ours.
    pub fn check_device(&self, cookie: &str) -> Option<Identity> {
        let (id, mac) = cookie.split_once('.')?;
        let (id, mac) = (URL_SAFE_NO_PAD.decode(id).ok()?, URL_SAFE_NO_PAD.decode(mac).ok()?);
        let genuine: bool = mac.ct_eq(&self.device_mac(&id)[..16]).into();
        (genuine && id.len() == 16).then(|| Identity::device(&hex(&Sha256::digest(&id)[..16])))
    }

    fn device_mac(&self, id: &[u8]) -> [u8; 32] {
        hmac_sha256(&self.device, id)
    }
}

#[cfg(test)]
mod tests;
