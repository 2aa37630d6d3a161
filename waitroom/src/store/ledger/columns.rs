//! Entries as the columns of one batched insert.

use jiff_sqlx::{Timestamp, ToSqlx as _};
use uuid::Uuid;

use crate::domain::ledger::{Entry, Fact, Limits, Outcome};

/// One vector a column, one element an entry.
#[derive(Default)]
pub(super) struct Columns {
    pub epoch: Vec<i64>,
    pub stream_ms: Vec<i64>,
    pub stream_seq: Vec<i64>,
    pub kind: Vec<&'static str>,
    pub at: Vec<Timestamp>,
    pub place: Vec<Option<Uuid>>,
    pub sid: Vec<Option<Uuid>>,
    pub score: Vec<Option<i64>>,
    pub source: Vec<Option<&'static str>>,
    pub lives_until: Vec<Option<Timestamp>>,
    pub reason: Vec<Option<&'static str>>,
    pub outcome: Vec<Option<&'static str>>,
    pub successor: Vec<Option<Uuid>>,
    pub successor_score: Vec<Option<i64>>,
    pub rate_per_minute: Vec<Option<i32>>,
    pub burst: Vec<Option<i32>>,
    pub max_active: Vec<Option<i32>>,
    pub control: Vec<Option<String>>,
    pub opens_at: Vec<Option<Timestamp>>,
    pub closes_at: Vec<Option<Timestamp>>,
}

/// One row: what is not set is null.
#[derive(Default)]
struct Row {
    place: Option<Uuid>,
    sid: Option<Uuid>,
    score: Option<i64>,
    source: Option<&'static str>,
    lives_until_ms: Option<i64>,
    reason: Option<&'static str>,
    outcome: Option<Outcome>,
    limits: Option<Limits>,
}

impl Columns {
    pub(super) fn of(entries: &[Entry]) -> Self {
        let mut columns = Self::default();
        for entry in entries {
            columns.push(entry);
        }
        columns
    }

    fn push(&mut self, entry: &Entry) {
        let row = Row::of(&entry.fact);
        let (successor, successor_score) = match row.outcome {
            Some(Outcome::Requeued { successor, score }) => (Some(successor.0), Some(signed(score.0))),
            _ => (None, None),
        };
        let limits = row.limits.as_ref();
        self.epoch.push(entry.epoch);
        self.stream_ms.push(entry.id.ms);
        self.stream_seq.push(entry.id.seq);
        self.kind.push(entry.fact.kind());
        self.at.push(time(entry.at_ms));
        self.place.push(row.place);
        self.sid.push(row.sid);
        self.score.push(row.score);
        self.source.push(row.source);
        self.lives_until.push(row.lives_until_ms.map(time));
        self.reason.push(row.reason);
        self.outcome.push(row.outcome.map(Outcome::as_str));
        self.successor.push(successor);
        self.successor_score.push(successor_score);
        self.rate_per_minute.push(limits.map(|limits| small(limits.rate_per_minute)));
        self.burst.push(limits.map(|limits| small(limits.burst)));
        self.max_active.push(limits.map(|limits| small(limits.max_active)));
        self.control.push(limits.map(|limits| limits.control.clone()));
        self.opens_at.push(limits.and_then(|limits| limits.opens_at_ms).map(time));
        self.closes_at.push(limits.and_then(|limits| limits.closes_at_ms).map(time));
    }
}

impl Row {
    fn of(fact: &Fact) -> Self {
        match fact {
            Fact::Limits(limits) => Self { limits: Some(limits.clone()), ..Self::default() },
            Fact::Called { place, sid, score, source, lives_until_ms } => Self {
                place: Some(place.0),
                sid: Some(sid.0),
                score: Some(signed(score.0)),
                source: Some(source.as_str()),
                lives_until_ms: Some(*lives_until_ms),
                ..Self::default()
            },
            Fact::Claimed { place, sid, lives_until_ms } | Fact::Renewed { place, sid, lives_until_ms } => {
                Self {
                    place: Some(place.0),
                    sid: Some(sid.0),
                    lives_until_ms: Some(*lives_until_ms),
                    ..Self::default()
                }
            }
            Fact::Freed { place, sid, lapse, outcome } => Self {
                place: place.map(|place| place.0),
                sid: Some(sid.0),
                reason: Some(lapse.as_str()),
                outcome: Some(*outcome),
                ..Self::default()
            },
            Fact::Ended { place, sid, finished } => Self {
                place: Some(place.0),
                sid: sid.map(|sid| sid.0),
                reason: Some(if *finished { "finished" } else { "left" }),
                ..Self::default()
            },
            Fact::Finished { sid, place } => {
                Self { place: place.map(|place| place.0), sid: Some(sid.0), ..Self::default() }
            }
        }
    }
}

fn time(ms: i64) -> Timestamp {
    jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::MAX).to_sqlx()
}

/// Scores are below 2^53.
fn signed(score: u64) -> i64 {
    i64::try_from(score).unwrap_or(i64::MAX)
}

/// Settings are at most a million.
fn small(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}
