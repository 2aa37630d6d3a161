//! Checking in: a ticket lets in once. A gate that is connected asks before it lets anybody in; one that was not tells
//! afterwards whom it let in, and then the earliest scan of a ticket is the one that counts. The store locks the tickets
//! and records what was decided here.

use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::booking::TicketStatus;
use super::ids::TicketId;
use super::ticket::QrClaims;

/// No id of a scan is longer.
pub const MAX_SCAN_ID_CHARACTERS: usize = 100;
/// No name of a gate is longer.
pub const MAX_GATE_CHARACTERS: usize = 60;

/// Names one scan; repeating it repeats nothing. Chosen by the gate's device, so that it must be unique by itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct ScanId(String);

/// The text names no scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("scan_id needs 1 to {MAX_SCAN_ID_CHARACTERS} visible ASCII characters")]
pub struct InvalidScanId;

impl ScanId {
    /// An id for a scan whose gate gave it none.
    pub fn random() -> Self {
        Self(Uuid::new_v4().to_string())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ScanId {
    type Err = InvalidScanId;

    fn from_str(text: &str) -> Result<Self, InvalidScanId> {
        let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        let fits = (1..=MAX_SCAN_ID_CHARACTERS).contains(&text.len());
        if visible && fits { Ok(Self(text.to_owned())) } else { Err(InvalidScanId) }
    }
}

/// The name of a gate, for those who ask later where a ticket was used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Gate(String);

/// The text names no gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("gate needs 1 to {MAX_GATE_CHARACTERS} characters that can be read")]
pub struct InvalidGate;

impl Gate {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Gate {
    type Err = InvalidGate;

    fn from_str(text: &str) -> Result<Self, InvalidGate> {
        let text = text.trim();
        let fits = (1..=MAX_GATE_CHARACTERS).contains(&text.chars().count());
        if fits && !text.chars().any(char::is_control) { Ok(Self(text.to_owned())) } else { Err(InvalidGate) }
    }
}

/// A scan of a genuine code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scan {
    /// Names it.
    pub id: ScanId,
    /// What the code said.
    pub claims: QrClaims,
    /// Where.
    pub gate: Option<Gate>,
    /// When. Never later than it was received: a device whose clock is ahead does not use tickets in the future.
    pub at: Timestamp,
}

/// Whether the gate waits for the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It lets in those it is told to: whoever asks first.
    Asks,
    /// It let in by itself and tells of it: whoever scanned first.
    Reports,
}

/// When and where a ticket let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// When.
    pub at: Timestamp,
    /// Where, as the gate called itself.
    pub gate: Option<String>,
}

/// A ticket as the store holds it, locked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScannedTicket {
    /// Its id.
    pub id: TicketId,
    /// What its code says, if it is still the one that was printed.
    pub claims: QrClaims,
    /// The price category.
    pub category: String,
    /// The fare: a child's ticket lets in a child.
    pub fare: String,
    /// Where it is.
    pub status: TicketStatus,
    /// Its use, where it was used.
    pub used: Option<Use>,
    /// Since when it lets nobody in.
    pub cancelled_at: Option<Timestamp>,
}

/// What a gate is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// This scan let in.
    LetIn,
    /// Another one did.
    AlreadyUsed(Use),
    /// The ticket was given back.
    Cancelled {
        /// Since when.
        at: Option<Timestamp>,
    },
}

impl Told {
    /// The word for it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::LetIn => "let_in",
            Self::AlreadyUsed(_) => "already_used",
            Self::Cancelled { .. } => "ticket_cancelled",
        }
    }
}

/// Why a code does not name a ticket that can be scanned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum InvalidTicket {
    /// Not the form of a code.
    #[error("this is not the code of a ticket")]
    Malformed,
    /// Signed by somebody else, or changed.
    #[error("the code was not signed by this shop, or was changed")]
    Forged,
    /// There is no such ticket.
    #[error("there is no such ticket")]
    Unknown,
    /// The ticket is for another show.
    #[error("the ticket is for another show")]
    WrongShow,
}

impl InvalidTicket {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Forged => "forged",
            Self::Unknown => "unknown",
            Self::WrongShow => "wrong_show",
        }
    }
}

