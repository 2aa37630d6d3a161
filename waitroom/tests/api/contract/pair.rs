//! A model and a Redis side by side, by one clock, with three replicas that take turns.

use std::collections::HashMap;

use harness::stores::TestStores;
use jiff::ToSpan as _;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde_json::json;
use shared::clock::ManualClock;
use shared::ids::{DropSlug, Identity, Sid};
use shared::redis::Redis;
use sqlx::PgPool;
use uuid::Uuid;
use waitroom::config::DropDefaults;
use waitroom::domain::drop::{Drop, Transition};
use waitroom::domain::line::model::ModelLine;
use waitroom::domain::line::{Line, MoveId, Spot, Standing};
use waitroom::domain::place::{PlaceId, PlaceKeys, Score, Seed};
use waitroom::store::drops::{Author, Drops};
use waitroom::store::line::RedisLine;
use waitroom::store::restore::Restorer;

use super::invariants::Watch;
use super::steps::{Scene, Step, VISITORS};

/// Evaluates a question to the model and to the replica whose turn it is.
macro_rules! both {
    ($pair:expr, |$line:ident| $asked:expr) => {{
        let one = {
            let $line = &$pair.model;
            $asked.await.unwrap()
        };
        let other = {
            let $line = $pair.replica();
            $asked.await.unwrap()
        };
        (one, other)
    }};
}

mod acts;

/// What all sequences share.
pub struct Stage {
    pool: PgPool,
    clock: ManualClock,
    redis: Redis,
    replicas: Vec<RedisLine>,
}

impl Stage {
    pub fn new(stores: &TestStores) -> Self {
        let clock = ManualClock::at("2026-03-01T12:00:00Z".parse().unwrap());
        let pool = shared::db::pool(&stores.database_url, "contract", 2).unwrap();
        let connect = || Redis::connect(&stores.redis_url).unwrap();
        let replicas = (0..3).map(|_| RedisLine::new(connect(), clock.clone().into())).collect();
        Self { pool, redis: connect(), replicas, clock }
    }

    /// A fresh line in Redis and in a model. The restorer fills Redis for it as for any new drop.
    pub async fn begin(&self, settings: serde_json::Value) -> (Drop, ModelLine) {
        self.clock.set("2026-03-01T12:00:00Z".parse().unwrap());
        let now = self.clock.now();
        let mut new = json!({"slug": format!("drop-{}", Uuid::new_v4()), "title": "Contract", "lobby_opens_at": now, "opens_at": now + 1.hour()});
        new.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        let new = serde_json::from_value::<waitroom::domain::drop::NewDrop>(new).unwrap();
        let mut drop = new.into_drop(DropDefaults::default(), Seed([7; 32]), now).unwrap();
        let author = Author { operator: "contract".to_owned(), reason: None };
        Drops::new(self.pool.clone()).create(&drop, &author).await.unwrap();
        let restorer = Restorer::new(self.pool.clone(), self.redis.clone(), self.clock.clone().into());
        restorer.restore(&drop.slug).await.unwrap();
        drop.epoch = 1;
        let model = ModelLine::new(self.clock.clone().into());
        model.begin(&drop);
        (drop, model)
    }

    pub fn clock(&self) -> ManualClock {
        self.clock.clone()
    }

    pub fn line(&self) -> &RedisLine {
        &self.replicas[0]
    }
}

pub struct Pair {
    pub model: ModelLine,
    replicas: Vec<RedisLine>,
    pub redis: Redis,
    pub clock: ManualClock,
    pub drop: Drop,
    sids: Vec<Sid>,
    moves: Option<(MoveId, MoveId)>,
    /// What the replicas remember of those who wait: place and raw score.
    memory: HashMap<usize, (PlaceId, Score)>,
    watch: Watch,
    turns: usize,
}

