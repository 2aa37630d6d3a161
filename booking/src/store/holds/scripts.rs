//! The scripts, and their replies turned into types.

use std::sync::LazyLock;

use jiff::Timestamp;
use redis::{Script, ScriptInvocation, Value};
use shared::clock::Clock;
use shared::redis::{Redis, guarded_script};
use shared::store::{Dependency, StoreError, within};

use super::Mark;
use super::keys::ShowKeys;
use crate::domain::holds::{Hold, OwnedSeats, SeatMap, SeatState, Taken};
use crate::domain::ids::{ReservationId, ShowId};

/// A script of this name, with what all scripts of a show share before its body.
macro_rules! show_script {
    ($name:literal) => {
        LazyLock::new(|| {
            guarded_script(concat!(
                include_str!("../../../lua/show.lua"),
                "\n",
                include_str!("../../../lua/hold.lua"),
                "\n",
                include_str!(concat!("../../../lua/", $name, ".lua"))
            ))
        })
    };
}

pub(super) static TAKE_HOLD: LazyLock<Script> = show_script!("take_hold");
pub(super) static RELEASE_HOLD: LazyLock<Script> = show_script!("release_hold");
pub(super) static BOOK_SEATS: LazyLock<Script> = show_script!("book_seats");
pub(super) static FREE_SEATS: LazyLock<Script> = show_script!("free_seats");
pub(super) static MOVE_LAPSE: LazyLock<Script> = show_script!("move_lapse");
pub(super) static LAPSE_HOLDS: LazyLock<Script> = show_script!("lapse_holds");
pub(super) static READ_SEATS: LazyLock<Script> = show_script!("read_seats");
pub(super) static EXCHANGE_SEATS: LazyLock<Script> = show_script!("exchange_seats");
pub(super) static READ_CHANGES: LazyLock<Script> = show_script!("read_changes");
pub(super) static BLOCK_SEATS: LazyLock<Script> = show_script!("block_seats");
pub(super) static SETTLE_SEATS: LazyLock<Script> = show_script!("settle_seats");
pub(super) static LOAD_SHOW: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("../../../lua/load_show.lua")));

/// The script that holds seats, for whoever measures what Redis makes of it alone.
pub fn take_hold_script() -> &'static Script {
    &TAKE_HOLD
}

/// A call with the show's keys and the time.
pub(super) fn call<'a>(script: &'a Script, show: ShowId, clock: &Clock) -> ScriptInvocation<'a> {
    let mut call = call_unguarded(script, show);
    call.arg(clock.script_ms());
    call
}

/// A call with the show's keys alone.
pub(super) fn call_unguarded(script: &Script, show: ShowId) -> ScriptInvocation<'_> {
    #[cfg(test)]
    let script = super::contract::in_place_of(script);
    let mut call = script.prepare_invoke();
    for key in ShowKeys::of(show).0 {
        call.key(key);
    }
    call
}

/// The six arguments that describe a reservation's seats.
pub(super) fn add_owner(call: &mut ScriptInvocation<'_>, owner: &OwnedSeats) {
    let seats: Vec<String> = owner.seats.iter().map(ToString::to_string).collect();
    call.arg(owner.id.to_string())
        .arg(owner.expires_at.map_or_else(String::new, |at| at.as_millisecond().to_string()))
        .arg(owner.fence)
        .arg(u64::from(owner.cooldown_s) * 1000)
        .arg(seats.join(","))
        .arg(owner.buyer.as_str());
}

/// A script's reply: a status word and values.
pub(super) struct Reply {
    script: &'static str,
    word: String,
    values: Vec<Value>,
}

impl Reply {
    /// Takes the word off; `LOST` is an error.
    pub(super) fn new(script: &'static str, mut parts: Vec<Value>) -> Result<Self, StoreError> {
        if parts.is_empty() {
            return Err(StoreError::unexpected(Dependency::Redis, format!("{script} replied nothing")));
        }
        let word: String = redis::from_redis_value(parts.remove(0)).map_err(redis::RedisError::from)?;
        match word.as_str() {
            "LOST" => Err(StoreError::Lost),
            _ => Ok(Self { script, word, values: parts }),
        }
    }

    pub(super) fn word(&self) -> &str {
        &self.word
    }

