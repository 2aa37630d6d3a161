//! The contract of the line: whatever is done in whatever order, Redis answers as the model does.

use std::time::Duration;

use harness::stores::TestStores;
use jiff::ToSpan as _;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::json;
use shared::clock::ManualClock;
use shared::drop::{Health, Touched, end_slot, touch_slot, write_health};
use shared::ids::{DropSlug, Identity, Sid};
use shared::redis::Redis;
use uuid::Uuid;
use waitroom::config::DropDefaults;
use waitroom::domain::drop::{Drop, Transition};
use waitroom::domain::ledger::{Fact, IdleReason};
use waitroom::domain::line::model::ModelLine;
use waitroom::domain::line::{Claimed, Joined, Left, Line, Standing};
use waitroom::domain::place::{PlaceId, PlaceKeys, Score, Seed};
use waitroom::store::drops::{Author, Drops};
use waitroom::store::line::RedisLine;
use waitroom::store::restore::Restorer;

const SEQUENCES: u32 = 64;
const VISITORS: usize = 6;

/// Something done to a line.
#[derive(Clone, Debug)]
enum Step {
    Join(usize),
    Leave(usize),
    Claim(usize),
    PutBack(usize, u16, u64),
    Call,
    Record,
    Renew(usize),
    End(usize),
    Touch(usize, u32),
    Finish(usize),
    Wait(u64),
    Stock(u64),
    Limits(u32, u32),
    OnLapse(&'static str),
    Steer(Transition),
}

fn step() -> impl Strategy<Value = Step> {
    let visitor = 0..VISITORS;
    let slot = 0..4_usize;
    prop_oneof![
        6 => visitor.clone().prop_map(Step::Join),
        1 => visitor.clone().prop_map(Step::Leave),
        4 => visitor.clone().prop_map(Step::Claim),
        1 => (visitor, 0..3_u16, 0..1_000_u64).prop_map(|(visitor, generation, score)| Step::PutBack(visitor, generation, score)),
        6 => Just(Step::Call),
        5 => Just(Step::Record),
        1 => slot.clone().prop_map(Step::Renew),
        1 => slot.clone().prop_map(Step::End),
        2 => (slot.clone(), 1..900_u32).prop_map(|(slot, for_s)| Step::Touch(slot, for_s)),
        1 => slot.prop_map(Step::Finish),
        4 => prop_oneof![3 => 0..2_000_u64, 3 => Just(60_000_u64), 1 => Just(600_000_u64), 1 => 0..400_000_u64].prop_map(Step::Wait),
        1 => (0..2_u64).prop_map(Step::Stock),
        1 => (1..600_u32, 1..5_u32).prop_map(|(rate, active)| Step::Limits(rate, active)),
        1 => prop_oneof![Just("requeue"), Just("keep"), Just("drop")].prop_map(Step::OnLapse),
        2 => prop_oneof![4 => Just(Transition::Open), 1 => Just(Transition::Pause), 3 => Just(Transition::Resume)].prop_map(Step::Steer),
    ]
}

/// How a line begins.
#[derive(Clone, Debug)]
struct Scene {
    is_open: bool,
    on_lapse: &'static str,
    claim_window_s: u32,
    steps: Vec<Step>,
}

fn scene() -> impl Strategy<Value = Scene> {
    let on_lapse = prop_oneof![Just("requeue"), Just("keep"), Just("drop")];
    let claim_window_s = prop_oneof![3 => Just(60_u32), 1 => Just(600_u32)];
    let steps = proptest::collection::vec(step(), 20..90);
    (proptest::bool::weighted(0.8), on_lapse, claim_window_s, steps).prop_map(
        |(is_open, on_lapse, claim_window_s, steps)| Scene { is_open, on_lapse, claim_window_s, steps },
    )
}

/// A model and a Redis side by side, by one clock.
struct Pair {
    model: ModelLine,
    line: RedisLine,
    redis: Redis,
    clock: ManualClock,
    drop: Drop,
    sids: Vec<Sid>,
}

impl Pair {
    async fn begin(stores: &TestStores, scene: &Scene) -> Self {
        let clock = ManualClock::at("2026-03-01T12:00:00Z".parse().unwrap());
        let pool = shared::db::pool(&stores.database_url, "contract", 2).unwrap();
        let redis = Redis::connect(&stores.redis_url).unwrap();
        let slug = format!("drop-{}", Uuid::new_v4());
        let new = json!({
            "slug": slug, "title": "Contract", "lobby_opens_at": clock.now(), "opens_at": clock.now() + 1.hour(),
            "rate_per_minute": 120, "burst": 2, "max_active": 3, "claim_window_s": scene.claim_window_s, "on_lapse": scene.on_lapse, "session_max_s": 900,
        });
        let new = serde_json::from_value::<waitroom::domain::drop::NewDrop>(new).unwrap();
        let mut drop = new.into_drop(DropDefaults::default(), Seed([7; 32]), clock.now()).unwrap();
        let author = Author { operator: "contract".to_owned(), reason: None };
        Drops::new(pool.clone()).create(&drop, &author).await.unwrap();
        Restorer::new(pool.clone(), redis.clone(), clock.clone().into()).restore(&drop.slug).await.unwrap();
        pool.close().await;
        drop.epoch = 1;
        let model = ModelLine::new(clock.clone().into());
        model.begin(&drop);
        let line = RedisLine::new(redis.clone(), clock.clone().into());
        let mut pair = Self { model, line, redis, clock, drop, sids: Vec::new() };
        if scene.is_open {
            let opened = pair.drop.clone().after(Transition::Open, pair.clock.now()).unwrap();
            pair.put_in_force(opened).await.unwrap();
        }
        pair
    }

