//! What an operator does to a drop: decide on the row as it is, then write it with its line in the audit log.

use jiff::Timestamp;
use shared::store::StoreError;

use crate::domain::drop::{Drop, DropChange, IllegalTransition, InvalidChange, Transition};

/// Why a drop was not changed.
#[derive(Debug, thiserror::Error)]
pub enum OperateError {
    /// There is no such drop.
    #[error("there is no such drop")]
    NoSuchDrop,
    /// The name is taken.
    #[error("the slug is taken")]
    SlugTaken,
    /// Somebody else changed it.
    #[error("the drop has changed since it was read")]
    Stale,
    /// A rule.
    #[error(transparent)]
    Invalid(#[from] InvalidChange),
    /// Not in this state.
    #[error(transparent)]
    Illegal(#[from] IllegalTransition),
    /// A store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What an operator wants done to a drop.
#[derive(Clone, Debug)]
pub enum Wish {
    /// Other settings.
    Change(Box<DropChange>),
    /// Open, with the salt of the draw where the drop waits for one.
    Open {
        /// The salt.
        salt: Option<String>,
        /// Why.
        reason: Option<String>,
    },
    /// Another state.
    Transition(Transition, Option<String>),
}

impl Wish {
    /// Its name in the audit log.
    pub fn action(&self) -> &'static str {
        match self {
            Self::Change(_) => "change",
            Self::Open { .. } => Transition::Open.as_str(),
            Self::Transition(transition, _) => transition.as_str(),
        }
    }

    /// Why, where the operator said so.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Change(change) => change.reason.as_deref(),
            Self::Open { reason, .. } | Self::Transition(_, reason) => reason.as_deref(),
        }
    }

    /// The drop as it is to be.
    pub fn applied(&self, drop: Drop, now: Timestamp) -> Result<Drop, OperateError> {
        match self {
            Self::Change(change) => Ok(drop.changed((**change).clone(), now)?),
            Self::Open { salt, .. } => {
                let drop = match salt {
                    Some(salt) if !drop.has_opened(now) => drop.salted(salt, now)?,
                    _ => drop,
                };
                Ok(drop.after(Transition::Open, now)?)
            }
            Self::Transition(transition, _) => Ok(drop.after(*transition, now)?),
        }
    }
}
