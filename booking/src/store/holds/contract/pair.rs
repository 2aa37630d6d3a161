//! The model and Redis, side by side, and somebody who only hears of the changes.

use std::fmt::Debug;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use proptest::sample::Index;
use proptest::test_runner::TestCaseError;
use redis::AsyncCommands as _;
use redis::streams::StreamRangeReply;
use shared::clock::{Clock, ManualClock};
use shared::ids::Identity;
use shared::redis::Redis;
use shared::store::StoreError;
use uuid::Uuid;

use super::super::{Holds, Settled, ShowKeys};
use super::steps::{Loss, Operation};
use crate::domain::holds::model::ShowHolds;
use crate::domain::holds::{
    AddressBound, Exchanged, HoldRequest, OwnedSeats, SeatIndex, SeatMap, SeatState, Taken,
};
use crate::domain::ids::{ReservationId, ShowId};

pub const SEATS: u32 = 12;
pub const BUYERS: usize = 4;
pub const EPOCH: i64 = 3;

type Checked = Result<(), TestCaseError>;

pub struct Pair {
    pub redis: Holds,
    pub clock: ManualClock,
    pub show: ShowId,
    /// Whatever was held, as it was asked for.
    pub asked: Vec<OwnedSeats>,
    model: ShowHolds,
    epoch: i64,
    /// The map as somebody has it who loaded it once and heard of every change since.
    heard: Vec<u8>,
    heard_up_to: i64,
    connection: Redis,
}

fn same<T: PartialEq + Debug>(answered: &T, expected: &T, to: &Operation) -> Checked {
    if answered == expected { Ok(()) } else { differs(answered, expected, to) }
}

fn differs<T: Debug>(answered: &T, expected: &T, to: &Operation) -> Checked {
    Err(TestCaseError::fail(format!("after {to:?}: Redis says {answered:?}, the model {expected:?}")))
}

/// A reply that makes no sense is a difference too.
fn failed(error: impl Into<StoreError>) -> TestCaseError {
    TestCaseError::fail(error.into().to_string())
}

impl Pair {
    pub async fn new(redis: &Redis) -> Self {
        let clock = ManualClock::at("2030-01-01T00:00:00Z".parse().unwrap());
        let holds = Holds::new(redis.clone(), Clock::from(clock.clone()));
        let show = ShowId(Uuid::new_v4());
        let free = vec![SeatState::Free; SEATS as usize];
        assert!(holds.load(show, EPOCH, &free, &[], &[]).await.unwrap());
        Self {
            redis: holds,
            clock,
            show,
            asked: Vec::new(),
            model: ShowHolds::new(SEATS as usize, EPOCH),
            epoch: EPOCH,
            heard: vec![0; SEATS as usize],
            heard_up_to: EPOCH << 32,
            connection: redis.clone(),
        }
    }

    pub fn now(&self) -> Timestamp {
        Clock::from(self.clock.clone()).now()
    }

    fn known(&self, index: Index) -> Option<OwnedSeats> {
        if self.asked.is_empty() { None } else { Some(index.get(&self.asked).clone()) }
    }

    /// Does it to both.
    pub async fn apply(&mut self, operation: &Operation) -> Checked {
        match operation {
            Operation::Take { .. } => self.take(operation).await,
            Operation::Lapse => {
                let mut lapsed = self.redis.lapse(self.show, 500).await.map_err(failed)?;
                lapsed.sort();
                same(&lapsed, &self.model.lapse(self.now()), operation)
            }
            Operation::Block(seats, blocked) => {
                let state = if *blocked { SeatState::Blocked } else { SeatState::Free };
                self.model.block(seats, *blocked);
                self.redis.block(self.show, seats, state).await.map_err(failed)
            }
            Operation::Wait(seconds) => {
                self.clock.advance(Duration::from_secs((*seconds).into()));
                Ok(())
            }
            Operation::StepBack(seconds) => {
                self.clock.set(self.now() - SignedDuration::from_secs((*seconds).into()));
                Ok(())
            }
            Operation::Lose(loss) => self.lose(*loss, operation).await,
            Operation::Exchange(index, _)
            | Operation::Release(index)
            | Operation::Book(index)
            | Operation::Rebook(index, _)
            | Operation::Free(index)
            | Operation::MoveLapse(index, _)
            | Operation::Settle(index) => match self.known(*index) {
                Some(known) => self.apply_to(&known, operation).await,
                None => Ok(()),
            },
        }
    }

