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
mod standing;
pub mod table;

pub use horizon::{POLL_INTERVAL_MS, SEEN_MS};
pub use moves::{Move, MoveId, Moves, What};
pub use standing::{Claimed, GoneReason, Grant, Joined, Left, Slot, Spot, Standing, Tick};
pub use table::RankTable;

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
    fn see(&self, drop: &DropSlug, places: &[PlaceId])
    -> impl Future<Output = Result<(), StoreError>> + Send;

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
