//! Who asks too often: a bound on each action, per identity and per client address (governor's GCRA), and how a refusal
//! is told: `Retry-After`, and `RateLimit` and `RateLimit-Policy` as draft-ietf-httpapi-ratelimit-headers-09 has them.

use std::convert::Infallible;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;

use axum::extract::{ConnectInfo, FromRequestParts};
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use http::HeaderName;
use http::request::Parts;

use crate::ids::Identity;
use crate::problem::{Problem, codes};

/// How much may come at once, in seconds' worth.
const BURST_S: u32 = 2;

/// What is bounded, each by itself.
pub trait Limited: Copy + Eq + Hash {
    /// The word for it in the headers of a refusal.
    fn as_str(self) -> &'static str;
}

/// The bounds, as counts in this replica's memory.
pub struct Limiter<A: Limited> {
    identities: Option<Bound<A, u64>>,
    addresses: Option<Bound<A, IpAddr>>,
    clock: DefaultClock,
}

struct Bound<A: Limited, K: Clone + Eq + Hash> {
    per_second: u32,
    burst: u32,
    limiter: DefaultKeyedRateLimiter<(A, K)>,
}

impl<A: Limited, K: Clone + Eq + Hash> Bound<A, K> {
    /// 0 is no bound.
    fn of(per_second: u32) -> Option<Self> {
        let burst = per_second.saturating_mul(BURST_S);
        let quota = Quota::per_second(NonZeroU32::new(per_second)?).allow_burst(NonZeroU32::new(burst)?);
        Some(Self { per_second, burst, limiter: RateLimiter::keyed(quota) })
    }

    /// `by` tells the policies of an action apart.
    fn check(&self, action: A, by: &str, key: K, clock: &DefaultClock) -> Result<(), Problem> {
        let Err(until) = self.limiter.check_key(&(action, key)) else { return Ok(()) };
        let wait = until.wait_time_from(clock.now());
        let name = action.as_str();
        let seconds = wait.as_millis().div_ceil(1000).max(1);
        let window = self.burst / self.per_second.max(1);
        let limit = format!("\"{name}{by}\";r=0;t={seconds}");
        Err(rate_limited(&limit, &format!("\"{name}{by}\";q={};w={window}", self.burst)).retry_after(wait))
    }
}

/// The refusal of somebody who asks too often, with the limit that was reached and its policy as the headers have them.
pub fn rate_limited(limit: &str, policy: &str) -> Problem {
    Problem::from(&codes::RATE_LIMITED)
        .header(HeaderName::from_static("ratelimit"), limit)
        .header(HeaderName::from_static("ratelimit-policy"), policy)
}

impl<A: Limited> Limiter<A> {
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
    pub fn check(&self, action: A, identity: &Identity, address: Option<IpAddr>) -> Result<(), Problem> {
        self.check_address(action, address)?;
        if let Some(identities) = &self.identities {
            identities.check(action, "", digest_of(identity), &self.clock)?;
        }
        Ok(())
    }

    /// Goes on unless this address has asked too often: where it is not known yet who asks.
    ///
    /// Errors: 429 `rate_limited`.
    pub fn check_address(&self, action: A, address: Option<IpAddr>) -> Result<(), Problem> {
        match (&self.addresses, address) {
            (Some(addresses), Some(address)) => {
                addresses.check(action, "-by-address", block_of(address), &self.clock)
            }
            _ => Ok(()),
        }
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

/// The client's address; none where the service was called without a connection.
pub struct Address(pub Option<IpAddr>);

impl<S: Send + Sync> FromRequestParts<S> for Address {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip())))
    }
}

/// What one client can choose addresses from: an IPv4 address, or an IPv6 network of 64 bits.
pub fn block_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() >> 64 << 64).into()),
        short @ IpAddr::V4(_) => short,
    }
}

/// Enough of an identity to count by.
pub fn digest_of(identity: &Identity) -> u64 {
    let mut digest = DefaultHasher::new();
    identity.hash(&mut digest);
    digest.finish()
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse as _;

    use super::*;

    #[derive(Clone, Copy, PartialEq, Eq, Hash)]
    enum Action {
        Join,
        Look,
    }

    impl Limited for Action {
        fn as_str(self) -> &'static str {
            match self {
                Self::Join => "join",
                Self::Look => "look",
            }
        }
    }

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

    #[test]
    fn addresses_that_one_client_can_choose_from_count_as_one() {
        let same =
            |one: &str, other: &str| block_of(one.parse().unwrap()) == block_of(other.parse().unwrap());
        assert!(same("2001:db8::1", "2001:db8::ffff:2"));
        assert!(!same("2001:db8::1", "2001:db8:0:1::1"));
        assert!(same("192.0.2.1", "::ffff:192.0.2.1"));
        assert!(!same("192.0.2.1", "192.0.2.2"));
    }

    #[test]
    fn a_refusal_names_its_policy_and_when_to_come_back() {
        let by_address = Limiter::new(0, 1);
        let (ann, address) = (Identity::device("ann"), Some(IpAddr::from([127, 0, 0, 1])));
        let mut checks = (0..3).map(|_| by_address.check(Action::Look, &ann, address));
        let refusal = checks.find_map(Result::err).unwrap().into_response();
        assert_eq!(refusal.headers()["ratelimit"], "\"look-by-address\";r=0;t=1");
        assert_eq!(refusal.headers()["ratelimit-policy"], "\"look-by-address\";q=2;w=2");
        assert_eq!(refusal.headers()["retry-after"], "1");
    }
}
