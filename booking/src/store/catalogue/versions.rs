//! The versions of what is in the catalogue: when each thing was last changed. A change says a later time than the one
//! before it, also where the clock stands still or is set back.

use jiff::Timestamp;
use shared::store::StoreError;
use sqlx::PgPool;

use crate::domain::ids::{MovieId, ScreenId, ShowId, TheatreId};
use crate::store::postgres;

macro_rules! version {
    ($(#[$doc:meta])* $name:ident, $id:ty, $query:literal) => {
        $(#[$doc])*
        pub async fn $name(pool: &PgPool, id: $id) -> Result<Option<Timestamp>, StoreError> {
            postgres(async {
                let changed = sqlx::query_scalar!($query, id.0).fetch_optional(pool).await?;
                Ok(changed.map(jiff_sqlx::Timestamp::to_jiff))
            })
            .await
        }
    };
}

version!(
    /// A movie's version.
    movie_version,
    MovieId,
    r#"SELECT updated_at AS "at: jiff_sqlx::Timestamp" FROM booking.movies WHERE id = $1"#
);
version!(
    /// A theatre's version.
    theatre_version,
    TheatreId,
    r#"SELECT updated_at AS "at: jiff_sqlx::Timestamp" FROM booking.theatres WHERE id = $1"#
);
version!(
    /// A screen's version.
    screen_version,
    ScreenId,
    r#"SELECT updated_at AS "at: jiff_sqlx::Timestamp" FROM booking.screens WHERE id = $1"#
);
version!(
    /// A show's version.
    show_version,
    ShowId,
    r#"SELECT updated_at AS "at: jiff_sqlx::Timestamp" FROM booking.shows WHERE id = $1"#
);
