//! The catalogue in Postgres.

mod movies;
mod screens;
mod shows;
mod theatres;
mod versions;

pub use movies::{create_movie, list_movies, movie, update_movie};
pub use screens::{create_screen, list_screens, screen, update_screen};
pub use shows::{Filter, OnSale, create_show, last_changes, list_shows, on_sale, plan, update_show};
pub use theatres::{create_theatre, list_theatres, theatre, update_theatre};
pub use versions::{movie_version, screen_version, show_version, theatre_version};

use shared::store::{Dependency, StoreError};
use uuid::Uuid;

use crate::domain::catalogue::InvalidField;

/// A part of a list, in the order of ids.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// Only what comes after this id.
    pub after: Option<Uuid>,
    /// How many at most.
    pub limit: i64,
}

/// Why the catalogue did not take a change.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// A field is not what it must be.
    #[error(transparent)]
    Invalid(#[from] InvalidField),
    /// The show overlaps another one on its screen.
    #[error("the show overlaps another one on its screen")]
    Overlaps,
    /// The theatre has a screen of this name.
    #[error("the theatre has a screen of this name")]
    NameTaken,
    /// Shows have been made on the screen, so that its seats stay as they are.
    #[error("the screen has shows; its seats stay as they are")]
    ScreenInUse,
    /// The show has reservations, so that movie, screen and times stay as they are.
    #[error("the show has reservations; its screen stays as it is")]
    ShowInUse,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for CatalogueError {
    fn from(error: sqlx::Error) -> Self {
        use crate::store::error as names;
        match shared::store::constraint(&error) {
            Some(names::SHOWS_OVERLAP) => Self::Overlaps,
            Some(names::SCREEN_NAME_TAKEN) => Self::NameTaken,
            Some(names::MOVIE_UNKNOWN) => InvalidField::new("movie_id", "is unknown").into(),
            Some(names::SCREEN_UNKNOWN) => InvalidField::new("screen_id", "is unknown").into(),
            Some(names::THEATRE_UNKNOWN) => InvalidField::new("theatre_id", "is unknown").into(),
            _ => Self::Store(error.into()),
        }
    }
}

/// Text of the database that the domain does not know.
fn unknown(text: &str) -> StoreError {
    StoreError::unexpected(Dependency::Postgres, format!("{text:?} is not known"))
}
