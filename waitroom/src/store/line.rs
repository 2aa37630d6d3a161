//! The line in Redis: one script an operation, each atomic; see `waitroom/lua`.

use redis::{FromRedisValue, Script};
use sha2::{Digest as _, Sha256};
use shared::clock::Clock;
use shared::ids::{DropSlug, Identity, Sid};
use shared::redis::Redis;
use shared::store::{Dependency, StoreError, within};

pub(crate) mod entries;
pub(crate) mod keys;
mod replies;
pub(crate) mod scripts;

pub use keys::LineKeys;

use crate::domain::drop::Drop;
use crate::domain::ledger::{Entry, EntryId};
use crate::domain::line::{BATCH, Claimed, Grant, Joined, Left, Line, Standing, Tick};
use crate::domain::place::{PlaceId, Score, hex};
use replies::Reply;

/// How long a code is good.
const CODE_LIFETIME_MS: u32 = 60_000;
/// How long the ledger may take to learn of a call: room in the slot's first bound. The claim window begins after it.
const RECORD_ALLOWANCE_MS: u32 = 3_600_000;
const TOKEN_LIFETIME_MS: i64 = shared::admission::LIFETIME_S * 1_000;

/// The line in Redis. Clones share the connection.
#[derive(Clone)]
pub struct RedisLine {
    redis: Redis,
    clock: Clock,
}

/// What a code was good for.
#[derive(Clone, Debug)]
pub struct SpentCode {
    /// The drop.
    pub drop: DropSlug,
    /// Who was let in.
    pub identity: Identity,
    /// The site that the code was made for.
    pub origin: String,
    /// The admission.
    pub grant: Grant,
}

impl RedisLine {
    /// Over this connection.
    pub fn new(redis: Redis, clock: Clock) -> Self {
        Self { redis, clock }
    }

    /// The connection.
    pub(crate) fn redis(&self) -> Redis {
        self.redis.clone()
    }

    async fn run(&self, script: &Script, keys: &[String], arguments: &[&str]) -> Result<Reply, StoreError> {
        Reply::of(self.call(script, keys, arguments).await?)
    }

    /// Runs a guarded script with the time as its first argument.
    async fn call<T: FromRedisValue>(
        &self,
        script: &Script,
        keys: &[String],
        arguments: &[&str],
    ) -> Result<T, StoreError> {
        let mut call = script.prepare_invoke();
        for key in keys {
            call.key(key);
        }
        call.arg(self.clock.script_ms());
        for argument in arguments {
            call.arg(*argument);
        }
        let mut redis = self.redis.clone();
        within(Dependency::Redis, call.invoke_async(&mut redis)).await
    }

    /// A fresh single-use code for an admission, bound to the drop and to the site that may redeem it.
    pub async fn put_code(
        &self,
        drop: &DropSlug,
        sid: Sid,
        identity: &Identity,
        origin: &str,
    ) -> Result<String, StoreError> {
        let code = format!("{drop}.{}", hex(&rand::random::<[u8; 16]>()));
        let good_for = serde_json::json!({"sid": sid, "identity": identity, "origin": origin}).to_string();
        let keys = LineKeys::of(drop);
        let keys = [keys.epoch.clone(), keys.code(&digest(&code))];
        let reply = self.run(&scripts::PUT_CODE, &keys, &[&good_for, &CODE_LIFETIME_MS.to_string()]).await?;
        reply.expect("PUT").map(|_| code)
    }

    /// Spends a code; `None` where it is not good any more, or never was.
    pub async fn spend_code(&self, code: &str) -> Result<Option<SpentCode>, StoreError> {
        let Some(drop) = code.split_once('.').and_then(|(drop, _)| drop.parse::<DropSlug>().ok()) else {
            return Ok(None);
        };
        let keys = LineKeys::of(&drop);
        let keys =
            [keys.epoch.clone(), keys.code(&digest(code)), keys.slots.clone(), keys.admissions.clone()];
        let reply = self.run(&scripts::SPEND_CODE, &keys, &[]).await?;
        if reply.status() == "GONE" { Ok(None) } else { reply.spent_code(drop).map(Some) }
    }
}

fn digest(code: &str) -> String {
    hex(&Sha256::digest(code)[..16])
}

impl Line for RedisLine {
    async fn stands(&self, drop: &DropSlug, place: PlaceId) -> Result<Standing, StoreError> {
        let keys = LineKeys::of(drop).first(8);
        self.run(&scripts::READ_PLACE, &keys, &[&place.base()]).await?.standing("STANDS")
    }

    async fn join(&self, drop: &DropSlug, place: PlaceId, drawn: Score) -> Result<Joined, StoreError> {
        let keys = LineKeys::of(drop).first(10);
        let reply = self.run(&scripts::JOIN_LINE, &keys, &[&place.base(), &drawn.to_string()]).await?;
        match reply.status() {
            "NEW" => reply.standing("NEW").map(Joined::New),
            "HAD" => reply.standing("HAD").map(Joined::Had),
            "NOT_OPEN" => Ok(Joined::NotOpen),
            "CLOSED" => Ok(Joined::Closed),
            "SERVED" => Ok(Joined::Served),
            _ => Err(reply.unexpected()),
        }
    }

