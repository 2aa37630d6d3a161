//! What the services share in Redis about a drop, under `{drop:SLUG}`: the slots, `settings` (waitroom writes what
//! booking must enforce), `health` (booking writes load and stock), and the stream of what the ledger has yet to learn.

use std::collections::HashMap;
use std::sync::LazyLock;

use redis::{AsyncCommands, Script};
use serde::{Deserialize, Serialize};

use crate::clock::Clock;
use crate::ids::{DropSlug, Sid};
use crate::redis::{Redis, guarded_script};
use crate::store::{Dependency, StoreError, within};

static TOUCH_SLOT: LazyLock<Script> = LazyLock::new(|| guarded_script(include_str!("../lua/touch_slot.lua")));
static END_SLOT: LazyLock<Script> = LazyLock::new(|| guarded_script(include_str!("../lua/end_slot.lua")));

static ENDED_SLOTS: LazyLock<Script> =
    LazyLock::new(|| guarded_script(include_str!("../lua/ended_slots.lua")));

/// How many slots are asked about in one call.
pub const MAX_SLOTS_ASKED: usize = 500;
/// Health older than this is unknown.
pub const HEALTH_MAX_AGE_MS: i64 = 3_000;

/// The keys of a drop that both services name. They share one hash tag, so one slot of a cluster.
#[derive(Clone, Debug)]
pub struct DropKeys {
    /// Hash: `epoch`, `run_id`. Absent or of another run: Redis lost its memory of the drop.
    pub epoch: String,
    /// Sorted set: sid → lives until, ms.
    pub slots: String,
    /// Hash: what booking must enforce, see [`Settings`].
    pub settings: String,
    /// Hash: see [`Health`].
    pub health: String,
    /// Stream: what the ledger has yet to learn.
    pub unrecorded: String,
}

impl DropKeys {
    /// The keys of a drop.
    pub fn of(drop: &DropSlug) -> Self {
        let key = |name: &str| format!("{{drop:{drop}}}:{name}");
        Self {
            epoch: key("epoch"),
            slots: key("slots"),
            settings: key("settings"),
            health: key("health"),
            unrecorded: key("unrecorded"),
        }
    }
}

/// What booking must enforce for a drop. Fields of the `settings` hash have these names; waitroom keeps more there
/// for its own scripts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The drop's state as an operator set it: `scheduled`, `open`, `paused`, `closed`.
    pub state: String,
    /// How long a hold lives, seconds.
    pub hold_s: u32,
    /// Seats a reservation may have.
    pub max_seats: u32,
    /// How long somebody waits after leaving a reservation to expire, seconds.
    pub cooldown_s: u32,
}

impl Default for Settings {
    /// 10 minutes' hold, 10 seats, 5 minutes' cool-down.
    fn default() -> Self {
        Self { state: "open".to_owned(), hold_s: 600, max_seats: 10, cooldown_s: 300 }
    }
}

/// What became of touching a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Touched {
    /// It lives, at least until the time asked for.
    Live {
        /// Redis's time, ms.
        now_ms: i64,
        /// What the drop wants enforced.
        settings: Settings,
    },
    /// It has ended: lapsed, finished, or revoked.
    Ended,
}

/// Checks that an admission's slot lives and makes it live for at least `for_s` seconds more.
///
/// Errors: [`StoreError::Lost`] while the line is being restored.
pub async fn touch_slot(
    redis: &Redis,
    clock: &Clock,
    drop: &DropSlug,
    sid: Sid,
    for_s: u32,
) -> Result<Touched, StoreError> {
    let keys = DropKeys::of(drop);
    let mut call = TOUCH_SLOT.prepare_invoke();
    call.key(&keys.epoch)
        .key(&keys.slots)
        .key(&keys.settings)
        .arg(clock.script_ms())
        .arg(sid.to_string())
        .arg(for_s);
    let mut redis = redis.clone();
    let reply: Vec<String> = within(Dependency::Redis, call.invoke_async(&mut redis)).await?;
    let reply: Vec<&str> = reply.iter().map(String::as_str).collect();
    match reply[..] {
        ["LIVE", now, state, hold_s, max_seats, cooldown_s] => {
            let standard = Settings::default();
            let settings = Settings {
                state: state.to_owned(),
                hold_s: hold_s.parse().unwrap_or(standard.hold_s),
                max_seats: max_seats.parse().unwrap_or(standard.max_seats),
                cooldown_s: cooldown_s.parse().unwrap_or(standard.cooldown_s),
            };
            Ok(Touched::Live { now_ms: number(now)?, settings })
        }
        ["ENDED", _] => Ok(Touched::Ended),
        ["LOST"] => Err(StoreError::Lost),
        _ => Err(unexpected("touch_slot", &reply)),
    }
}

/// Ends an admission's slot. Ending it again changes nothing; `false` says that it had ended before.
pub async fn end_slot(redis: &Redis, clock: &Clock, drop: &DropSlug, sid: Sid) -> Result<bool, StoreError> {
    let keys = DropKeys::of(drop);
    let mut call = END_SLOT.prepare_invoke();
    call.key(&keys.epoch).key(&keys.slots).key(&keys.unrecorded).arg(clock.script_ms()).arg(sid.to_string());
    let mut redis = redis.clone();
    let reply: Vec<String> = within(Dependency::Redis, call.invoke_async(&mut redis)).await?;
    match reply.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["ENDED", _] => Ok(true),
        ["GONE", _] => Ok(false),
        ["LOST"] => Err(StoreError::Lost),
        ref reply => Err(unexpected("end_slot", reply)),
    }
}

