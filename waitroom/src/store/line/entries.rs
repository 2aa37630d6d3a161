//! Entries of the `unrecorded` stream, turned into facts here alone.

use std::collections::HashMap;
use std::str::FromStr;

use redis::{Value, from_redis_value};
use shared::store::{Dependency, StoreError};

use crate::domain::ledger::{
    EndReason, Entry, EntryId, Fact, IdleReason, Lapse, Limits, Outcome, Return, Source,
};
use crate::domain::place::{PlaceId, Score};

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

/// The entries in a reply of XRANGE, in order. One entry of the stream may tell of many places.
pub(crate) fn all(entries: Value) -> Result<Vec<Entry>, StoreError> {
    let raw: Raw = parsed(entries)?;
    let mut all = Vec::new();
    for (id, fields) in raw {
        let fields = Fields(fields);
        let id: EntryId = id.parse().map_err(|_| unexpected(format!("an entry's id is {id:?}")))?;
        let (epoch, at_ms) = (fields.need("epoch")?, fields.need("at")?);
        let facts = facts(&fields)?;
        all.extend((0..).zip(facts).map(|(index, fact)| Entry { id, index, epoch, at_ms, fact }));
    }
    Ok(all)
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

fn facts(fields: &Fields) -> Result<Vec<Fact>, StoreError> {
    match fields.text("kind") {
        "called" => calls(fields),
        "aside" => {
            let until_ms = fields.need("until")?;
            let places = scored(fields)?.into_iter();
            Ok(places.map(|(place, score)| Fact::Aside { place, score, until_ms }).collect())
        }
        "passed" => {
            Ok(scored(fields)?.into_iter().map(|(place, score)| Fact::Passed { place, score }).collect())
        }
        _ => Ok(vec![fact(fields)?]),
    }
}

/// `calls` is `place score source place score source ...`; the sids are `sids` with the number of each.
fn calls(fields: &Fields) -> Result<Vec<Fact>, StoreError> {
    let words: Vec<&str> = fields.text("calls").split(' ').collect();
    let lives_until_ms = fields.need("lives_until")?;
    let prefix = fields.text("sids");
    let calls = (0..).zip(words.chunks(3)).map(|(index, call): (u16, &[&str])| {
        let [place, score, source] = call else { return None };
        Some(Fact::Called {
            place: place.parse().ok()?,
            sid: format!("{prefix}{index:04x}").parse().ok()?,
            score: Score(score.parse().ok()?),
            source: Source::named(source)?,
            lives_until_ms,
        })
    });
    calls.collect::<Option<_>>().ok_or_else(|| unexpected("a batch of calls has places, scores and sources"))
}

/// `places` is `place score place score ...`
fn scored(fields: &Fields) -> Result<Vec<(PlaceId, Score)>, StoreError> {
    let words: Vec<&str> = fields.text("places").split(' ').collect();
    let places = words.chunks(2).map(|one| {
        let [place, score] = one else { return None };
        Some((place.parse().ok()?, Score(score.parse().ok()?)))
    });
    places.collect::<Option<_>>().ok_or_else(|| unexpected("a batch of places has their scores"))
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
            reason: EndReason::named(fields.text("reason"))
                .ok_or_else(|| unexpected("an end has a reason"))?,
        }),
        "rejoined" => Ok(Fact::Rejoined { place: fields.need("place")? }),
        "returned" => Ok(Fact::Returned { place: fields.need("place")?, outcome: return_outcome(fields)? }),
        "idle" => Ok(Fact::Idle {
            since_ms: fields.need("since")?,
            reason: IdleReason::named(fields.text("reason"))
                .ok_or_else(|| unexpected("an idle time has a reason"))?,
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

fn return_outcome(fields: &Fields) -> Result<Return, StoreError> {
    match fields.text("outcome") {
        "side" => Ok(Return::Side),
        "requeued" => Ok(Return::Requeued {
            successor: fields.need("successor")?,
            score: Score(fields.need("successor_score")?),
        }),
        "ended" => Ok(Return::Ended),
        other => Err(unexpected(format!("a return's outcome is {other:?}"))),
    }
}

fn unexpected(reason: impl Into<String>) -> StoreError {
    StoreError::unexpected(Dependency::Redis, reason)
}
