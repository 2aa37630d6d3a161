//! What the ledger is told: every call and every end, as the line's scripts decided it.

use shared::ids::Sid;

use crate::domain::place::{PlaceId, Score};

/// Names an entry within a drop and an epoch: milliseconds and a number within them, as Redis streams do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId {
    /// Milliseconds.
    pub ms: i64,
    /// Number within the millisecond.
    pub seq: i64,
}

impl std::fmt::Display for EntryId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.ms, self.seq)
    }
}

/// The text is no entry's id.
#[derive(Debug, thiserror::Error)]
#[error("an entry's id is two numbers with a hyphen between them")]
pub struct InvalidEntryId;

impl std::str::FromStr for EntryId {
    type Err = InvalidEntryId;

    fn from_str(text: &str) -> Result<Self, InvalidEntryId> {
        let (ms, seq) = text.split_once('-').ok_or(InvalidEntryId)?;
        let number = |text: &str| text.parse().map_err(|_| InvalidEntryId);
        Ok(Self { ms: number(ms)?, seq: number(seq)? })
    }
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Names the step in which it happened, with the epoch.
    pub id: EntryId,
    /// Which of the step's facts it is: one step may call many.
    pub index: u32,
    /// The epoch in which it happened.
    pub epoch: i64,
    /// When it happened, ms, by the line's clock.
    pub at_ms: i64,
    /// What happened.
    pub fact: Fact,
}

/// What happened in the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// These limits are in force from now on.
    Limits(Limits),
    /// A place was called and got a slot.
    Called {
        /// The place.
        place: PlaceId,
        /// Names the admission.
        sid: Sid,
        /// The place's score.
        score: Score,
        /// From where it was called.
        source: Source,
        /// The slot's first bound, ms.
        lives_until_ms: i64,
    },
    /// The visitor picked up the admission.
    Claimed {
        /// The place.
        place: PlaceId,
        /// The admission.
        sid: Sid,
        /// Until when the slot lives, ms.
        lives_until_ms: i64,
    },
    /// The visitor got a fresh token.
    Renewed {
        /// The place.
        place: PlaceId,
        /// The admission.
        sid: Sid,
        /// Until when the slot lives, ms.
        lives_until_ms: i64,
    },
    /// The slot lapsed.
    Freed {
        /// The place, where the line still knew it.
        place: Option<PlaceId>,
        /// The admission.
        sid: Sid,
        /// How it lapsed.
        lapse: Lapse,
        /// What became of the place.
        outcome: Outcome,
    },
    /// The visitor gave the place up.
    Ended {
        /// The place.
        place: PlaceId,
        /// The admission, where it was called.
        sid: Option<Sid>,
        /// In what state it was given up.
        reason: EndReason,
    },
    /// Who had left the lobby came back into it, and has the same place again.
    Rejoined {
        /// The place.
        place: PlaceId,
    },
    /// The visitor was not there when their turn came; the place waits for them, and blocks nobody.
    Aside {
        /// The place.
        place: PlaceId,
        /// The place's score.
        score: Score,
        /// Until when coming back means being called next, ms.
        until_ms: i64,
    },
    /// The visitor of a place that was set aside came back.
    Returned {
        /// The place.
        place: PlaceId,
        /// What became of it.
        outcome: Return,
    },
    /// A place went to the side list because its visitor has a pass.
    Passed {
        /// The place.
        place: PlaceId,
        /// The place's score.
        score: Score,
    },
    /// Somebody was called, and for more than a second before nobody had looked whether anybody could be.
    Idle {
        /// When somebody last looked, ms.
        since_ms: i64,
        /// Why.
        reason: IdleReason,
    },
    /// The visitor is done shopping.
    Finished {
        /// The admission.
        sid: Sid,
        /// The place, where the script knew it.
        place: Option<PlaceId>,
    },
}

