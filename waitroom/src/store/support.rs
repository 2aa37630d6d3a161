//! Support codes in Postgres, and what the ledger knows of a place.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use serde::Serialize;
use shared::ids::{DropSlug, uuid_v7};
use shared::store::{Dependency, StoreError, within};
use sqlx::{PgConnection, PgPool};
use utoipa::ToSchema;

use crate::domain::code::SupportCode;
use crate::domain::place::PlaceId;

/// How often a code is drawn anew where somebody else has it: of 2^40 codes hardly any is taken.
const DRAWS: usize = 8;
/// The most lines of a place's history.
const HISTORY: i64 = 200;

/// The support codes of all drops.
#[derive(Clone)]
pub struct SupportCodes(PgPool);

/// Something that happened to a place.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct HistoryLine {
    /// What: `called`, `claimed`, `renewed`, `freed`, `ended`, `finished`, `aside`, `returned`, `passed`, `rejoined`.
    kind: String,
    /// When.
    at: Timestamp,
    /// How a slot lapsed, or in what state the place was given up.
    reason: Option<String>,
    /// What became of the place.
    outcome: Option<String>,
}

impl SupportCodes {
    /// Over this pool.
    pub fn new(pool: PgPool) -> Self {
        Self(pool)
    }

    /// The code of an identity's place: the one it has, or else the first of the `drawn` that nobody has.
    pub async fn code_of(
        &self,
        drop: &DropSlug,
        place: PlaceId,
        now: Timestamp,
        mut drawn: impl FnMut() -> SupportCode,
    ) -> Result<SupportCode, StoreError> {
        let first = place.of_generation(0);
        within(Dependency::Postgres, async {
            for _ in 0..DRAWS {
                if let Some(code) = self.find(drop, first).await? {
                    return Ok(code);
                }
                let code = drawn();
                if self.insert(drop, first, &code, now).await? {
                    return Ok(code);
                }
            }
            Err(StoreError::unexpected(Dependency::Postgres, "every support code that was drawn is taken"))
        })
        .await
    }

    /// The code of an identity's place, if one was made.
    pub async fn made(&self, drop: &DropSlug, place: PlaceId) -> Result<Option<SupportCode>, StoreError> {
        within(Dependency::Postgres, self.find(drop, place.of_generation(0))).await
    }

    async fn find(&self, drop: &DropSlug, first: PlaceId) -> Result<Option<SupportCode>, StoreError> {
        let code = sqlx::query_scalar!(
            "SELECT code FROM waitroom.support_codes WHERE drop = $1 AND place = $2",
            drop.as_str(),
            first.0,
        );
        let invalid = |_| StoreError::unexpected(Dependency::Postgres, "a support code is none");
        code.fetch_optional(&self.0).await?.map(|code| code.parse().map_err(invalid)).transpose()
    }

    /// Whether it was written; not where the place has a code, or somebody else has this one.
    async fn insert(
        &self,
        drop: &DropSlug,
        first: PlaceId,
        code: &SupportCode,
        now: Timestamp,
    ) -> Result<bool, sqlx::Error> {
        let insert = sqlx::query!(
            "INSERT INTO waitroom.support_codes (drop, code, place, made_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT DO NOTHING",
            drop.as_str(),
            code.as_str(),
            first.0,
            now.to_sqlx() as _,
        );
        Ok(insert.execute(&self.0).await?.rows_affected() == 1)
    }

    /// The first place of the identity that has this code, and what happened to its places, the newest first. That an
    /// operator looked is in the audit log before it is answered; `None`, and no line there, where nobody has the code.
    pub async fn look_up(
        &self,
        drop: &DropSlug,
        code: &SupportCode,
        operator: &str,
        now: Timestamp,
    ) -> Result<Option<(PlaceId, Vec<HistoryLine>)>, StoreError> {
        within(Dependency::Postgres, async {
            let place = sqlx::query_scalar!(
                "SELECT place FROM waitroom.support_codes WHERE drop = $1 AND code = $2",
                drop.as_str(),
                code.as_str(),
            );
            let mut connection = self.0.acquire().await?;
            let Some(place) = place.fetch_optional(&mut *connection).await?.map(PlaceId) else {
                return Ok(None);
            };
            let history = history(&mut connection, drop, place).await?;
            log(&mut connection, drop, place, operator, now).await?;
            Ok::<_, StoreError>(Some((place, history)))
        })
        .await
    }
}

/// What happened to all places of an identity, the newest first. Booking ends a session by its slot alone: those entries
/// are found by the slots that the places had.
async fn history(
    connection: &mut PgConnection,
    drop: &DropSlug,
    first: PlaceId,
) -> Result<Vec<HistoryLine>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"WITH own AS (
               SELECT epoch, stream_ms, stream_seq, stream_index, kind, at, reason, outcome, sid
               FROM waitroom.ledger WHERE drop = $1 AND place BETWEEN $2 AND $3
           )
           SELECT kind AS "kind!", at AS "at!: jiff_sqlx::Timestamp", reason, outcome
           FROM (SELECT epoch, stream_ms, stream_seq, stream_index, kind, at, reason, outcome FROM own
                 UNION ALL
                 SELECT epoch, stream_ms, stream_seq, stream_index, kind, at, reason, outcome
                 FROM waitroom.ledger
                 WHERE drop = $1 AND place IS NULL AND sid IN (SELECT sid FROM own WHERE kind = 'called')) AS entry
           ORDER BY epoch DESC, stream_ms DESC, stream_seq DESC, stream_index DESC LIMIT $4"#,
        drop.as_str(),
        first.0,
        first.of_generation(u16::MAX).0,
        HISTORY,
    );
    let rows = rows.fetch_all(connection).await?;
    let line = rows.into_iter().map(|row| HistoryLine {
        kind: row.kind,
        at: row.at.to_jiff(),
        reason: row.reason,
        outcome: row.outcome,
    });
    Ok(line.collect())
}

async fn log(
    connection: &mut PgConnection,
    drop: &DropSlug,
    place: PlaceId,
    operator: &str,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO waitroom.audit (id, drop, at, operator, action, after) VALUES ($1, $2, $3, $4, 'look_up_place', $5)",
        uuid_v7(now),
        drop.as_str(),
        now.to_sqlx() as _,
        operator,
        serde_json::json!({"place_id": place}),
    )
    .execute(connection)
    .await
    .map(std::mem::drop)
}
