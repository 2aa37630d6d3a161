//! Codes that people read out and type, in Crockford's base 32 (<https://www.crockford.com/base32.html>): digits and
//! capital letters without I, L, O and U, in groups of four. Reading takes small letters, I and L as 1, O as 0, and
//! hyphens and spaces anywhere.

use std::fmt;
use std::str::FromStr;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const GROUP: usize = 4;
const SUPPORT_CHARACTERS: usize = 8;
/// 128 bits: the first character carries three of them.
const HANDOVER_CHARACTERS: usize = 26;

/// The text is no code.
#[derive(Debug, thiserror::Error)]
#[error("a code has digits and letters, without U, in groups of four")]
pub struct InvalidCode;

/// The short name of a place, for support: 40 bits, so it proves nothing and is looked up by operators alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SupportCode(String);

impl SupportCode {
    /// The code of these random bits.
    pub fn new(random: [u8; 5]) -> Self {
        let bits = random.iter().fold(0, |bits, byte| bits << 8 | u128::from(*byte));
        Self(encoded(bits, SUPPORT_CHARACTERS))
    }

    /// The eight characters without the hyphen.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SupportCode {
    type Err = InvalidCode;

    fn from_str(text: &str) -> Result<Self, InvalidCode> {
        canonical(text, SUPPORT_CHARACTERS).map(Self).ok_or(InvalidCode)
    }
}

impl fmt::Display for SupportCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&grouped(&self.0))
    }
}

/// Takes a place to another device, once: 128 bits. It does not print itself in logs.
#[derive(Clone, PartialEq, Eq)]
pub struct HandoverCode(String);

impl HandoverCode {
    /// The code of these random bits.
    pub fn new(random: [u8; 16]) -> Self {
        Self(encoded(u128::from_be_bytes(random), HANDOVER_CHARACTERS))
    }

    /// The characters without the hyphens.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for HandoverCode {
    type Err = InvalidCode;

    fn from_str(text: &str) -> Result<Self, InvalidCode> {
        canonical(text, HANDOVER_CHARACTERS).map(Self).ok_or(InvalidCode)
    }
}

impl fmt::Display for HandoverCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&grouped(&self.0))
    }
}

impl fmt::Debug for HandoverCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HandoverCode(…)")
    }
}

/// The last `5 * characters` bits.
fn encoded(bits: u128, characters: usize) -> String {
    let character = |index: usize| {
        let five = bits.checked_shr(u32::try_from(5 * index).unwrap_or(u32::MAX)).unwrap_or(0) % 32;
        char::from(ALPHABET[usize::try_from(five).unwrap_or(0)])
    };
    (0..characters).rev().map(character).collect()
}

/// The code as we write it, without hyphens.
fn canonical(text: &str, characters: usize) -> Option<String> {
    // Nobody types more than a hyphen and two spaces after each character.
    if text.len() > 4 * characters {
        return None;
    }
    let typed = text.chars().filter(|character| !matches!(character, '-' | ' '));
    let read: Option<String> = typed.map(read).collect();
    read.filter(|code| code.len() == characters)
}

fn read(character: char) -> Option<char> {
    let character = match character.to_ascii_uppercase() {
        'I' | 'L' => '1',
        'O' => '0',
        other => other,
    };
    let is_one = u8::try_from(character).is_ok_and(|byte| ALPHABET.contains(&byte));
    is_one.then_some(character)
}

fn grouped(code: &str) -> String {
    let mut text = String::with_capacity(code.len() + code.len() / GROUP);
    for (index, character) in code.chars().enumerate() {
        if index > 0 && index % GROUP == 0 {
            text.push('-');
        }
        text.push(character);
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_code_is_written_in_groups_of_four() {
        assert_eq!(SupportCode::new([0, 0, 0, 0, 33]).to_string(), "0000-0011");
        assert_eq!(SupportCode::new([255; 5]).to_string(), "ZZZZ-ZZZZ");
        assert_eq!(HandoverCode::new([255; 16]).to_string(), "7ZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZ");
    }

    #[test]
    fn what_people_misread_is_read_all_the_same() {
        let meant: SupportCode = "10AB-10XY".parse().unwrap();
        for typed in ["loab-IOxy", "10ab10xy", " 1 0 A B - 1 0 X Y ", "ioab-Loxy"] {
            assert_eq!(typed.parse::<SupportCode>().unwrap(), meant, "{typed}");
        }
    }

    #[test]
    fn what_is_no_code_is_none() {
        for typed in ["", "10AB-10X", "10AB-10XYZ", "10AB-10XU", "10AB_10XY", "10äB-10XY", &"-".repeat(99)] {
            assert!(typed.parse::<SupportCode>().is_err(), "{typed}");
        }
        assert!("10AB-10XY".parse::<HandoverCode>().is_err());
    }

    #[test]
    fn a_handover_code_does_not_print_itself_in_logs() {
        assert_eq!(format!("{:?}", HandoverCode::new([7; 16])), "HandoverCode(…)");
    }

    proptest! {
        #[test]
        fn every_code_is_read_as_it_was_written(random: [u8; 16], short: [u8; 5]) {
            let (long, short) = (HandoverCode::new(random), SupportCode::new(short));
            prop_assert_eq!(long.to_string().to_lowercase().parse::<HandoverCode>().unwrap(), long);
            prop_assert_eq!(short.to_string().replace('1', "l").replace('0', "o").parse::<SupportCode>().unwrap(), short);
        }

        #[test]
        fn different_bits_are_different_codes(one: [u8; 16], other: [u8; 16]) {
            prop_assert_eq!(one == other, HandoverCode::new(one) == HandoverCode::new(other));
        }
    }
}
