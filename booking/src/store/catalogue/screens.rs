//! Screens and their seats in Postgres.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use shared::store::StoreError;
use sqlx::{PgExecutor, PgPool, PgTransaction};

use super::{CatalogueError, Page};
use crate::domain::catalogue::{Layout, LayoutSeat, Screen, Seat, rows_of};
use crate::domain::ids::{ScreenId, TheatreId};
use crate::store::{patiently, postgres};

/// Makes a screen of these seats.
pub async fn create_screen(
    pool: &PgPool,
    screen: &Screen,
    layout: &Layout,
    now: Timestamp,
) -> Result<(), CatalogueError> {
    patiently(async {
        let mut tx = pool.begin().await?;
        sqlx::query!(
            r#"INSERT INTO booking.screens (id, theatre_id, name, seat_count, created_at, updated_at)
               VALUES ($1, $2, $3, $4, $5, $5)"#,
            screen.screen_id.0,
            screen.theatre_id.0,
            screen.name,
            screen.seat_count.cast_signed(),
            now.to_sqlx() as _,
        )
        .execute(&mut *tx)
        .await?;
        insert_seats(&mut tx, screen.screen_id, layout).await?;
        tx.commit().await?;
        Ok(())
    })
    .await
}

async fn insert_seats(tx: &mut PgTransaction<'_>, screen: ScreenId, layout: &Layout) -> sqlx::Result<()> {
    let column = |text: fn(&Seat) -> String| layout.seats().iter().map(text).collect::<Vec<String>>();
    let indexes: Vec<i32> = layout.seats().iter().map(|seat| seat.index.cast_signed()).collect();
    let numbers: Vec<i32> = layout.seats().iter().map(|seat| seat.seat.number).collect();
    let xs: Vec<f32> = layout.seats().iter().map(|seat| seat.seat.x).collect();
    let ys: Vec<f32> = layout.seats().iter().map(|seat| seat.y).collect();
    sqlx::query!(
        r#"INSERT INTO booking.screen_seats
               (screen_id, seat_index, label, row_name, number, x, y, category, features)
           SELECT $1, i, l, r, n, x, y, c, coalesce(string_to_array(nullif(f, ''), ','), '{}')
           FROM UNNEST($2::integer[], $3::text[], $4::text[], $5::integer[], $6::real[], $7::real[], $8::text[],
                       $9::text[]) AS seats (i, l, r, n, x, y, c, f)"#,
        screen.0,
        &indexes,
        &column(|seat| seat.label.clone()),
        &column(|seat| seat.row.clone()),
        &numbers,
        &xs,
        &ys,
        &column(|seat| seat.seat.category.clone()),
        &column(|seat| seat.seat.features.join(",")),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A screen with its seats.
pub async fn screen(pool: &PgPool, id: ScreenId) -> Result<Option<Screen>, StoreError> {
    patiently(async {
        let row =
            sqlx::query!("SELECT theatre_id, name, seat_count FROM booking.screens WHERE id = $1", id.0)
                .fetch_optional(pool)
                .await?;
        let Some(row) = row else { return Ok(None) };
        let rows = rows_of(&seats(pool, id).await?);
        Ok(Some(Screen {
            screen_id: id,
            theatre_id: TheatreId(row.theatre_id),
            name: row.name,
            seat_count: row.seat_count.cast_unsigned(),
            rows,
        }))
    })
    .await
}

/// The seats of a screen, in order.
pub(super) async fn seats(db: impl PgExecutor<'_>, screen: ScreenId) -> sqlx::Result<Vec<Seat>> {
    let rows = sqlx::query!(
        r#"SELECT seat_index, label, row_name, number, x, y, category, features
           FROM booking.screen_seats WHERE screen_id = $1 ORDER BY seat_index"#,
        screen.0,
    )
    .fetch_all(db)
    .await?;
    let seat = rows.into_iter().map(|row| Seat {
        index: row.seat_index.cast_unsigned(),
        label: row.label,
        row: row.row_name,
        y: row.y,
        seat: LayoutSeat { number: row.number, x: row.x, category: row.category, features: row.features },
    });
    Ok(seat.collect())
}

/// Screens without their seats, in the order in which they were made.
pub async fn list_screens(pool: &PgPool, page: Page) -> Result<Vec<Screen>, StoreError> {
    postgres(async {
        let rows = sqlx::query!(
            r#"SELECT id, theatre_id, name, seat_count FROM booking.screens
               WHERE $1::uuid IS NULL OR id > $1 ORDER BY id LIMIT $2"#,
            page.after,
            page.limit,
        )
        .fetch_all(pool)
        .await?;
        let screens = rows.into_iter().map(|row| Screen {
            screen_id: ScreenId(row.id),
            theatre_id: TheatreId(row.theatre_id),
            name: row.name,
            seat_count: row.seat_count.cast_unsigned(),
            rows: Vec::new(),
        });
        Ok(screens.collect())
    })
    .await
}

/// Renames a screen and, as long as it has no shows, replaces its seats; answers its new version. `None`: there is no such
/// screen, or it is not this version of it any more.
pub async fn update_screen(
    pool: &PgPool,
    id: ScreenId,
    name: Option<&str>,
    layout: Option<&Layout>,
    only: Option<Timestamp>,
    now: Timestamp,
) -> Result<Option<Timestamp>, CatalogueError> {
    patiently(async {
        let mut tx = pool.begin().await?;
        let known = sqlx::query!(
            r#"UPDATE booking.screens SET name = coalesce($2, name), seat_count = coalesce($3, seat_count),
                   updated_at = greatest($4, updated_at + interval '1 microsecond')
               WHERE id = $1 AND ($5::timestamptz IS NULL OR updated_at = $5)
               RETURNING EXISTS (SELECT FROM booking.shows WHERE screen_id = $1) AS "in_use!",
                   updated_at AS "at: jiff_sqlx::Timestamp""#,
            id.0,
            name,
            layout.map(|layout| i32::try_from(layout.seats().len()).unwrap_or(i32::MAX)),
            now.to_sqlx() as _,
            only.map(jiff_sqlx::ToSqlx::to_sqlx) as _,
        )
        .fetch_optional(&mut *tx)
        .await?;
        let Some(known) = known else { return Ok(None) };
        if let Some(layout) = layout {
            if known.in_use {
                return Err(CatalogueError::ScreenInUse);
            }
            sqlx::query!("DELETE FROM booking.screen_seats WHERE screen_id = $1", id.0)
                .execute(&mut *tx)
                .await?;
            insert_seats(&mut tx, id, layout).await?;
        }
        tx.commit().await?;
        Ok(Some(known.at.to_jiff()))
    })
    .await
}
