//! The line of a drop as the domain needs it: what can be asked, and what is answered. Redis answers in production;
//! [`model::ModelLine`] is the same in memory, and the specification of it.

use shared::ids::{DropSlug, Sid};
use shared::store::StoreError;

use uuid::Uuid;

use crate::domain::drop::Drop;
use crate::domain::ledger::{Entry, EntryId, IdleReason};
use crate::domain::place::{PlaceId, Score};

pub mod horizon;
pub mod model;
pub mod moves;
pub mod table;

pub use horizon::{POLL_INTERVAL_MS, SEEN_MS};
pub use moves::{Move, MoveId, Moves, What};
pub use table::RankTable;

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

/// The most places one tick calls and the most slots it frees.
pub const BATCH: u64 = 200;
/// The most places one tick looks at.
pub const LOOKS: u64 = 400;
/// The most places that one report of sightings names.
pub const SIGHTINGS: usize = 500;
/// The most places that are put back at once.
pub const PUT_BACKS: usize = 200;

/// A place as a replica remembers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// Which.
    pub place: PlaceId,
    /// Its score, not turned.
    pub score: Score,
    /// When its visitor was last seen, ms.
    pub seen_ms: i64,
}

/// The line of every drop. Each operation is one atomic step.
///
/// Errors of all: [`StoreError::Lost`] while the line is being restored.
pub trait Line {
    /// Where an identity stands; `place` is any of its places. Changes nothing.
    fn stands(
        &self,
        drop: &DropSlug,
        place: PlaceId,
    ) -> impl Future<Output = Result<Standing, StoreError>> + Send;

    /// The visitor asks where they stand, and is seen by that: a place that was set aside returns.
    fn look(
        &self,
        drop: &DropSlug,
        place: PlaceId,
    ) -> impl Future<Output = Result<Standing, StoreError>> + Send;

    /// These places' visitors were seen just now, at most [`SIGHTINGS`]: those that were set aside return.
    fn see(
        &self,
        drop: &DropSlug,
        places: &[PlaceId],
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Gives an identity its place; `drawn` is the score in the lobby, not turned.
    fn join(
        &self,
        drop: &DropSlug,
        place: PlaceId,
        drawn: Score,
    ) -> impl Future<Output = Result<Joined, StoreError>> + Send;

    /// Gives up the live place of an identity.
    fn leave(&self, drop: &DropSlug, place: PlaceId)
    -> impl Future<Output = Result<Left, StoreError>> + Send;

    /// Picks up the admission of a called place.
    fn claim(
        &self,
        drop: &DropSlug,
        place: PlaceId,
    ) -> impl Future<Output = Result<Claimed, StoreError>> + Send;

    /// A fresh token for a slot that lives.
    fn renew(&self, drop: &DropSlug, sid: Sid) -> impl Future<Output = Result<Claimed, StoreError>> + Send;

    /// Ends an admission; `None` where it had ended.
    fn end(
        &self,
        drop: &DropSlug,
        sid: Sid,
    ) -> impl Future<Output = Result<Option<EntryId>, StoreError>> + Send;

    /// Brings back a place of an older epoch, whose visitor was seen just now; `score` is not turned.
    fn put_back(
        &self,
        drop: &DropSlug,
        place: PlaceId,
        score: Score,
    ) -> impl Future<Output = Result<Standing, StoreError>> + Send;

    /// Brings back places of an older epoch, at most [`PUT_BACKS`].
    fn put_back_all(
        &self,
        drop: &DropSlug,
        places: &[Remembered],
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Frees lapsed slots, sets aside who is absent, and calls who is next. `sids` names the admissions: its last 16
    /// bits are replaced. `idle` is why nobody should have looked for more than a second, if nobody has.
    fn call_next(
        &self,
        drop: &DropSlug,
        sids: Sid,
        idle: IdleReason,
    ) -> impl Future<Output = Result<Tick, StoreError>> + Send;

    /// The rank table, where there is one newer than `known`. Whoever asks first in a second measures it, and moves
    /// the horizon.
    fn measure(
        &self,
        drop: &DropSlug,
        known: u64,
    ) -> impl Future<Output = Result<Option<RankTable>, StoreError>> + Send;

    /// The moves after these; with none, where they are now.
    fn moves(
        &self,
        drop: &DropSlug,
        after: Option<MoveId>,
    ) -> impl Future<Output = Result<Moves, StoreError>> + Send;

    /// Gives the identity of this place a pass: its place, and each that it joins with, is called from the side list
    /// once the drop is open.
    fn give_pass(
        &self,
        drop: &DropSlug,
        place: PlaceId,
        pass: Uuid,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Takes it back; a place that is in the side list by it stays there.
    fn take_pass(
        &self,
        drop: &DropSlug,
        place: PlaceId,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// What the ledger has yet to learn, oldest first, at most `most` entries, and the epoch it is read in.
    fn unrecorded(
        &self,
        drop: &DropSlug,
        most: u32,
    ) -> impl Future<Output = Result<(i64, Vec<Entry>), StoreError>> + Send;

    /// The ledger knows everything up to `last`, read in `epoch`: calls become claimable, and the number of those is
    /// given; `None` where the epoch is another one by now, so that nothing was marked.
    fn mark_recorded(
        &self,
        drop: &DropSlug,
        epoch: i64,
        last: EntryId,
    ) -> impl Future<Output = Result<Option<u64>, StoreError>> + Send;

    /// Puts settings in force, unless newer ones are.
    fn write_settings(&self, drop: &Drop) -> impl Future<Output = Result<(), StoreError>> + Send;
}
