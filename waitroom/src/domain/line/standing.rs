//! What the line answers: where somebody stands, what became of asking, and what a tick did.

use shared::ids::Sid;

use crate::domain::ledger::EntryId;
use crate::domain::place::{PlaceId, Score};

/// Where an identity stands, and what is true of the line at that moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The store's time, ms since 1970.
    pub now_ms: i64,
    /// The drop's epoch.
    pub epoch: i64,
    /// Whether the drop has opened.
    pub opened: bool,
    /// How many places wait in the main line.
    pub waiting: u64,
    /// How many places wait in the side list, which is before the main line.
    pub side: u64,
    /// By how much the drop's salt turns the circle of drawn scores.
    pub turn: u64,
    /// Where it stands.
    pub spot: Spot,
}

/// Where an identity stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spot {
    /// It waits.
    Queued {
        /// Its live place.
        place: PlaceId,
        /// The place's score, turned.
        score: Score,
        /// How many places are before it in its list.
        rank: u64,
        /// Whether it waits in the side list.
        on_side: bool,
    },
    /// It was set aside, and has not been seen since.
    Aside {
        /// Its live place.
        place: PlaceId,
        /// The place's score, turned.
        score: Score,
        /// Until when coming back means being called next, ms.
        until_ms: i64,
    },
    /// It was called.
    Called {
        /// Its live place.
        place: PlaceId,
        /// Its slot.
        slot: Slot,
    },
    /// Its last place ended.
    Gone {
        /// That place.
        place: PlaceId,
        /// Why.
        reason: GoneReason,
    },
    /// It has no place, and none is known to have ended.
    Unknown,
}

/// The slot of a called place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Names the admission.
    pub sid: Sid,
    /// The place's score, turned.
    pub score: Score,
    /// Until when it must be claimed, ms; `None` until the ledger knows of the call.
    pub due_ms: Option<i64>,
    /// When it was claimed, ms.
    pub claimed_ms: Option<i64>,
    /// When the slot ends, ms; `None` when it has ended and only the ledger has yet to learn so.
    pub lives_until_ms: Option<i64>,
}

/// Why a place ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GoneReason {
    /// The visitor left.
    Left,
    /// The visitor left the lobby. Until the opening, joining gives the same place again.
    LeftLobby,
    /// The call was not used in time.
    Lapsed,
    /// The visitor has had the turn.
    Finished,
    /// The visitor went back to the tail; the successor has not been seen since Redis was lost.
    Requeued,
}

/// What became of joining.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Joined {
    /// A place was taken.
    New(Standing),
    /// There was one.
    Had(Standing),
    /// The lobby has not opened.
    NotOpen,
    /// The drop is over.
    Closed,
    /// The identity has had its turn, and the drop gives one.
    Served,
}

/// What became of leaving.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Left {
    /// The place ended; the ledger has yet to learn of this entry.
    Recorded(EntryId),
    /// There was none.
    Nothing,
}

/// What became of claiming or renewing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// The admission.
    Admitted(Grant),
    /// Not called yet.
    Waiting(PlaceId),
    /// The turn is over, or there was none.
    Over(Option<PlaceId>),
}

/// An admission token's times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Names the admission.
    pub sid: Sid,
    /// When the token was made, ms, whole seconds.
    pub issued_ms: i64,
    /// When it ends, ms, whole seconds.
    pub expires_ms: i64,
    /// What the ledger must know before it is handed out.
    pub entry: Option<EntryId>,
}

/// What a tick did, and how the line is after it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tick {
    /// The store's time, ms since 1970.
    pub now_ms: i64,
    /// The drop's epoch.
    pub epoch: i64,
    /// How many places it called.
    pub called: u64,
    /// How many lapsed slots it freed.
    pub freed: u64,
    /// How many absent places it set aside.
    pub set_aside: u64,
    /// Whether there is more to do at once: it called, freed or looked at as many as one step may.
    pub has_more: bool,
    /// How many places wait, with the side list.
    pub waiting: u64,
    /// How many of them wait in the side list.
    pub side: u64,
    /// How many slots are taken.
    pub active: u64,
    /// Whether the drop has opened.
    pub opened: bool,
    /// The highest score, turned, that the main line has been called to.
    pub frontier: Option<Score>,
    /// How many places this epoch has called.
    pub calls: u64,
}
