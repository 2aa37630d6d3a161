//! Codes that take a place to another device, in Redis: whoever loses that loses the code, and makes another.

use std::time::Duration;

use jiff::Timestamp;
use shared::ids::DropSlug;
use shared::store::{Dependency, StoreError, within};

use super::{LineKeys, RedisLine, digest, scripts};
use crate::domain::code::HandoverCode;
use crate::domain::place::PlaceId;
use crate::domain::visit::PlaceProof;

/// How long a code is good.
pub const HANDOVER_LIFETIME: Duration = Duration::from_mins(5);
/// How many codes a place may have in that time.
const MOST: u32 = 20;
/// How long it is known that a place was opened on another device: longer than a line stands.
const ELSEWHERE_LIFETIME: Duration = Duration::from_hours(48);

/// What became of a code that was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PutHandover {
    /// It is good for [`HANDOVER_LIFETIME`].
    Put,
    /// The place had so many that it gets none for this long.
    TooMany(Duration),
}

impl RedisLine {
    /// Keeps a code for this place.
    pub async fn put_handover(
        &self,
        drop: &DropSlug,
        code: &HandoverCode,
        proof: &PlaceProof,
    ) -> Result<PutHandover, StoreError> {
        let keys = LineKeys::of(drop);
        let keys =
            [keys.epoch.clone(), keys.handover(&digest(code.as_str())), keys.handovers_of(proof.place)];
        let whose = serde_json::to_string(proof).expect("a place's proof is plain JSON");
        let arguments = [whose, HANDOVER_LIFETIME.as_millis().to_string(), MOST.to_string()];
        let arguments = arguments.each_ref().map(String::as_str);
        let reply = self.run(&scripts::PUT_HANDOVER, &keys, &arguments).await?;
        match reply.status() {
            "PUT" => Ok(PutHandover::Put),
            "FULL" => reply.parse(1).map(Duration::from_millis).map(PutHandover::TooMany),
            _ => Err(reply.unexpected()),
        }
    }

    /// Spends a code, and says whose place it takes; `None` where it is not good any more, or never was.
    pub async fn spend_handover(
        &self,
        drop: &DropSlug,
        code: &HandoverCode,
    ) -> Result<Option<PlaceProof>, StoreError> {
        let keys = LineKeys::of(drop);
        let keys = [keys.epoch.clone(), keys.handover(&digest(code.as_str()))];
        let reply = self.run(&scripts::SPEND_HANDOVER, &keys, &[]).await?;
        match reply.status() {
            "SPENT" => {
                let invalid = |_| StoreError::unexpected(Dependency::Redis, "a handover names no place");
                serde_json::from_str(reply.word(1)).map(Some).map_err(invalid)
            }
            "GONE" => Ok(None),
            _ => Err(reply.unexpected()),
        }
    }

    /// Notes that a place was opened on another device. It decides nothing: losing it costs a sentence on a page.
    pub async fn note_elsewhere(
        &self,
        drop: &DropSlug,
        place: PlaceId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut set = redis::cmd("SET");
        set.arg(LineKeys::of(drop).elsewhere(place)).arg(at.as_millisecond());
        set.arg("PX").arg(u64::try_from(ELSEWHERE_LIFETIME.as_millis()).expect("two days fit"));
        within(Dependency::Redis, set.exec_async(&mut self.redis())).await
    }

    /// When a place was last opened on another device, if it was.
    pub async fn elsewhere(&self, drop: &DropSlug, place: PlaceId) -> Result<Option<Timestamp>, StoreError> {
        let mut get = redis::cmd("GET");
        get.arg(LineKeys::of(drop).elsewhere(place));
        let at_ms: Option<i64> = within(Dependency::Redis, get.query_async(&mut self.redis())).await?;
        Ok(at_ms.and_then(|at_ms| Timestamp::from_millisecond(at_ms).ok()))
    }
}
