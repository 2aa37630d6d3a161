//! A million in line: what a waiting visitor costs Redis, how soon a lobby of a million is open at every replica, how
//! long a tick keeps Redis busy, and how far a position from the rank table is from the true one.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, bail};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use hdrhistogram::Histogram;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::ids::{DropSlug, Sid};
use waitroom::domain::ledger::IdleReason;
use waitroom::domain::line::{BATCH, Joined, Line as _, RankTable, SIGHTINGS, Spot};
use waitroom::domain::place::{PlaceId, Score};
use waitroom::store::line::{RedisLine, scripts};

use crate::child::{Role, Serving};
use crate::load::Connection;
use crate::reference::plain_get;
use crate::stage::{Stores, change_drop, operate};
use crate::table::{Bar, Row};

const MILLION: usize = 1_000_000;
const FEW: usize = 25_000;
/// So many arrive between two measurements of the line, at least.
const MEASURED_EVERY: usize = 2_000;
const JOINS_AT_ONCE: usize = 256;
/// Who is near the front.
const FRONT: usize = 30_000;
/// What is let in after the opening.
const RATE_PER_MINUTE: u32 = 12_000;
/// At this rate a tick calls a full batch four times a second.
const FULL_BATCHES_PER_MINUTE: u32 = 48_000;
const TICKS: u64 = 100;
/// The rate gives a little more than a full batch in this time.
const TICK: Duration = Duration::from_millis(260);
/// One in so many leaves before positions are looked at.
const LEAVES: usize = 100;
const SAMPLE: usize = 2_000;
const REPLICAS: usize = 2;
const PATIENCE: Duration = Duration::from_secs(30);

/// Measures a lobby of a million, its opening, and the line after it.
pub async fn measure() -> anyhow::Result<Vec<Row>> {
    let stores = Stores::start().await?;
    let hall = Hall {
        line: RedisLine::new(shared::redis::Redis::connect(&stores.redis_url())?, Clock::System),
        redis: redis::Client::open(stores.redis_url())?,
    };
    let replica = Serving::start(Role::Waitroom, &stores.settings()?).await?;
    let few = new_drop(replica.address, "bench-few", FULL_BATCHES_PER_MINUTE, SignedDuration::from_secs(10))
        .await?;
    let million =
        new_drop(replica.address, "bench-million", RATE_PER_MINUTE, SignedDuration::from_hours(1)).await?;
    drop(replica);

    hall.fill(&few, FEW).await?;
    let with_few = hall.tick_us(&few).await?;

    let before = hall.memory().await?;
    let people = hall.fill(&million, MILLION).await?;
    let memory = (hall.memory().await? - before) / count(MILLION);

    let mut replicas = Vec::new();
    for _ in 0..REPLICAS {
        replicas.push(Serving::start(Role::Waitroom, &stores.settings()?).await?);
    }
    hall.see(&million, &people[..FRONT]).await?;
    let opened_ms = open(&replicas, &million).await?;
    let faster = json!({ "rate_per_minute": FULL_BATCHES_PER_MINUTE });
    change_drop(replicas[0].address, million.as_str(), &faster).await?;
    drop(replicas);

    hall.see(&million, &people[..FRONT]).await?;
    let with_million = hall.tick_us(&million).await?;
    let error = hall.rank_error(&million, &people).await?;
    stores.stop().await;
    let millis = |us: u64| f64::from(u32::try_from(us).unwrap_or(u32::MAX)) / 1_000.0;
    Ok(vec![
        Row::new("line", "Redis memory a waiting visitor, of 1,000,000", memory, " B")
            .bar(Bar::AtMost(210.0))
            .note("200 of them called a second"),
        Row::new("line", "opening a lobby of 1,000,000: first call", opened_ms, " ms")
            .bar(Bar::AtMost(500.0))
            .note("the slower of two replicas"),
        Row::new(
            "line",
            "tick that calls 200 of 1,000,000: p99 in Redis",
            millis(with_million.value_at_quantile(0.99)),
            " ms",
        )
        .bar(Bar::AtMost(3.0)),
        Row::new(
            "line",
            "tick that calls 200 of 1,000,000: p50 in Redis",
            millis(with_million.value_at_quantile(0.5)),
            " ms",
        )
        .against("the same of 25,000", millis(with_few.value_at_quantile(0.5)))
        .bar(Bar::AtMost(1.5)),
        Row::new("line", "position against true rank: p99 of the error", error.p99_share * 100.0, " %")
            .bar(Bar::AtMost(0.5))
            .note("of the line's length"),
        Row::new("line", "the next 100: greatest error", error.of_next_100, "").bar(Bar::AtMost(0.0)),
    ])
}

