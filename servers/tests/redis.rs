//! A private Redis through its life: start, crash, restart, leftover, second owner.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::{
    path::Path,
    process::{Command, Stdio},
};

use redis::AsyncCommands;
use servers::{
    ServerError,
    redis::{PrivateRedis, RedisOptions},
};

async fn connect(server: &PrivateRedis) -> redis::aio::MultiplexedConnection {
    redis::Client::open(server.url()).unwrap().get_multiplexed_async_connection().await.unwrap()
}

async fn start(data: &Path) -> PrivateRedis {
    PrivateRedis::start(data, RedisOptions::for_tests()).await.unwrap()
}

#[tokio::test]
async fn it_keeps_what_was_written_and_never_evicts() {
    let data = tempfile::tempdir().unwrap();
    let server = PrivateRedis::start(data.path(), RedisOptions::durable()).await.unwrap();
    let mut redis = connect(&server).await;
    let policy: Vec<String> =
        redis::cmd("CONFIG").arg("GET").arg("maxmemory-policy").query_async(&mut redis).await.unwrap();
    assert_eq!(policy[1], "noeviction");
    let _: () = redis.set("seat", "A1").await.unwrap();
    server.stop().await;

    let server = start(data.path()).await;
    let seat: String = connect(&server).await.get("seat").await.unwrap();
    assert_eq!(seat, "A1");
    server.stop().await;
}

#[tokio::test]
async fn it_comes_back_on_its_port_after_a_crash() {
    let data = tempfile::tempdir().unwrap();
    let mut server = start(data.path()).await;
    let port = server.port();
    let _: () = connect(&server).await.set("seat", "A1").await.unwrap();

    server.kill().await;
    let client = redis::Client::open(server.url()).unwrap();
    assert!(client.get_multiplexed_async_connection().await.is_err());

    server.restart().await.unwrap();
    assert_eq!(server.port(), port);
    let seat: String = connect(&server).await.get("seat").await.unwrap();
    assert_eq!(seat, "A1");
}

#[tokio::test]
async fn strangers_without_the_password_are_refused() {
    let data = tempfile::tempdir().unwrap();
    let server = start(data.path()).await;
    let client = redis::Client::open(format!("redis://127.0.0.1:{}", server.port())).unwrap();
    let mut redis = client.get_multiplexed_async_connection().await.unwrap();
    let refused = redis.get::<_, Option<String>>("seat").await.unwrap_err();
    assert_eq!(refused.code(), Some("NOAUTH"));
}

#[tokio::test]
async fn a_leftover_of_a_killed_owner_is_stopped() {
    let data = tempfile::tempdir().unwrap();
    start(data.path()).await.stop().await;
    let mut leftover = Command::new("redis-server")
        .arg(data.path().canonicalize().unwrap().join("redis/redis.conf"))
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    wait_until(|| data.path().join("redis/redis.pid").exists()).await;

    let server = start(data.path()).await;
    let _: () = connect(&server).await.set("seat", "A1").await.unwrap();
    assert!(leftover.wait().unwrap().success());
    assert!(data.path().join("redis/redis.pid").exists());
}

#[tokio::test]
async fn a_pid_that_belongs_to_somebody_else_by_now_is_left_alone() {
    let data = tempfile::tempdir().unwrap();
    start(data.path()).await.stop().await;
    let mut stranger = Command::new("sleep").arg("60").spawn().unwrap();
    std::fs::write(data.path().join("redis/redis.pid"), stranger.id().to_string()).unwrap();

    let server = start(data.path()).await;
    assert!(stranger.try_wait().unwrap().is_none());
    stranger.kill().unwrap();
    stranger.wait().unwrap();
    server.stop().await;
}

#[tokio::test]
async fn a_second_owner_is_refused() {
    let data = tempfile::tempdir().unwrap();
    let _server = start(data.path()).await;
    let refused = PrivateRedis::start(data.path(), RedisOptions::for_tests()).await.unwrap_err();
    assert!(matches!(refused, ServerError::DataDirBusy { .. }), "{refused}");
    assert!(refused.to_string().contains(&format!("in use by process {}", std::process::id())), "{refused}");
}

/// Waits up to ten seconds.
async fn wait_until(condition: impl Fn() -> bool) {
    for _ in 0..500 {
        if condition() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("waited in vain");
}
