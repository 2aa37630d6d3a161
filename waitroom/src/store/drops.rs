//! Drops and their audit log in Postgres.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use serde::Serialize;
use shared::ids::{DropSlug, uuid_v7};
use shared::store::{Dependency, StoreError, within};
use sqlx::{PgConnection, PgPool};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::drop::Drop;
use crate::domain::operate::OperateError;

mod logos;
mod row;

pub use logos::Logos;
use row::{DropRow, snapshot};

/// Who did something, and why.
#[derive(Clone, Debug)]
pub struct Author {
    /// Who.
    pub operator: String,
    /// Why, where they said so.
    pub reason: Option<String>,
}

/// A line of the audit log.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AuditLine {
    /// Names the line; later lines have greater ids.
    pub id: Uuid,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub operator: String,
    /// What: `create`, `change`, `open`, `pause`, `resume`, `close`, `give_pass`, `take_pass`.
    pub action: String,
    /// Why, where they said so.
    pub reason: Option<String>,
    /// The settings or the pass before; null where the drop was made.
    #[schema(value_type = Object)]
    pub before: Option<serde_json::Value>,
    /// The settings or the pass after.
    #[schema(value_type = Object)]
    pub after: serde_json::Value,
}

/// The drops in Postgres.
#[derive(Clone)]
pub struct Drops(PgPool);

impl Drops {
    /// Over this pool.
    pub fn new(pool: PgPool) -> Self {
        Self(pool)
    }

    /// The drop of this name.
    pub async fn find(&self, slug: &DropSlug) -> Result<Option<Drop>, StoreError> {
        within(Dependency::Postgres, async {
            let row = sqlx::query_as!(
                DropRow,
                r#"SELECT slug, title, mode, control, seed, lobby_opens_at AS "lobby_opens_at: _", opens_at AS "opens_at: _",
                          closes_at AS "closes_at: _", rate_per_minute, burst, max_active, claim_window_s, session_max_s,
                          on_lapse, return_grace_s, salt_source, salt, rejoin, max_seats, hold_s, cooldown_s, allowed_origins,
                          languages, branding, message, roster, roster_sha256, roster_count, roster_stored_at AS "roster_stored_at: _", epoch, version,
                          created_at AS "created_at: _", updated_at AS "updated_at: _"
                   FROM waitroom.drops WHERE slug = $1"#,
                slug.as_str(),
            );
            row.fetch_optional(&self.0).await?.map(Drop::try_from).transpose()
        })
        .await
    }

    /// At most `limit` drops whose names come after `after`, by name.
    pub async fn page(&self, after: &str, limit: u32) -> Result<Vec<Drop>, StoreError> {
        within(Dependency::Postgres, async {
            let rows = sqlx::query_as!(
                DropRow,
                r#"SELECT slug, title, mode, control, seed, lobby_opens_at AS "lobby_opens_at: _", opens_at AS "opens_at: _",
                          closes_at AS "closes_at: _", rate_per_minute, burst, max_active, claim_window_s, session_max_s,
                          on_lapse, return_grace_s, salt_source, salt, rejoin, max_seats, hold_s, cooldown_s, allowed_origins,
                          languages, branding, message, roster, roster_sha256, roster_count, roster_stored_at AS "roster_stored_at: _", epoch, version,
                          created_at AS "created_at: _", updated_at AS "updated_at: _"
                   FROM waitroom.drops WHERE slug > $1 ORDER BY slug LIMIT $2"#,
                after,
                i64::from(limit),
            );
            row::drops(rows.fetch_all(&self.0).await?)
        })
        .await
    }

    /// Makes a drop, with its first line in the audit log.
    pub async fn create(&self, drop: &Drop, author: &Author) -> Result<(), OperateError> {
        let create = async {
            let mut tx = self.0.begin().await?;
            insert(&mut tx, drop).await?;
            logos::keep(&mut tx, drop).await?;
            log(&mut tx, "create", author, None, drop).await?;
            Ok(tx.commit().await?)
        };
        in_time(Box::pin(create)).await
    }

    /// Changes a drop as `decide` says, with a line in the audit log. The row is locked meanwhile.
    pub async fn update(
        &self,
        slug: &DropSlug,
        action: &str,
        author: &Author,
        decide: impl FnOnce(Drop) -> Result<Drop, OperateError>,
    ) -> Result<Drop, OperateError> {
        let update = async {
            let mut tx = self.0.begin().await?;
            let before = lock(&mut tx, slug).await?.ok_or(OperateError::NoSuchDrop)?;
            let after = decide(before.clone())?;
            write(&mut tx, &after).await?;
            if after.settings.branding.logo != before.settings.branding.logo {
                logos::keep(&mut tx, &after).await?;
            }
            log(&mut tx, action, author, Some(&before), &after).await?;
            tx.commit().await?;
            Ok(after)
        };
        in_time(Box::pin(update)).await
    }

