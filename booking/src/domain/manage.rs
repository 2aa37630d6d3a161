//! The token of a private link: it suffices to read, release, pay for and later show one reservation and its booking.
//!
//! `m1.` and base64url without padding of the reservation's id (16 bytes) and the first 16 bytes of an HMAC-SHA256
//! (RFC 2104) over it. It is the same however often it is made, and does not expire: a booking is read months later.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use shared::secret::{Secret, hmac_sha256};
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use super::ids::ReservationId;

const PREFIX: &str = "m1.";
const ID_BYTES: usize = 16;
const MAC_BYTES: usize = 16;

/// Makes and checks manage tokens.
pub struct ManageKey([u8; 32]);

impl ManageKey {
    /// The key that follows from the service's secret.
    pub fn derive(secret: &Secret) -> Self {
        Self(secret.derive("manage-token/1"))
    }

    /// The token for a reservation, and for the booking it becomes.
    pub fn token(&self, reservation: ReservationId) -> String {
        let mut bytes = reservation.0.as_bytes().to_vec();
        bytes.extend_from_slice(&self.mac(reservation));
        format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
    }

    /// The reservation a token is for; `None` where it is no token of ours.
    pub fn verify(&self, token: &str) -> Option<ReservationId> {
        let bytes = URL_SAFE_NO_PAD.decode(token.strip_prefix(PREFIX)?).ok()?;
        let (id, mac) = bytes.split_at_checked(ID_BYTES)?;
        let reservation = ReservationId(Uuid::from_slice(id).ok()?);
        let genuine: bool = self.mac(reservation).ct_eq(mac).into();
        genuine.then_some(reservation)
    }

    /// Whether a text has the form of a manage token, so that it is not taken for an admission.
    pub fn looks_like_one(token: &str) -> bool {
        token.starts_with(PREFIX)
    }

    fn mac(&self, reservation: ReservationId) -> [u8; MAC_BYTES] {
        let digest = hmac_sha256(&self.0, reservation.0.as_bytes());
        std::array::from_fn(|index| digest[index])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(letter: &str) -> ManageKey {
        ManageKey::derive(&Secret::new(&letter.repeat(32)).unwrap())
    }

    #[test]
    fn a_token_names_its_reservation() {
        let id = ReservationId(Uuid::from_u128(7));
        assert_eq!(key("a").verify(&key("a").token(id)), Some(id));
    }

    #[test]
    fn a_token_of_another_key_or_a_changed_one_is_refused() {
        let token = key("a").token(ReservationId(Uuid::from_u128(7)));
        assert_eq!(key("b").verify(&token), None);
        for index in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[index] = if changed[index] == b'A' { b'B' } else { b'A' };
            assert_eq!(key("a").verify(&String::from_utf8(changed).unwrap()), None, "changed at {index}");
        }
        assert_eq!(key("a").verify(&format!("{token}AA")), None);
    }
}