    async fn take(&mut self, operation: &Operation) -> Checked {
        let Operation::Take { buyer, seats, hold_s, cooldown_s, address } = operation else { return Ok(()) };
        let request = HoldRequest {
            id: ReservationId(Uuid::new_v4()),
            buyer: Identity::device(&format!("buyer{buyer}")),
            hold_s: *hold_s,
            cooldown_s: *cooldown_s,
            seats: seats.clone(),
            address: address.map(|(address, reservations)| AddressBound {
                digest: format!("address{address}"),
                reservations,
            }),
        };
        let expected = self.model.take(&request, self.now());
        let answered = self.redis.take(self.show, &request).await.map_err(failed)?;
        same(&answered, &expected, operation)?;
        if let Taken::New(hold) = answered {
            same(&hold.epoch(), &self.epoch, operation)?;
            self.asked.push(OwnedSeats {
                id: hold.id,
                buyer: request.buyer,
                fence: hold.fence,
                expires_at: Some(hold.expires_at),
                cooldown_s: request.cooldown_s,
                seats: request.seats,
            });
        }
        Ok(())
    }

    /// Something that is about one reservation.
    async fn apply_to(&mut self, known: &OwnedSeats, operation: &Operation) -> Checked {
        let (show, id) = (self.show, known.id);
        match operation {
            Operation::Exchange(_, seats) => self.exchange(id, seats, operation).await,
            Operation::Release(_) => {
                let answered = self.redis.release(show, id).await.map_err(failed)?;
                same(&answered, &self.model.release(id), operation)
            }
            Operation::Book(_) => self.book(known, operation).await,
            Operation::Rebook(_, seats) => {
                let later = OwnedSeats { seats: seats.clone(), fence: known.fence + 1, ..known.clone() };
                for asked in self.asked.iter_mut().filter(|asked| asked.id == id) {
                    asked.clone_from(&later);
                }
                self.book(&later, operation).await?;
                self.book(known, operation).await
            }
            Operation::Free(_) => {
                let answered = self.redis.free(show, id).await.map_err(failed)?;
                same(&answered, &self.model.free(id), operation)
            }
            Operation::MoveLapse(_, seconds) => {
                let until = self.now() + SignedDuration::from_secs((*seconds).into());
                let answered = self.redis.move_lapse(show, id, until).await.map_err(failed)?;
                same(&answered, &self.model.move_lapse(id, until), operation)
            }
            _ => {
                self.model.settle(id, &known.seats);
                let states: Vec<(SeatIndex, SeatState)> =
                    known.seats.iter().map(|seat| (*seat, self.model.states()[*seat as usize])).collect();
                let owners = self.model.owners_of(&known.seats);
                let settled = self.redis.settle(show, Settled::whatever(id), &states, &owners).await;
                same(&settled.map_err(failed)?, &true, operation)
            }
        }
    }

    async fn book(&mut self, owned: &OwnedSeats, operation: &Operation) -> Checked {
        let answered = self.redis.book(self.show, owned).await.map_err(failed)?;
        same(&answered, &self.model.book(owned), operation)
    }

    async fn exchange(&mut self, id: ReservationId, seats: &[SeatIndex], operation: &Operation) -> Checked {
        let expected = self.model.exchange(id, seats, self.now());
        let answered = self.redis.exchange(self.show, id, seats).await.map_err(failed)?;
        same(&answered, &expected, operation)?;
        if let Exchanged::Held(hold) = answered {
            let record = self.redis.record(self.show, id).await.map_err(failed)?;
            same(&record, &Some((hold.fence, seats.to_vec())), operation)?;
            for asked in self.asked.iter_mut().filter(|asked| asked.id == id) {
                (asked.seats, asked.fence) = (seats.to_vec(), hold.fence);
            }
        }
        Ok(())
    }

