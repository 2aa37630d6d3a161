//! What the database's constraints mean to the domain.

use shared::store::{StoreError, constraint};

use crate::domain::operate::OperateError;

/// A row of `waitroom.drops` or `waitroom.audit` was refused.
impl From<sqlx::Error> for OperateError {
    fn from(error: sqlx::Error) -> Self {
        match constraint(&error) {
            Some("drops_slug_is_unique") => Self::SlugTaken,
            _ => Self::Store(StoreError::from(error)),
        }
    }
}
