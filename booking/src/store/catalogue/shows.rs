//! Shows in Postgres.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx as _;
use shared::ids::DropSlug;
use shared::money::Money;
use shared::store::StoreError;
use sqlx::{PgConnection, PgPool, PgTransaction};

use super::{CatalogueError, Page, screens, unknown};
use crate::domain::catalogue::{
    InvalidField, PriceList, Show, ShowDetails, ShowMovie, ShowPlan, ShowScreen, ShowStatus, ShowTheatre,
};
use crate::domain::ids::{MovieId, ScreenId, ShowId, TheatreId};
use crate::domain::seating::StrandedRule;
use crate::store::{patiently, postgres};

/// How long a screen is kept free after a movie where the operator does not say.
const CLEANING: SignedDuration = SignedDuration::from_mins(20);

/// Which shows a list has.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only this one.
    pub id: Option<ShowId>,
    /// Only those sold by this drop.
    pub drop: Option<DropSlug>,
    /// Only those that end after this time and are not cancelled.
    pub upcoming: Option<Timestamp>,
}

/// Makes a show.
pub async fn create_show(
    pool: &PgPool,
    id: ShowId,
    details: &ShowDetails,
    now: Timestamp,
) -> Result<(), CatalogueError> {
    details.check()?;
    patiently(async {
        let mut tx = pool.begin().await?;
        let ends_at = end_of(&mut tx, details).await?;
        sqlx::query!(
            r#"INSERT INTO booking.shows (id, movie_id, screen_id, region, drop, starts_at, ends_at, stranded,
                                          created_at, updated_at, cancellation_policy)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10)"#,
            id.0,
            details.movie_id.0,
            details.screen_id.0,
            details.region,
            details.drop.as_ref().map(DropSlug::as_str),
            details.starts_at.to_sqlx() as _,
            ends_at.to_sqlx() as _,
            details.stranded_rule.as_str(),
            now.to_sqlx() as _,
            details.cancellation_policy.as_ref().map(ToString::to_string),
        )
        .execute(&mut *tx)
        .await?;
        replace_prices(&mut tx, id, details).await?;
        tx.commit().await?;
        Ok(())
    })
    .await
}

async fn end_of(tx: &mut PgTransaction<'_>, details: &ShowDetails) -> Result<Timestamp, CatalogueError> {
    if let Some(ends_at) = details.ends_at {
        return Ok(ends_at);
    }
    let minutes =
        sqlx::query_scalar!("SELECT duration_minutes FROM booking.movies WHERE id = $1", details.movie_id.0)
            .fetch_optional(&mut **tx)
            .await?
            .ok_or_else(|| InvalidField::new("movie_id", "is unknown"))?;
    let length = SignedDuration::from_mins(minutes.into()) + CLEANING;
    details
        .starts_at
        .checked_add(length)
        .map_err(|_| InvalidField::new("starts_at", "is too far away").into())
}

