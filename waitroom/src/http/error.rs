//! What the use cases' errors are over HTTP. Only this file knows their statuses.

use shared::ids::DropSlug;
use shared::problem::{Problem, codes as common};

use super::codes;
use crate::accounts::AccountError;
use crate::domain::admission::{ClaimError, RenewError};
use crate::domain::drop::InvalidChange;
use crate::domain::operate::OperateError;
use crate::domain::visit::JoinError;

impl From<AccountError> for Problem {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::Invalid => Self::from(&codes::ACCOUNT_INVALID),
            AccountError::Expired => Self::from(&codes::ACCOUNT_EXPIRED),
            AccountError::KeysUnavailable => Self::from(&common::DEPENDENCY_UNAVAILABLE)
                .retry_after(std::time::Duration::from_secs(2))
                .because(&error),
        }
    }
}

impl From<JoinError> for Problem {
    fn from(error: JoinError) -> Self {
        match error {
            JoinError::NotOpen => Self::from(&codes::DROP_NOT_OPEN),
            JoinError::Closed => Self::from(&codes::DROP_CLOSED),
            JoinError::AlreadyServed => Self::from(&codes::ALREADY_SERVED),
            JoinError::Store(error) => error.into(),
        }
    }
}

impl From<ClaimError> for Problem {
    fn from(error: ClaimError) -> Self {
        match error {
            ClaimError::NotYourTurn => Self::from(&codes::NOT_YOUR_TURN),
            ClaimError::TurnLapsed => Self::from(&codes::TURN_LAPSED),
            ClaimError::Store(error) => error.into(),
        }
    }
}

impl From<RenewError> for Problem {
    fn from(error: RenewError) -> Self {
        match error {
            RenewError::SessionOver => Self::from(&codes::SESSION_OVER),
            RenewError::Store(error) => error.into(),
        }
    }
}

impl From<InvalidChange> for Problem {
    fn from(error: InvalidChange) -> Self {
        Self::from(&common::INVALID_FIELDS).detail(error.to_string())
    }
}

impl From<OperateError> for Problem {
    fn from(error: OperateError) -> Self {
        match error {
            OperateError::NoSuchDrop => Self::from(&common::NOT_FOUND).detail("there is no such drop"),
            OperateError::SlugTaken => Self::from(&codes::SLUG_TAKEN),
            OperateError::Stale => Self::from(&common::PRECONDITION_FAILED),
            OperateError::Invalid(error) => error.into(),
            OperateError::Illegal(error) => Self::from(&codes::INVALID_STATE).detail(error.to_string()),
            OperateError::Store(error) => error.into(),
        }
    }
}

/// There is no drop of this name.
pub(super) fn no_such_drop(slug: &DropSlug) -> Problem {
    Problem::from(&common::NOT_FOUND).detail(format!("there is no drop {slug:?}", slug = slug.as_str()))
}
