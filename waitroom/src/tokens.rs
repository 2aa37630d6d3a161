//! The tokens waitroom signs: admissions (`EdDSA`, for the shop), places (HS256, for itself), device cookies, and
//! the single-use codes. All keys are derived from one secret, so that every replica agrees.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use shared::admission::{AdmissionClaims, Verifier};
use shared::clock::Clock;
use shared::ids::{DropSlug, Identity};
use shared::keys::{DEFAULT_ROTATION, JwkSet, KeyRing, PublicKeys};
use shared::secret::{Secret, hmac_sha256};
use subtle::ConstantTimeEq as _;

use crate::domain::line::Grant;
use crate::domain::place::{PlaceId, PlaceKeys, Score, hex};
use crate::domain::visit::PlaceProof;

const PLACE_TYPE: &str = "place+jwt";
/// No honest place token is longer.
const MAX_TOKEN_BYTES: usize = 1024;
/// The score's text in the token of a lobby place.
const LOBBY: &str = "lobby";

/// Signs and checks.
pub struct Tokens {
    issuer: String,
    admissions: KeyRing,
    place_signing: EncodingKey,
    place_checking: DecodingKey,
    device: [u8; 32],
    place_keys: PlaceKeys,
    clock: Clock,
    own: ArcSwapOption<(String, Verifier)>,
}

#[derive(Serialize, Deserialize)]
struct PlaceClaims {
    sub: Identity,
    drop: DropSlug,
    place: PlaceId,
    score: String,
    epoch: i64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    behind: Option<u64>,
}

impl Tokens {
    /// Everything derived from the secret.
    pub fn new(secret: &Secret, issuer: String, clock: Clock) -> Self {
        let place = secret.derive("place-token");
        Self {
            issuer,
            admissions: KeyRing::new(secret.clone(), "admission", DEFAULT_ROTATION),
            place_signing: EncodingKey::from_secret(&place),
            place_checking: DecodingKey::from_secret(&place),
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
    ///
    /// # Panics
    /// Never: the claims are plain JSON.
    pub fn sign_place(&self, drop: &DropSlug, proof: &PlaceProof) -> String {
        let mut header = Header::new(Algorithm::HS256);
        header.typ = Some(PLACE_TYPE.to_owned());
        let claims = PlaceClaims {
            sub: proof.identity.clone(),
            drop: drop.clone(),
            place: proof.place,
            score: proof.score.map_or_else(|| LOBBY.to_owned(), |score| score.to_string()),
            epoch: proof.epoch,
            behind: proof.began_behind,
        };
        jsonwebtoken::encode(&header, &claims, &self.place_signing).expect("plain claims can be signed")
    }

    /// What a place token proves about this drop; `None` where it is not one of ours for it.
    pub fn check_place(&self, drop: &DropSlug, token: &str) -> Option<PlaceProof> {
        if token.len() > MAX_TOKEN_BYTES {
            return None;
        }
        let mut validation = Validation::new(Algorithm::HS256);
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        let decoded = jsonwebtoken::decode::<PlaceClaims>(token, &self.place_checking, &validation).ok()?;
        let (typ, claims) = (decoded.header.typ, decoded.claims);
        let score = if claims.score == LOBBY { None } else { Some(Score(claims.score.parse().ok()?)) };
        let ours = typ.as_deref() == Some(PLACE_TYPE) && claims.drop == *drop;
        ours.then_some(PlaceProof {
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
mod tests {
    use uuid::Uuid;

    use super::*;

    fn tokens(letter: &str) -> Tokens {
        Tokens::new(
            &Secret::new(&letter.repeat(32)).unwrap(),
            "http://waitroom.test".to_owned(),
            Clock::System,
        )
    }

    fn proof() -> PlaceProof {
        let place = PlaceId(Uuid::from_u128(7));
        PlaceProof {
            identity: Identity::device("abc"),
            place,
            score: Some(Score(1 << 52)),
            epoch: 3,
            began_behind: Some(9),
        }
    }

    #[test]
    fn a_place_token_proves_a_place_of_its_own_drop_alone() {
        let (one, two): (DropSlug, DropSlug) = ("one".parse().unwrap(), "two".parse().unwrap());
        let token = tokens("a").sign_place(&one, &proof());
        assert_eq!(tokens("a").check_place(&one, &token), Some(proof()));
        assert_eq!(tokens("a").check_place(&two, &token), None);
        assert_eq!(tokens("b").check_place(&one, &token), None);
        assert_eq!(tokens("a").check_place(&one, &token[..token.len() - 2]), None);
    }

    #[test]
    fn only_our_own_device_cookies_name_a_device() {
        let cookie = tokens("a").sign_device([5; 16]);
        let identity = tokens("a").check_device(&cookie).unwrap();
        assert!(identity.as_str().starts_with("device:"));
        assert_eq!(tokens("b").check_device(&cookie), None);
        assert_eq!(tokens("a").check_device("AAAA.AAAA"), None);
    }

    #[tokio::test]
    async fn the_same_grant_gives_the_same_admission() {
        let tokens = tokens("a");
        let now_ms = Clock::System.now().as_second() * 1_000;
        let grant = Grant {
            sid: shared::ids::Sid(Uuid::from_u128(1)),
            issued_ms: now_ms,
            expires_ms: now_ms + 300_000,
            entry: None,
        };
        let drop: DropSlug = "one".parse().unwrap();
        let first = tokens.sign_admission(&drop, Identity::device("abc"), &grant);
        assert_eq!(first, tokens.sign_admission(&drop, Identity::device("abc"), &grant));
        assert_eq!(tokens.verifier().verify(&first).await.unwrap().sid, grant.sid);
    }
}