async fn replace_prices(
    tx: &mut PgTransaction<'_>,
    id: ShowId,
    details: &ShowDetails,
) -> Result<(), CatalogueError> {
    let categories = sqlx::query_scalar!(
        "SELECT DISTINCT category FROM booking.screen_seats WHERE screen_id = $1",
        details.screen_id.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    details.prices.check(categories.iter().map(String::as_str))?;
    sqlx::query!("DELETE FROM booking.show_prices WHERE show_id = $1", id.0).execute(&mut **tx).await?;
    let (categories, fares): (Vec<String>, Vec<String>) =
        details.prices.entries().map(|(category, fare, _)| (category.to_owned(), fare.to_owned())).unzip();
    let currency = details.prices.currency();
    let amounts: Vec<i64> = details.prices.entries().map(|(_, _, price)| price.amount_minor).collect();
    sqlx::query!(
        r#"INSERT INTO booking.show_prices (show_id, category, fare, amount_minor, currency)
           SELECT $1, c, f, a, $5 FROM UNNEST($2::text[], $3::text[], $4::bigint[]) AS prices (c, f, a)"#,
        id.0,
        &categories,
        &fares,
        &amounts,
        currency.as_str(),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Replaces what is known of a show and answers its new version. `None`: there is no such show, or it is not this version
/// of it any more. The screen stays once there are reservations: their seats are seats of that screen.
pub async fn update_show(
    pool: &PgPool,
    id: ShowId,
    details: &ShowDetails,
    only: Option<Timestamp>,
    now: Timestamp,
) -> Result<Option<Timestamp>, CatalogueError> {
    details.check()?;
    patiently(async {
        let mut tx = pool.begin().await?;
        let known = sqlx::query!(
            r#"SELECT screen_id, EXISTS (SELECT FROM booking.reservations r WHERE r.show_id = s.id) AS "in_use!"
               FROM booking.shows s WHERE id = $1 AND ($2::timestamptz IS NULL OR updated_at = $2) FOR UPDATE"#,
            id.0,
            only.map(jiff_sqlx::ToSqlx::to_sqlx) as _,
        )
        .fetch_optional(&mut *tx)
        .await?;
        let Some(known) = known else { return Ok(None) };
        let moved = known.screen_id != details.screen_id.0;
        if moved && known.in_use {
            return Err(CatalogueError::ShowInUse);
        }
        let ends_at = end_of(&mut tx, details).await?;
        // A show on another screen has other seats: a new epoch makes every replica and Redis start over.
        let changed = sqlx::query_scalar!(
            r#"UPDATE booking.shows
               SET movie_id = $2, screen_id = $3, drop = $4, starts_at = $5, ends_at = $6, stranded = $7,
                   epoch = epoch + $8, cancellation_policy = $10,
                   updated_at = greatest($9, updated_at + interval '1 microsecond')
               WHERE id = $1
               RETURNING updated_at AS "at: jiff_sqlx::Timestamp""#,
            id.0,
            details.movie_id.0,
            details.screen_id.0,
            details.drop.as_ref().map(DropSlug::as_str),
            details.starts_at.to_sqlx() as _,
            ends_at.to_sqlx() as _,
            details.stranded_rule.as_str(),
            i64::from(moved),
            now.to_sqlx() as _,
            details.cancellation_policy.as_ref().map(ToString::to_string),
        )
        .fetch_one(&mut *tx)
        .await?;
        replace_prices(&mut tx, id, details).await?;
        tx.commit().await?;
        Ok(Some(changed.to_jiff()))
    })
    .await
}

struct Row {
    id: uuid::Uuid,
    movie_id: uuid::Uuid,
    title: String,
    duration_minutes: i32,
    theatre_id: uuid::Uuid,
    theatre: String,
    city: String,
    time_zone: String,
    screen_id: uuid::Uuid,
    screen: String,
    starts_at: jiff_sqlx::Timestamp,
    ends_at: jiff_sqlx::Timestamp,
    status: String,
    drop: Option<String>,
    region: String,
    stranded: String,
    cancellation_policy: Option<String>,
    updated_at: jiff_sqlx::Timestamp,
    prices: serde_json::Value,
}

impl Row {
    fn into_show(self) -> Result<Show, StoreError> {
        let prices: BTreeMap<String, Money> =
            serde_json::from_value(self.prices).map_err(|error| unknown(&error.to_string()))?;
        Ok(Show {
            show_id: ShowId(self.id),
            movie: ShowMovie {
                movie_id: MovieId(self.movie_id),
                title: self.title,
                duration_minutes: self.duration_minutes,
            },
            theatre: ShowTheatre {
                theatre_id: TheatreId(self.theatre_id),
                name: self.theatre,
                city: self.city,
                time_zone: self.time_zone,
            },
            screen: ShowScreen { screen_id: ScreenId(self.screen_id), name: self.screen },
            starts_at: self.starts_at.to_jiff(),
            ends_at: self.ends_at.to_jiff(),
            status: ShowStatus::from_word(&self.status).ok_or_else(|| unknown(&self.status))?,
            prices: PriceList::new(prices),
            drop: self.drop.map(|drop| drop.parse().map_err(|_| unknown(&drop))).transpose()?,
            region: self.region,
            stranded_rule: StrandedRule::from_word(&self.stranded).ok_or_else(|| unknown(&self.stranded))?,
            cancellation_policy: self
                .cancellation_policy
                .map(|policy| policy.parse().map_err(|_| unknown(&policy)))
                .transpose()?,
        })
    }
}

async fn rows(db: &mut PgConnection, filter: &Filter, page: Page) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        r#"SELECT s.id, s.movie_id, m.title, m.duration_minutes, t.id AS theatre_id, t.name AS theatre, t.city,
               t.time_zone, s.screen_id, c.name AS screen, s.starts_at AS "starts_at: jiff_sqlx::Timestamp",
               s.ends_at AS "ends_at: jiff_sqlx::Timestamp", s.status, s.drop, s.region, s.stranded,
               s.cancellation_policy,
               s.updated_at AS "updated_at: jiff_sqlx::Timestamp",
               (SELECT coalesce(jsonb_object_agg(CASE fare WHEN 'standard' THEN category ELSE category || '/' || fare END,
                       jsonb_build_object('amount_minor', amount_minor, 'currency', currency)), '{}')
                FROM booking.show_prices p WHERE p.show_id = s.id) AS "prices!"
           FROM booking.shows s
           JOIN booking.movies m ON m.id = s.movie_id
           JOIN booking.screens c ON c.id = s.screen_id
           JOIN booking.theatres t ON t.id = c.theatre_id
           WHERE ($1::uuid IS NULL OR s.id > $1)
             AND ($3::text IS NULL OR s.sold_by = $3)
             AND ($4::uuid IS NULL OR s.id = $4)
             AND ($5::timestamptz IS NULL OR (s.ends_at > $5 AND s.status <> 'cancelled'))
           ORDER BY s.id LIMIT $2"#,
        page.after,
        page.limit,
        filter.drop.as_ref().map(DropSlug::as_str),
        filter.id.map(|id| id.0),
        filter.upcoming.map(jiff_sqlx::ToSqlx::to_sqlx) as _,
    )
    .fetch_all(db)
    .await
}

/// Shows, in the order in which they were made.
pub async fn list_shows(pool: &PgPool, filter: &Filter, page: Page) -> Result<Vec<Show>, StoreError> {
    postgres(async {
        let mut connection = pool.acquire().await?;
        let rows = rows(&mut connection, filter, page).await?;
        rows.into_iter().map(Row::into_show).collect()
    })
    .await
}

/// A show with its seats, of which there may be many: whoever cannot wait does not wait for it.
pub async fn plan(pool: &PgPool, id: ShowId) -> Result<Option<ShowPlan>, StoreError> {
    patiently(async {
        let mut connection = pool.acquire().await?;
        let filter = Filter { id: Some(id), ..Filter::default() };
        let rows = rows(&mut connection, &filter, Page { after: None, limit: 1 }).await?;
        let Some(row) = rows.into_iter().next() else { return Ok(None) };
        let updated_at = row.updated_at.to_jiff();
        let show = row.into_show()?;
        let seats = screens::seats(&mut *connection, show.screen.screen_id).await?;
        Ok(Some(ShowPlan::new(show, seats, updated_at)))
    })
    .await
}

/// A show whose seats can be reserved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnSale {
    /// The show.
    pub show: ShowId,
    /// The drop that sells it.
    pub drop: DropSlug,
    /// Its epoch.
    pub epoch: i64,
}