    pub(super) fn unexpected(&self) -> StoreError {
        let reason = format!("{} replied {} with {} values", self.script, self.word, self.values.len());
        StoreError::unexpected(Dependency::Redis, reason)
    }

    pub(super) fn expect(&self, word: &str) -> Result<(), StoreError> {
        if self.word == word { Ok(()) } else { Err(self.unexpected()) }
    }

    pub(super) fn either(&self, yes: &str, no: &str) -> Result<bool, StoreError> {
        match self.word() {
            word if word == yes => Ok(true),
            word if word == no => Ok(false),
            _ => Err(self.unexpected()),
        }
    }

    pub(super) fn value<T: redis::FromRedisValue>(&self, index: usize) -> Result<T, StoreError> {
        let value = self.values.get(index).cloned().ok_or_else(|| self.unexpected())?;
        redis::from_redis_value(value).map_err(|error| StoreError::from(redis::RedisError::from(error)))
    }

    pub(super) fn time(&self, index: usize) -> Result<Timestamp, StoreError> {
        Timestamp::from_millisecond(self.value(index)?).map_err(|_| self.unexpected())
    }

    fn id(&self, index: usize) -> Result<ReservationId, StoreError> {
        self.value::<String>(index)?.parse().map_err(|_| self.unexpected())
    }

    pub(super) fn rest<T: redis::FromRedisValue>(&self, from: usize) -> Result<Vec<T>, StoreError> {
        (from..self.values.len()).map(|index| self.value(index)).collect()
    }

    pub(super) fn taken(&self, asked: ReservationId) -> Result<Taken, StoreError> {
        let at = self.time(0)?;
        match self.word() {
            "HELD" => {
                Ok(Taken::New(Hold { id: asked, at, fence: self.value(1)?, expires_at: self.time(2)? }))
            }
            "SAME" => Ok(Taken::Same(Hold {
                id: self.id(1)?,
                at,
                fence: self.value(2)?,
                expires_at: self.time(3)?,
            })),
            "LIMIT" => Ok(Taken::Limit { id: self.id(1)?, at, expires_at: self.time(2)? }),
            "ADDRESS" => Ok(Taken::AddressLimit { at, expires_at: self.time(1)? }),
            "COOLING" => Ok(Taken::Cooling { at, until: self.time(1)? }),
            "TAKEN" => Ok(Taken::Unavailable(self.rest(1)?)),
            _ => Err(self.unexpected()),
        }
    }

    pub(super) fn lapsed(&self) -> Result<Vec<ReservationId>, StoreError> {
        self.expect("LAPSED")?;
        (1..self.values.len()).map(|index| self.id(index)).collect()
    }

    pub(super) fn seat_map(&self) -> Result<SeatMap, StoreError> {
        self.expect("SEATS")?;
        let bytes: Vec<u8> = self.value(2)?;
        let states: Option<Vec<SeatState>> = bytes.into_iter().map(SeatState::from_byte).collect();
        let mut states = states.ok_or_else(|| self.unexpected())?;
        let overdue: Vec<usize> = self.rest(3)?;
        for seat in &overdue {
            *states.get_mut(*seat).ok_or_else(|| self.unexpected())? = SeatState::Free;
        }
        Ok(SeatMap { version: self.value(1)?, states, overdue: overdue.len() })
    }
}

/// The marks of these shows against the server's run. Each show may lie on another node of a cluster, so the run is
/// asked for where the mark is: by a script.
pub(super) async fn marks(redis: &Redis, shows: &[ShowId]) -> Result<Vec<Mark>, StoreError> {
    static READ_MARK: LazyLock<Script> = LazyLock::new(|| guarded_script("return {'LOADED', epoch}"));
    let read = shows.iter().map(|show| async move {
        let mut redis = redis.clone();
        let mut call = READ_MARK.prepare_invoke();
        call.key(ShowKeys::of(*show).epoch()).arg(0);
        let parts: Vec<Value> = within(Dependency::Redis, call.invoke_async(&mut redis)).await?;
        match Reply::new("read_mark", parts) {
            Ok(reply) => Ok(Mark::Loaded(reply.value(0)?)),
            Err(StoreError::Lost) => Ok(Mark::Missing),
            Err(error) => Err(error),
        }
    });
    futures::future::try_join_all(read).await
}
