//! Priority passes in Postgres. The line has a copy in Redis, which is filled from here.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use shared::ids::{DropSlug, uuid_v7};
use shared::store::{Dependency, StoreError, within};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::domain::pass::{Pass, PassId};
use crate::domain::place::PlaceId;

/// The passes of all drops.
#[derive(Clone)]
pub struct Passes(PgPool);

/// A pass to be written.
pub struct NewPass<'a> {
    /// The drop.
    pub drop: &'a DropSlug,
    /// The pass.
    pub pass: Pass,
}

impl Passes {
    /// Over this pool.
    pub fn new(pool: PgPool) -> Self {
        Self(pool)
    }

    /// Gives a pass, with its line in the audit log, unless the identity has one: the pass that it has then, and whether
    /// it is new.
    pub async fn give(&self, new: NewPass<'_>) -> Result<(Pass, bool), StoreError> {
        within(Dependency::Postgres, async {
            let mut tx = self.0.begin().await?;
            if insert(&mut tx, &new).await? {
                log(&mut tx, new.drop, "give_pass", &new.pass, &new.pass.given_by, new.pass.given_at).await?;
                tx.commit().await?;
                return Ok((new.pass, true));
            }
            let had = live(&mut tx, new.drop, new.pass.place_id).await?;
            // It was taken back in this very moment: asking again gives a new one.
            let had = had.ok_or_else(|| busy("the pass is just being taken back"))?;
            Ok::<_, StoreError>((had, false))
        })
        .await
    }

    /// Takes a pass back, with a line in the audit log. Gives the place whose pass the line is to forget; `None` where
    /// there is no such pass. Taking it back again changes nothing, and has the line forget again.
    pub async fn take(
        &self,
        slug: &DropSlug,
        pass: PassId,
        by: &str,
        at: Timestamp,
    ) -> Result<Option<Taken>, StoreError> {
        within(Dependency::Postgres, async {
            let mut tx = self.0.begin().await?;
            let taken = end(&mut tx, slug, pass, by, at).await?;
            let Some(taken) = taken else {
                return Ok(former(&mut tx, slug, pass).await?.map(|place| Taken { place }));
            };
            log(&mut tx, slug, "take_pass", &taken, by, at).await?;
            tx.commit().await?;
            Ok::<_, StoreError>(Some(Taken { place: Some(taken.place_id) }))
        })
        .await
    }

    /// At most `limit` passes after `after`, the oldest first.
    pub async fn page(&self, slug: &DropSlug, after: Uuid, limit: u32) -> Result<Vec<Pass>, StoreError> {
        let rows = sqlx::query_as!(
            Row,
            r#"SELECT id, place, account, issuer, reason, given_by, given_at AS "given_at: jiff_sqlx::Timestamp"
               FROM waitroom.passes WHERE drop = $1 AND id > $2 AND taken_at IS NULL ORDER BY id LIMIT $3"#,
            slug.as_str(),
            after,
            i64::from(limit),
        );
        let rows = within(Dependency::Postgres, rows.fetch_all(&self.0)).await?;
        Ok(rows.into_iter().map(Pass::from).collect())
    }
}

/// A pass as a row has it.
struct Row {
    id: Uuid,
    place: Uuid,
    account: Option<String>,
    issuer: Option<String>,
    reason: Option<String>,
    given_by: String,
    given_at: jiff_sqlx::Timestamp,
}

impl From<Row> for Pass {
    fn from(row: Row) -> Self {
        Self {
            pass_id: PassId(row.id),
            place_id: PlaceId(row.place),
            account: row.account,
            issuer: row.issuer,
            reason: row.reason,
            given_by: row.given_by,
            given_at: row.given_at.to_jiff(),
        }
    }
}

/// What became of taking a pass back.
#[derive(Debug, PartialEq, Eq)]
pub struct Taken {
    /// Whose pass the line is to forget; `None` where the identity has been given another one since.
    pub place: Option<PlaceId>,
}

