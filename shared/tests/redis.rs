//! The connection to Redis through what happens to servers: silence, lost answers, failovers, moving slots.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::cell::Cell;
use std::time::{Duration, Instant};

use harness::proxy::Proxy;
use harness::{eventually, stores::TestStores};
use redis::aio::MultiplexedConnection;
use redis::{AsyncCommands as _, Script, cmd};
use shared::redis::{Redis, guarded_script};
use shared::store::StoreError;

/// No command takes longer, whatever has happened.
const BOUND: Duration = Duration::from_secs(2);
const SOON: Duration = Duration::from_secs(15);
const KEY: &str = "{drop:premiere}:calls";

/// What a caller is told, in time.
async fn count(redis: &Redis, key: &str) -> Result<u64, StoreError> {
    let count = Script::new("return redis.call('INCR', KEYS[1])");
    let started = Instant::now();
    let counted = count.key(key).invoke_async(&mut redis.clone()).await;
    assert!(started.elapsed() < BOUND, "{:?}", started.elapsed());
    counted.map_err(StoreError::from)
}

/// It fails with something that a client may try again after; how often that was, once it works.
async fn works_again(redis: &Redis) -> u32 {
    let failures = Cell::new(0);
    eventually(SOON, || async {
        let counted = count(redis, KEY).await;
        if let Err(error) = &counted {
            assert!(error.is_transient(), "{error}");
            failures.set(failures.get() + 1);
        }
        counted
    })
    .await;
    failures.get()
}

#[tokio::test]
async fn a_silent_server_is_not_waited_for_and_found_again() {
    let stores = TestStores::new().await;
    let proxy = Proxy::start(&stores.redis_url).await;
    let redis = Redis::connect(&proxy.url(&stores.redis_url)).unwrap();
    count(&redis, KEY).await.unwrap();
    proxy.stall().await;
    let asking = (0..50).map(|_| count(&redis, KEY));
    let failed = futures::future::join_all(asking).await;
    assert!(failed.iter().all(|answer| answer.as_ref().is_err_and(StoreError::is_transient)), "{failed:?}");
    proxy.heal().await;
    works_again(&redis).await;
}

#[tokio::test]
async fn a_command_whose_answer_is_lost_is_not_sent_again() {
    let stores = TestStores::new().await;
    let proxy = Proxy::start(&stores.redis_url).await;
    let redis = Redis::connect(&proxy.url(&stores.redis_url)).unwrap();
    assert_eq!(count(&redis, KEY).await.unwrap(), 1);
    proxy.drop_answers().await;
    assert!(count(&redis, KEY).await.unwrap_err().is_transient());
    proxy.heal().await;
    works_again(&redis).await;
    let direct = Redis::connect(&stores.redis_url).unwrap();
    assert_eq!(direct.clone().get::<_, u64>(KEY).await.unwrap(), 3, "each of the three was carried out once");
}

#[tokio::test]
async fn a_server_that_is_started_later_is_found() {
    let mut stores = TestStores::with_own_redis().await;
    stores.own_redis().kill().await;
    let redis = Redis::connect(&stores.redis_url).unwrap();
    assert!(count(&redis, KEY).await.unwrap_err().is_transient());
    stores.own_redis().restart().await.unwrap();
    works_again(&redis).await;
}

/// Marks the epoch on the server that serves the key at this moment.
async fn mark(redis: &Redis) {
    let mark = "local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
                return redis.call('HSET', KEYS[1], 'epoch', 1, 'run_id', run_id)";
    Script::new(mark).key("{drop:premiere}:epoch").invoke_async::<()>(&mut redis.clone()).await.unwrap();
}

async fn guard(redis: &Redis) -> String {
    let guarded = guarded_script("return {'THERE'}");
    let mut call = guarded.key("{drop:premiere}:epoch");
    let answer: (String,) = call.arg(0).invoke_async(&mut redis.clone()).await.unwrap();
    answer.0
}

#[tokio::test]
async fn a_failover_is_noticed_and_survived() {
    let mut stores = TestStores::with_own_cluster().await;
    let redis = Redis::connect(&stores.redis_url).unwrap();
    for key in ["{drop:a}", "{drop:b}", "{drop:c}", "{drop:d}", KEY] {
        assert_eq!(count(&redis, key).await.unwrap(), 1);
    }
    mark(&redis).await;
    assert_eq!(guard(&redis).await, "THERE");

    stores.own_cluster().kill_primary_of(KEY).await.unwrap();
    assert!(works_again(&redis).await > 0, "the primary was gone");
    assert_eq!(guard(&redis).await, "LOST", "another server answers");

    stores.own_cluster().restart_killed().await.unwrap();
    stores.own_cluster().wait_until_ok().await.unwrap();
    count(&redis, KEY).await.unwrap();
}

#[tokio::test]
async fn a_primary_that_falls_silent_is_left() {
    let mut stores = TestStores::with_own_cluster().await;
    let redis = Redis::connect(&stores.redis_url).unwrap();
    count(&redis, KEY).await.unwrap();
    let frozen = stores.own_cluster().freeze_primary_of(KEY).await.unwrap();
    assert!(works_again(&redis).await > 0, "the primary was silent");
    stores.own_cluster().thaw(frozen);
    stores.own_cluster().wait_until_ok().await.unwrap();
    works_again(&redis).await;
}

/// Two nodes with slots of their own, the first of which has the key's.
async fn two_primaries(stores: &mut TestStores) -> [MultiplexedConnection; 2] {
    let cluster = stores.own_cluster();
    let first = cluster.primary_url_of(KEY).await.unwrap();
    let mut second = first.clone();
    for number in 0.. {
        second = cluster.primary_url_of(&format!("key{number}")).await.unwrap();
        if second != first {
            break;
        }
    }
    let connect = async |url: String| {
        redis::Client::open(url).unwrap().get_multiplexed_async_connection().await.unwrap()
    };
    [connect(first).await, connect(second).await]
}

#[tokio::test]
async fn a_key_is_followed_while_its_slot_moves() {
    let mut stores = TestStores::with_own_cluster().await;
    let redis = Redis::connect(&stores.redis_url).unwrap();
    assert_eq!(count(&redis, KEY).await.unwrap(), 1);
    let [mut source, mut target] = two_primaries(&mut stores).await;
    let slot: u64 = cmd("CLUSTER").arg("KEYSLOT").arg(KEY).query_async(&mut source).await.unwrap();
    let source_id: String = cmd("CLUSTER").arg("MYID").query_async(&mut source).await.unwrap();
    let target_id: String = cmd("CLUSTER").arg("MYID").query_async(&mut target).await.unwrap();
    let set_slot =
        |state: &str, id: &str| cmd("CLUSTER").arg("SETSLOT").arg(slot).arg(state).arg(id).to_owned();
    set_slot("IMPORTING", &source_id).exec_async(&mut target).await.unwrap();
    set_slot("MIGRATING", &target_id).exec_async(&mut source).await.unwrap();
    assert_eq!(count(&redis, KEY).await.unwrap(), 2, "the key is still where it was");
    let _: () = source.del(KEY).await.unwrap();
    assert_eq!(count(&redis, KEY).await.unwrap(), 1, "a new key is made where the slot moves to");
    assert_eq!(count(&redis, KEY).await.unwrap(), 2);
    set_slot("NODE", &target_id).exec_async(&mut target).await.unwrap();
    set_slot("NODE", &target_id).exec_async(&mut source).await.unwrap();
    assert_eq!(count(&redis, KEY).await.unwrap(), 3, "the slot has moved");
}