/// Which of these admissions' slots have ended; at most [`MAX_SLOTS_ASKED`] are asked about.
///
/// Errors: [`StoreError::Lost`] while the line is being restored: then nobody knows.
pub async fn ended_slots(
    redis: &Redis,
    clock: &Clock,
    drop: &DropSlug,
    sids: &[Sid],
) -> Result<Vec<Sid>, StoreError> {
    let keys = DropKeys::of(drop);
    let mut call = ENDED_SLOTS.prepare_invoke();
    call.key(&keys.epoch).key(&keys.slots).arg(clock.script_ms());
    for sid in sids.iter().take(MAX_SLOTS_ASKED) {
        call.arg(sid.to_string());
    }
    let mut redis = redis.clone();
    let reply: Vec<String> = within(Dependency::Redis, call.invoke_async(&mut redis)).await?;
    let reply: Vec<&str> = reply.iter().map(String::as_str).collect();
    match &reply[..] {
        ["ENDED", _, ended @ ..] => {
            let sid = |text: &&str| text.parse().map_err(|_| unexpected("ended_slots", &reply));
            ended.iter().map(sid).collect()
        }
        ["LOST"] => Err(StoreError::Lost),
        _ => Err(unexpected("ended_slots", &reply)),
    }
}

/// The drop's epoch as Redis knows it; `None` when Redis has no memory of the drop.
pub async fn epoch(redis: &Redis, drop: &DropSlug) -> Result<Option<i64>, StoreError> {
    let mut redis = redis.clone();
    let keys = DropKeys::of(drop);
    within(Dependency::Redis, redis.hget(&keys.epoch, "epoch")).await
}

/// The sites whose pages may use a drop, besides the services' own; none while Redis has no memory of the drop.
pub async fn allowed_origins(redis: &Redis, drop: &DropSlug) -> Result<Vec<String>, StoreError> {
    let mut redis = redis.clone();
    let keys = DropKeys::of(drop);
    let origins: Option<String> =
        within(Dependency::Redis, redis.hget(&keys.settings, "allowed_origins")).await?;
    Ok(origins.unwrap_or_default().split_whitespace().map(str::to_owned).collect())
}

/// How booking is doing on behalf of a drop.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Health {
    /// When it was measured, ms since 1970.
    pub at_ms: i64,
    /// Seats on sale now.
    pub free: u64,
    /// Seats in baskets, some of which may come back.
    pub held: u64,
    /// The 99th percentile of reserve and confirm over the last seconds, ms.
    pub p99_ms: f64,
    /// The share of requests that failed for reasons of the server, 0 to 1.
    pub error_share: f64,
    /// Requests being worked on.
    pub in_flight: u64,
    /// How long a request waits for a database connection, ms.
    pub pool_wait_ms: f64,
}

impl Health {
    /// Whether it is too old to be believed.
    pub fn is_stale(&self, now_ms: i64) -> bool {
        now_ms - self.at_ms > HEALTH_MAX_AGE_MS
    }
}

/// Publishes a drop's health.
pub async fn write_health(redis: &Redis, drop: &DropSlug, health: &Health) -> Result<(), StoreError> {
    let fields = [
        ("at", health.at_ms.to_string()),
        ("free", health.free.to_string()),
        ("held", health.held.to_string()),
        ("p99_ms", format!("{:.3}", health.p99_ms)),
        ("error_share", format!("{:.4}", health.error_share)),
        ("in_flight", health.in_flight.to_string()),
        ("pool_wait_ms", format!("{:.3}", health.pool_wait_ms)),
    ];
    let mut redis = redis.clone();
    within(Dependency::Redis, redis.hset_multiple(DropKeys::of(drop).health, &fields)).await
}

/// Reads a drop's health; `None` where no show names the drop. It may be stale: see [`Health::is_stale`].
pub async fn read_health(redis: &Redis, drop: &DropSlug) -> Result<Option<Health>, StoreError> {
    let mut redis = redis.clone();
    let keys = DropKeys::of(drop);
    let fields: HashMap<String, String> = within(Dependency::Redis, redis.hgetall(&keys.health)).await?;
    Ok(health_from(&fields))
}

fn health_from(fields: &HashMap<String, String>) -> Option<Health> {
    fn field<T: std::str::FromStr>(fields: &HashMap<String, String>, name: &str) -> Option<T> {
        fields.get(name)?.parse().ok()
    }
    Some(Health {
        at_ms: field(fields, "at")?,
        free: field(fields, "free")?,
        held: field(fields, "held")?,
        p99_ms: field(fields, "p99_ms")?,
        error_share: field(fields, "error_share")?,
        in_flight: field(fields, "in_flight")?,
        pool_wait_ms: field(fields, "pool_wait_ms")?,
    })
}

/// A number in a script's reply.
fn number(text: &str) -> Result<i64, StoreError> {
    text.parse().map_err(|_| StoreError::unexpected(Dependency::Redis, format!("{text:?} is no number")))
}

fn unexpected(script: &str, reply: &[&str]) -> StoreError {
    StoreError::unexpected(Dependency::Redis, format!("{script} replied {reply:?}"))
}