impl Pair {
    pub async fn begin(stage: &Stage, scene: &Scene) -> Self {
        let settings = json!({
            "rate_per_minute": 120, "burst": 2, "max_active": 3, "claim_window_s": scene.claim_window_s, "on_lapse": scene.on_lapse, "session_max_s": 900,
            "return_grace_s": scene.return_grace_s,
        });
        let (mut drop, model) = stage.begin(settings).await;
        if scene.is_salted {
            drop.settings.salt_source = Some("the lottery".to_owned());
            drop.version += 1;
        }
        let (replicas, redis, clock) = (stage.replicas.clone(), stage.redis.clone(), stage.clock.clone());
        let watch = Watch::new(&drop, clock.now().as_millisecond());
        let (sids, memory) = (Vec::new(), HashMap::new());
        let mut pair =
            Self { model, replicas, redis, clock, drop, sids, moves: None, memory, watch, turns: 0 };
        let first = pair.drop.clone();
        pair.put_in_force(first).await.unwrap();
        if scene.is_open {
            let opened = pair.drop.clone().after(Transition::Open, pair.clock.now()).unwrap();
            pair.put_in_force(opened).await.unwrap();
        }
        pair
    }

    pub fn slug(&self) -> &DropSlug {
        &self.drop.slug
    }

    pub fn now_ms(&self) -> i64 {
        self.clock.now().as_millisecond()
    }

    pub fn replica(&self) -> &RedisLine {
        &self.replicas[self.turns % self.replicas.len()]
    }

    pub fn place(&self, visitor: usize) -> PlaceId {
        PlaceKeys::new([3; 32]).first_place(self.slug(), &Identity::device(&format!("visitor-{visitor}")))
    }

    fn sid(&self, index: usize) -> Sid {
        let latest = self.sids.iter().rev().nth(index);
        latest.copied().unwrap_or(Sid(Uuid::nil()))
    }

    /// Everybody stands where the model says, and what must hold holds.
    pub async fn check(&mut self, step: &Step) -> Result<(), TestCaseError> {
        let mut standings: Vec<Standing> = Vec::new();
        for visitor in 0..VISITORS {
            let place = self.place(visitor);
            let (one, other) = both!(self, |line| line.stands(self.slug(), place));
            same(&one, &other)?;
            if let Spot::Queued { place, score, on_side: false, .. } = &one.spot {
                self.memory.insert(visitor, (*place, score.unturned(one.turn)));
            }
            standings.push(one);
        }
        let tracked = self.model.horizon(self.slug()).track_below();
        let units: i64 = redis::cmd("HGET")
            .arg(format!("{{drop:{}}}:credit", self.drop.slug))
            .arg("units")
            .query_async::<Option<i64>>(&mut self.redis.clone())
            .await
            .unwrap()
            .unwrap_or(0);
        self.watch.check(&self.drop, step, &standings, tracked, units)
    }

    /// At the end the ledger is told everything, and no identity has two live places.
    pub async fn finish(&mut self) -> Result<(), TestCaseError> {
        self.record(false).await?;
        let mut live: HashMap<String, u32> = HashMap::new();
        for (command, list) in
            [("ZRANGE", "queue"), ("ZRANGE", "side"), ("HKEYS", "places"), ("HKEYS", "aside")]
        {
            let mut command = redis::cmd(command);
            command.arg(format!("{{drop:{}}}:{list}", self.drop.slug));
            if list == "queue" || list == "side" {
                command.arg(0).arg(-1);
            }
            let places: Vec<String> = command.query_async(&mut self.redis.clone()).await.unwrap();
            for place in places {
                *live.entry(place[..32].to_owned()).or_default() += 1;
            }
        }
        prop_assert!(live.values().all(|places| *places == 1), "one live place: {live:?}");
        Ok(())
    }
}

pub fn same<T: PartialEq + std::fmt::Debug>(model: T, redis: T) -> Result<(), TestCaseError> {
    prop_assert_eq!(model, redis, "the model is on the left, Redis on the right");
    Ok(())
}
