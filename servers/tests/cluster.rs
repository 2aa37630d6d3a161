//! A private Redis Cluster through its life: formed, failed over, whole again, gone with its owner.

use std::time::{Duration, Instant};

use redis::{AsyncCommands as _, cluster::ClusterClient};
use servers::redis::PrivateRedisCluster;

const KEY: &str = "{drop:premiere}:queue";

async fn write(cluster: &PrivateRedisCluster, value: &str) -> redis::RedisResult<()> {
    let url = cluster.primary_url_of(KEY).await.expect("somebody serves the key");
    let mut node = redis::Client::open(url)?.get_multiplexed_async_connection().await?;
    node.set(KEY, value).await
}

#[tokio::test]
async fn it_is_formed_in_seconds_and_a_replica_takes_over_from_a_killed_primary() {
    let data = tempfile::tempdir().unwrap();
    let started = Instant::now();
    let mut cluster = PrivateRedisCluster::start(data.path()).await.unwrap();
    assert!(started.elapsed() < Duration::from_secs(8), "{:?}", started.elapsed());
    assert_eq!(cluster.ports().len(), 6);
    write(&cluster, "before").await.unwrap();

    let killed = cluster.kill_primary_of(KEY).await.unwrap();
    cluster.wait_until_failed_over(KEY, killed).await.unwrap();
    let url = cluster.primary_url_of(KEY).await.unwrap();
    assert!(!url.contains(&format!(":{killed}/")));
    let mut node = redis::Client::open(url).unwrap().get_multiplexed_async_connection().await.unwrap();
    assert_eq!(node.get::<_, String>(KEY).await.unwrap(), "before", "the replica had it");

    cluster.restart_killed().await.unwrap();
    cluster.wait_until_ok().await.unwrap();
    assert!(!cluster.primary_url_of(KEY).await.unwrap().contains(&format!(":{killed}/")));
}

#[tokio::test]
async fn its_url_serves_a_cluster_client() {
    let data = tempfile::tempdir().unwrap();
    let cluster = PrivateRedisCluster::start(data.path()).await.unwrap();
    let url = cluster.url();
    let (password, nodes) = url.strip_prefix("redis+cluster://:").unwrap().split_once('@').unwrap();
    let nodes = nodes.split(',').map(|node| format!("redis://:{password}@{node}"));
    let mut client = ClusterClient::new(nodes).unwrap().get_async_connection().await.unwrap();
    for number in 0..20 {
        let _: () = client.set(format!("key{number}"), number).await.unwrap();
    }
    assert_eq!(client.get::<_, u32>("key19").await.unwrap(), 19);
}

#[tokio::test]
async fn a_frozen_primary_loses_its_slots_and_goes_on_as_a_replica() {
    let data = tempfile::tempdir().unwrap();
    let cluster = PrivateRedisCluster::start(data.path()).await.unwrap();
    let frozen = cluster.freeze_primary_of(KEY).await.unwrap();
    cluster.wait_until_failed_over(KEY, frozen).await.unwrap();
    write(&cluster, "after").await.unwrap();
    cluster.thaw(frozen);
    cluster.wait_until_ok().await.unwrap();
    assert!(!cluster.primary_url_of(KEY).await.unwrap().contains(&format!(":{frozen}/")));
}
