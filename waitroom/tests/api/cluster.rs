//! A real Redis Cluster under several replicas, and the failover of a drop's shard in the middle of the drop.

use harness::{eventually, stores::TestStores};
use serde_json::json;
use shared::clock::Clock;

use crate::contract;
use crate::loss::crowd::Crowd;
use crate::loss::scene::{Scene, key, until_all_are};
use crate::support::{Room, SOON};

/// Every script names all its keys, and all of a line are on one node: a cluster refuses others.
#[test]
fn a_cluster_does_what_the_model_does() {
    contract::agree(TestStores::with_own_cluster(), 12);
}

#[tokio::test]
async fn nothing_is_lost_when_the_drops_shard_fails_over() {
    let mut scene = Scene::begin(TestStores::with_own_cluster().await, 3).await;
    scene.go_on().await;
    scene.room.stores.own_cluster().kill_primary_of(&key("queue")).await.expect("somebody serves the drop");
    scene.is_restored(2).await;
    scene.everybody_has_what_they_had().await;
    scene.calling_goes_on().await;
    // It comes back with all that it had, as a replica.
    scene.room.stores.own_cluster().restart_killed().await.expect("the node starts again");
    scene.latecomers_are_put_back().await;
}

#[tokio::test]
async fn a_primary_that_does_not_know_that_it_was_replaced_calls_nobody() {
    let room = Room::with(TestStores::with_own_cluster().await, 2, Clock::System).await;
    room.create_open(json!({"rate_per_minute": 1_200, "burst": 20, "max_active": 1_000})).await;
    let mut crowd = Crowd::join(&room, 400).await;
    until_all_are(&mut crowd, 0..40, "called").await;
    let mut room = room;
    let frozen = room.stores.own_cluster().freeze_primary_of(&key("queue")).await.expect("it is served");
    eventually(2 * SOON, || async {
        crowd.status(0).await["epoch"] == 2 && crowd.status(1).await["epoch"] == 2
    })
    .await;
    room.stores.own_cluster().thaw(frozen);
    until_all_are(&mut crowd, 40..120, "called").await;
    let twice = "SELECT count(*) - count(DISTINCT place) FROM waitroom.ledger WHERE kind = 'called'";
    let twice: i64 = sqlx::query_scalar(twice).fetch_one(&room.pool()).await.unwrap();
    assert_eq!(twice, 0, "nobody is called twice");
    room.stores.own_cluster().wait_until_ok().await.expect("the cluster is whole again");
    crowd.claim(0..120).await;
    assert!(room.findings().await.is_empty(), "{:?}", room.findings().await);
}
