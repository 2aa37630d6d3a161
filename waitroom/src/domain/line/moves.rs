//! Moves: who went out of plain waiting, and who came back into it. A replica that reads them all knows which of the
//! visitors it remembers still wait; the numbers have no gaps, so that it knows when it missed some.

use crate::domain::place::PlaceId;

/// Names a batch of moves: the epoch, and a number within it that counts from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MoveId {
    /// The epoch.
    pub epoch: i64,
    /// The number; 0 before the first.
    pub number: u64,
}

impl std::fmt::Display for MoveId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.epoch, self.number)
    }
}

/// What happened to a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// It was called; the ledger does not know of it yet.
    Called,
    /// The ledger knows of the call.
    Claimable {
        /// Until when it can be claimed, ms.
        due_ms: i64,
    },
    /// It was absent when its turn came, and was set aside.
    Aside,
    /// It waits in the side list now.
    Side,
    /// It ended: left, lapsed, finished, or went back to the tail as its successor.
    Ended,
    /// It waits again: it came back into the lobby, or was put back after a loss.
    Back,
}

/// A move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    /// Whose.
    pub place: PlaceId,
    /// What happened.
    pub what: What,
}

/// The moves after some that are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moves {
    /// The moves, oldest first.
    pub moves: Vec<Move>,
    /// Where to go on: the last of these, or the last there was when nothing was known.
    pub last: MoveId,
    /// Whether there were others that cannot be read any more, or were of an epoch before.
    pub missed: bool,
}
