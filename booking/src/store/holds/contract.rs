//! The contract of a show's holds: random sequences of operations, done to the model and to Redis, must be answered
//! alike, leave the same map, and tell watchers every change. And the proof that it sees: scripts with planted faults
//! are caught.

mod faults;
mod pair;
mod steps;

use harness::stores::TestStores;
use jiff::SignedDuration;
use proptest::test_runner::{Config, TestError, TestRng, TestRunner};
use shared::clock::Clock;
use shared::ids::Identity;
use shared::redis::Redis;
use tokio::runtime::Runtime;
use uuid::Uuid;

pub(super) use faults::in_place_of;

use super::{Holds, Settled};
use crate::domain::holds::{OwnedSeats, SeatState};
use crate::domain::ids::{ReservationId, ShowId};
use faults::{FAULTS, Fault};
use pair::{EPOCH, Pair, SEATS};
use steps::{Operation, sequences};

/// How many sequences are tried, unless the environment says another number.
const SEQUENCES: u32 = 300;
const SEQUENCES_VARIABLE: &str = "CONTRACT_SEQUENCES";
/// A planted fault is found within so many sequences.
const FAULT_SEQUENCES: u32 = 600;

#[expect(clippy::disallowed_methods, reason = "a campaign says how many sequences it wants")]
fn campaign() -> Option<u32> {
    std::env::var(SEQUENCES_VARIABLE).ok().and_then(|count| count.parse().ok())
}

/// Redis and the runtime it is asked on.
struct Stage {
    runtime: Runtime,
    redis: Redis,
    /// Last, so that nobody uses it when it is freed.
    _stores: TestStores,
}

impl Stage {
    fn on(stores: impl Future<Output = TestStores>) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let stores = runtime.block_on(stores);
        let redis = runtime.block_on(async { Redis::connect(&stores.redis_url).unwrap() });
        Self { runtime, redis, _stores: stores }
    }

    /// Tries so many sequences, until one is answered otherwise than by the model.
    fn agree(&self, mut runner: TestRunner) -> Result<(), TestError<Vec<Operation>>> {
        runner.run(&sequences(), |operations| {
            self.runtime.block_on(async {
                let mut pair = Pair::new(&self.redis).await;
                for operation in &operations {
                    pair.apply(operation).await?;
                    pair.check(operation).await?;
                }
                pair.clear().await
            })
        })
    }
}

fn config(cases: u32) -> Config {
    Config { cases, failure_persistence: None, ..Config::default() }
}

/// The same sequences whenever it is asked for so many.
fn same_sequences(cases: u32) -> TestRunner {
    let config = config(cases);
    let rng = TestRng::deterministic_rng(config.rng_algorithm);
    TestRunner::new_with_rng(config, rng)
}

#[test]
fn redis_and_the_model_agree_on_every_sequence() {
    let stage = Stage::on(TestStores::new());
    let runner = campaign().map_or_else(|| same_sequences(SEQUENCES), |cases| TestRunner::new(config(cases)));
    if let Err(error) = stage.agree(runner) {
        panic!("{error}");
    }
}

/// Every script names all its keys, and all of a show are on one node: a cluster refuses others.
#[test]
fn a_cluster_and_the_model_agree() {
    let stage = Stage::on(TestStores::with_own_cluster());
    if let Err(error) = stage.agree(same_sequences(12)) {
        panic!("{error}");
    }
}

/// With the same random numbers in every run.
#[test]
fn every_planted_fault_is_found() {
    let stage = Stage::on(TestStores::new());
    let missed: Vec<&Fault> = FAULTS
        .iter()
        .filter(|fault| {
            let _planted = fault.plant();
            let config = Config { max_shrink_iters: 0, ..config(FAULT_SEQUENCES) };
            let rng = TestRng::deterministic_rng(config.rng_algorithm);
            stage.agree(TestRunner::new_with_rng(config, rng)).is_ok()
        })
        .collect();
    assert!(missed.is_empty(), "nobody noticed {missed:#?}");
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
async fn settling_gives_whoever_got_other_seats_all_of_them() {
    let stores = TestStores::new().await;
    let redis = Redis::connect(&stores.redis_url).unwrap();
    let pair = Pair::new(&redis).await;
    let owner = |fence: i64, seats: &[u32]| OwnedSeats {
        id: ReservationId(Uuid::from_u128(7)),
        buyer: Identity::device("owner"),
        fence,
        expires_at: None,
        cooldown_s: 0,
        seats: seats.to_vec(),
    };
    let refused = Settled::whatever(ReservationId(Uuid::new_v4()));
    assert!(pair.redis.book(pair.show, &owner(7, &[0, 1])).await.unwrap());
    let (states, owners) = ([(2, SeatState::Booked)], [owner(8, &[1, 2, 3])]);
    assert!(pair.redis.settle(pair.show, refused, &states, &owners).await.unwrap());
    let booked = |map: crate::domain::holds::SeatMap| -> Vec<usize> {
        (0..SEATS as usize).filter(|seat| map.states[*seat] == SeatState::Booked).collect()
    };
    assert_eq!(booked(pair.redis.map(pair.show).await.unwrap()), [1, 2, 3]);
    // Of a hold, too.
    let held = |fence: i64, seats: &[u32]| OwnedSeats {
        id: ReservationId(Uuid::from_u128(8)),
        expires_at: Some(pair.now() + SignedDuration::from_secs(30)),
        ..owner(fence, seats)
    };
    for (fence, seats) in [(9, &[5, 6][..]), (10, &[6, 7, 8])] {
        let states = [(seats[0], SeatState::Held)];
        assert!(pair.redis.settle(pair.show, refused, &states, &[held(fence, seats)]).await.unwrap());
    }
    let map = pair.redis.map(pair.show).await.unwrap();
    assert_eq!((map.states[5], map.count(SeatState::Held)), (SeatState::Free, 3));
    // Its own message comes late, and one from before later still.
    assert!(!pair.redis.book(pair.show, &owners[0]).await.unwrap());
    assert!(!pair.redis.book(pair.show, &owner(7, &[0, 1])).await.unwrap());
    assert_eq!(booked(pair.redis.map(pair.show).await.unwrap()), [1, 2, 3]);
}

#[tokio::test]
async fn settling_writes_the_owners_that_postgres_knows() {
    let stores = TestStores::new().await;
    let redis = Redis::connect(&stores.redis_url).unwrap();
    let mut pair = Pair::new(&redis).await;
    let take = Operation::Take { buyer: 0, seats: vec![0, 1, 2], hold_s: 60, cooldown_s: 0, address: None };
    pair.apply(&take).await.unwrap();
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
    let settled =
        pair.redis.settle(pair.show, Settled::whatever(refused), &states, std::slice::from_ref(&owner)).await;
    assert!(settled.unwrap());
    let map = pair.redis.map(pair.show).await.unwrap();
    assert_eq!(map.states[..3], [SeatState::Free, SeatState::Held, SeatState::Blocked]);
    pair.clock.advance(std::time::Duration::from_secs(31));
    assert_eq!(pair.redis.lapse(pair.show, 10).await.unwrap(), [owner.id]);
    assert_eq!(pair.redis.map(pair.show).await.unwrap().states[1], SeatState::Free);
}
