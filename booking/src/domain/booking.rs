//! A booking: a reservation that was paid for, with a ticket a seat.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use rand::RngExt as _;
use serde::{Deserialize, Serialize};
use shared::ids::{DropSlug, Identity, Sid};
use shared::money::Money;
use utoipa::ToSchema;

use super::ids::{BookingId, ReservationId, ShowId, TicketId};

/// How many characters a booking's reference has.
pub const REFERENCE_CHARACTERS: usize = 8;
/// Letters and digits that are not mistaken for one another when read aloud or typed.
const REFERENCE_ALPHABET: &[u8; 30] = b"23456789ABCDEFGHJKMNPQRSTVWXYZ";

/// What a buyer reads out at the counter. Unique, and says nothing about how many bookings there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference(pub String);

impl Reference {
    /// A new reference.
    pub fn random(rng: &mut impl rand::Rng) -> Self {
        let character = |_| char::from(REFERENCE_ALPHABET[rng.random_range(0..REFERENCE_ALPHABET.len())]);
        Self((0..REFERENCE_CHARACTERS).map(character).collect())
    }
}

/// Whom the tickets are for. It never prints: it is personal.
#[derive(Clone, PartialEq, Eq)]
pub struct Contact {
    /// Where mail goes.
    pub email: String,
    /// The name on the booking.
    pub name: String,
}

impl fmt::Debug for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Contact(…)")
    }
}

/// The contact cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidContact {
    /// No mail can go there.
    #[error("contact.email is not an e-mail address")]
    Email,
    /// No name, or far too much of it.
    #[error("contact.name needs 1 to 200 characters")]
    Name,
}

impl Contact {
    /// A contact with an address that mail can be sent to (RFC 5321 bounds it to 254 characters).
    pub fn parse(email: &str, name: &str) -> Result<Self, InvalidContact> {
        let (email, name) = (email.trim(), name.trim());
        let parts = email.rsplit_once('@');
        let deliverable = parts.is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
        let plain = !email.chars().any(|character| character.is_whitespace() || character.is_control());
        if !deliverable || !plain || email.len() > 254 {
            return Err(InvalidContact::Email);
        }
        if name.is_empty() || name.chars().count() > 200 || name.chars().any(char::is_control) {
            return Err(InvalidContact::Name);
        }
        Ok(Self { email: email.to_owned(), name: name.to_owned() })
    }
}

/// Where a booking is, as its buyer sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BookingStatus {
    /// Paid for.
    Confirmed,
    /// Given back; its money is on its way.
    Cancelled,
    /// Given back, and so is its money.
    Refunded,
}

impl BookingStatus {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Cancelled => "cancelled",
            Self::Refunded => "refunded",
        }
    }
}

/// Where a ticket is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TicketStatus {
    /// It lets in.
    Valid,
    /// It has let in.
    Used,
    /// It does not let in any more.
    Cancelled,
}

/// The text is no status.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is no status of a booking or a ticket")]
pub struct UnknownStatus(String);

impl FromStr for BookingStatus {
    type Err = UnknownStatus;

    fn from_str(text: &str) -> Result<Self, UnknownStatus> {
        match text {
            "confirmed" => Ok(Self::Confirmed),
            "cancelled" => Ok(Self::Cancelled),
            "refunded" => Ok(Self::Refunded),
            _ => Err(UnknownStatus(text.to_owned())),
        }
    }
}

impl FromStr for TicketStatus {
    type Err = UnknownStatus;

    fn from_str(text: &str) -> Result<Self, UnknownStatus> {
        match text {
            "valid" => Ok(Self::Valid),
            "used" => Ok(Self::Used),
            "cancelled" => Ok(Self::Cancelled),
            _ => Err(UnknownStatus(text.to_owned())),
        }
    }
}

/// A ticket to one seat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// Its id.
    pub id: TicketId,
    /// The show it lets in to.
    pub show: ShowId,
    /// The seat's label.
    pub seat: String,
    /// The price category.
    pub category: String,
    /// The fare.
    pub fare: String,
    /// What it cost.
    pub price: Money,
    /// Where it is.
    pub status: TicketStatus,
}

/// A booking with its tickets, in seat order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Booking {
    /// Its id.
    pub id: BookingId,
    /// The reservation it was.
    pub reservation: ReservationId,
    /// What its buyer reads out at the counter.
    pub reference: Reference,
    /// The show.
    pub show: ShowId,
    /// Whose it is.
    pub buyer: Identity,
    /// Where it is.
    pub status: BookingStatus,
    /// What the tickets cost together.
    pub total: Money,
    /// When it was confirmed.
    pub booked_at: Timestamp,
    /// The tickets.
    pub tickets: Vec<Ticket>,
}

/// A booking whose capture is under way: nobody sees it yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unseen {
    /// What its buyer will see.
    pub booking: Booking,
    /// The drop it was admitted by.
    pub drop: DropSlug,
    /// The admission that it spends.
    pub sid: Sid,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_has_8_characters_that_are_not_mistaken_for_one_another() {
        let Reference(text) = Reference::random(&mut rand::rng());
        assert_eq!(text.len(), REFERENCE_CHARACTERS);
        assert!(text.chars().all(|character| !"01ILOU".contains(character)), "{text}");
    }

    #[test]
    fn a_contact_needs_an_address_and_a_name() {
        assert!(Contact::parse("ada@example.org", "Ada").is_ok());
        for email in ["", "ada", "@example.org", "ada@", "a da@example.org"] {
            assert_eq!(Contact::parse(email, "Ada"), Err(InvalidContact::Email), "{email}");
        }
        assert_eq!(Contact::parse("ada@example.org", " "), Err(InvalidContact::Name));
    }

    #[test]
    fn a_contact_does_not_print() {
        let contact = Contact::parse("ada@example.org", "Ada").unwrap();
        assert!(!format!("{contact:?}").contains("ada"));
    }
}
