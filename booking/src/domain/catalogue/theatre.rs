//! Theatres and their screens.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{InvalidField, LayoutRow, is_line, must};
use crate::domain::ids::{ScreenId, TheatreId};

/// What an operator says of a theatre.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TheatreDetails {
    /// Its name.
    #[schema(example = "Astor Filmpalast")]
    pub name: String,
    /// The chain it belongs to.
    #[serde(default)]
    pub chain: Option<String>,
    /// The city.
    #[schema(example = "Berlin")]
    pub city: String,
    /// Street and number.
    #[serde(default)]
    pub address: String,
    /// Its time zone (IANA).
    #[schema(example = "Europe/Berlin")]
    pub time_zone: String,
    /// Degrees north.
    #[serde(default)]
    pub latitude: Option<f64>,
    /// Degrees east.
    #[serde(default)]
    pub longitude: Option<f64>,
}

impl TheatreDetails {
    /// Checks what the type does not say.
    pub fn check(&self) -> Result<(), InvalidField> {
        must(is_line(&self.name), "name", "must be 1 to 200 characters")?;
        must(is_line(&self.city), "city", "must be 1 to 200 characters")?;
        must(self.address.is_empty() || is_line(&self.address), "address", "must be at most 200 characters")?;
        must(self.chain.as_deref().is_none_or(is_line), "chain", "must be 1 to 200 characters")?;
        must(jiff::tz::TimeZone::get(&self.time_zone).is_ok(), "time_zone", "must be an IANA time zone")?;
        let within =
            |degrees: Option<f64>, bound: f64| degrees.is_none_or(|value| (-bound..=bound).contains(&value));
        must(within(self.latitude, 90.0), "latitude", "must be -90 to 90")?;
        must(within(self.longitude, 180.0), "longitude", "must be -180 to 180")
    }
}

/// A theatre.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Theatre {
    /// Its id.
    pub theatre_id: TheatreId,
    /// What is known of it.
    #[serde(flatten)]
    pub details: TheatreDetails,
}

/// A screen with its seats.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Screen {
    /// Its id.
    pub screen_id: ScreenId,
    /// The theatre it is in.
    pub theatre_id: TheatreId,
    /// Its name, unique in the theatre.
    pub name: String,
    /// How many seats it has.
    pub seat_count: u32,
    /// Its rows, front to back; left out in lists.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<LayoutRow>,
}
