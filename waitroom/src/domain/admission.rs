//! From the call to the shop: claiming, renewing, ending an admission.

use shared::ids::{DropSlug, Sid};
use shared::store::StoreError;

use crate::domain::drop::Drop;
use crate::domain::line::{Claimed, Grant, Line};
use crate::domain::visit::PlaceProof;

/// Why no admission was given.
#[derive(Debug, thiserror::Error)]
pub enum ClaimError {
    /// The place waits.
    #[error("it is not this visitor's turn")]
    NotYourTurn,
    /// The turn is over.
    #[error("the turn is over")]
    TurnLapsed,
    /// A store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Picks up the admission of a called place. The ledger must know `Grant::entry` before the token is handed out.
pub async fn claim(line: &impl Line, drop: &Drop, proof: &PlaceProof) -> Result<Grant, ClaimError> {
    match line.claim(&drop.slug, proof.place).await? {
        Claimed::Admitted(grant) => Ok(grant),
        // The place of the token was called and lapsed; its successor waits.
        Claimed::Waiting(place) if place.generation() > proof.place.generation() => {
            Err(ClaimError::TurnLapsed)
        }
        Claimed::Waiting(_) => Err(ClaimError::NotYourTurn),
        Claimed::Over(_) => Err(ClaimError::TurnLapsed),
    }
}

/// Why an admission was not renewed.
#[derive(Debug, thiserror::Error)]
pub enum RenewError {
    /// The slot has ended, or the session has been as long as the drop allows.
    #[error("the session is over")]
    SessionOver,
    /// A store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A fresh token for a slot that lives.
pub async fn renew(line: &impl Line, drop: &DropSlug, sid: Sid) -> Result<Grant, RenewError> {
    match line.renew(drop, sid).await? {
        Claimed::Admitted(grant) => Ok(grant),
        Claimed::Waiting(_) | Claimed::Over(_) => Err(RenewError::SessionOver),
    }
}
