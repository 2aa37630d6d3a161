//! The line in Redis: one script an operation, each atomic; see `waitroom/lua`.

use redis::{FromRedisValue, Script};
use sha2::{Digest as _, Sha256};
use shared::clock::Clock;
use shared::ids::{DropSlug, Identity, Sid};
use shared::redis::Redis;
use shared::store::{Dependency, StoreError, within};
use uuid::Uuid;

pub(crate) mod entries;
mod handovers;
pub(crate) mod keys;
mod moves;
mod replies;
pub mod scripts;

pub use handovers::{HANDOVER_LIFETIME, PutHandover};
pub use keys::LineKeys;

use crate::domain::drop::Drop;
use crate::domain::ledger::{Entry, EntryId, IdleReason};
use crate::domain::line::{
    BATCH, Claimed, Grant, Joined, LOOKS, Left, Line, MoveId, Moves, PUT_BACKS, RankTable, Remembered,
    SIGHTINGS, Standing, Tick,
};
use crate::domain::place::{PlaceId, Score, hex};
use replies::Reply;

/// How long a code is good.
const CODE_LIFETIME_MS: u32 = 60_000;
/// How long the ledger may take to learn of a call: room in the slot's first bound. The claim window begins after it.
const RECORD_ALLOWANCE_MS: u32 = 3_600_000;
/// The keys of the operations on places: as numbered by [`LineKeys`].
pub const PLACE_KEYS: usize = 17;
/// How many batches of moves are read at once.
const MOST_MOVES: u32 = 1_000;
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

/// As `put_back.lua` takes them.
fn remembered(places: &[Remembered]) -> Vec<String> {
    let words = |one: &Remembered| {
        let generation = format!("{:04x}", one.place.generation());
        [one.place.base(), generation, one.score.to_string(), one.seen_ms.to_string()]
    };
    places.iter().flat_map(words).collect()
}

impl Line for RedisLine {
    async fn stands(&self, drop: &DropSlug, place: PlaceId) -> Result<Standing, StoreError> {
        let keys = LineKeys::of(drop).first(11);
        self.run(&scripts::READ_PLACE, &keys, &[&place.base()]).await?.standing("STANDS")
    }

    async fn look(&self, drop: &DropSlug, place: PlaceId) -> Result<Standing, StoreError> {
        let keys = LineKeys::of(drop).first(PLACE_KEYS);
        self.run(&scripts::LOOK_PLACE, &keys, &[&place.base()]).await?.standing("STANDS")
    }

    async fn see(&self, drop: &DropSlug, places: &[PlaceId]) -> Result<(), StoreError> {
        let keys = LineKeys::of(drop).first(PLACE_KEYS);
        for batch in places.chunks(SIGHTINGS) {
            let places: Vec<String> = batch.iter().map(PlaceId::to_string).collect();
            let places: Vec<&str> = places.iter().map(String::as_str).collect();
            self.run(&scripts::SEE_PLACES, &keys, &places).await?.expect("SEEN")?;
        }
        Ok(())
    }

    async fn join(&self, drop: &DropSlug, place: PlaceId, drawn: Score) -> Result<Joined, StoreError> {
        let keys = LineKeys::of(drop).first(PLACE_KEYS);
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
        let keys = LineKeys::of(drop).first(PLACE_KEYS);
        let reply = self.run(&scripts::LEAVE_LINE, &keys, &[&place.base()]).await?;
        match reply.status() {
            "LEFT" => Ok(Left::Recorded(reply.parse(1)?)),
            "NOTHING" => Ok(Left::Nothing),
            _ => Err(reply.unexpected()),
        }
    }

    async fn claim(&self, drop: &DropSlug, place: PlaceId) -> Result<Claimed, StoreError> {
        let arguments = [place.base(), TOKEN_LIFETIME_MS.to_string()];
        let reply = self
            .run(&scripts::CLAIM_SLOT, &LineKeys::of(drop).first(PLACE_KEYS), &[&arguments[0], &arguments[1]])
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
        let keys = LineKeys::of(drop).first(PLACE_KEYS);
        let reply = self.run(&scripts::END_ADMISSION, &keys, &[&sid.to_string()]).await?;
        match reply.status() {
            "ENDED" => reply.parse(1).map(Some),
            "GONE" => Ok(None),
            _ => Err(reply.unexpected()),
        }
    }

    async fn put_back(&self, drop: &DropSlug, place: PlaceId, score: Score) -> Result<Standing, StoreError> {
        let keys = LineKeys::of(drop).first(PLACE_KEYS);
        let arguments = remembered(&[Remembered { place, score, seen_ms: 0 }]);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        self.run(&scripts::PUT_BACK, &keys, &arguments).await?.standing("STANDS")
    }

    async fn put_back_all(&self, drop: &DropSlug, places: &[Remembered]) -> Result<(), StoreError> {
        let keys = LineKeys::of(drop).first(PLACE_KEYS);
        for batch in places.chunks(PUT_BACKS) {
            let arguments = remembered(batch);
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            self.run(&scripts::PUT_BACK, &keys, &arguments).await?.expect("STANDS")?;
        }
        Ok(())
    }

    async fn call_next(&self, drop: &DropSlug, sids: Sid, idle: IdleReason) -> Result<Tick, StoreError> {
        let mut prefix = sids.to_string();
        prefix.truncate(32);
        let (most, looks) = (BATCH.to_string(), LOOKS.to_string());
        let allowance = RECORD_ALLOWANCE_MS.to_string();
        let arguments = [&prefix, most.as_str(), &looks, &allowance, idle.as_str()];
        self.run(&scripts::CALL_NEXT, &LineKeys::of(drop).first(20), &arguments).await?.tick()
    }

    async fn measure(&self, drop: &DropSlug, known: u64) -> Result<Option<RankTable>, StoreError> {
        let keys = LineKeys::of(drop).first(21);
        let reply = self.run(&scripts::MEASURE_LINE, &keys, &[&known.to_string()]).await?;
        if reply.status() == "SAME" { Ok(None) } else { reply.table().map(Some) }
    }

    async fn moves(&self, drop: &DropSlug, after: Option<MoveId>) -> Result<Moves, StoreError> {
        let known = after.unwrap_or(MoveId { epoch: -1, number: 0 });
        let arguments = [known.epoch.to_string(), known.number.to_string(), MOST_MOVES.to_string()];
        let arguments = arguments.each_ref().map(String::as_str);
        let keys = LineKeys::of(drop).first(16);
        moves::read(&self.call::<redis::Value>(&scripts::READ_MOVES, &keys, &arguments).await?)
    }

    async fn give_pass(&self, drop: &DropSlug, place: PlaceId, pass: Uuid) -> Result<(), StoreError> {
        let keys = LineKeys::of(drop).first(15);
        let reply = self.run(&scripts::GIVE_PASS, &keys, &[&place.base(), &pass.to_string()]).await?;
        reply.expect("GIVEN").map(|_| ())
    }

    async fn take_pass(&self, drop: &DropSlug, place: PlaceId) -> Result<(), StoreError> {
        let keys = LineKeys::of(drop).first(15);
        let reply = self.run(&scripts::GIVE_PASS, &keys, &[&place.base(), ""]).await?;
        reply.expect("GIVEN").map(|_| ())
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
        let keys = LineKeys::of(drop).first(PLACE_KEYS);
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
            self.run(&scripts::WRITE_SETTINGS, &LineKeys::of(&drop.slug).first(19), &arguments).await?;
        match reply.status() {
            "WRITTEN" | "KEPT" => Ok(()),
            _ => Err(reply.unexpected()),
        }
    }
}
