//! Movies in Postgres.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use shared::store::StoreError;
use sqlx::{PgExecutor, PgPool};

use super::{CatalogueError, Page};
use crate::domain::catalogue::{Movie, MovieDetails};
use crate::domain::ids::MovieId;
use crate::store::{patiently, postgres};

struct Row {
    id: uuid::Uuid,
    title: String,
    description: String,
    duration_minutes: i32,
    genre: String,
    language: String,
    release_date: Option<jiff_sqlx::Date>,
    rating: String,
    cast_names: Vec<String>,
    keywords: Vec<String>,
    poster_url: Option<String>,
}

impl From<Row> for Movie {
    fn from(row: Row) -> Self {
        let details = MovieDetails {
            title: row.title,
            description: row.description,
            duration_minutes: row.duration_minutes,
            genre: row.genre,
            language: row.language,
            release_date: row.release_date.map(jiff_sqlx::Date::to_jiff),
            rating: row.rating,
            cast: row.cast_names,
            keywords: row.keywords,
            poster_url: row.poster_url,
        };
        Self { movie_id: MovieId(row.id), details }
    }
}

/// Makes a movie.
pub async fn create_movie(pool: &PgPool, movie: &Movie, now: Timestamp) -> Result<(), CatalogueError> {
    movie.details.check()?;
    patiently(async {
        sqlx::query!(
            r#"INSERT INTO booking.movies (id, title, description, duration_minutes, genre, language, release_date,
                                           rating, cast_names, keywords, poster_url, created_at, updated_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)"#,
            movie.movie_id.0,
            movie.details.title,
            movie.details.description,
            movie.details.duration_minutes,
            movie.details.genre,
            movie.details.language,
            movie.details.release_date.map(jiff_sqlx::ToSqlx::to_sqlx) as _,
            movie.details.rating,
            &movie.details.cast,
            &movie.details.keywords,
            movie.details.poster_url,
            now.to_sqlx() as _,
        )
        .execute(pool)
        .await?;
        Ok(())
    })
    .await
}

/// A movie.
pub async fn movie(pool: &PgPool, id: MovieId) -> Result<Option<Movie>, StoreError> {
    postgres(async { Ok(fetch(pool, id).await?) }).await
}

async fn fetch(db: impl PgExecutor<'_>, id: MovieId) -> sqlx::Result<Option<Movie>> {
    let row = sqlx::query_as!(
        Row,
        r#"SELECT id, title, description, duration_minutes, genre, language,
               release_date AS "release_date: jiff_sqlx::Date", rating, cast_names, keywords, poster_url
           FROM booking.movies WHERE id = $1"#,
        id.0,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(Movie::from))
}

/// Movies, in the order in which they were made.
pub async fn list_movies(pool: &PgPool, page: Page) -> Result<Vec<Movie>, StoreError> {
    postgres(async {
        let rows = sqlx::query_as!(
            Row,
            r#"SELECT id, title, description, duration_minutes, genre, language,
                   release_date AS "release_date: jiff_sqlx::Date", rating, cast_names, keywords, poster_url
               FROM booking.movies WHERE $1::uuid IS NULL OR id > $1 ORDER BY id LIMIT $2"#,
            page.after,
            page.limit,
        )
        .fetch_all(pool)
        .await?;
        Ok(rows.into_iter().map(Movie::from).collect())
    })
    .await
}

/// Replaces what is known of a movie and answers its new version. `None`: there is no such movie, or it is not this
/// version of it any more.
pub async fn update_movie(
    pool: &PgPool,
    movie: &Movie,
    only: Option<Timestamp>,
    now: Timestamp,
) -> Result<Option<Timestamp>, CatalogueError> {
    movie.details.check()?;
    patiently(async {
        let changed = sqlx::query_scalar!(
            r#"UPDATE booking.movies
               SET title = $2, description = $3, duration_minutes = $4, genre = $5, language = $6, release_date = $7,
                   rating = $8, cast_names = $9, keywords = $10, poster_url = $11,
                   updated_at = greatest($12, updated_at + interval '1 microsecond')
               WHERE id = $1 AND ($13::timestamptz IS NULL OR updated_at = $13)
               RETURNING updated_at AS "at: jiff_sqlx::Timestamp""#,
            movie.movie_id.0,
            movie.details.title,
            movie.details.description,
            movie.details.duration_minutes,
            movie.details.genre,
            movie.details.language,
            movie.details.release_date.map(jiff_sqlx::ToSqlx::to_sqlx) as _,
            movie.details.rating,
            &movie.details.cast,
            &movie.details.keywords,
            movie.details.poster_url,
            now.to_sqlx() as _,
            only.map(jiff_sqlx::ToSqlx::to_sqlx) as _,
        )
        .fetch_optional(pool)
        .await?;
        Ok(changed.map(jiff_sqlx::Timestamp::to_jiff))
    })
    .await
}
