//! E-mail addresses: parsed, so that one can never carry a header, and kept from logs.

use std::fmt;
use std::str::FromStr;

use lettre::Address;

/// The longest address (RFC 5321, section 4.5.3.1.3, without the angle brackets).
const MAX_BYTES: usize = 254;

/// An address that mail can be sent to. It does not print itself in logs.
#[derive(Clone, PartialEq, Eq)]
pub struct EmailAddress(Address);

/// The text is no address. The error does not repeat it.
#[derive(Debug, thiserror::Error)]
#[error("an e-mail address has a name, an @ and a domain, and at most {MAX_BYTES} characters")]
pub struct InvalidEmail;

impl EmailAddress {
    /// The address as text, for those who send and those who store.
    pub fn as_str(&self) -> &str {
        self.0.as_ref()
    }

    /// Enough of it for its owner to know it: the first character and the domain.
    pub fn masked(&self) -> String {
        let first = self.0.user().chars().next().unwrap_or_default();
        format!("{first}…@{}", self.0.domain())
    }

    pub(super) fn inner(&self) -> Address {
        self.0.clone()
    }
}

impl FromStr for EmailAddress {
    type Err = InvalidEmail;

    fn from_str(text: &str) -> Result<Self, InvalidEmail> {
        let text = text.trim();
        if text.len() > MAX_BYTES || text.chars().any(char::is_control) {
            return Err(InvalidEmail);
        }
        text.parse().map(Self).map_err(|_| InvalidEmail)
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_cannot_carry_a_header_or_a_second_address() {
        let bad = [
            "",
            "ann",
            "@example.com",
            "ann@",
            "ann@example.com\r\nBcc: bob@example.com",
            "ann@example.com\nSubject: x",
            "ann@example.com, bob@example.com",
            "ann@example.com>",
            "Ann <ann@example.com>",
            "ann @example.com",
            "ann@exa mple.com",
        ];
        for text in bad {
            assert!(text.parse::<EmailAddress>().is_err(), "{text:?}");
        }
        assert!(format!("{}@example.com", "a".repeat(250)).parse::<EmailAddress>().is_err());
    }

    #[test]
    fn an_address_is_shown_in_part_and_logged_not_at_all() {
        let address: EmailAddress = " ann.other@example.com ".parse().unwrap();
        assert_eq!(address.as_str(), "ann.other@example.com");
        assert_eq!(address.masked(), "a…@example.com");
        assert_eq!(format!("{address:?}"), "EmailAddress(…)");
    }
}
