//! What the audit looks at: a drop's ledger in order, and its line in Redis.

use std::collections::HashSet;

use anyhow::Context as _;
use jiff::Timestamp;
use redis::AsyncCommands as _;
use serde::Serialize;
use shared::ids::DropSlug;
use shared::redis::Redis;
use sqlx::PgPool;
use uuid::Uuid;

use crate::domain::ledger::{Entry, Fact, Outcome, Return};
use crate::domain::place::Score;
use crate::store::line::{LineKeys, entries};

/// A row of the ledger.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Row {
    pub epoch: i64,
    pub stream_ms: i64,
    pub stream_seq: i64,
    pub stream_index: i32,
    pub kind: String,
    #[serde(rename = "at")]
    pub time: Timestamp,
    pub place: Option<Uuid>,
    pub sid: Option<Uuid>,
    pub score: Option<i64>,
    pub source: Option<String>,
    pub since: Option<Timestamp>,
    pub reason: Option<String>,
    pub outcome: Option<String>,
    pub successor: Option<Uuid>,
    pub rate_per_minute: Option<i32>,
    pub burst: Option<i32>,
    pub max_active: Option<i32>,
    pub control: Option<String>,
    pub opens_at: Option<Timestamp>,
    pub closes_at: Option<Timestamp>,
}

impl Row {
    fn id(&self) -> (i64, i64, i64, i32) {
        (self.epoch, self.stream_ms, self.stream_seq, self.stream_index)
    }

    /// The row that this entry will be.
    fn of(entry: &Entry) -> Self {
        let time = |ms: i64| Timestamp::from_millisecond(ms).unwrap_or(Timestamp::MAX);
        let mut row = Self {
            epoch: entry.epoch,
            stream_ms: entry.id.ms,
            stream_seq: entry.id.seq,
            stream_index: i32::try_from(entry.index).unwrap_or(i32::MAX),
            kind: entry.fact.kind().to_owned(),
            time: time(entry.at_ms),
            place: None,
            sid: None,
            score: None,
            source: None,
            since: None,
            reason: None,
            outcome: None,
            successor: None,
            rate_per_minute: None,
            burst: None,
            max_active: None,
            control: None,
            opens_at: None,
            closes_at: None,
        };
        row.tell(&entry.fact);
        row
    }

    fn tell(&mut self, fact: &Fact) {
        let row = self;
        let time = |ms: i64| Timestamp::from_millisecond(ms).unwrap_or(Timestamp::MAX);
        let signed = |score: &Score| i64::try_from(score.0).ok();
        match fact {
            Fact::Limits(limits) => {
                row.rate_per_minute = i32::try_from(limits.rate_per_minute).ok();
                row.burst = i32::try_from(limits.burst).ok();
                row.max_active = i32::try_from(limits.max_active).ok();
                row.control = Some(limits.control.clone());
                row.opens_at = limits.opens_at_ms.map(time);
                row.closes_at = limits.closes_at_ms.map(time);
            }
            Fact::Called { place, sid, score, source, .. } => {
                (row.place, row.sid) = (Some(place.0), Some(sid.0));
                row.score = signed(score);
                row.source = Some(source.as_str().to_owned());
            }
            Fact::Claimed { place, sid, .. } | Fact::Renewed { place, sid, .. } => {
                (row.place, row.sid) = (Some(place.0), Some(sid.0));
            }
            Fact::Freed { place, sid, lapse, outcome } => {
                (row.place, row.sid) = (place.map(|place| place.0), Some(sid.0));
                (row.reason, row.outcome) =
                    (Some(lapse.as_str().to_owned()), Some(outcome.as_str().to_owned()));
                if let Outcome::Requeued { successor, .. } = outcome {
                    row.successor = Some(successor.0);
                }
            }
            Fact::Finished { place, sid } => {
                (row.place, row.sid) = (place.map(|place| place.0), Some(sid.0));
            }
            Fact::Ended { place, sid, reason } => {
                (row.place, row.sid) = (Some(place.0), sid.map(|sid| sid.0));
                row.reason = Some(reason.as_str().to_owned());
            }
            Fact::Aside { place, score, .. } | Fact::Passed { place, score } => {
                (row.place, row.score) = (Some(place.0), signed(score));
            }
            Fact::Returned { place, outcome } => {
                (row.place, row.outcome) = (Some(place.0), Some(outcome.as_str().to_owned()));
                if let Return::Requeued { successor, .. } = outcome {
                    row.successor = Some(successor.0);
                }
            }
            Fact::Rejoined { place } => row.place = Some(place.0),
            Fact::Idle { since_ms, reason } => {
                (row.since, row.reason) = (Some(time(*since_ms)), Some(reason.as_str().to_owned()));
            }
        }
    }

    pub(super) fn at_ms(&self) -> i64 {
        self.time.as_millisecond()
    }

