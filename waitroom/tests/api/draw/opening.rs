//! The opening: at its moment, by the clock of Redis, for the price of one tick, and for good.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp, ToSpan as _};
use shared::clock::Clock;
use shared::ids::{Identity, Sid};
use shared::redis::Redis;
use uuid::Uuid;
use waitroom::config::DropDefaults;
use waitroom::domain::drop::{Drop, NewDrop};
use waitroom::domain::ledger::IdleReason;
use waitroom::domain::line::{Joined, Line as _, Spot};
use waitroom::domain::operate::Wish;
use waitroom::domain::place::{PlaceId, PlaceKeys, Score, Seed};
use waitroom::store::drops::{Author, Drops};
use waitroom::store::line::RedisLine;
use waitroom::store::restore::Restorer;

use super::*;

fn place(drop: &Drop, name: &str) -> PlaceId {
    PlaceKeys::new([3; 32]).first_place(&drop.slug, &Identity::device(name))
}

fn line(stores: &TestStores, clock: impl Into<Clock>) -> RedisLine {
    RedisLine::new(Redis::connect(&stores.redis_url).unwrap(), clock.into())
}

/// A drop in its lobby that opens at this time, without a replica that would tick.
async fn drop_in_lobby(stores: &TestStores, clock: &Clock, opens_at: Timestamp, more: Value) -> Drop {
    let mut new = json!({
        "slug": format!("drop-{}", Uuid::new_v4()), "title": "Opening", "lobby_opens_at": clock.now(), "opens_at": opens_at,
        "rate_per_minute": 600, "burst": 10,
    });
    new.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let new: NewDrop = serde_json::from_value(new).unwrap();
    let drop = new.into_drop(DropDefaults::default(), Seed([7; 32]), clock.now()).unwrap();
    let pool = shared::db::pool(&stores.database_url, "test", 2).unwrap();
    Drops::new(pool.clone())
        .create(&drop, &Author { operator: "test".to_owned(), reason: None })
        .await
        .unwrap();
    let redis = Redis::connect(&stores.redis_url).unwrap();
    Restorer::new(pool, redis, clock.clone()).restore(&drop.slug).await.unwrap();
    drop
}

/// The score that joining gives, and the line's time when it did.
async fn join(line: &RedisLine, drop: &Drop, name: &str) -> (Score, i64) {
    let place = place(drop, name);
    let joined = line.join(&drop.slug, place, Score::drawn(&drop.seed, place)).await.unwrap();
    let Joined::New(standing) = joined else { panic!("{joined:?}") };
    let Spot::Queued { score, .. } = standing.spot else { panic!("{standing:?}") };
    (score, standing.now_ms)
}

#[tokio::test]
async fn it_opens_at_the_scheduled_millisecond_on_every_replica() {
    let stores = TestStores::new().await;
    let clock = Clock::System;
    let opens_at = clock.now() + SignedDuration::from_millis(1_200);
    let drop = drop_in_lobby(&stores, &clock, opens_at, json!({})).await;
    let mut joins = Vec::new();
    for replica in 0..3 {
        let (line, drop) = (line(&stores, Clock::System), drop.clone());
        joins.push(tokio::spawn(async move {
            let mut joined = Vec::new();
            for number in 0.. {
                joined.push(join(&line, &drop, &format!("{replica}-{number}")).await);
                if joined.last().unwrap().1 > opens_at.as_millisecond() + 100 {
                    break;
                }
            }
            joined
        }));
    }
    for joined in joins {
        let joined = joined.await.unwrap();
        let (before, after): (Vec<_>, Vec<_>) =
            joined.iter().partition(|(_, now_ms)| *now_ms < opens_at.as_millisecond());
        assert!(before.len() > 10 && after.len() > 1, "{} before, {} after", before.len(), after.len());
        assert!(before.iter().all(|(score, _)| score.is_drawn()), "the last before is a place of the draw");
        assert!(after.iter().all(|(score, _)| !score.is_drawn()), "the first after is an arrival");
    }
}

