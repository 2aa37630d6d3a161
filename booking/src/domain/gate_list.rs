//! The list that a gate without a network refuses tickets by: those of a show that were given back or used, as they were
//! at one moment, signed with the tickets' key so that it can be handed on.
//!
//! It is a JWS in compact form (RFC 7515) with `alg: EdDSA` (RFC 8037), `typ: gate-list` and the key's `kid`; its payload
//! is the JSON of [`GateList`].

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ids::{ShowId, TicketId};
use super::ticket::{TicketKey, TicketPublicKey};

const TYP: &str = "gate-list";
const ALG: &str = "EdDSA";

/// Tickets of a show that let nobody in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateList {
    /// The show.
    pub show_id: ShowId,
    /// What is not on the list by now may be later: when it was made.
    pub as_of: Timestamp,
    /// Where it is there, the list has only what changed from then on, and adds to an earlier one.
    pub since: Option<Timestamp>,
    /// Given back.
    pub cancelled: Vec<TicketId>,
    /// They have let somebody in.
    pub used: Vec<TicketId>,
}

#[derive(Serialize, Deserialize)]
struct Header {
    alg: String,
    typ: String,
    kid: String,
}

/// The text is no list of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidList {
    /// Not the form of one.
    #[error("this is not a list for gates")]
    Malformed,
    /// None of the keys signed it.
    #[error("the list was not signed with a known key, or was changed")]
    Forged,
}

impl GateList {
    /// The list as a signed text.
    pub fn sign(&self, key: &TicketKey) -> String {
        let header = Header { alg: ALG.to_owned(), typ: TYP.to_owned(), kid: key.public().kid() };
        let header = serde_json::to_vec(&header).expect("a header is representable as JSON");
        let payload = serde_json::to_vec(self).expect("a list is representable as JSON");
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
        let signature = URL_SAFE_NO_PAD.encode(key.sign_bytes(signed.as_bytes()));
        format!("{signed}.{signature}")
    }

    /// The list in a text that one of these keys signed.
    pub fn verify(text: &str, keys: &[TicketPublicKey]) -> Result<Self, InvalidList> {
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| InvalidList::Malformed);
        let (signed, signature) = text.trim().rsplit_once('.').ok_or(InvalidList::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(InvalidList::Malformed)?;
        let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| InvalidList::Malformed)?;
        if header.alg != ALG || header.typ != TYP {
            return Err(InvalidList::Malformed);
        }
        let signature = decode(signature)?;
        let key = keys.iter().find(|key| key.kid() == header.kid).ok_or(InvalidList::Forged)?;
        if !key.signed(signed.as_bytes(), &signature) {
            return Err(InvalidList::Forged);
        }
        serde_json::from_slice(&decode(payload)?).map_err(|_| InvalidList::Malformed)
    }
}

#[cfg(test)]
mod tests {
    use shared::secret::Secret;
    use uuid::Uuid;

    use super::*;

    fn key(letter: &str) -> TicketKey {
        TicketKey::derive(&Secret::new(&letter.repeat(32)).unwrap())
    }

    fn list() -> GateList {
        GateList {
            show_id: ShowId(Uuid::from_u128(2)),
            as_of: Timestamp::UNIX_EPOCH,
            since: None,
            cancelled: vec![TicketId(Uuid::from_u128(3))],
            used: vec![TicketId(Uuid::from_u128(4))],
        }
    }

    #[test]
    fn a_list_says_what_was_signed() {
        let text = list().sign(&key("a"));
        assert_eq!(GateList::verify(&text, &[key("b").public(), key("a").public()]), Ok(list()));
        assert_eq!(GateList::verify(&text, &[key("b").public()]), Err(InvalidList::Forged));
    }

    #[test]
    fn a_list_that_was_changed_anywhere_is_refused() {
        let text = list().sign(&key("a"));
        for index in 0..text.len() - 1 {
            let mut changed = text.clone().into_bytes();
            changed[index] = if changed[index] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(GateList::verify(&changed, &[key("a").public()]).is_err(), "changed at {index}");
        }
    }

    #[test]
    fn another_algorithm_another_type_and_no_list_are_refused() {
        let other = |header: &str| {
            let text = list().sign(&key("a"));
            let rest = text.split_once('.').unwrap().1;
            format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header))
        };
        let none = r#"{"alg":"none","typ":"gate-list","kid":"1"}"#;
        let admission = r#"{"alg":"EdDSA","typ":"admission+jwt","kid":"1"}"#;
        for bad in ["", ".", "..", "a.b.c", &other(none), &other(admission), &other("{}")] {
            assert_eq!(GateList::verify(bad, &[key("a").public()]), Err(InvalidList::Malformed), "{bad}");
        }
    }
}