impl Fact {
    /// Its name in the stream and the ledger.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Limits(_) => "limits",
            Self::Called { .. } => "called",
            Self::Claimed { .. } => "claimed",
            Self::Renewed { .. } => "renewed",
            Self::Freed { .. } => "freed",
            Self::Ended { .. } => "ended",
            Self::Rejoined { .. } => "rejoined",
            Self::Aside { .. } => "aside",
            Self::Returned { .. } => "returned",
            Self::Passed { .. } => "passed",
            Self::Idle { .. } => "idle",
            Self::Finished { .. } => "finished",
        }
    }
}

/// A drop's limits and what they depend on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Calls a minute.
    pub rate_per_minute: u32,
    /// Calls at once.
    pub burst: u32,
    /// Slots.
    pub max_active: u32,
    /// The operator's word: `open`, `paused`, `closed`.
    pub control: String,
    /// From when, ms.
    pub opens_at_ms: Option<i64>,
    /// Until when, ms.
    pub closes_at_ms: Option<i64>,
}

/// From where a place was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The front of the main line; moves the frontier.
    Front,
    /// The side list.
    Side,
    /// The main line, behind the frontier: it was put back after Redis had lost it.
    Late,
}

impl Source {
    /// Its name in the stream and the ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Front => "front",
            Self::Side => "side",
            Self::Late => "late",
        }
    }

    /// The source of this name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Front, Self::Side, Self::Late].into_iter().find(|source| source.as_str() == name)
    }
}

/// How a slot lapsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lapse {
    /// Nobody picked up the admission.
    Unclaimed,
    /// The admission was picked up and not used.
    Unused,
    /// It was used, and its time is over.
    Expired,
}

impl Lapse {
    /// Its name in the stream, the ledger and the metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unclaimed => "unclaimed",
            Self::Unused => "unused",
            Self::Expired => "expired",
        }
    }

    /// The lapse of this name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Unclaimed, Self::Unused, Self::Expired].into_iter().find(|lapse| lapse.as_str() == name)
    }
}

/// What became of the place of a lapsed slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A successor waits at the tail.
    Requeued {
        /// The successor.
        successor: PlaceId,
        /// Its score.
        score: Score,
    },
    /// It waits in the side list and will be called once more.
    Kept,
    /// It ended.
    Ended,
}

impl Outcome {
    /// Its name in the stream and the ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Requeued { .. } => "requeued",
            Self::Kept => "kept",
            Self::Ended => "ended",
        }
    }
}

/// In what state a place was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// It had not been used.
    Left,
    /// Its turn had been used.
    Finished,
    /// The drop had not opened: joining again before the opening gives the same place.
    LeftLobby,
}

impl EndReason {
    /// Its name in the stream and the ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Finished => "finished",
            Self::LeftLobby => "left_lobby",
        }
    }

    /// The reason of this name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Left, Self::Finished, Self::LeftLobby].into_iter().find(|reason| reason.as_str() == name)
    }
}

/// What became of a place whose visitor came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Return {
    /// In time: it is called next, from the side list.
    Side,
    /// Too late: a successor waits at the tail.
    Requeued {
        /// The successor.
        successor: PlaceId,
        /// Its score.
        score: Score,
    },
    /// Too late, and the identity has had all its places.
    Ended,
}

impl Return {
    /// Its name in the stream and the ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Side => "side",
            Self::Requeued { .. } => "requeued",
            Self::Ended => "ended",
        }
    }
}

/// Why nobody looked for more than a second whether somebody could be called, as the replica says that looked next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IdleReason {
    /// It should have looked, and did not: the only one of these that breaks the promise.
    Overdue,
    /// It tried, and a store was away.
    StoresAway,
    /// It has just begun.
    NoReplica,
    /// It looked less than a second ago by a clock that nobody sets: the line's clock was set forward.
    #[default]
    ClockSet,
}

impl IdleReason {
    /// Its name in the stream and the ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Overdue => "overdue",
            Self::StoresAway => "stores_away",
            Self::NoReplica => "no_replica",
            Self::ClockSet => "clock_set",
        }
    }

    /// The reason of this name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Overdue, Self::StoresAway, Self::NoReplica, Self::ClockSet]
            .into_iter()
            .find(|reason| reason.as_str() == name)
    }
}