    async fn leave(&self, drop: &DropSlug, place: PlaceId) -> Result<Left, StoreError> {
        let reply = self.run(&scripts::LEAVE_LINE, &LineKeys::of(drop).first(9), &[&place.base()]).await?;
        match reply.status() {
            "LEFT" => Ok(Left::Recorded(reply.parse(1)?)),
            "LEFT_LOBBY" => Ok(Left::Lobby),
            "NOTHING" => Ok(Left::Nothing),
            _ => Err(reply.unexpected()),
        }
    }

    async fn claim(&self, drop: &DropSlug, place: PlaceId) -> Result<Claimed, StoreError> {
        let arguments = [place.base(), TOKEN_LIFETIME_MS.to_string()];
        let reply = self
            .run(&scripts::CLAIM_SLOT, &LineKeys::of(drop).first(9), &[&arguments[0], &arguments[1]])
            .await?;
        match reply.status() {
            "ADMITTED" => reply.grant().map(Claimed::Admitted),
            "WAITING" => Ok(Claimed::Waiting(reply.parse(1)?)),
            "OVER" => Ok(Claimed::Over(Some(reply.parse(1)?))),
            _ => Err(reply.unexpected()),
        }
    }

    async fn renew(&self, drop: &DropSlug, sid: Sid) -> Result<Claimed, StoreError> {
        let arguments = [sid.to_string(), TOKEN_LIFETIME_MS.to_string()];
        let keys = LineKeys::of(drop).first(9);
        let reply = self.run(&scripts::RENEW_ADMISSION, &keys, &[&arguments[0], &arguments[1]]).await?;
        match reply.status() {
            "RENEWED" => reply.grant().map(Claimed::Admitted),
            "OVER" => Ok(Claimed::Over(None)),
            _ => Err(reply.unexpected()),
        }
    }

    async fn end(&self, drop: &DropSlug, sid: Sid) -> Result<Option<EntryId>, StoreError> {
        let reply =
            self.run(&scripts::END_ADMISSION, &LineKeys::of(drop).first(9), &[&sid.to_string()]).await?;
        match reply.status() {
            "ENDED" => reply.parse(1).map(Some),
            "GONE" => Ok(None),
            _ => Err(reply.unexpected()),
        }
    }

    async fn put_back(&self, drop: &DropSlug, place: PlaceId, score: Score) -> Result<Standing, StoreError> {
        let arguments = [place.base(), format!("{:04x}", place.generation()), score.to_string()];
        let arguments = arguments.each_ref().map(String::as_str);
        self.run(&scripts::PUT_BACK, &LineKeys::of(drop).first(8), &arguments).await?.standing("STANDS")
    }

    async fn call_next(&self, drop: &DropSlug, sids: Sid) -> Result<Tick, StoreError> {
        let mut prefix = sids.to_string();
        prefix.truncate(32);
        let arguments = [prefix, BATCH.to_string(), RECORD_ALLOWANCE_MS.to_string()];
        let arguments = arguments.each_ref().map(String::as_str);
        self.run(&scripts::CALL_NEXT, &LineKeys::of(drop).first(13), &arguments).await?.tick()
    }

    async fn unrecorded(&self, drop: &DropSlug, most: u32) -> Result<(i64, Vec<Entry>), StoreError> {
        let keys = LineKeys::of(drop).first(9);
        entries::page(
            &self.call::<redis::Value>(&scripts::READ_UNRECORDED, &keys, &[&most.to_string()]).await?,
        )
    }

    async fn mark_recorded(
        &self,
        drop: &DropSlug,
        epoch: i64,
        last: EntryId,
    ) -> Result<Option<u64>, StoreError> {
        let arguments = [epoch.to_string(), last.to_string()];
        let keys = LineKeys::of(drop).first(9);
        let reply = self.run(&scripts::MARK_RECORDED, &keys, &[&arguments[0], &arguments[1]]).await?;
        match reply.status() {
            "MARKED" => reply.parse(1).map(Some),
            "STALE" => Ok(None),
            _ => Err(reply.unexpected()),
        }
    }

    async fn write_settings(&self, drop: &Drop) -> Result<(), StoreError> {
        let fields = keys::settings(drop);
        let mut arguments = vec![drop.version.to_string()];
        arguments.extend(fields.into_iter().flat_map(|(name, value)| [name.to_owned(), value]));
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let reply =
            self.run(&scripts::WRITE_SETTINGS, &LineKeys::of(&drop.slug).first(12), &arguments).await?;
        match reply.status() {
            "WRITTEN" | "KEPT" => Ok(()),
            _ => Err(reply.unexpected()),
        }
    }
}