impl ScannedTicket {
    /// Decides a scan, and changes the ticket accordingly. Of two reports at the same moment the first to be decided
    /// counts.
    pub fn scan(&mut self, scan: &Scan, mode: Mode) -> Told {
        match (self.status, &self.used) {
            (TicketStatus::Cancelled, _) => return Told::Cancelled { at: self.cancelled_at },
            (TicketStatus::Used, Some(used)) if mode == Mode::Asks || used.at <= scan.at => {
                return Told::AlreadyUsed(used.clone());
            }
            _ => {}
        }
        self.status = TicketStatus::Used;
        self.used = Some(Use { at: scan.at, gate: scan.gate.as_ref().map(|gate| gate.as_str().to_owned()) });
        Told::LetIn
    }
}

#[cfg(test)]
mod tests {
    use super::super::ids::ShowId;
    use super::*;

    fn claims() -> QrClaims {
        QrClaims {
            ticket: TicketId(Uuid::from_u128(1)),
            show: ShowId(Uuid::from_u128(2)),
            seat: "A1".to_owned(),
        }
    }

    fn ticket(status: TicketStatus) -> ScannedTicket {
        let (category, fare) = ("standard".to_owned(), "standard".to_owned());
        let used =
            (status == TicketStatus::Used).then(|| Use { at: minute(5), gate: Some("North".to_owned()) });
        let cancelled_at = (status == TicketStatus::Cancelled).then(|| minute(1));
        ScannedTicket { id: claims().ticket, claims: claims(), category, fare, status, used, cancelled_at }
    }

    fn minute(minute: i64) -> Timestamp {
        Timestamp::new(1_900_000_000 + 60 * minute, 0).unwrap()
    }

    fn scan(at: i64) -> Scan {
        let gate = Some("South".parse().unwrap());
        Scan { id: ScanId::random(), claims: claims(), gate, at: minute(at) }
    }

    #[test]
    fn a_ticket_lets_in_once_whoever_asks() {
        let mut ticket = ticket(TicketStatus::Valid);
        assert_eq!(ticket.scan(&scan(3), Mode::Asks), Told::LetIn);
        let used = Use { at: minute(3), gate: Some("South".to_owned()) };
        for at in [2, 3, 4] {
            assert_eq!(ticket.scan(&scan(at), Mode::Asks), Told::AlreadyUsed(used.clone()), "minute {at}");
        }
    }

    #[test]
    fn of_what_is_reported_the_earliest_counts() {
        let mut ticket = ticket(TicketStatus::Used);
        let north = Use { at: minute(5), gate: Some("North".to_owned()) };
        assert_eq!(ticket.scan(&scan(6), Mode::Reports), Told::AlreadyUsed(north.clone()));
        assert_eq!(ticket.scan(&scan(5), Mode::Reports), Told::AlreadyUsed(north));
        assert_eq!(ticket.scan(&scan(4), Mode::Reports), Told::LetIn);
        assert_eq!(ticket.used.as_ref().map(|used| used.at), Some(minute(4)));
    }

    #[test]
    fn a_cancelled_ticket_lets_nobody_in() {
        for mode in [Mode::Asks, Mode::Reports] {
            let mut ticket = ticket(TicketStatus::Cancelled);
            assert_eq!(ticket.scan(&scan(0), mode), Told::Cancelled { at: Some(minute(1)) });
            assert_eq!(ticket.status, TicketStatus::Cancelled);
        }
    }

    #[test]
    fn names_of_scans_and_gates_are_bounded() {
        for bad in ["", "two words", "tab\t", "é", &"x".repeat(101)] {
            assert_eq!(bad.parse::<ScanId>(), Err(InvalidScanId), "{bad}");
        }
        assert!("x".repeat(100).parse::<ScanId>().is_ok());
        for bad in ["", "  ", "a\nb", &"x".repeat(61)] {
            assert_eq!(bad.parse::<Gate>(), Err(InvalidGate), "{bad}");
        }
        assert_eq!("  Eingang Süd ".parse::<Gate>().unwrap().as_str(), "Eingang Süd");
    }
}