    fn slug(&self) -> &DropSlug {
        &self.drop.slug
    }

    fn place(&self, visitor: usize) -> PlaceId {
        PlaceKeys::new([3; 32]).first_place(self.slug(), &Identity::device(&format!("visitor-{visitor}")))
    }

    fn sid(&self, index: usize) -> Sid {
        let latest = self.sids.iter().rev().nth(index);
        latest.copied().unwrap_or(Sid(Uuid::nil()))
    }

    async fn take(&mut self, step: &Step) -> Result<(), TestCaseError> {
        match step {
            Step::Join(visitor) => self.join(*visitor).await,
            Step::Leave(visitor) => {
                let place = self.place(*visitor);
                let (one, other) = (
                    self.model.leave(self.slug(), place).await.unwrap(),
                    self.line.leave(self.slug(), place).await.unwrap(),
                );
                same(left(&one), left(&other))
            }
            Step::Claim(visitor) => {
                let place = self.place(*visitor);
                let (one, other) = (
                    self.model.claim(self.slug(), place).await.unwrap(),
                    self.line.claim(self.slug(), place).await.unwrap(),
                );
                same(claimed(one), claimed(other))
            }
            Step::PutBack(visitor, generation, score) => {
                let place = self.place(*visitor).of_generation(*generation);
                let score = Score(*score);
                let one = self.model.put_back(self.slug(), place, score).await.unwrap();
                same(one, self.line.put_back(self.slug(), place, score).await.unwrap())
            }
            Step::Call => self.call().await,
            Step::Record => self.record().await,
            Step::Renew(index) => {
                let sid = self.sid(*index);
                let (one, other) = (
                    self.model.renew(self.slug(), sid).await.unwrap(),
                    self.line.renew(self.slug(), sid).await.unwrap(),
                );
                same(claimed(one), claimed(other))
            }
            Step::End(index) => {
                let sid = self.sid(*index);
                let (one, other) = (
                    self.model.end(self.slug(), sid).await.unwrap(),
                    self.line.end(self.slug(), sid).await.unwrap(),
                );
                same(one.is_some(), other.is_some())
            }
            other => self.outside(other).await,
        }
    }

    /// What booking, operators and time do.
    async fn outside(&mut self, step: &Step) -> Result<(), TestCaseError> {
        let clock = self.clock.clone().into();
        match step {
            Step::Touch(index, for_s) => {
                let sid = self.sid(*index);
                let touched = touch_slot(&self.redis, &clock, self.slug(), sid, *for_s).await.unwrap();
                same(self.model.touch(self.slug(), sid, *for_s), matches!(touched, Touched::Live { .. }))
            }
            Step::Finish(index) => {
                let sid = self.sid(*index);
                let ended = end_slot(&self.redis, &clock, self.slug(), sid).await.unwrap();
                same(self.model.finish(self.slug(), sid), ended)
            }
            Step::Wait(ms) => {
                self.clock.advance(Duration::from_millis(*ms));
                Ok(())
            }
            Step::Stock(free) => {
                let at_ms = self.clock.now().as_millisecond();
                let health = Health {
                    at_ms,
                    free: *free,
                    held: 0,
                    p99_ms: 0.0,
                    error_share: 0.0,
                    in_flight: 0,
                    pool_wait_ms: 0.0,
                };
                write_health(&self.redis, self.slug(), &health).await.unwrap();
                self.model.set_stock(self.slug(), at_ms, *free);
                Ok(())
            }
            Step::Limits(rate, active) => {
                self.change(json!({"rate_per_minute": rate, "max_active": active})).await
            }
            Step::OnLapse(policy) => self.change(json!({"on_lapse": policy})).await,
            Step::Steer(transition) => match self.drop.clone().after(*transition, self.clock.now()) {
                Ok(drop) => self.put_in_force(drop).await,
                Err(_) => Ok(()),
            },
            _ => unreachable!("the others are taken by `take`"),
        }
    }

