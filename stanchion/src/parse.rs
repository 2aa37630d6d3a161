//! Values of the command line that clap does not know: durations, shares, party sizes.

use std::ops::RangeInclusive;
use std::time::Duration;

/// `90` or `90s`, `500ms`, `5m`, `1h`.
///
/// # Errors
/// When the text is none of these.
pub fn duration(text: &str) -> Result<Duration, String> {
    let digits_end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits_end);
    let unit_s = match unit {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3_600.0,
        _ => return Err(format!("\"{unit}\" is no unit of time; use ms, s, m or h")),
    };
    let number: f64 = number.parse().map_err(|_| "a duration looks like 90s, 5m or 500ms".to_owned())?;
    Duration::try_from_secs_f64(number * unit_s).map_err(|_| "the duration is too long".to_owned())
}

/// A time, at least and at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    least: Duration,
    most: Duration,
}

impl Span {
    /// From least to most.
    pub const fn range(self) -> RangeInclusive<Duration> {
        self.least..=self.most
    }
}

/// `30s` or `20s-3m`.
///
/// # Errors
/// When the text is neither.
pub fn span(text: &str) -> Result<Span, String> {
    let (least, most) = text.split_once('-').unwrap_or((text, text));
    let (least, most) = (duration(least)?, duration(most)?);
    if least <= most { Ok(Span { least, most }) } else { Err("the shorter time comes first".to_owned()) }
}

/// A share from 0 to 1.
///
/// # Errors
/// When the text is no such number.
pub fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("a share is a number from 0 to 1".to_owned()),
    }
}

/// How many seats one visitor wants, at least and at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Party {
    least: usize,
    most: usize,
}

impl Party {
    /// Most seats one visitor may want.
    const LIMIT: usize = 100;

    /// From least to most.
    pub const fn range(self) -> RangeInclusive<usize> {
        self.least..=self.most
    }
}

/// `2` or `1-4`.
///
/// # Errors
/// When the text is neither, or not between 1 and 100.
pub fn party(text: &str) -> Result<Party, String> {
    let (least, most) = text.split_once('-').unwrap_or((text, text));
    match (least.parse(), most.parse()) {
        (Ok(least), Ok(most)) if 1 <= least && least <= most && most <= Party::LIMIT => {
            Ok(Party { least, most })
        }
        _ => Err("seats are a number such as 2, or a range such as 1-4".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_carry_their_unit() {
        assert_eq!(duration("90"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("1.5m"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        for wrong in ["", "s", "5d", "-3s", "1e99h"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_span_is_a_time_or_two() {
        let seconds = Duration::from_secs;
        assert_eq!(span("30s").map(Span::range), Ok(seconds(30)..=seconds(30)));
        assert_eq!(span("20s-3m").map(Span::range), Ok(seconds(20)..=seconds(180)));
        for wrong in ["3m-20s", "-", "20s-", "soon"] {
            assert!(span(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_party_is_a_number_or_a_range() {
        assert_eq!(party("3").map(Party::range), Ok(3..=3));
        assert_eq!(party("1-4").map(Party::range), Ok(1..=4));
        for wrong in ["0", "4-1", "1-", "a", "1-101"] {
            assert!(party(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_share_is_between_nothing_and_all() {
        assert_eq!(share("0.8"), Ok(0.8));
        assert!(share("1.1").is_err());
        assert!(share("NaN").is_err());
    }
}
