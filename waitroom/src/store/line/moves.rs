//! Batches of the `moves` stream, turned into moves here alone.

use std::collections::HashMap;

use redis::{Value, from_redis_value};
use shared::store::{Dependency, StoreError};

use crate::domain::line::{Move, MoveId, Moves, What};

type Batch = (String, HashMap<String, String>);

/// `{'MOVES', epoch, number of the last, missed, XRANGE's reply}`
pub(super) fn read(reply: &Value) -> Result<Moves, StoreError> {
    let words: Vec<Value> = from_redis_value(reply.clone()).map_err(|error| unexpected(error.to_string()))?;
    if let [status] = &words[..]
        && from_redis_value::<String>(status.clone()).is_ok_and(|status| status == "LOST")
    {
        return Err(StoreError::Lost);
    }
    let (_, epoch, number, missed, batches): (String, i64, u64, u8, Vec<Batch>) =
        from_redis_value(reply.clone()).map_err(|error| unexpected(error.to_string()))?;
    let mut moves = Vec::new();
    for (id, fields) in batches {
        moves.extend(batch(&fields).ok_or_else(|| unexpected(format!("batch {id} of moves is {fields:?}")))?);
    }
    Ok(Moves { moves, last: MoveId { epoch, number }, missed: missed != 0 })
}

fn batch(fields: &HashMap<String, String>) -> Option<Vec<Move>> {
    let what = match fields.get("what")?.as_str() {
        "called" => What::Called,
        "claimable" => What::Claimable { due_ms: fields.get("due")?.parse().ok()? },
        "aside" => What::Aside,
        "side" => What::Side,
        "ended" => What::Ended,
        "back" => What::Back,
        _ => return None,
    };
    let places = fields.get("places")?.split(' ');
    places.map(|place| Some(Move { place: place.parse().ok()?, what })).collect()
}

fn unexpected(reason: impl Into<String>) -> StoreError {
    StoreError::unexpected(Dependency::Redis, reason)
}
