//! Movies.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{InvalidField, is_line, must};
use crate::domain::ids::MovieId;

const MAX_MINUTES: i32 = 1440;
const MAX_TEXT: usize = 10_000;
const MAX_NAMES: usize = 200;

/// What an operator says of a movie.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MovieDetails {
    /// The title.
    #[schema(example = "The Long Night")]
    pub title: String,
    /// What it is about.
    #[serde(default)]
    pub description: String,
    /// How long it runs.
    #[schema(minimum = 1, maximum = 1440)]
    pub duration_minutes: i32,
    /// The genre.
    #[serde(default)]
    pub genre: String,
    /// The language spoken (BCP 47).
    #[serde(default)]
    #[schema(example = "en")]
    pub language: String,
    /// When it came, or comes, out.
    #[serde(default)]
    pub release_date: Option<jiff::civil::Date>,
    /// The age rating.
    #[serde(default)]
    pub rating: String,
    /// Who plays in it.
    #[serde(default)]
    pub cast: Vec<String>,
    /// Words people may look for.
    #[serde(default)]
    pub keywords: Vec<String>,
    /// A picture.
    #[serde(default)]
    pub poster_url: Option<String>,
}

impl MovieDetails {
    /// Checks what the type does not say.
    pub fn check(&self) -> Result<(), InvalidField> {
        must(is_line(&self.title), "title", "must be 1 to 200 characters")?;
        must((1..=MAX_MINUTES).contains(&self.duration_minutes), "duration_minutes", "must be 1 to 1440")?;
        must(self.description.len() <= MAX_TEXT, "description", "must be at most 10,000 bytes")?;
        for (field, text) in [("genre", &self.genre), ("language", &self.language), ("rating", &self.rating)]
        {
            must(text.is_empty() || is_line(text), field, "must be at most 200 characters")?;
        }
        for (field, names) in [("cast", &self.cast), ("keywords", &self.keywords)] {
            must(
                names.len() <= MAX_NAMES && names.iter().all(|name| is_line(name)),
                field,
                "must be at most 200 names",
            )?;
        }
        let is_web = |url: &String| url.starts_with("https://") || url.starts_with('/');
        must(self.poster_url.as_ref().is_none_or(is_web), "poster_url", "must begin with https:// or /")
    }
}

/// A movie.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Movie {
    /// Its id.
    pub movie_id: MovieId,
    /// What is known of it.
    #[serde(flatten)]
    pub details: MovieDetails,
}
