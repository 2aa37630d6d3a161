//! The pages of rosters in Postgres, 16 bytes a place.

use shared::ids::DropSlug;
use shared::store::{Dependency, StoreError, within};
use sqlx::PgPool;
use uuid::Uuid;

use crate::domain::place::{FIRST_ARRIVAL, PlaceId};
use crate::domain::roster;

/// How many places a page has: 80 kB, 185 kB as text.
const PLACES_A_PAGE: usize = 5_000;
/// How many rows of the ledger are read at once.
const ROWS_AT_ONCE: i64 = 5_000;

/// Places of the draw that the ledger knows to have been called or set aside: after a loss Redis does not know those.
pub(super) async fn called(pool: &PgPool, slug: &DropSlug) -> Result<Vec<PlaceId>, StoreError> {
    let mut places = Vec::new();
    let mut after = Uuid::nil();
    loop {
        let rows = sqlx::query_scalar!(
            r#"SELECT DISTINCT place AS "place!" FROM waitroom.ledger
               WHERE drop = $1 AND place > $2 AND score < $3 AND kind IN ('called', 'aside', 'passed')
               ORDER BY place LIMIT $4"#,
            slug.as_str(),
            after,
            i64::try_from(FIRST_ARRIVAL.0).unwrap_or(i64::MAX),
            ROWS_AT_ONCE,
        );
        let rows = within(Dependency::Postgres, rows.fetch_all(pool)).await?;
        places.extend(rows.iter().copied().map(PlaceId));
        match rows.last() {
            Some(last) if i64::try_from(rows.len()).unwrap_or(i64::MAX) == ROWS_AT_ONCE => after = *last,
            _ => return Ok(places),
        }
    }
}

/// Writes the pages of a roster that is not in force yet.
pub(super) async fn write(
    pool: &PgPool,
    slug: &DropSlug,
    roster: Uuid,
    places: &[PlaceId],
) -> Result<(), StoreError> {
    for (number, page) in (0_i32..).zip(places.chunks(PLACES_A_PAGE)) {
        let bytes: Vec<u8> = page.iter().flat_map(|place| *place.0.as_bytes()).collect();
        let insert = sqlx::query!(
            "INSERT INTO waitroom.roster_pages (drop, roster, number, places) VALUES ($1, $2, $3, $4)",
            slug.as_str(),
            roster,
            number,
            bytes,
        );
        within(Dependency::Postgres, insert.execute(pool)).await?;
    }
    Ok(())
}

/// Deletes the pages that replicas which came second, or were killed, have left.
pub(super) async fn delete_others(pool: &PgPool, slug: &DropSlug) -> Result<(), StoreError> {
    let delete = sqlx::query!(
        "DELETE FROM waitroom.roster_pages page USING waitroom.drops
         WHERE page.drop = $1 AND drops.slug = $1 AND page.roster <> drops.roster",
        slug.as_str(),
    );
    within(Dependency::Postgres, delete.execute(pool)).await.map(drop)
}

/// The text of one page; empty where there is none.
pub(super) async fn text(
    pool: &PgPool,
    slug: &DropSlug,
    roster: Uuid,
    number: u32,
) -> Result<Vec<u8>, StoreError> {
    Ok(roster::text(&places(pool, slug, roster, number).await?))
}

/// The places of one page; none where there is none.
pub(super) async fn places(
    pool: &PgPool,
    slug: &DropSlug,
    roster: Uuid,
    number: u32,
) -> Result<Vec<PlaceId>, StoreError> {
    let page = sqlx::query_scalar!(
        "SELECT places FROM waitroom.roster_pages WHERE drop = $1 AND roster = $2 AND number = $3",
        slug.as_str(),
        roster,
        i32::try_from(number).unwrap_or(i32::MAX),
    );
    let bytes = within(Dependency::Postgres, page.fetch_optional(pool)).await?.unwrap_or_default();
    let (ids, _) = bytes.as_chunks::<16>();
    Ok(ids.iter().map(|id| PlaceId(Uuid::from_bytes(*id))).collect())
}