/// All passes of a drop, to fill the line from: the first places of identities, and their passes.
pub(super) async fn of(tx: &mut PgConnection, slug: &DropSlug) -> Result<Vec<(PlaceId, PassId)>, StoreError> {
    let rows = sqlx::query!(
        "SELECT place, id FROM waitroom.passes WHERE drop = $1 AND taken_at IS NULL",
        slug.as_str(),
    );
    let rows = rows.fetch_all(tx).await?;
    Ok(rows.into_iter().map(|row| (PlaceId(row.place), PassId(row.id))).collect())
}

/// Whether the row was written; not where the identity has a pass.
async fn insert(tx: &mut PgConnection, new: &NewPass<'_>) -> Result<bool, sqlx::Error> {
    let pass = &new.pass;
    let insert = sqlx::query!(
        "INSERT INTO waitroom.passes (id, drop, place, account, issuer, reason, given_by, given_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (drop, place) WHERE taken_at IS NULL DO NOTHING",
        pass.pass_id.0,
        new.drop.as_str(),
        pass.place_id.0,
        pass.account,
        pass.issuer,
        pass.reason,
        pass.given_by,
        pass.given_at.to_sqlx() as _,
    );
    Ok(insert.execute(tx).await?.rows_affected() == 1)
}

async fn live(tx: &mut PgConnection, slug: &DropSlug, place: PlaceId) -> Result<Option<Pass>, sqlx::Error> {
    let row = sqlx::query_as!(
        Row,
        r#"SELECT id, place, account, issuer, reason, given_by, given_at AS "given_at: jiff_sqlx::Timestamp"
           FROM waitroom.passes WHERE drop = $1 AND place = $2 AND taken_at IS NULL"#,
        slug.as_str(),
        place.0,
    );
    Ok(row.fetch_optional(tx).await?.map(Pass::from))
}

/// Ends a live pass; `None` where there is none.
async fn end(
    tx: &mut PgConnection,
    slug: &DropSlug,
    pass: PassId,
    by: &str,
    at: Timestamp,
) -> Result<Option<Pass>, sqlx::Error> {
    let row = sqlx::query_as!(
        Row,
        r#"UPDATE waitroom.passes SET taken_by = $3, taken_at = $4
           WHERE drop = $1 AND id = $2 AND taken_at IS NULL
           RETURNING id, place, account, issuer, reason, given_by, given_at AS "given_at: jiff_sqlx::Timestamp""#,
        slug.as_str(),
        pass.0,
        by,
        at.to_sqlx() as _,
    );
    Ok(row.fetch_optional(tx).await?.map(Pass::from))
}

/// Whose pass this was, where it has been taken back; the place is `None` where they have another one by now.
async fn former(
    tx: &mut PgConnection,
    slug: &DropSlug,
    pass: PassId,
) -> Result<Option<Option<PlaceId>>, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT place, EXISTS (SELECT FROM waitroom.passes live
                                 WHERE live.drop = former.drop AND live.place = former.place
                                   AND live.taken_at IS NULL) AS "has_another!"
           FROM waitroom.passes former WHERE drop = $1 AND id = $2"#,
        slug.as_str(),
        pass.0,
    );
    Ok(row.fetch_optional(tx).await?.map(|row| (!row.has_another).then_some(PlaceId(row.place))))
}

async fn log(
    tx: &mut PgConnection,
    slug: &DropSlug,
    action: &str,
    pass: &Pass,
    by: &str,
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    let is_given = action == "give_pass";
    let reason = pass.reason.as_deref().filter(|_| is_given);
    let pass = serde_json::json!({"pass": pass});
    let nothing = serde_json::json!({"pass": null});
    let (before, after) = if is_given { (nothing, pass) } else { (pass, nothing) };
    sqlx::query!(
        "INSERT INTO waitroom.audit (id, drop, at, operator, action, reason, before, after)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        uuid_v7(at),
        slug.as_str(),
        at.to_sqlx() as _,
        by,
        action,
        reason,
        before,
        after,
    )
    .execute(tx)
    .await
    .map(drop)
}

fn busy(reason: &str) -> StoreError {
    StoreError::Unavailable { dependency: Dependency::Postgres, reason: reason.to_owned() }
}