struct Hall {
    line: RedisLine,
    redis: redis::Client,
}

struct RankError {
    p99_share: f64,
    of_next_100: f64,
}

impl Hall {
    async fn memory(&self) -> anyhow::Result<f64> {
        let mut redis = self.redis.get_multiplexed_async_connection().await?;
        let info: redis::InfoDict = redis::cmd("INFO").arg("memory").query_async(&mut redis).await?;
        info.get("used_memory").context("Redis tells its memory")
    }

    /// People join in the lobby; by their scores.
    async fn fill(&self, drop: &DropSlug, people: usize) -> anyhow::Result<Vec<(Score, PlaceId)>> {
        let mut all: Vec<_> = (0..people).map(|_| someone()).collect();
        for arrivals in all.chunks(MEASURED_EVERY) {
            let joins = arrivals.iter().map(|(score, place)| self.line.join(drop, *place, *score));
            let joined: Vec<Joined> =
                stream::iter(joins).buffer_unordered(JOINS_AT_ONCE).try_collect().await?;
            anyhow::ensure!(
                joined.iter().all(|joined| matches!(joined, Joined::New(_))),
                "everybody who comes is new"
            );
            // As replicas do once a second: so the line knows whose sightings count.
            self.line.measure(drop, 0).await?;
        }
        all.sort_unstable();
        Ok(all)
    }

    /// These are seen again.
    async fn see(&self, drop: &DropSlug, people: &[(Score, PlaceId)]) -> anyhow::Result<()> {
        let places: Vec<_> = people.iter().map(|(_, place)| *place).collect();
        for batch in places.chunks(SIGHTINGS) {
            self.line.see(drop, batch).await?;
        }
        Ok(())
    }

    /// How long Redis is busy with a tick that calls a full batch, µs, by its own slow log.
    async fn tick_us(&self, drop: &DropSlug) -> anyhow::Result<Histogram<u64>> {
        let mut redis = self.redis.get_multiplexed_async_connection().await?;
        redis::cmd("CONFIG").arg(&["SET", "slowlog-log-slower-than", "0"]).exec_async(&mut redis).await?;
        let mut took_us = Histogram::new(3)?;
        let deadline = tokio::time::Instant::now() + PATIENCE * 4;
        while took_us.len() < TICKS {
            anyhow::ensure!(
                tokio::time::Instant::now() < deadline,
                "only {} full batches were called",
                took_us.len()
            );
            tokio::time::sleep(TICK).await;
            redis::cmd("SLOWLOG").arg("RESET").exec_async(&mut redis).await?;
            let tick = self.line.call_next(drop, Sid(uuid::Uuid::new_v4()), IdleReason::NoReplica).await?;
            if tick.called < BATCH {
                continue;
            }
            let entries: Vec<redis::Value> =
                redis::cmd("SLOWLOG").arg(&["GET", "8"]).query_async(&mut redis).await?;
            took_us
                .record(entries.iter().find_map(duration_of_tick).context("the tick is in the slow log")?)?;
        }
        redis::cmd("CONFIG").arg(&["SET", "slowlog-log-slower-than", "-1"]).exec_async(&mut redis).await?;
        Ok(took_us)
    }