    /// The row as a finding shows it.
    pub(super) fn shown(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// Whether it ends an admission.
    pub(super) fn ends_slot(&self) -> bool {
        matches!(self.kind.as_str(), "freed" | "ended" | "finished") && self.sid.is_some()
    }
}

/// The line in Redis.
#[derive(Debug, Default)]
pub(super) struct Now {
    pub queue: Vec<String>,
    pub side: Vec<String>,
    pub slots: Vec<String>,
}

/// The names of the drops to audit.
pub(super) async fn drops(pool: &PgPool, only: Option<&DropSlug>) -> anyhow::Result<Vec<DropSlug>> {
    let slugs = sqlx::query_scalar!(
        "SELECT slug FROM waitroom.drops WHERE $1::text IS NULL OR slug = $1 ORDER BY slug",
        only.map(DropSlug::as_str)
    );
    let slugs = slugs.fetch_all(pool).await.context("the drops cannot be read")?;
    slugs.into_iter().map(|slug| slug.parse().context("a drop's name is none")).collect()
}

/// A drop's ledger, with what is still on its way there, in the order in which it happened; and its line in Redis.
///
/// Redis is read before and after the ledger, and only what was there both times counts: a line that moves meanwhile
/// looks wrong to nobody.
pub(super) async fn drop(pool: &PgPool, redis: &Redis, slug: &DropSlug) -> anyhow::Result<(Vec<Row>, Now)> {
    let before = now(redis, slug).await?;
    let on_their_way = unrecorded(redis, slug).await?;
    let mut rows = ledger(pool, slug).await?;
    let after = now(redis, slug).await?;
    rows.extend(on_their_way.iter().map(Row::of));
    rows.sort_by_key(Row::id);
    rows.dedup_by_key(|row| row.id());
    let both = |one: Vec<String>, other: Vec<String>| {
        let other: HashSet<String> = other.into_iter().collect();
        one.into_iter().filter(|member| other.contains(member)).collect()
    };
    let now = Now {
        queue: both(before.queue, after.queue),
        side: both(before.side, after.side),
        slots: both(before.slots, after.slots),
    };
    Ok((rows, now))
}

/// A drop's ledger, in the order in which it happened.
async fn ledger(pool: &PgPool, slug: &DropSlug) -> anyhow::Result<Vec<Row>> {
    let rows = sqlx::query!(
        r#"SELECT epoch, stream_ms, stream_seq, stream_index, kind, at AS "at: jiff_sqlx::Timestamp", place, sid, score,
                  source, since AS "since: jiff_sqlx::Timestamp", reason, outcome, successor,
                  rate_per_minute, burst, max_active, control, opens_at AS "opens_at: jiff_sqlx::Timestamp",
                  closes_at AS "closes_at: jiff_sqlx::Timestamp"
           FROM waitroom.ledger WHERE drop = $1 
           ORDER BY epoch, stream_ms, stream_seq, stream_index"#,
        slug.as_str()
    );
    let rows = rows.fetch_all(pool).await.context("the ledger cannot be read")?;
    let rows = rows.into_iter().map(|row| Row {
        epoch: row.epoch,
        stream_ms: row.stream_ms,
        stream_seq: row.stream_seq,
        stream_index: row.stream_index,
        kind: row.kind,
        time: row.at.to_jiff(),
        place: row.place,
        sid: row.sid,
        score: row.score,
        source: row.source,
        since: row.since.map(jiff_sqlx::Timestamp::to_jiff),
        reason: row.reason,
        outcome: row.outcome,
        successor: row.successor,
        rate_per_minute: row.rate_per_minute,
        burst: row.burst,
        max_active: row.max_active,
        control: row.control,
        opens_at: row.opens_at.map(jiff_sqlx::Timestamp::to_jiff),
        closes_at: row.closes_at.map(jiff_sqlx::Timestamp::to_jiff),
    });
    Ok(rows.collect())
}

async fn now(redis: &Redis, slug: &DropSlug) -> anyhow::Result<Now> {
    let mut redis = redis.clone();
    let keys = LineKeys::of(slug);
    let all = async |redis: &mut Redis, key: &str| redis.zrange::<_, Vec<String>>(key, 0, -1).await;
    Ok(Now {
        slots: all(&mut redis, &keys.slots).await.context("the slots cannot be read")?,
        queue: all(&mut redis, &keys.queue).await.context("the queue cannot be read")?,
        side: all(&mut redis, &keys.side).await.context("the side list cannot be read")?,
    })
}

async fn unrecorded(redis: &Redis, slug: &DropSlug) -> anyhow::Result<Vec<Entry>> {
    let stream = LineKeys::of(slug).unrecorded;
    let entries: redis::Value =
        redis.clone().xrange_all(stream).await.context("the stream of what is unrecorded cannot be read")?;
    Ok(entries::all(entries)?)
}