/// The shows whose seats can be reserved at this time.
pub async fn on_sale(pool: &PgPool, now: Timestamp) -> Result<Vec<OnSale>, StoreError> {
    postgres(async {
        let rows = sqlx::query!(
            r#"SELECT id, sold_by AS "sold_by!", epoch FROM booking.shows
               WHERE status = 'scheduled' AND ends_at > $1 ORDER BY id"#,
            now.to_sqlx() as _,
        )
        .fetch_all(pool)
        .await?;
        rows.into_iter()
            .map(|row| {
                let drop = row.sold_by.parse().map_err(|_| unknown(&row.sold_by))?;
                Ok(OnSale { show: ShowId(row.id), drop, epoch: row.epoch })
            })
            .collect()
    })
    .await
}

/// When these shows were last changed.
pub async fn last_changes(pool: &PgPool, ids: &[ShowId]) -> Result<Vec<(ShowId, Timestamp)>, StoreError> {
    let ids: Vec<uuid::Uuid> = ids.iter().map(|id| id.0).collect();
    postgres(async {
        let rows = sqlx::query!(
            r#"SELECT id, updated_at AS "updated_at: jiff_sqlx::Timestamp" FROM booking.shows WHERE id = ANY ($1)"#,
            &ids,
        )
        .fetch_all(pool)
        .await?;
        Ok(rows.into_iter().map(|row| (ShowId(row.id), row.updated_at.to_jiff())).collect())
    })
    .await
}
