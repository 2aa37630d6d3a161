//! The logos of drops: in Postgres, and in memory once they have been asked for.

use std::collections::HashMap;

use axum::body::Bytes;
use shared::ids::DropSlug;
use shared::store::{Dependency, StoreError, within};
use sqlx::{PgConnection, PgPool};
use tokio::sync::Mutex;

use crate::domain::drop::Drop;

/// As many pictures are remembered, of at most 64 KiB each.
const REMEMBERED: usize = 128;

/// The logos of all drops.
pub struct Logos {
    pool: PgPool,
    remembered: Mutex<HashMap<String, Bytes>>,
}

impl Logos {
    /// Over this pool.
    pub fn new(pool: PgPool) -> Self {
        Self { pool, remembered: Mutex::default() }
    }

    /// The picture of this name. However many ask at once, Postgres is asked by one.
    pub async fn find(&self, slug: &DropSlug, name: &str) -> Result<Option<Bytes>, StoreError> {
        let mut remembered = self.remembered.lock().await;
        if let Some(bytes) = remembered.get(name) {
            return Ok(Some(bytes.clone()));
        }
        let Some(bytes) = self.read(slug, name).await?.map(Bytes::from) else { return Ok(None) };
        if remembered.len() >= REMEMBERED {
            remembered.clear();
        }
        remembered.insert(name.to_owned(), bytes.clone());
        Ok(Some(bytes))
    }

    async fn read(&self, slug: &DropSlug, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        within(Dependency::Postgres, async {
            let row = sqlx::query_scalar!(
                "SELECT bytes FROM waitroom.logos WHERE drop = $1 AND name = $2",
                slug.as_str(),
                name,
            );
            Ok::<_, StoreError>(row.fetch_optional(&self.pool).await?)
        })
        .await
    }
}

/// Keeps the logo that the drop has now, and no other.
pub(super) async fn keep(tx: &mut PgConnection, drop: &Drop) -> Result<(), sqlx::Error> {
    let logo = drop.settings.branding.logo.as_ref();
    if let Some((name, bytes)) = logo.and_then(|logo| Some((logo.name(), logo.bytes()?))) {
        sqlx::query!(
            "INSERT INTO waitroom.logos (drop, name, bytes) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            drop.slug.as_str(),
            name,
            bytes,
        )
        .execute(&mut *tx)
        .await?;
    }
    sqlx::query!(
        "DELETE FROM waitroom.logos WHERE drop = $1 AND name <> $2",
        drop.slug.as_str(),
        logo.map_or("", |logo| logo.name()),
    )
    .execute(tx)
    .await
    .map(|_| ())
}
