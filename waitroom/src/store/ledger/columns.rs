//! Entries as the columns of one batched insert.

use jiff_sqlx::{Timestamp, ToSqlx as _};
use uuid::Uuid;

use crate::domain::ledger::{Entry, Fact, Limits, Outcome, Return};
use crate::domain::place::{PlaceId, Score};

/// One vector a column, one element an entry.
#[derive(Default)]
pub(super) struct Columns {
    pub epoch: Vec<i64>,
    pub stream_ms: Vec<i64>,
    pub stream_seq: Vec<i64>,
    pub stream_index: Vec<i32>,
    pub kind: Vec<&'static str>,
    pub at: Vec<Timestamp>,
    pub place: Vec<Option<Uuid>>,
    pub sid: Vec<Option<Uuid>>,
    pub score: Vec<Option<i64>>,
    pub source: Vec<Option<&'static str>>,
    pub lives_until: Vec<Option<Timestamp>>,
    pub since: Vec<Option<Timestamp>>,
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
    since_ms: Option<i64>,
    reason: Option<&'static str>,
    outcome: Option<&'static str>,
    successor: Option<(PlaceId, Score)>,
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
        let limits = row.limits.as_ref();
        self.epoch.push(entry.epoch);
        self.stream_ms.push(entry.id.ms);
        self.stream_seq.push(entry.id.seq);
        self.stream_index.push(small(entry.index));
        self.kind.push(entry.fact.kind());
        self.at.push(time(entry.at_ms));
        self.place.push(row.place);
        self.sid.push(row.sid);
        self.score.push(row.score);
        self.source.push(row.source);
        self.lives_until.push(row.lives_until_ms.map(time));
        self.since.push(row.since_ms.map(time));
        self.reason.push(row.reason);
        self.outcome.push(row.outcome);
        self.successor.push(row.successor.map(|(successor, _)| successor.0));
        self.successor_score.push(row.successor.map(|(_, score)| signed(score.0)));
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
                outcome: Some(outcome.as_str()),
                successor: match outcome {
                    Outcome::Requeued { successor, score } => Some((*successor, *score)),
                    Outcome::Kept | Outcome::Ended => None,
                },
                ..Self::default()
            },
            Fact::Ended { place, sid, reason } => Self {
                place: Some(place.0),
                sid: sid.map(|sid| sid.0),
                reason: Some(reason.as_str()),
                ..Self::default()
            },
            Fact::Rejoined { .. }
            | Fact::Aside { .. }
            | Fact::Returned { .. }
            | Fact::Passed { .. }
            | Fact::Idle { .. } => Self::of_presence(fact),
            Fact::Finished { sid, place } => {
                Self { place: place.map(|place| place.0), sid: Some(sid.0), ..Self::default() }
            }
        }
    }
}

impl Row {
    /// The facts about who is there.
    fn of_presence(fact: &Fact) -> Self {
        match fact {
            Fact::Aside { place, score, until_ms } => Self {
                place: Some(place.0),
                score: Some(signed(score.0)),
                lives_until_ms: Some(*until_ms),
                ..Self::default()
            },
            Fact::Returned { place, outcome } => Self {
                place: Some(place.0),
                outcome: Some(outcome.as_str()),
                successor: match outcome {
                    Return::Requeued { successor, score } => Some((*successor, *score)),
                    Return::Side | Return::Ended => None,
                },
                ..Self::default()
            },
            Fact::Passed { place, score } => {
                Self { place: Some(place.0), score: Some(signed(score.0)), ..Self::default() }
            }
            Fact::Idle { since_ms, reason } => {
                Self { since_ms: Some(*since_ms), reason: Some(reason.as_str()), ..Self::default() }
            }
            Fact::Rejoined { place } => Self { place: Some(place.0), ..Self::default() },
            _ => Self::default(),
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
