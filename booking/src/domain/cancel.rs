//! Giving a booking back: how much of its price its buyer gets, by how long before the show it is given back. Not here:
//! how the money gets to the buyer (`domain::refund`).

use std::fmt;
use std::str::FromStr;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use shared::money::Money;
use utoipa::ToSchema;

/// The most hours a policy may look ahead: a year.
const MAX_HOURS: u32 = 8784;

/// How much of its price a booking is given back: shares by the hours that are left before the show, the longest time
/// first. Within the last share's hours nothing can be given back any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, example = "24h:100,2h:50")]
pub struct CancelPolicy(Vec<Share>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Share {
    hours: u32,
    percent: u8,
}

/// The text is no policy.
#[derive(Debug, thiserror::Error)]
#[error(
    "a cancellation policy is a list of hours before the show and the percentage given back, the most hours first: \
     24h:100,2h:50"
)]
pub struct InvalidPolicy;

impl Default for CancelPolicy {
    /// Everything until a day before the show, half of it until two hours before.
    fn default() -> Self {
        Self(vec![Share { hours: 24, percent: 100 }, Share { hours: 2, percent: 50 }])
    }
}

impl CancelPolicy {
    /// What percentage is given back so long before the show; `None`: it is too late. A time that is exactly a
    /// boundary belongs to the later share, and to the last one rather than to none.
    pub fn percent(&self, left: SignedDuration) -> Option<u8> {
        let hours = |share: &Share| SignedDuration::from_hours(i64::from(share.hours));
        let (last, earlier) = self.0.split_last()?;
        let earlier = earlier.iter().find(|share| left > hours(share));
        earlier.or((left >= hours(last)).then_some(last)).map(|share| share.percent)
    }
}

impl FromStr for CancelPolicy {
    type Err = InvalidPolicy;

    fn from_str(text: &str) -> Result<Self, InvalidPolicy> {
        let shares: Vec<Share> = text.split(',').map(share).collect::<Option<_>>().ok_or(InvalidPolicy)?;
        let falls = shares.is_sorted_by(|before, after| before.hours > after.hours);
        if falls { Ok(Self(shares)) } else { Err(InvalidPolicy) }
    }
}

fn share(text: &str) -> Option<Share> {
    let (hours, percent) = text.trim().split_once(':')?;
    let hours = hours.strip_suffix('h')?.parse().ok().filter(|hours| *hours <= MAX_HOURS)?;
    let percent = percent.parse().ok().filter(|percent| *percent <= 100)?;
    Some(Share { hours, percent })
}

impl TryFrom<String> for CancelPolicy {
    type Error = InvalidPolicy;

    fn try_from(text: String) -> Result<Self, InvalidPolicy> {
        text.parse()
    }
}

impl From<CancelPolicy> for String {
    fn from(policy: CancelPolicy) -> Self {
        policy.to_string()
    }
}

impl fmt::Display for CancelPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shares: Vec<String> =
            self.0.iter().map(|share| format!("{}h:{}", share.hours, share.percent)).collect();
        f.write_str(&shares.join(","))
    }
}

/// The share of an amount, to the nearest minor unit; half a unit is rounded up, in the buyer's favour.
#[must_use]
pub fn share_of(amount: Money, percent: u8) -> Money {
    let exact = i128::from(amount.amount_minor) * i128::from(percent);
    let rounded = (exact + 50) / 100;
    let amount_minor = i64::try_from(rounded).expect("a share is no larger than the whole");
    Money::new(amount_minor, amount.currency)
}

#[cfg(test)]
mod tests {
    use shared::money::Currency;

    use super::*;

    fn left(text: &str) -> SignedDuration {
        text.parse().unwrap()
    }

    #[test]
    fn everything_is_given_back_over_a_day_before_half_until_two_hours_before_and_then_nothing() {
        let policy = CancelPolicy::default();
        let given_back = [
            ("72h", Some(100)),
            ("24h 1ms", Some(100)),
            ("24h", Some(50)),
            ("2h", Some(50)),
            ("1h 59m 59s", None),
            ("-3h", None),
        ];
        for (time, percent) in given_back {
            assert_eq!(policy.percent(left(time)), percent, "{time}");
        }
    }

    #[test]
    fn a_policy_is_read_from_what_it_prints() {
        for text in ["24h:100,2h:50", "0h:100", "720h:100,168h:75,24h:10,0h:0"] {
            assert_eq!(text.parse::<CancelPolicy>().unwrap().to_string(), text);
        }
        assert_eq!("24h:100, 2h:50".parse::<CancelPolicy>().unwrap(), CancelPolicy::default());
        for bad in ["", "24h", "24:100", "24h:101", "2h:50,24h:100", "24h:100,24h:50", "9999h:1", "-1h:5"] {
            assert!(bad.parse::<CancelPolicy>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_share_is_rounded_to_the_nearest_unit_in_the_buyers_favour() {
        let shares = [(1250, 50, 625), (1251, 50, 626), (1, 50, 1), (1, 49, 0), (0, 100, 0), (999, 33, 330)];
        for (amount, percent, expected) in shares {
            let share = share_of(Money::new(amount, Currency::EUR), percent);
            assert_eq!(share, Money::new(expected, Currency::EUR), "{percent} % of {amount}");
        }
        let all = Money::new(i64::MAX, Currency::EUR);
        assert_eq!(share_of(all, 100), all);
    }
}
