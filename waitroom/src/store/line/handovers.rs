//! Codes that take a place to another device, in Redis: whoever loses that loses the code, and makes another.

use std::time::Duration;

use shared::ids::DropSlug;
use shared::store::{Dependency, StoreError};

use super::{LineKeys, RedisLine, digest, scripts};
use crate::domain::code::HandoverCode;
use crate::domain::visit::PlaceProof;

/// How long a code is good.
pub const HANDOVER_LIFETIME: Duration = Duration::from_mins(5);
/// How many codes a place may have in that time.
const MOST: u32 = 20;

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
}