    /// Redis loses its memory, says so, and is filled from what the model knows, as it would be from Postgres.
    async fn lose(&mut self, loss: Loss, operation: &Operation) -> Checked {
        let keys = ShowKeys::of(self.show);
        match loss {
            Loss::Emptied => {
                self.clear().await?;
                self.model.forget_addresses();
            }
            Loss::Restarted => {
                self.remember_anything(&keys).await.map_err(failed)?;
            }
        }
        if !matches!(self.redis.map(self.show).await, Err(StoreError::Lost)) {
            return differs(&"something", &"LOST", operation);
        }
        self.epoch += 1;
        self.model.load(self.epoch);
        let (states, owners, cooling) = self.model.truth();
        let loaded = self.redis.load(self.show, self.epoch, &states, &owners, &cooling).await;
        same(&loaded.map_err(failed)?, &true, operation)?;
        self.heard = states.iter().map(|state| state.byte()).collect();
        self.heard_up_to = self.epoch << 32;
        Ok(())
    }

    /// Deletes all that there is of the show.
    pub async fn clear(&self) -> Checked {
        let addresses = [0, 1].map(|n| ShowKeys::address(self.show, &format!("address{n}")));
        let keys = ShowKeys::of(self.show).0;
        let all: Vec<&String> = keys.iter().chain(&addresses).collect();
        self.connection.clone().del(all).await.map_err(failed)
    }

    /// As an old snapshot would have it, on another run of the server.
    async fn remember_anything(&self, keys: &ShowKeys) -> redis::RedisResult<()> {
        let [mark, seats, holds, expiries, buyers, cooling, ..] = &keys.0;
        let (old, now) = (Uuid::new_v4().to_string(), self.now().as_millisecond());
        let buyer = |number: usize| Identity::device(&format!("buyer{number}")).as_str().to_owned();
        let mut redis = self.connection.clone();
        let () = redis.hset(mark, "run_id", "another").await?;
        let () = redis.setrange(seats, 0, "\u{2}\u{1}").await?;
        let () = redis.hset(holds, &old, format!("1|0|3,4|{}", buyer(0))).await?;
        let () = redis.zadd(expiries, &old, now + 5_000).await?;
        let () = redis.hset(buyers, buyer(0), &old).await?;
        redis.zadd(cooling, buyer(1), now + 3_600_000).await
    }

    /// Both show the same map, and who only heard of the changes has it too.
    pub async fn check(&mut self, after: &Operation) -> Checked {
        let map: SeatMap = self.redis.map(self.show).await.map_err(failed)?;
        same(&map, &self.model.map(self.now()), after)?;
        self.hear().await?;
        same(&self.heard_up_to, &map.version, after)?;
        let bytes: Vec<u8> = self.model.states().iter().map(|state| state.byte()).collect();
        same(&self.heard, &bytes, after)
    }

    async fn hear(&mut self) -> Checked {
        let keys = ShowKeys::of(self.show);
        let mut redis = self.connection.clone();
        let after = format!("({}-0", self.heard_up_to);
        let news: StreamRangeReply = redis.xrange(keys.changes(), after, "+").await.map_err(failed)?;
        for entry in news.ids {
            let version = entry.id.split('-').next().and_then(|version| version.parse().ok());
            let changes: Option<String> = entry.get("c");
            let (Some(version), Some(changes)) = (version, changes) else {
                return Err(TestCaseError::fail(format!("a change reads {entry:?}")));
            };
            for change in changes.split(',') {
                let (seat, byte) = change.split_once(':').unwrap();
                self.heard[seat.parse::<usize>().unwrap()] = byte.parse().unwrap();
            }
            self.heard_up_to = version;
        }
        Ok(())
    }
}
