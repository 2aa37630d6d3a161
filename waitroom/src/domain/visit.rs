//! A visitor's use cases: join, look, leave. Claiming is in [`super::admission`].

use serde::{Deserialize, Serialize};
use shared::ids::Identity;
use shared::store::StoreError;

use crate::domain::drop::Drop;
use crate::domain::ledger::EntryId;
use crate::domain::line::{GoneReason, Joined, Left, Line, Spot, Standing};
use crate::domain::place::{PlaceId, PlaceKeys, Score};

/// What a place token says: the signed proof of a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceProof {
    /// Whose place.
    pub identity: Identity,
    /// Which.
    pub place: PlaceId,
    /// Its score; `None` where the draw decides it.
    pub score: Option<Score>,
    /// The epoch in which the token was made.
    pub epoch: i64,
    /// How many were before it when it was taken, after opening.
    pub began_behind: Option<u64>,
}

/// Why no place was given.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// The lobby has not opened.
    #[error("the drop has not opened its lobby")]
    NotOpen,
    /// The drop is over.
    #[error("the drop is closed")]
    Closed,
    /// One turn each.
    #[error("this visitor has had a turn")]
    AlreadyServed,
    /// A store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A visitor's place after joining, and whether it is new.
#[derive(Debug)]
pub struct JoinedLine {
    /// Whether the place was taken by this request.
    pub is_new: bool,
    /// Where the visitor stands.
    pub standing: Standing,
    /// What their token is to say.
    pub proof: PlaceProof,
}

impl JoinedLine {
    /// Whether the place that was found had a slot whose time is over: the next tick decides what becomes of it.
    pub fn is_settling(&self) -> bool {
        let now_ms = self.standing.now_ms;
        matches!(&self.standing.spot, Spot::Called { slot, .. } if slot.lives_until_ms.is_none_or(|lives| lives <= now_ms))
    }
}

/// Gives the visitor a place, or the one they have.
pub async fn join(
    line: &impl Line,
    keys: &PlaceKeys,
    drop: &Drop,
    identity: Identity,
) -> Result<JoinedLine, JoinError> {
    let first = keys.first_place(&drop.slug, &identity);
    let (is_new, standing) = match line.join(&drop.slug, first, Score::drawn(&drop.seed, first)).await? {
        Joined::New(standing) => (true, standing),
        Joined::Had(standing) => (false, standing),
        Joined::NotOpen => return Err(JoinError::NotOpen),
        Joined::Closed => return Err(JoinError::Closed),
        Joined::Served => return Err(JoinError::AlreadyServed),
    };
    let proof = proof_of(&standing, identity, first, None);
    Ok(JoinedLine { is_new, standing, proof })
}

/// What a token for this standing says; `asked` where no place is found.
fn proof_of(
    standing: &Standing,
    identity: Identity,
    asked: PlaceId,
    began_behind: Option<u64>,
) -> PlaceProof {
    let (place, score, rank) = match &standing.spot {
        Spot::Queued { place, score, rank, .. } => (*place, Some(*score), Some(*rank)),
        Spot::Aside { place, score, .. } => (*place, Some(*score), None),
        Spot::Called { place, slot } => (*place, Some(slot.score), None),
        Spot::Gone { place, .. } => (*place, None, None),
        Spot::Unknown => (asked, None, None),
    };
    // A drawn score stays secret until opening, and can be computed again after it.
    let score = score.filter(|score| !score.is_drawn());
    let began_behind = began_behind.or(rank.filter(|_| score.is_some()));
    PlaceProof { identity, place, score, epoch: standing.epoch, began_behind }
}

/// Where the holder of a token stands, who is seen by asking, and the new token where the old one no longer says so.
pub async fn look(
    line: &impl Line,
    drop: &Drop,
    proof: &PlaceProof,
) -> Result<(Standing, Option<PlaceProof>), StoreError> {
    let mut standing = line.look(&drop.slug, proof.place).await?;
    if proof.epoch < standing.epoch {
        let score = proof.score.unwrap_or_else(|| Score::drawn(&drop.seed, proof.place));
        if is_missing(&standing, proof.place, score) {
            standing = line.put_back(&drop.slug, proof.place, score).await?;
        }
    }
    let live = match &standing.spot {
        Spot::Queued { place, .. } | Spot::Aside { place, .. } | Spot::Called { place, .. } => Some(*place),
        Spot::Gone { .. } | Spot::Unknown => None,
    };
    let is_current = live == Some(proof.place) && proof.epoch == standing.epoch;
    let began_behind = proof.began_behind.filter(|_| live == Some(proof.place));
    let renewed = live
        .filter(|_| !is_current)
        .map(|_| proof_of(&standing, proof.identity.clone(), proof.place, began_behind));
    Ok((standing, renewed))
}

/// Whether the line lacks what a token of an older epoch proves; `score` is not turned.
fn is_missing(standing: &Standing, proved: PlaceId, score: Score) -> bool {
    match &standing.spot {
        Spot::Queued { place, score: found, on_side, .. } => {
            *place == proved && *found > score.turned(standing.turn) && !on_side
        }
        Spot::Called { .. } | Spot::Aside { .. } => false,
        Spot::Gone { place, reason } => {
            place.generation() < proved.generation() || *reason == GoneReason::Requeued
        }
        Spot::Unknown => true,
    }
}

/// Gives the visitor's place up. `Some` is what the ledger must know before the visitor is told.
pub async fn leave(line: &impl Line, drop: &Drop, proof: &PlaceProof) -> Result<Option<EntryId>, StoreError> {
    match line.leave(&drop.slug, proof.place).await? {
        Left::Recorded(entry) => Ok(Some(entry)),
        Left::Nothing => Ok(None),
    }
}
