//! Each step, taken by the model and by Redis; whatever they answer must be the same.

use std::time::Duration;

use jiff::SignedDuration;
use proptest::test_runner::TestCaseError;
use serde_json::json;
use shared::drop::{Health, Touched, end_slot, touch_slot, write_health};
use shared::ids::Sid;
use uuid::Uuid;
use waitroom::domain::drop::Drop;
use waitroom::domain::ledger::{Entry, Fact};
use waitroom::domain::line::model::CALLING_RESUMES_MS;
use waitroom::domain::line::{Claimed, Left, Line, Remembered, Spot};
use waitroom::domain::place::{PlaceId, Score};

use super::{Pair, same};
use crate::contract::steps::Step;

impl Pair {
    pub async fn take(&mut self, step: &Step) -> Result<(), TestCaseError> {
        self.turns += 1;
        match step {
            Step::Join(visitor) => {
                let place = self.place(*visitor);
                let drawn = Score::drawn(&self.drop.seed, place);
                let (one, other) = both!(self, |line| line.join(self.slug(), place, drawn));
                same(one, other)?;
                self.was_seen(*visitor).await
            }
            Step::Look(visitor) => {
                let place = self.place(*visitor);
                let (one, other) = both!(self, |line| line.look(self.slug(), place));
                same(one, other)?;
                self.was_seen(*visitor).await
            }
            Step::See(visitors, generation) => {
                let places: Vec<PlaceId> =
                    visitors.iter().map(|visitor| self.place(*visitor).of_generation(*generation)).collect();
                both!(self, |line| line.see(self.slug(), &places));
                let now_ms = self.now_ms();
                for place in &places {
                    self.watch.seen(*place, now_ms);
                }
                Ok(())
            }
            Step::Leave(visitor) => {
                let place = self.place(*visitor);
                let (one, other) = both!(self, |line| line.leave(self.slug(), place));
                same(left(&one), left(&other))
            }
            Step::Claim(visitor) => {
                let place = self.place(*visitor);
                let (one, other) = both!(self, |line| line.claim(self.slug(), place));
                same(claimed(one), claimed(other))?;
                self.was_seen(*visitor).await
            }
            Step::PutBack(visitor, generation, score) => {
                let (place, score) = (self.place(*visitor).of_generation(*generation), Score(*score));
                let (one, other) = both!(self, |line| line.put_back(self.slug(), place, score));
                same(one, other)?;
                self.was_seen(*visitor).await
            }
            other => self.work(other).await,
        }
    }

    /// What replicas and the shop do.
    async fn work(&mut self, step: &Step) -> Result<(), TestCaseError> {
        match step {
            Step::Call(idle) => {
                let sids = Sid(Uuid::new_v4());
                let (one, other) = both!(self, |line| line.call_next(self.slug(), sids, *idle));
                self.watch.ticked(&self.drop, &one)?;
                same(one, other)
            }
            Step::Record(twice) => self.record(*twice).await,
            Step::Renew(index) => {
                let sid = self.sid(*index);
                let (one, other) = both!(self, |line| line.renew(self.slug(), sid));
                same(claimed(one), claimed(other))
            }
            Step::End(index) => {
                let sid = self.sid(*index);
                let (one, other) = both!(self, |line| line.end(self.slug(), sid));
                same(one.is_some(), other.is_some())
            }
            Step::Measure => {
                let (one, other) = both!(self, |line| line.measure(self.slug(), 0));
                same(one, other)
            }
            Step::Moves => {
                let (known, known_in_redis) = self.moves.unzip();
                let one = self.model.moves(self.slug(), known).await.unwrap();
                let other = self.replica().moves(self.slug(), known_in_redis).await.unwrap();
                self.moves = Some((one.last, other.last));
                same((one.moves, one.missed), (other.moves, other.missed))
            }
            Step::GivePass(visitor) => {
                let (place, pass) = (self.place(*visitor), Uuid::new_v4());
                both!(self, |line| line.give_pass(self.slug(), place, pass));
                Ok(())
            }
            Step::TakePass(visitor) => {
                let place = self.place(*visitor);
                both!(self, |line| line.take_pass(self.slug(), place));
                Ok(())
            }
            Step::Lose(visitors, ago_ms) => self.lose(visitors, *ago_ms).await,
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
            Step::SetBack(ms) => {
                let ms = i64::try_from(*ms).unwrap();
                self.clock.set(self.clock.now() - SignedDuration::from_millis(ms));
                Ok(())
            }
            Step::Stock(free) => {
                self.watch.sold_out_ms = (*free == 0).then(|| self.now_ms());
                let at_ms = self.now_ms();
                let (held, in_flight) = (0, 0);
                let health = Health { at_ms, free: *free, held, p99_ms: 0.0, error_share: 0.0, in_flight, pool_wait_ms: 0.0 };
                write_health(&self.redis, self.slug(), &health).await.unwrap();
                self.model.set_stock(self.slug(), at_ms, *free);
                Ok(())
            }
            Step::Limits(rate, burst, active) => {
                self.change(json!({"rate_per_minute": rate, "burst": (*burst).max(rate.div_ceil(60)), "max_active": active})).await
            }
            Step::OnLapse(policy) => self.change(json!({"on_lapse": policy})).await,
            Step::Salt(salt) => {
                self.watch.forget_scores();
                self.change(json!({"salt": format!("salt {salt}")})).await
            }
            Step::Steer(transition) => match self.drop.clone().after(*transition, self.clock.now()) {
                Ok(drop) => self.put_in_force(drop).await,
                Err(_) => Ok(()),
            },
            _ => unreachable!("the others are taken by `take`"),
        }
    }