    /// A rank table that was measured after this was called.
    async fn fresh_table(&self, drop: &DropSlug) -> anyhow::Result<RankTable> {
        let known = self.line.measure(drop, 0).await?.context("there is a table")?.number;
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            if let Some(table) = self.line.measure(drop, known).await? {
                return Ok(table);
            }
        }
    }

    async fn rank_error(&self, drop: &DropSlug, people: &[(Score, PlaceId)]) -> anyhow::Result<RankError> {
        for (_, place) in people.iter().step_by(LEAVES) {
            self.line.leave(drop, *place).await?;
        }
        let table = self.fresh_table(drop).await?;
        let (mut errors, mut of_next_100) = (Histogram::<u64>::new(3)?, 0);
        let everywhere = people.iter().step_by(people.len() / SAMPLE);
        for (_, place) in people[..FRONT].iter().chain(everywhere) {
            let Spot::Queued { score, rank, on_side: false, .. } = self.line.stands(drop, *place).await?.spot
            else {
                continue;
            };
            let error = table.rank_of(score).abs_diff(rank);
            if rank < 100 {
                of_next_100 = of_next_100.max(error);
            }
            errors.record(error)?;
        }
        let waiting = count(usize::try_from(table.waiting)?);
        Ok(RankError {
            p99_share: count(usize::try_from(errors.value_at_quantile(0.99))?) / waiting,
            of_next_100: count(usize::try_from(of_next_100)?),
        })
    }
}

/// The duration, µs, that an entry of the slow log tells, where it is of the script that calls.
fn duration_of_tick(entry: &redis::Value) -> Option<u64> {
    let (_, _, took_us, command): (u64, u64, u64, Vec<String>) = match entry {
        redis::Value::Array(fields) => {
            redis::from_redis_value(redis::Value::Array(fields[..4].to_vec())).ok()?
        }
        _ => return None,
    };
    command.iter().any(|part| part == scripts::CALL_NEXT.get_hash()).then_some(took_us)
}

/// Opens the drop at a moment that all replicas know beforehand; how long after it the slower of them shows that
/// somebody has been called, ms.
async fn open(replicas: &[Serving], drop: &DropSlug) -> anyhow::Result<f64> {
    let opens_at = Clock::System.now() + SignedDuration::from_secs(4);
    change_drop(replicas[0].address, drop.as_str(), &json!({ "opens_at": opens_at })).await?;
    let seen = replicas.iter().map(|replica| first_call(replica.address, drop));
    let slowest =
        futures::future::try_join_all(seen).await?.into_iter().max().context("there are replicas")?;
    Ok(slowest.duration_since(opens_at).as_millis_f64())
}

/// When this replica first shows that somebody has been called.
async fn first_call(replica: SocketAddr, drop: &DropSlug) -> anyhow::Result<Timestamp> {
    let mut connection = Connection::open(replica).await?;
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while tokio::time::Instant::now() < deadline {
        let (_, body) = connection.send(plain_get(&format!("/v1/drops/{drop}"))).await?;
        let status: Value = serde_json::from_slice(&body)?;
        if status["active"].as_u64().is_some_and(|active| active > 0) {
            return Ok(Clock::System.now());
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    bail!("nobody was called at {replica}")
}

/// Somebody who joins in the lobby.
fn someone() -> (Score, PlaceId) {
    let place = PlaceId(uuid::Builder::from_custom_bytes(rand::random()).into_uuid()).of_generation(0);
    (Score(rand::random::<u64>() >> 12), place)
}

/// A drop whose lobby is open.
async fn new_drop(
    line: SocketAddr,
    slug: &str,
    rate_per_minute: u32,
    opens_in: SignedDuration,
) -> anyhow::Result<DropSlug> {
    let soon = Clock::System.now() + SignedDuration::from_secs(1);
    let drop = json!({
        "slug": slug, "title": slug, "rate_per_minute": rate_per_minute, "burst": 1_000, "max_active": 1_000_000,
        "lobby_opens_at": soon, "opens_at": soon + opens_in,
    });
    operate(line, "drops", &drop).await?;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    Ok(slug.parse()?)
}

fn count(n: usize) -> f64 {
    f64::from(u32::try_from(n).unwrap_or(u32::MAX))
}