    async fn change(&mut self, change: serde_json::Value) -> Result<(), TestCaseError> {
        let change = serde_json::from_value(change).unwrap();
        let drop = self.drop.clone().changed(change, self.clock.now()).unwrap();
        self.put_in_force(drop).await
    }

    async fn put_in_force(&mut self, drop: Drop) -> Result<(), TestCaseError> {
        self.model.write_settings(&drop).await.unwrap();
        self.line.write_settings(&drop).await.unwrap();
        self.drop = drop;
        Ok(())
    }

    async fn join(&mut self, visitor: usize) -> Result<(), TestCaseError> {
        let place = self.place(visitor);
        let drawn = Score::drawn(&self.drop.seed, place);
        let one = self.model.join(self.slug(), place, drawn).await.unwrap();
        let other: Joined = self.line.join(self.slug(), place, drawn).await.unwrap();
        same(one, other)
    }

    async fn call(&mut self) -> Result<(), TestCaseError> {
        let sids = Sid(Uuid::new_v4());
        let one = self.model.call_next(self.slug(), sids, IdleReason::ClockSet).await.unwrap();
        same(one, self.line.call_next(self.slug(), sids, IdleReason::ClockSet).await.unwrap())
    }

    /// Both tell the ledger the same facts, in the same order.
    async fn record(&mut self) -> Result<(), TestCaseError> {
        let (epoch, expected) = self.model.unrecorded(self.slug(), 1_000).await.unwrap();
        let (found_epoch, found) = self.line.unrecorded(self.slug(), 1_000).await.unwrap();
        let told = |entries: &[waitroom::domain::ledger::Entry]| -> Vec<(i64, i64, Fact)> {
            entries.iter().map(|entry| (entry.epoch, entry.at_ms, entry.fact.clone())).collect()
        };
        same((epoch, told(&expected)), (found_epoch, told(&found)))?;
        self.sids.extend(expected.iter().filter_map(|entry| match entry.fact {
            Fact::Called { sid, .. } => Some(sid),
            _ => None,
        }));
        let (Some(last), Some(found_last)) = (expected.last(), found.last()) else { return Ok(()) };
        let marked = self.model.mark_recorded(self.slug(), epoch, last.id).await.unwrap();
        same(marked, self.line.mark_recorded(self.slug(), epoch, found_last.id).await.unwrap())
    }

    async fn same_standings(&self) -> Result<(), TestCaseError> {
        for visitor in 0..VISITORS {
            let place = self.place(visitor);
            let one: Standing = self.model.stands(self.slug(), place).await.unwrap();
            same(one, self.line.stands(self.slug(), place).await.unwrap())?;
        }
        Ok(())
    }
}

fn same<T: PartialEq + std::fmt::Debug>(model: T, redis: T) -> Result<(), TestCaseError> {
    prop_assert_eq!(model, redis, "the model is on the left, Redis on the right");
    Ok(())
}

/// Entries' ids are each store's own.
fn left(left: &Left) -> &'static str {
    match left {
        Left::Recorded(_) => "recorded",
        Left::Nothing => "nothing",
    }
}

fn claimed(claimed: Claimed) -> Claimed {
    match claimed {
        Claimed::Admitted(grant) => Claimed::Admitted(waitroom::domain::line::Grant { entry: None, ..grant }),
        other => other,
    }
}

#[test]
fn redis_does_what_the_model_does() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let stores = runtime.block_on(TestStores::new());
    let mut runner =
        TestRunner::new(Config { cases: SEQUENCES, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&scene(), |scene| {
        runtime.block_on(async {
            let mut pair = Pair::begin(&stores, &scene).await;
            for step in &scene.steps {
                pair.take(step).await?;
                pair.same_standings().await?;
            }
            pair.record().await
        })
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}
