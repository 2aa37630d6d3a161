//! Entries of the `unrecorded` stream, turned into facts here alone.

use std::collections::HashMap;
use std::str::FromStr;

use redis::{Value, from_redis_value};
use shared::store::{Dependency, StoreError};

use crate::domain::ledger::{Entry, EntryId, Fact, Lapse, Limits, Outcome, Source};
use crate::domain::place::Score;

type Raw = Vec<(String, HashMap<String, String>)>;

/// `{'ENTRIES', epoch, XRANGE's reply}`
pub(super) fn page(reply: &Value) -> Result<(i64, Vec<Entry>), StoreError> {
    let words: Vec<Value> = parsed(reply.clone())?;
    match &words[..] {
        [status] if parsed::<String>(status.clone())? == "LOST" => Err(StoreError::Lost),
        [_, epoch, entries] => Ok((parsed(epoch.clone())?, all(entries.clone())?)),
        _ => Err(unexpected("read_unrecorded has three values")),
    }
}

/// The entries in a reply of XRANGE.
pub(crate) fn all(entries: Value) -> Result<Vec<Entry>, StoreError> {
    let raw: Raw = parsed(entries)?;
    raw.into_iter().map(|(id, fields)| entry(&id, &Fields(fields))).collect()
}

fn parsed<T: redis::FromRedisValue>(value: Value) -> Result<T, StoreError> {
    from_redis_value(value).map_err(|error| unexpected(error.to_string()))
}

struct Fields(HashMap<String, String>);

impl Fields {
    fn text(&self, name: &str) -> &str {
        self.0.get(name).map(String::as_str).unwrap_or_default()
    }

    fn need<T: FromStr>(&self, name: &str) -> Result<T, StoreError> {
        self.text(name).parse().map_err(|_| unexpected(format!("an entry's {name} is {:?}", self.text(name))))
    }

    /// Empty is none.
    fn may<T: FromStr>(&self, name: &str) -> Result<Option<T>, StoreError> {
        if self.text(name).is_empty() { Ok(None) } else { self.need(name).map(Some) }
    }
}

fn entry(id: &str, fields: &Fields) -> Result<Entry, StoreError> {
    let id: EntryId = id.parse().map_err(|_| unexpected(format!("an entry's id is {id:?}")))?;
    Ok(Entry { id, epoch: fields.need("epoch")?, at_ms: fields.need("at")?, fact: fact(fields)? })
}

fn fact(fields: &Fields) -> Result<Fact, StoreError> {
    match fields.text("kind") {
        "limits" => Ok(Fact::Limits(Limits {
            rate_per_minute: fields.need("rate_per_minute")?,
            burst: fields.need("burst")?,
            max_active: fields.need("max_active")?,
            control: fields.need("state")?,
            opens_at_ms: fields.may("opens_at")?,
            closes_at_ms: fields.may("closes_at")?,
        })),
        "called" => Ok(Fact::Called {
            place: fields.need("place")?,
            sid: fields.need("sid")?,
            score: Score(fields.need("score")?),
            source: Source::named(fields.text("source")).ok_or_else(|| unexpected("a call has a source"))?,
            lives_until_ms: fields.need("lives_until")?,
        }),
        "claimed" => Ok(Fact::Claimed {
            place: fields.need("place")?,
            sid: fields.need("sid")?,
            lives_until_ms: fields.need("lives_until")?,
        }),
        "renewed" => Ok(Fact::Renewed {
            place: fields.need("place")?,
            sid: fields.need("sid")?,
            lives_until_ms: fields.need("lives_until")?,
        }),
        "freed" => Ok(Fact::Freed {
            place: fields.may("place")?,
            sid: fields.need("sid")?,
            lapse: Lapse::named(fields.text("reason")).ok_or_else(|| unexpected("a lapse has a reason"))?,
            outcome: outcome(fields)?,
        }),
        "ended" => Ok(Fact::Ended {
            place: fields.need("place")?,
            sid: fields.may("sid")?,
            finished: fields.text("reason") == "finished",
        }),
        "finished" => Ok(Fact::Finished { sid: fields.need("sid")?, place: fields.may("place")? }),
        kind => Err(unexpected(format!("an entry's kind is {kind:?}"))),
    }
}

fn outcome(fields: &Fields) -> Result<Outcome, StoreError> {
    match fields.text("outcome") {
        "requeued" => Ok(Outcome::Requeued {
            successor: fields.need("successor")?,
            score: Score(fields.need("successor_score")?),
        }),
        "kept" => Ok(Outcome::Kept),
        "ended" => Ok(Outcome::Ended),
        other => Err(unexpected(format!("a lapse's outcome is {other:?}"))),
    }
}

fn unexpected(reason: impl Into<String>) -> StoreError {
    StoreError::unexpected(Dependency::Redis, reason)
}
