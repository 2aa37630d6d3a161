//! Who asks too often: a bound on each action, per identity and per client address (governor's GCRA).

use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::IpAddr;
use std::num::NonZeroU32;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use http::HeaderName;
use shared::ids::Identity;
use shared::problem::{Problem, codes};

/// How much may come at once, in seconds' worth.
const BURST_S: u32 = 2;

/// What is bounded, each by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Taking a place.
    Join,
    /// Asking where it stands.
    Look,
    /// Picking up the admission.
    Claim,
    /// Leaving.
    Leave,
    /// Renewing the admission.
    Renew,
}

impl Action {
    fn as_str(self) -> &'static str {
        match self {
            Self::Join => "join",
            Self::Look => "look",
            Self::Claim => "claim",
            Self::Leave => "leave",
            Self::Renew => "renew",
        }
    }
}

/// The bounds, as counts in this replica's memory.
pub struct Limiter {
    identities: Option<Bound<u64>>,
    addresses: Option<Bound<IpAddr>>,
    clock: DefaultClock,
}

struct Bound<K: Clone + Eq + Hash> {
    per_second: u32,
    burst: u32,
    limiter: DefaultKeyedRateLimiter<(Action, K)>,
}

impl<K: Clone + Eq + Hash> Bound<K> {
    /// 0 is no bound.
    fn of(per_second: u32) -> Option<Self> {
        let burst = per_second.saturating_mul(BURST_S);
        let quota = Quota::per_second(NonZeroU32::new(per_second)?).allow_burst(NonZeroU32::new(burst)?);
        Some(Self { per_second, burst, limiter: RateLimiter::keyed(quota) })
    }

    fn check(&self, action: Action, key: K, clock: &DefaultClock) -> Result<(), Problem> {
        let Err(until) = self.limiter.check_key(&(action, key)) else { return Ok(()) };
        let wait = until.wait_time_from(clock.now());
        let name = action.as_str();
        let seconds = wait.as_millis().div_ceil(1000).max(1);
        let window = self.burst / self.per_second.max(1);
        Err(Problem::from(&codes::RATE_LIMITED)
            .retry_after(wait)
            .header(HeaderName::from_static("ratelimit"), &format!("\"{name}\";r=0;t={seconds}"))
            .header(
                HeaderName::from_static("ratelimit-policy"),
                &format!("\"{name}\";q={};w={window}", self.burst),
            ))
    }
}

impl Limiter {
    /// Bounds in requests a second, with two seconds' worth at once; 0 is no bound.
    pub fn new(per_identity: u32, per_address: u32) -> Self {
        Self {
            identities: Bound::of(per_identity),
            addresses: Bound::of(per_address),
            clock: DefaultClock::default(),
        }
    }

    /// Goes on unless this identity or this address has asked too often.
    ///
    /// Errors: 429 `rate_limited`.
    pub fn check(&self, action: Action, identity: &Identity, address: Option<IpAddr>) -> Result<(), Problem> {
        if let (Some(addresses), Some(address)) = (&self.addresses, address) {
            addresses.check(action, address, &self.clock)?;
        }
        if let Some(identities) = &self.identities {
            // A digest is enough to count by, and small.
            let mut digest = DefaultHasher::new();
            identity.hash(&mut digest);
            identities.check(action, digest.finish(), &self.clock)?;
        }
        Ok(())
    }

    /// Forgets who has not asked lately.
    pub fn forget_idle(&self) {
        if let Some(identities) = &self.identities {
            identities.limiter.retain_recent();
        }
        if let Some(addresses) = &self.addresses {
            addresses.limiter.retain_recent();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_is_limited_by_itself_and_an_action_by_itself() {
        let limiter = Limiter::new(1, 0);
        let (ann, bob) = (Identity::device("ann"), Identity::device("bob"));
        let tried: Vec<bool> = (0..3).map(|_| limiter.check(Action::Join, &ann, None).is_ok()).collect();
        assert_eq!(tried, [true, true, false]);
        assert!(limiter.check(Action::Look, &ann, None).is_ok());
        assert!(limiter.check(Action::Join, &bob, None).is_ok());
        let problem = limiter.check(Action::Join, &ann, None).unwrap_err();
        assert_eq!(problem.document()["retry_after_s"], 1);
    }

    #[test]
    fn an_address_is_limited_across_identities() {
        let limiter = Limiter::new(0, 1);
        let address = Some(IpAddr::from([127, 0, 0, 1]));
        let joins = (0..5)
            .filter(|n| limiter.check(Action::Join, &Identity::device(&n.to_string()), address).is_ok());
        assert_eq!(joins.count(), 2);
    }
}
