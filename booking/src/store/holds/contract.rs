//! The contract of a show's holds: random sequences of operations, done to the model and to Redis, must be answered
//! alike and leave the same map.

use harness::stores::TestStores;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use shared::clock::{Clock, ManualClock};
use shared::ids::Identity;
use shared::redis::Redis;
use uuid::Uuid;

use super::Holds;
use crate::domain::holds::model::ShowHolds;
use crate::domain::holds::{HoldRequest, OwnedSeats, SeatIndex, SeatState, Taken};
use crate::domain::ids::{ReservationId, ShowId};

const SEATS: u32 = 12;
const BUYERS: usize = 4;
const SEQUENCES: u32 = 64;
const EPOCH: i64 = 3;

/// Something done to a show's holds. Reservations are named by the order in which they were asked for.
#[derive(Clone, Debug)]
enum Operation {
    Take { buyer: usize, seats: Vec<SeatIndex>, hold_s: u32, cooldown_s: u32 },
    Release(prop::sample::Index),
    Book(prop::sample::Index),
    Free(prop::sample::Index),
    MoveLapse(prop::sample::Index, u32),
    Lapse,
    Block(Vec<SeatIndex>, bool),
    Wait(u32),
}

fn seats() -> impl Strategy<Value = Vec<SeatIndex>> {
    prop::collection::btree_set(0..SEATS, 1..5).prop_map(|seats| seats.into_iter().collect())
}

fn operation() -> impl Strategy<Value = Operation> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        5 => (0..BUYERS, seats(), 5..60_u32, 0..30_u32).prop_map(|(buyer, seats, hold_s, cooldown_s)| {
            Operation::Take { buyer, seats, hold_s, cooldown_s }
        }),
        1 => index().prop_map(Operation::Release),
        2 => index().prop_map(Operation::Book),
        1 => index().prop_map(Operation::Free),
        1 => (index(), 0..90_u32).prop_map(|(index, s)| Operation::MoveLapse(index, s)),
        1 => Just(Operation::Lapse),
        1 => (seats(), any::<bool>()).prop_map(|(seats, blocked)| Operation::Block(seats, blocked)),
        3 => (1..30_u32).prop_map(Operation::Wait),
    ]
}

/// The model and Redis, side by side.
struct Pair {
    model: ShowHolds,
    redis: Holds,
    clock: ManualClock,
    show: ShowId,
    asked: Vec<OwnedSeats>,
}

impl Pair {
    async fn new(redis: &Redis) -> Self {
        let clock = ManualClock::at("2030-01-01T00:00:00Z".parse().unwrap());
        let holds = Holds::new(redis.clone(), Clock::from(clock.clone()));
        let show = ShowId(Uuid::new_v4());
        let free = vec![SeatState::Free; SEATS as usize];
        assert!(holds.load(show, EPOCH, &free, &[], &[]).await.unwrap());
        Self { model: ShowHolds::new(SEATS as usize, EPOCH), redis: holds, clock, show, asked: Vec::new() }
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn known(&self, index: prop::sample::Index) -> Option<OwnedSeats> {
        if self.asked.is_empty() { None } else { Some(index.get(&self.asked).clone()) }
    }

    async fn take(&mut self, buyer: usize, seats: &[SeatIndex], hold_s: u32, cooldown_s: u32) {
        let request = HoldRequest {
            id: ReservationId(Uuid::new_v4()),
            buyer: Identity::device(&format!("buyer{buyer}")),
            hold_s,
            cooldown_s,
            seats: seats.to_vec(),
        };
        let expected = self.model.take(&request, self.now());
        let answered = self.redis.take(self.show, &request).await.unwrap();
        assert_eq!(answered, expected);
        if let Taken::New(hold) = answered {
            assert_eq!(hold.epoch(), EPOCH);
            self.asked.push(OwnedSeats {
                id: hold.id,
                buyer: request.buyer,
                fence: hold.fence,
                expires_at: Some(hold.expires_at),
                cooldown_s,
                seats: request.seats,
            });
        }
    }

    async fn apply(&mut self, operation: &Operation) {
        let (show, now) = (self.show, self.now());
        match operation {
            Operation::Take { buyer, seats, hold_s, cooldown_s } => {
                self.take(*buyer, seats, *hold_s, *cooldown_s).await;
            }
            Operation::Release(index) => {
                let Some(known) = self.known(*index) else { return };
                assert_eq!(self.redis.release(show, known.id).await.unwrap(), self.model.release(known.id));
            }
            Operation::Book(index) => {
                let Some(known) = self.known(*index) else { return };
                self.model.book(&known);
                self.redis.book(show, &known).await.unwrap();
            }
            Operation::Free(index) => {
                let Some(known) = self.known(*index) else { return };
                assert_eq!(self.redis.free(show, known.id).await.unwrap(), self.model.free(known.id));
            }
            Operation::MoveLapse(index, seconds) => {
                let Some(known) = self.known(*index) else { return };
                let until = now + SignedDuration::from_secs((*seconds).into());
                let moved = self.redis.move_lapse(show, known.id, until).await.unwrap();
                assert_eq!(moved, self.model.move_lapse(known.id, until));
            }
            Operation::Lapse => {
                let mut lapsed = self.redis.lapse(show, 500).await.unwrap();
                lapsed.sort();
                assert_eq!(lapsed, self.model.lapse(now));
            }
            Operation::Block(seats, blocked) => {
                let state = if *blocked { SeatState::Blocked } else { SeatState::Free };
                self.model.block(seats, *blocked);
                self.redis.block(show, seats, state).await.unwrap();
            }
            Operation::Wait(seconds) => {
                self.clock.advance(std::time::Duration::from_secs((*seconds).into()));
            }
        }
        assert_eq!(self.redis.map(show).await.unwrap(), self.model.map(self.now()), "after {operation:?}");
    }
}

#[test]
fn redis_and_the_model_agree_on_every_sequence() {
    agree(TestStores::new(), SEQUENCES);
}

/// Every script names all its keys, and all of a show are on one node: a cluster refuses others.
#[test]
fn a_cluster_and_the_model_agree() {
    agree(TestStores::with_own_cluster(), 12);
}

fn agree(stores: impl Future<Output = TestStores>, cases: u32) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let stores = runtime.block_on(stores);
    let redis = {
        let _inside = runtime.enter();
        Redis::connect(&stores.redis_url).unwrap()
    };
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let sequences = prop::collection::vec(operation(), 1..60);
    let outcome = runner.run(&sequences, |operations| {
        runtime.block_on(async {
            let mut pair = Pair::new(&redis).await;
            for operation in &operations {
                pair.apply(operation).await;
            }
        });
        Ok(())
    });
    outcome.unwrap();
}

