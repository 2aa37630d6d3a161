//! What the ledger knows of a line: how far it was called, who has a slot, who waits to be called once more, who is gone.

use jiff_sqlx::Timestamp;
use shared::ids::{DropSlug, Sid};
use shared::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

/// What Redis is filled from.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// The highest score that the main line was called to.
    pub frontier: Option<i64>,
    /// Recorded calls without a recorded end.
    pub slots: Vec<LiveSlot>,
    /// Places that lapsed, were kept, and have not been called again: with their scores.
    pub kept: Vec<(Uuid, i64)>,
    /// The last place that ended, one an identity.
    pub gone: Vec<Gone>,
}

/// A recorded call without a recorded end.
#[derive(Debug)]
pub(super) struct LiveSlot {
    pub place: Uuid,
    pub sid: Sid,
    pub score: i64,
    pub source: String,
    pub called_ms: i64,
    pub claimed_ms: Option<i64>,
    pub last_token_ms: Option<i64>,
    pub lives_until_ms: i64,
}

/// A place that ended.
#[derive(Debug)]
pub(super) struct Gone {
    pub place: Uuid,
    /// As the `gone` hash says it.
    pub reason: String,
    pub successor_score: Option<i64>,
}

impl Memory {
    /// What the ledger knows now.
    pub(super) async fn of(tx: &mut PgConnection, slug: &DropSlug) -> Result<Self, StoreError> {
        Ok(Self {
            frontier: frontier(tx, slug).await?,
            slots: slots(tx, slug).await?,
            kept: kept(tx, slug).await?,
            gone: gone(tx, slug).await?,
        })
    }
}

async fn frontier(tx: &mut PgConnection, slug: &DropSlug) -> Result<Option<i64>, StoreError> {
    let frontier = sqlx::query_scalar!(
        "SELECT max(score) FROM waitroom.ledger WHERE drop = $1 AND kind = 'called' AND source = 'front'",
        slug.as_str()
    );
    Ok(frontier.fetch_one(tx).await?)
}

async fn slots(tx: &mut PgConnection, slug: &DropSlug) -> Result<Vec<LiveSlot>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT called.place AS "place!", called.sid AS "sid!", called.score AS "score!", called.source AS "source!",
                  called.at AS "called_at!: Timestamp", min(token.at) AS "claimed_at: Timestamp",
                  max(token.at) AS "last_token_at: Timestamp",
                  coalesce(max(token.lives_until), called.lives_until) AS "lives_until!: Timestamp"
           FROM waitroom.ledger called
           LEFT JOIN waitroom.ledger token
             ON token.drop = called.drop AND token.sid = called.sid AND token.kind IN ('claimed', 'renewed')
           WHERE called.drop = $1 AND called.kind = 'called'
             AND NOT EXISTS (SELECT FROM waitroom.ledger past
                             WHERE past.drop = called.drop AND past.sid = called.sid
                               AND past.kind IN ('freed', 'ended', 'finished'))
           GROUP BY called.place, called.sid, called.score, called.source, called.at, called.lives_until"#,
        slug.as_str()
    );
    let ms = |time: Timestamp| time.to_jiff().as_millisecond();
    let slots = rows.fetch_all(tx).await?.into_iter().map(|row| LiveSlot {
        place: row.place,
        sid: Sid(row.sid),
        score: row.score,
        source: row.source,
        called_ms: ms(row.called_at),
        claimed_ms: row.claimed_at.map(ms),
        last_token_ms: row.last_token_at.map(ms),
        lives_until_ms: ms(row.lives_until),
    });
    Ok(slots.collect())
}

async fn kept(tx: &mut PgConnection, slug: &DropSlug) -> Result<Vec<(Uuid, i64)>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT freed.place AS "place!", max(called.score) AS "score!"
           FROM waitroom.ledger freed
           JOIN waitroom.ledger called
             ON called.drop = freed.drop AND called.sid = freed.sid AND called.kind = 'called'
           WHERE freed.drop = $1 AND freed.kind = 'freed' AND freed.outcome = 'kept' AND freed.place IS NOT NULL
             AND NOT EXISTS (SELECT FROM waitroom.ledger later
                             WHERE later.drop = freed.drop AND later.place = freed.place
                               AND later.kind IN ('called', 'ended')
                               AND (later.epoch, later.stream_ms, later.stream_seq)
                                   > (freed.epoch, freed.stream_ms, freed.stream_seq))
           GROUP BY freed.place"#,
        slug.as_str()
    );
    Ok(rows.fetch_all(tx).await?.into_iter().map(|row| (row.place, row.score)).collect())
}

/// A place's text is 32 characters that its identity's places share, and four of generation: the greatest ended last.
async fn gone(tx: &mut PgConnection, slug: &DropSlug) -> Result<Vec<Gone>, StoreError> {
    let rows = sqlx::query!(
        r#"WITH past AS (
               SELECT coalesce(past.place, called.place) AS place, past.kind, past.reason, past.outcome, past.successor_score
               FROM waitroom.ledger past
               LEFT JOIN waitroom.ledger called
                 ON past.place IS NULL AND called.drop = past.drop AND called.sid = past.sid AND called.kind = 'called'
               WHERE past.drop = $1 AND past.kind IN ('freed', 'ended', 'finished')
                 AND past.outcome IS DISTINCT FROM 'kept'
           )
           SELECT DISTINCT ON (left(place::text, 32)) place AS "place!", successor_score,
                  CASE WHEN outcome = 'requeued' THEN 'requeued'
                       WHEN kind = 'finished' OR reason IN ('finished', 'expired') THEN 'finished'
                       WHEN kind = 'ended' THEN 'left'
                       ELSE 'lapsed' END AS "reason!"
           FROM past WHERE place IS NOT NULL
           ORDER BY left(place::text, 32), place DESC"#,
        slug.as_str()
    );
    let gone = rows.fetch_all(tx).await?.into_iter().map(|row| Gone {
        place: row.place,
        reason: row.reason,
        successor_score: row.successor_score,
    });
    Ok(gone.collect())
}
