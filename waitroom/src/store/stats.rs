//! What the statistics are made of: the ledger's rows, page by page, and the samples of the line.

use jiff_sqlx::Timestamp;
use shared::ids::DropSlug;
use shared::redis::Redis;
use shared::store::{Dependency, StoreError, within};
use sqlx::PgPool;

use super::line::LineKeys;
use crate::domain::ledger::Lapse;
use crate::domain::place::Score;
use crate::domain::stats::{Happened, Sample};

/// The most rows of a page.
pub const PAGE: usize = 5_000;
/// The most samples that are read at once: two days of a line that always changes.
const MOST_SAMPLES: i64 = 20_000;

/// A row's place in the ledger: entries of one epoch become visible in the order of their ids.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    epoch: i64,
    ms: i64,
    seq: i64,
    index: i32,
}

/// A row of the ledger, as far as it is counted.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Where it is.
    pub cursor: Cursor,
    /// When it happened, ms.
    pub at_ms: i64,
    /// What; `None` where that is not counted.
    pub what: Option<Happened>,
}

/// A sample that is to be stored.
#[derive(Clone, Debug)]
pub struct Sampled {
    /// Of which drop.
    pub drop: DropSlug,
    /// The sample.
    pub sample: Sample,
}

/// Ledger and samples in Postgres, and the counter of arrivals in Redis.
#[derive(Clone)]
pub struct StatsStore {
    pool: PgPool,
    redis: Redis,
}

impl StatsStore {
    /// Over these connections.
    pub fn new(pool: PgPool, redis: Redis) -> Self {
        Self { pool, redis }
    }

    /// How many places were taken after opening in this epoch.
    pub async fn arrivals(&self, drop: &DropSlug) -> Result<u64, StoreError> {
        let mut redis = self.redis.clone();
        let get = redis::cmd("GET").arg(LineKeys::of(drop).arrivals).to_owned();
        let arrivals: Option<u64> = within(Dependency::Redis, get.query_async(&mut redis)).await?;
        Ok(arrivals.unwrap_or(0))
    }

    /// The rows after this one, at most [`PAGE`].
    pub async fn rows_after(&self, drop: &DropSlug, after: Cursor) -> Result<Vec<Row>, StoreError> {
        let rows = sqlx::query!(
            r#"SELECT epoch, stream_ms, stream_seq, stream_index, kind, at AS "at: Timestamp", score, reason, outcome
               FROM waitroom.ledger
               WHERE drop = $1 AND (epoch, stream_ms, stream_seq, stream_index) > ($2, $3, $4, $5)
               ORDER BY epoch, stream_ms, stream_seq, stream_index
               LIMIT $6"#,
            drop.as_str(),
            after.epoch,
            after.ms,
            after.seq,
            after.index,
            i64::try_from(PAGE).unwrap_or(i64::MAX),
        );
        let rows = within(Dependency::Postgres, rows.fetch_all(&self.pool)).await?;
        let rows = rows.into_iter().map(|row| Row {
            cursor: Cursor {
                epoch: row.epoch,
                ms: row.stream_ms,
                seq: row.stream_seq,
                index: row.stream_index,
            },
            at_ms: row.at.to_jiff().as_millisecond(),
            what: happened(&row.kind, row.score, row.reason.as_deref(), row.outcome.as_deref()),
        });
        Ok(rows.collect())
    }

    /// The samples since this time, ms, oldest first.
    pub async fn samples_since(&self, drop: &DropSlug, since_ms: i64) -> Result<Vec<Sample>, StoreError> {
        let since = jiff::Timestamp::from_millisecond(since_ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let rows = sqlx::query!(
            r#"SELECT at AS "at: Timestamp", epoch, arrivals, gathered, waiting, active, estimates_held, estimates_missed
               FROM waitroom.samples WHERE drop = $1 AND at >= $2 ORDER BY at DESC LIMIT $3"#,
            drop.as_str(),
            Timestamp::from(since) as _,
            MOST_SAMPLES,
        );
        let rows = within(Dependency::Postgres, rows.fetch_all(&self.pool)).await?;
        let samples = rows.into_iter().rev().map(|row| Sample {
            at_ms: row.at.to_jiff().as_millisecond(),
            epoch: row.epoch,
            arrivals: count(row.arrivals),
            gathered: count(row.gathered),
            waiting: count(row.waiting),
            active: count(row.active),
            estimates_held: count(row.estimates_held),
            estimates_missed: count(row.estimates_missed),
        });
        Ok(samples.collect())
    }

    /// Stores samples in one statement. What several replicas sampled of the same ten seconds comes together: the line
    /// as it was in the newest epoch, and the sums of what each checked.
    pub async fn add_samples(&self, samples: &[Sampled]) -> Result<(), StoreError> {
        let column = |value: fn(&Sample) -> u64| -> Vec<i64> {
            samples.iter().map(|row| i64::try_from(value(&row.sample)).unwrap_or(i64::MAX)).collect()
        };
        let drops: Vec<String> = samples.iter().map(|row| row.drop.to_string()).collect();
        let at = samples.iter().filter_map(|row| jiff::Timestamp::from_millisecond(row.sample.at_ms).ok());
        let at: Vec<Timestamp> = at.map(Timestamp::from).collect();
        let epochs: Vec<i64> = samples.iter().map(|row| row.sample.epoch).collect();
        let insert = sqlx::query!(
            "INSERT INTO waitroom.samples AS known (drop, at, epoch, arrivals, gathered, waiting, active, estimates_held,
                    estimates_missed)
             SELECT * FROM UNNEST($1::text[], $2::timestamptz[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],
                    $7::bigint[], $8::bigint[], $9::bigint[])
             ON CONFLICT ON CONSTRAINT samples_are_ten_seconds_apart DO UPDATE SET
                    epoch = GREATEST(known.epoch, excluded.epoch),
                    arrivals = CASE WHEN known.epoch < excluded.epoch THEN excluded.arrivals
                                    WHEN known.epoch > excluded.epoch THEN known.arrivals
                                    ELSE GREATEST(known.arrivals, excluded.arrivals) END,
                    gathered = excluded.gathered,
                    waiting = excluded.waiting,
                    active = excluded.active,
                    estimates_held = known.estimates_held + excluded.estimates_held,
                    estimates_missed = known.estimates_missed + excluded.estimates_missed",
            &drops,
            &at as _,
            &epochs,
            &column(|sample| sample.arrivals),
            &column(|sample| sample.gathered),
            &column(|sample| sample.waiting),
            &column(|sample| sample.active),
            &column(|sample| sample.estimates_held),
            &column(|sample| sample.estimates_missed),
        );
        within(Dependency::Postgres, insert.execute(&self.pool)).await?;
        Ok(())
    }
}

fn count(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

/// What a row is counted as.
fn happened(kind: &str, score: Option<i64>, reason: Option<&str>, outcome: Option<&str>) -> Option<Happened> {
    let is_requeued = outcome == Some("requeued");
    match kind {
        "called" => Some(Happened::Called(Score(count(score?)))),
        "claimed" => Some(Happened::Claimed),
        "freed" => Some(Happened::Freed { lapse: Lapse::named(reason?)?, is_requeued }),
        "ended" if reason == Some("left") => Some(Happened::Left),
        "ended" if reason == Some("finished") => Some(Happened::Finished),
        "finished" => Some(Happened::Finished),
        "aside" => Some(Happened::SetAside),
        "returned" => Some(Happened::Returned(is_requeued)),
        _ => None,
    }
}