#[tokio::test]
async fn a_show_that_was_never_loaded_answers_lost() {
    let stores = TestStores::new().await;
    let redis = Redis::connect(&stores.redis_url).unwrap();
    let holds = Holds::new(redis, Clock::System);
    let lost = holds.map(ShowId(Uuid::new_v4())).await;
    assert!(matches!(lost, Err(shared::store::StoreError::Lost)), "{lost:?}");
}

#[tokio::test]
async fn an_older_epoch_never_replaces_a_newer_one() {
    let stores = TestStores::new().await;
    let redis = Redis::connect(&stores.redis_url).unwrap();
    let pair = Pair::new(&redis).await;
    let booked = vec![SeatState::Booked; SEATS as usize];
    for epoch in [EPOCH - 1, EPOCH] {
        assert!(!pair.redis.load(pair.show, epoch, &booked, &[], &[]).await.unwrap());
    }
    assert_eq!(pair.redis.map(pair.show).await.unwrap().count(SeatState::Free), SEATS as usize);
    assert!(pair.redis.load(pair.show, EPOCH + 1, &booked, &[], &[]).await.unwrap());
    assert_eq!(pair.redis.map(pair.show).await.unwrap().count(SeatState::Booked), SEATS as usize);
}

#[tokio::test]
async fn settling_writes_the_owners_that_postgres_knows() {
    let stores = TestStores::new().await;
    let redis = Redis::connect(&stores.redis_url).unwrap();
    let mut pair = Pair::new(&redis).await;
    pair.take(0, &[0, 1, 2], 60, 0).await;
    let refused = pair.asked[0].id;
    let owner = OwnedSeats {
        id: ReservationId(Uuid::new_v4()),
        buyer: Identity::device("owner"),
        fence: 7,
        expires_at: Some(pair.now() + SignedDuration::from_secs(30)),
        cooldown_s: 5,
        seats: vec![1, 5],
    };
    let states = [(0, SeatState::Free), (1, SeatState::Held), (2, SeatState::Blocked)];
    pair.redis.settle(pair.show, refused, &states, std::slice::from_ref(&owner)).await.unwrap();
    let map = pair.redis.map(pair.show).await.unwrap();
    assert_eq!(map.states[..3], [SeatState::Free, SeatState::Held, SeatState::Blocked]);
    pair.clock.advance(std::time::Duration::from_secs(31));
    assert_eq!(pair.redis.lapse(pair.show, 10).await.unwrap(), [owner.id]);
    assert_eq!(pair.redis.map(pair.show).await.unwrap().states[1], SeatState::Free);
}
