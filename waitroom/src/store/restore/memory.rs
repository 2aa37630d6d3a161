//! Reading the ledger of a drop, however long it is: in pages, each of which Postgres answers at once.

use jiff_sqlx::Timestamp;
use shared::ids::DropSlug;
use shared::store::{Dependency, StoreError, within};
use sqlx::PgConnection;

use super::replay::{Memory, Row};

/// How many rows one page has: some tens of milliseconds.
const PAGE: i64 = 10_000;

/// Where a page ended.
type Position = (i64, i64, i64, i32);

/// What the ledger knows now.
pub(super) async fn read(tx: &mut PgConnection, slug: &DropSlug) -> Result<Memory, StoreError> {
    let mut memory = Memory::default();
    let mut after: Position = (i64::MIN, 0, 0, 0);
    loop {
        let rows = within(Dependency::Postgres, page(tx, slug, after)).await?;
        for row in &rows {
            memory.replay(row);
        }
        match rows.last() {
            Some(last) if rows.len() == usize::try_from(PAGE).expect("a page is small") => {
                after = (last.epoch, last.stream_ms, last.stream_seq, last.stream_index);
            }
            _ => return Ok(memory),
        }
    }
}

async fn page(
    tx: &mut PgConnection,
    slug: &DropSlug,
    (epoch, ms, seq, index): Position,
) -> Result<Vec<Row>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT epoch, stream_ms, stream_seq, stream_index, kind, at AS "at: Timestamp", place, sid, score, source,
                  lives_until AS "lives_until: Timestamp", reason, outcome, successor_score
           FROM waitroom.ledger
           WHERE drop = $1 AND (epoch, stream_ms, stream_seq, stream_index) > ($2, $3, $4, $5)
           ORDER BY epoch, stream_ms, stream_seq, stream_index
           LIMIT $6"#,
        slug.as_str(),
        epoch,
        ms,
        seq,
        index,
        PAGE,
    );
    let rows = rows.fetch_all(tx).await?.into_iter().map(|row| Row {
        epoch: row.epoch,
        stream_ms: row.stream_ms,
        stream_seq: row.stream_seq,
        stream_index: row.stream_index,
        kind: row.kind,
        at_ms: Row::ms(row.at),
        place: row.place,
        sid: row.sid,
        score: row.score,
        source: row.source,
        lives_until_ms: row.lives_until.map(Row::ms),
        reason: row.reason,
        outcome: row.outcome,
        successor_score: row.successor_score,
    });
    Ok(rows.collect())
}
