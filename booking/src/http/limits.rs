//! How often, and how much, one buyer and one client address may ask for. Counts of requests are in this replica's
//! memory; how many reservations an address has is counted in Redis, where the holds are.

use std::net::IpAddr;

use shared::digest::hex;
use shared::http::{Limited, Limiter, block_of};
use shared::ids::Identity;
use shared::problem::Problem;
use shared::secret::{Secret, hmac_sha256};

use crate::config::Config;
use crate::domain::holds::AddressBound;

/// Enough of a digest to tell addresses apart.
const DIGEST_BYTES: usize = 12;

/// What is bounded, each by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Asking for seats.
    Reserve,
    /// Scanning tickets at a gate.
    CheckIn,
}

impl Limited for Action {
    fn as_str(self) -> &'static str {
        match self {
            Self::Reserve => "reserve",
            Self::CheckIn => "check-in",
        }
    }
}

/// The bounds of this shop.
pub struct Limits {
    limiter: Limiter<Action>,
    reservations_per_address: u32,
    key: [u8; 32],
}

impl Limits {
    /// The bounds that are configured.
    pub fn of(config: &Config) -> Self {
        Self::new(
            Limiter::new(config.rate_limit_per_identity, config.rate_limit_per_address),
            config.reservations_per_address,
            &config.secret,
        )
    }

    fn new(limiter: Limiter<Action>, reservations_per_address: u32, secret: &Secret) -> Self {
        Self { limiter, reservations_per_address, key: secret.derive("client-address/1") }
    }

    /// Goes on unless this buyer, or this address, has asked for seats too often; then says how many reservations the
    /// address may have. Addresses leave the process as keyed digests only.
    ///
    /// Errors: 429 `rate_limited`.
    pub fn reserve(
        &self,
        buyer: &Identity,
        address: Option<IpAddr>,
    ) -> Result<Option<AddressBound>, Problem> {
        self.limiter.check(Action::Reserve, buyer, address)?;
        let bound = address.filter(|_| self.reservations_per_address > 0);
        Ok(bound.map(|address| AddressBound {
            digest: self.digest(address),
            reservations: self.reservations_per_address,
        }))
    }

    /// Goes on unless this operator, or this address, has asked too often.
    ///
    /// Errors: 429 `rate_limited`.
    pub fn check_in(&self, operator: &str, address: Option<IpAddr>) -> Result<(), Problem> {
        // Operators are no buyers; the limiter only tells them apart.
        self.limiter.check(Action::CheckIn, &Identity::account_at("operators", operator), address)
    }

    /// Forgets who has not asked lately.
    pub fn forget_idle(&self) {
        self.limiter.forget_idle();
    }

    fn digest(&self, address: IpAddr) -> String {
        let digest = hmac_sha256(&self.key, block_of(address).to_string().as_bytes());
        hex(&digest[..DIGEST_BYTES])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(reservations_per_address: u32) -> Limits {
        let secret = Secret::new("the secret of a shop whose limits are tested").unwrap();
        Limits::new(Limiter::new(0, 0), reservations_per_address, &secret)
    }

    #[test]
    fn an_address_is_known_by_a_digest_and_a_network_as_one() {
        let bound = |address: &str| {
            let address = Some(address.parse().unwrap());
            limits(3).reserve(&Identity::device("ann"), address).unwrap().unwrap()
        };
        assert_eq!(bound("2001:db8::1"), bound("2001:db8::2"));
        assert_ne!(bound("192.0.2.1"), bound("192.0.2.2"));
        assert_eq!((bound("192.0.2.1").digest.len(), bound("192.0.2.1").reservations), (24, 3));
    }

    #[test]
    fn without_a_limit_no_address_leaves_the_process() {
        let address = Some(IpAddr::from([192, 0, 2, 1]));
        assert_eq!(limits(0).reserve(&Identity::device("ann"), address).unwrap(), None);
    }
}