    /// The audit log, the newest first, at most `limit` lines older than `before`.
    pub async fn audit(
        &self,
        slug: &DropSlug,
        before: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<AuditLine>, StoreError> {
        within(Dependency::Postgres, async {
            let rows = sqlx::query!(
                r#"SELECT id, at AS "at: jiff_sqlx::Timestamp", operator, action, reason, before, after
                   FROM waitroom.audit WHERE drop = $1 AND id < $2 ORDER BY id DESC LIMIT $3"#,
                slug.as_str(),
                before.unwrap_or(Uuid::max()),
                i64::from(limit),
            );
            let rows = rows.fetch_all(&self.0).await?;
            let lines = rows.into_iter().map(|row| AuditLine {
                id: row.id,
                at: row.at.to_jiff(),
                operator: row.operator,
                action: row.action,
                reason: row.reason,
                before: row.before,
                after: row.after,
            });
            Ok::<_, StoreError>(lines.collect())
        })
        .await
    }
}

/// Bounds how long is waited for Postgres; what the operator is told comes from inside.
async fn in_time<T>(call: impl Future<Output = Result<T, OperateError>>) -> Result<T, OperateError> {
    within(Dependency::Postgres, async { Ok::<_, StoreError>(call.await) }).await?
}

/// The drop's row, locked until the transaction ends.
async fn lock(tx: &mut PgConnection, slug: &DropSlug) -> Result<Option<Drop>, StoreError> {
    let row = sqlx::query_as!(
        DropRow,
        r#"SELECT slug, title, mode, control, seed, lobby_opens_at AS "lobby_opens_at: _", opens_at AS "opens_at: _",
                  closes_at AS "closes_at: _", rate_per_minute, burst, max_active, claim_window_s, session_max_s,
                  on_lapse, return_grace_s, salt_source, salt, rejoin, max_seats, hold_s, cooldown_s, allowed_origins,
                  languages, branding, message, roster, roster_sha256, roster_count, roster_stored_at AS "roster_stored_at: _", epoch, version,
                  created_at AS "created_at: _", updated_at AS "updated_at: _"
           FROM waitroom.drops WHERE slug = $1 FOR UPDATE"#,
        slug.as_str(),
    );
    row.fetch_optional(tx).await?.map(Drop::try_from).transpose()
}

/// The drop's row, locked until the transaction ends; `None` also where somebody else has it locked.
pub(super) async fn lock_unless_locked(
    tx: &mut PgConnection,
    slug: &DropSlug,
) -> Result<Option<Drop>, StoreError> {
    let row = sqlx::query_as!(
        DropRow,
        r#"SELECT slug, title, mode, control, seed, lobby_opens_at AS "lobby_opens_at: _", opens_at AS "opens_at: _",
                  closes_at AS "closes_at: _", rate_per_minute, burst, max_active, claim_window_s, session_max_s,
                  on_lapse, return_grace_s, salt_source, salt, rejoin, max_seats, hold_s, cooldown_s, allowed_origins,
                  languages, branding, message, roster, roster_sha256, roster_count, roster_stored_at AS "roster_stored_at: _", epoch, version,
                  created_at AS "created_at: _", updated_at AS "updated_at: _"
           FROM waitroom.drops WHERE slug = $1 FOR UPDATE SKIP LOCKED"#,
        slug.as_str(),
    );
    row.fetch_optional(tx).await?.map(Drop::try_from).transpose()
}

async fn insert(tx: &mut PgConnection, drop: &Drop) -> Result<(), sqlx::Error> {
    let row = DropRow::from(drop);
    sqlx::query!(
        "INSERT INTO waitroom.drops (slug, title, mode, control, seed, lobby_opens_at, opens_at, closes_at, rate_per_minute,
                burst, max_active, claim_window_s, session_max_s, on_lapse, return_grace_s, salt_source, salt, rejoin,
                max_seats, hold_s, cooldown_s, allowed_origins, message, epoch, version, created_at, updated_at, languages,
                branding)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
                 $24, $25, $26, $27, $28, $29)",
        row.slug,
        row.title,
        row.mode,
        row.control,
        row.seed,
        row.lobby_opens_at as _,
        row.opens_at as _,
        row.closes_at as _,
        row.rate_per_minute,
        row.burst,
        row.max_active,
        row.claim_window_s,
        row.session_max_s,
        row.on_lapse,
        row.return_grace_s,
        row.salt_source,
        row.salt,
        row.rejoin,
        row.max_seats,
        row.hold_s,
        row.cooldown_s,
        &row.allowed_origins,
        row.message,
        row.epoch,
        row.version,
        row.created_at as _,
        row.updated_at as _,
        &row.languages,
        row.branding,
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// Writes everything that an operator can change. The epoch and the roster are not theirs.
async fn write(tx: &mut PgConnection, drop: &Drop) -> Result<(), sqlx::Error> {
    let row = DropRow::from(drop);
    sqlx::query!(
        "UPDATE waitroom.drops
         SET title = $2, mode = $3, control = $4, lobby_opens_at = $5, opens_at = $6, closes_at = $7, rate_per_minute = $8,
             burst = $9, max_active = $10, claim_window_s = $11, session_max_s = $12, on_lapse = $13,
             return_grace_s = $14, salt_source = $15, salt = $16, rejoin = $17, max_seats = $18, hold_s = $19,
             cooldown_s = $20, allowed_origins = $21, message = $22, version = $23, updated_at = $24, languages = $25,
             branding = $26
         WHERE slug = $1",
        row.slug,
        row.title,
        row.mode,
        row.control,
        row.lobby_opens_at as _,
        row.opens_at as _,
        row.closes_at as _,
        row.rate_per_minute,
        row.burst,
        row.max_active,
        row.claim_window_s,
        row.session_max_s,
        row.on_lapse,
        row.return_grace_s,
        row.salt_source,
        row.salt,
        row.rejoin,
        row.max_seats,
        row.hold_s,
        row.cooldown_s,
        &row.allowed_origins,
        row.message,
        row.version,
        row.updated_at as _,
        &row.languages,
        row.branding,
    )
    .execute(tx)
    .await
    .map(|_| ())
}

async fn log(
    tx: &mut PgConnection,
    action: &str,
    author: &Author,
    before: Option<&Drop>,
    after: &Drop,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO waitroom.audit (id, drop, at, operator, action, reason, before, after)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        uuid_v7(after.updated_at),
        after.slug.as_str(),
        after.updated_at.to_sqlx() as _,
        author.operator,
        action,
        author.reason,
        before.map(snapshot),
        snapshot(after),
    )
    .execute(tx)
    .await
    .map(|_| ())
}
