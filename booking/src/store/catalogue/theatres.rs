//! Theatres in Postgres.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use shared::store::StoreError;
use sqlx::PgPool;

use super::{CatalogueError, Page};
use crate::domain::catalogue::{Theatre, TheatreDetails};
use crate::domain::ids::TheatreId;
use crate::store::{patiently, postgres};

struct Row {
    id: uuid::Uuid,
    name: String,
    chain: Option<String>,
    city: String,
    address: String,
    time_zone: String,
    latitude: Option<f64>,
    longitude: Option<f64>,
}

impl From<Row> for Theatre {
    fn from(row: Row) -> Self {
        let details = TheatreDetails {
            name: row.name,
            chain: row.chain,
            city: row.city,
            address: row.address,
            time_zone: row.time_zone,
            latitude: row.latitude,
            longitude: row.longitude,
        };
        Self { theatre_id: TheatreId(row.id), details }
    }
}

/// Makes a theatre.
pub async fn create_theatre(pool: &PgPool, theatre: &Theatre, now: Timestamp) -> Result<(), CatalogueError> {
    theatre.details.check()?;
    patiently(async {
        sqlx::query!(
            r#"INSERT INTO booking.theatres (id, name, chain, city, address, time_zone, latitude, longitude,
                                             created_at, updated_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)"#,
            theatre.theatre_id.0,
            theatre.details.name,
            theatre.details.chain,
            theatre.details.city,
            theatre.details.address,
            theatre.details.time_zone,
            theatre.details.latitude,
            theatre.details.longitude,
            now.to_sqlx() as _,
        )
        .execute(pool)
        .await?;
        Ok(())
    })
    .await
}

/// A theatre.
pub async fn theatre(pool: &PgPool, id: TheatreId) -> Result<Option<Theatre>, StoreError> {
    postgres(async {
        let row = sqlx::query_as!(
            Row,
            r#"SELECT id, name, chain, city, address, time_zone, latitude, longitude
               FROM booking.theatres WHERE id = $1"#,
            id.0,
        )
        .fetch_optional(pool)
        .await?;
        Ok(row.map(Theatre::from))
    })
    .await
}

/// Theatres, in the order in which they were made.
pub async fn list_theatres(pool: &PgPool, page: Page) -> Result<Vec<Theatre>, StoreError> {
    postgres(async {
        let rows = sqlx::query_as!(
            Row,
            r#"SELECT id, name, chain, city, address, time_zone, latitude, longitude
               FROM booking.theatres WHERE $1::uuid IS NULL OR id > $1 ORDER BY id LIMIT $2"#,
            page.after,
            page.limit,
        )
        .fetch_all(pool)
        .await?;
        Ok(rows.into_iter().map(Theatre::from).collect())
    })
    .await
}

/// Replaces what is known of a theatre and answers its new version. `None`: there is no such theatre, or it is not this
/// version of it any more.
pub async fn update_theatre(
    pool: &PgPool,
    theatre: &Theatre,
    only: Option<Timestamp>,
    now: Timestamp,
) -> Result<Option<Timestamp>, CatalogueError> {
    theatre.details.check()?;
    patiently(async {
        let changed = sqlx::query_scalar!(
            r#"UPDATE booking.theatres
               SET name = $2, chain = $3, city = $4, address = $5, time_zone = $6, latitude = $7, longitude = $8,
                   updated_at = greatest($9, updated_at + interval '1 microsecond')
               WHERE id = $1 AND ($10::timestamptz IS NULL OR updated_at = $10)
               RETURNING updated_at AS "at: jiff_sqlx::Timestamp""#,
            theatre.theatre_id.0,
            theatre.details.name,
            theatre.details.chain,
            theatre.details.city,
            theatre.details.address,
            theatre.details.time_zone,
            theatre.details.latitude,
            theatre.details.longitude,
            now.to_sqlx() as _,
            only.map(jiff_sqlx::ToSqlx::to_sqlx) as _,
        )
        .fetch_optional(pool)
        .await?;
        Ok(changed.map(jiff_sqlx::Timestamp::to_jiff))
    })
    .await
}