    async fn change(&mut self, change: serde_json::Value) -> Result<(), TestCaseError> {
        let change = serde_json::from_value(change).unwrap();
        match self.drop.clone().changed(change, self.clock.now()) {
            Ok(drop) => self.put_in_force(drop).await,
            Err(_) => Ok(()),
        }
    }

    pub(super) async fn put_in_force(&mut self, drop: Drop) -> Result<(), TestCaseError> {
        // Settings that are in force already settle nothing.
        if drop.version > self.drop.version {
            self.watch.settle(&self.drop, self.now_ms());
        }
        self.model.write_settings(&drop).await.unwrap();
        self.replica().write_settings(&drop).await.unwrap();
        self.drop = drop;
        self.watch.changed(&self.drop);
        Ok(())
    }

    async fn was_seen(&mut self, visitor: usize) -> Result<(), TestCaseError> {
        let standing = self.model.stands(self.slug(), self.place(visitor)).await.unwrap();
        if let Spot::Queued { place, .. } | Spot::Called { place, .. } = standing.spot {
            let now_ms = self.now_ms();
            self.watch.seen(place, now_ms);
        }
        Ok(())
    }

    /// Both tell the ledger the same facts, in the same order. Another replica may do so at the same time.
    pub(super) async fn record(&mut self, twice: bool) -> Result<(), TestCaseError> {
        let (epoch, expected) = self.model.unrecorded(self.slug(), 1_000).await.unwrap();
        let (found_epoch, found) = self.replica().unrecorded(self.slug(), 1_000).await.unwrap();
        let told = |entries: &[Entry]| -> Vec<(i64, u32, i64, Fact)> {
            entries.iter().map(|entry| (entry.epoch, entry.index, entry.at_ms, entry.fact.clone())).collect()
        };
        same((epoch, told(&expected)), (found_epoch, told(&found)))?;
        self.sids.extend(expected.iter().filter_map(|entry| match entry.fact {
            Fact::Called { sid, .. } => Some(sid),
            _ => None,
        }));
        let (Some(last), Some(found_last)) = (expected.last(), found.last()) else { return Ok(()) };
        let marked = self.model.mark_recorded(self.slug(), epoch, last.id).await.unwrap();
        same(marked, self.replica().mark_recorded(self.slug(), epoch, found_last.id).await.unwrap())?;
        if twice {
            self.turns += 1;
            let again = self.replica().mark_recorded(self.slug(), epoch, found_last.id).await.unwrap();
            same(Some(0), again)?;
        }
        Ok(())
    }

    /// The ledger knows everything, Redis loses the rest, and the replicas put back whom they remember.
    async fn lose(&mut self, visitors: &[usize], ago_ms: i64) -> Result<(), TestCaseError> {
        self.record(false).await?;
        let now_ms = self.now_ms();
        self.drop.epoch += 1;
        self.model.lose(self.slug());
        let key = |name: &str| format!("{{drop:{}}}:{name}", self.drop.slug);
        let passes: Vec<String> =
            redis::cmd("HKEYS").arg(key("passes")).query_async(&mut self.redis.clone()).await.unwrap();
        let mut pipe = redis::pipe();
        for lost in
            ["queue", "drawn", "arrivals", "credit", "seen", "horizon", "ranks", "moves", "passes_due"]
        {
            pipe.del(key(lost)).ignore();
        }
        pipe.hdel(key("epoch"), "moves").ignore();
        pipe.hset(key("epoch"), "epoch", self.drop.epoch).ignore();
        pipe.hset(key("epoch"), "calling_from", now_ms + CALLING_RESUMES_MS).ignore();
        for base in passes {
            pipe.zadd(key("passes_due"), base, 0).ignore();
        }
        let () = pipe.query_async(&mut self.redis.clone()).await.unwrap();
        self.watch.settle(&self.drop, now_ms);
        self.watch.lost(now_ms);
        let remembered = visitors.iter().filter_map(|visitor| self.memory.get(visitor));
        let seen_ms = now_ms - ago_ms;
        let remembered: Vec<Remembered> =
            remembered.map(|(place, score)| Remembered { place: *place, score: *score, seen_ms }).collect();
        both!(self, |line| line.put_back_all(self.slug(), &remembered));
        Ok(())
    }
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
