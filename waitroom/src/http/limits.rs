//! Who asks too often: a bound on each action, per identity and per client address (governor's GCRA), and how a refusal
//! is told: `Retry-After`, and `RateLimit` and `RateLimit-Policy` as draft-ietf-httpapi-ratelimit-headers-09 has them.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use http::HeaderName;
use shared::ids::Identity;
use shared::problem::{Problem, codes};

use super::codes::STREAMS_FULL;
use crate::streams::Refused;

/// How much may come at once, in seconds' worth.
const BURST_S: u32 = 2;
/// When somebody with too many streams may look whether one of them has ended.
const STREAMS_RETRY: Duration = Duration::from_secs(30);
/// When somebody may try a full replica again, at least and at most.
const FULL_RETRY_S: std::ops::RangeInclusive<u64> = 5..=20;

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
    /// Opening a stream.
    Follow,
}

impl Action {
    fn as_str(self) -> &'static str {
        match self {
            Self::Join => "join",
            Self::Look => "look",
            Self::Claim => "claim",
            Self::Leave => "leave",
            Self::Renew => "renew",
            Self::Follow => "follow",
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

    /// `by` tells the policies of an action apart.
    fn check(&self, action: Action, by: &str, key: K, clock: &DefaultClock) -> Result<(), Problem> {
        let Err(until) = self.limiter.check_key(&(action, key)) else { return Ok(()) };
        let wait = until.wait_time_from(clock.now());
        let name = action.as_str();
        let seconds = wait.as_millis().div_ceil(1000).max(1);
        let window = self.burst / self.per_second.max(1);
        let limit = format!("\"{name}{by}\";r=0;t={seconds}");
        Err(refused(&limit, &format!("\"{name}{by}\";q={};w={window}", self.burst)).retry_after(wait))
    }
}

fn refused(limit: &str, policy: &str) -> Problem {
    Problem::from(&codes::RATE_LIMITED)
        .header(HeaderName::from_static("ratelimit"), limit)
        .header(HeaderName::from_static("ratelimit-policy"), policy)
}

/// No stream is opened: 429 `rate_limited`, where the client has as many as it may, or 503 `streams_full`.
impl From<Refused> for Problem {
    fn from(refusal: Refused) -> Self {
        let (name, most, whose) = match refusal {
            Refused::Identity(most) => ("streams", most, "identity"),
            Refused::Address(most) => ("streams-by-address", most, "client address"),
            Refused::Full => {
                // Jittered, so that those who were refused together do not come back together.
                let seconds = rand::random_range(FULL_RETRY_S);
                return Self::from(&STREAMS_FULL).retry_after(Duration::from_secs(seconds));
            }
        };
        let seconds = STREAMS_RETRY.as_secs();
        let limit = format!("\"{name}\";r=0;t={seconds}");
        refused(&limit, &format!("\"{name}\";q={most};qu=\"concurrent-requests\""))
            .retry_after(STREAMS_RETRY)
            .detail(format!("at most {most} streams of one {whose} may be open; polling works all the same"))
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
            addresses.check(action, "-by-address", block_of(address), &self.clock)?;
        }
        if let Some(identities) = &self.identities {
            identities.check(action, "", digest_of(identity), &self.clock)?;
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

/// What one client can choose addresses from: an IPv4 address, or an IPv6 network of 64 bits.
pub(crate) fn block_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() >> 64 << 64).into()),
        short @ IpAddr::V4(_) => short,
    }
}

/// Enough of an identity to count by.
pub(crate) fn digest_of(identity: &Identity) -> u64 {
    let mut digest = DefaultHasher::new();
    identity.hash(&mut digest);
    digest.finish()
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse as _;

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

        let refusal = Problem::from(Refused::Identity(5)).into_response();
        assert_eq!(refusal.status(), 429);
        assert_eq!(refusal.headers()["ratelimit-policy"], "\"streams\";q=5;qu=\"concurrent-requests\"");
        assert_eq!(Problem::from(Refused::Full).into_response().status(), 503);
    }
}
