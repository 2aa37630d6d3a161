//! Colours, and whether one can be read on another.

use std::fmt::{self, Display};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;

/// The least contrast of text and its ground (WCAG 2.2, 1.4.3).
pub const READABLE: f64 = 4.5;

/// A colour of the sRGB space, written `#rrggbb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, examples("#4530b8"))]
pub struct Colour(pub [u8; 3]);

/// What is no colour.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no colour, such as `#4530b8`")]
pub struct NoColour(String);

impl Colour {
    /// How this colour stands out from another, 1 to 21 (WCAG 2.2, "contrast ratio").
    pub fn contrast(self, other: Self) -> f64 {
        let (one, other) = (self.luminance(), other.luminance());
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    /// WCAG 2.2, "relative luminance".
    fn luminance(self) -> f64 {
        let linear = self.0.map(|channel| {
            let share = f64::from(channel) / 255.0;
            if share <= 0.040_45 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    }

    /// This colour with so many hundredths of another in it.
    #[must_use]
    pub fn mixed(self, other: Self, percent: u16) -> Self {
        let percent = percent.min(100);
        let mix = |index: usize| {
            let sum = u16::from(self.0[index]) * (100 - percent) + u16::from(other.0[index]) * percent;
            u8::try_from(sum / 100).expect("a mean of two bytes is a byte")
        };
        Self([mix(0), mix(1), mix(2)])
    }
}

impl Display for Colour {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(formatter, "#{red:02x}{green:02x}{blue:02x}")
    }
}

impl FromStr for Colour {
    type Err = NoColour;

    /// `#rrggbb`, or `#rgb` for `#rrggbb` with each digit twice; nothing else that CSS knows.
    fn from_str(text: &str) -> Result<Self, NoColour> {
        let refused = || NoColour(text.chars().take(40).collect());
        let digits =
            text.strip_prefix('#').filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let digits = digits.ok_or_else(refused)?;
        let digits: String = match digits.len() {
            6 => digits.to_owned(),
            3 => digits.chars().flat_map(|digit| [digit, digit]).collect(),
            _ => return Err(refused()),
        };
        let [_, red, green, blue] = u32::from_str_radix(&digits, 16).map_err(|_| refused())?.to_be_bytes();
        Ok(Self([red, green, blue]))
    }
}

impl Serialize for Colour {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Colour {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn black_on_white_is_twenty_one_to_one() {
        assert!((Colour([0; 3]).contrast(Colour([255; 3])) - 21.0).abs() < 0.001);
    }

    #[test]
    fn only_hexadecimal_colours_are_taken() {
        assert_eq!("#4530B8".parse::<Colour>().unwrap().to_string(), "#4530b8");
        assert_eq!("#fa0".parse::<Colour>().unwrap().to_string(), "#ffaa00");
        for text in ["4530b8", "red", "#12", "#1234567", "#ffffff;}", "rgb(1,2,3)", "#+12345", "#éé", ""] {
            assert!(text.parse::<Colour>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_mixture_lies_between_its_colours() {
        let (black, white) = (Colour([0; 3]), Colour([255; 3]));
        assert_eq!(black.mixed(white, 0), black);
        assert_eq!(black.mixed(white, 100), white);
        assert_eq!(black.mixed(white, 50).to_string(), "#7f7f7f");
    }
}