/// Which commands the server has run since this was asked last, and how often each.
async fn commands(stores: &TestStores) -> BTreeMap<String, u64> {
    let client = redis::Client::open(stores.redis_url.as_str()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let stats: String = redis::cmd("INFO").arg("commandstats").query_async(&mut connection).await.unwrap();
    redis::cmd("CONFIG").arg("RESETSTAT").exec_async(&mut connection).await.unwrap();
    let calls = stats.lines().filter_map(|line| {
        let (name, numbers) = line.strip_prefix("cmdstat_")?.split_once(":calls=")?;
        Some((name.to_owned(), numbers.split(',').next()?.parse().ok()?))
    });
    calls.filter(|(name, _)| !name.starts_with("config")).collect()
}

/// What opening costs a lobby of this size, up to and with the tick that calls the first.
async fn cost_of_opening(stores: &TestStores, size: usize, salt: Option<&str>) -> BTreeMap<String, u64> {
    let clock = ManualClock::at("2026-03-01T12:00:00Z".parse().unwrap());
    let source = salt.map(|_| "a beacon");
    let opens_at = clock.now() + 1.minute();
    let drop = drop_in_lobby(stores, &clock.clone().into(), opens_at, json!({"salt_source": source})).await;
    let line = line(stores, clock.clone());
    for number in 0..size {
        join(&line, &drop, &number.to_string()).await;
    }
    clock.advance(Duration::from_mins(1));
    commands(stores).await;
    if let Some(salt) = salt {
        let open = Wish::Open { salt: Some(salt.to_owned()), reason: None };
        line.write_settings(&open.applied(drop.clone(), clock.now()).unwrap()).await.unwrap();
    }
    let tick = line.call_next(&drop.slug, Sid(Uuid::new_v4()), IdleReason::Overdue).await.unwrap();
    let cost = commands(stores).await;
    assert!(tick.opened && tick.called == 10, "{tick:?}");
    assert_eq!(tick.waiting, u64::try_from(size).unwrap() - 10, "nobody else was touched");
    cost
}

#[tokio::test]
async fn opening_costs_a_large_lobby_what_it_costs_a_small_one() {
    let stores = TestStores::with_own_redis().await;
    for salt in [None, Some("b1a5")] {
        // Once before, so that the scripts are there.
        cost_of_opening(&stores, 100, salt).await;
        let small = cost_of_opening(&stores, 500, salt).await;
        let large = cost_of_opening(&stores, 5_000, salt).await;
        assert_eq!(small, large);
        for whole in ["zrangestore", "zunionstore", "zinterstore", "zscan", "sort", "rename", "copy"] {
            assert!(!large.contains_key(whole), "{whole} goes through all of them: {large:?}");
        }
        assert!(large["zadd"] < 10, "nobody's score is written again: {large:?}");
    }
}

#[tokio::test]
async fn an_opening_cannot_be_undone() {
    let stores = TestStores::new().await;
    let clock = ManualClock::at("2026-03-01T12:00:00Z".parse().unwrap());
    let drop = drop_in_lobby(&stores, &clock.clone().into(), clock.now() + 1.minute(), json!({})).await;
    let line = line(&stores, clock.clone());
    assert!(join(&line, &drop, "ann").await.0.is_drawn());
    clock.advance(Duration::from_mins(1));
    assert!(!join(&line, &drop, "bob").await.0.is_drawn());
    // A change that another replica wrote before it knew.
    let mut moved = drop.clone();
    moved.settings.opens_at = Some(clock.now() + 1.hour());
    moved.version += 1;
    line.write_settings(&moved).await.unwrap();
    assert!(!join(&line, &drop, "cem").await.0.is_drawn());
    moved.settings.salt_source = Some("a beacon".to_owned());
    moved.version += 1;
    line.write_settings(&moved).await.unwrap();
    assert!(!join(&line, &drop, "dan").await.0.is_drawn(), "nor by waiting for a salt");
}
