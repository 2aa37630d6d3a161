//! Open seat maps while Redis is away, empty, or another server.

use harness::actors::Shopper;
use harness::eventually;
use harness::stores::TestStores;
use serde_json::json;
use shared::clock::Clock;

use crate::support::watch::{Watching, version};
use crate::support::{DROP, SOON, Shop};

/// Blocks a seat, which needs no admission, as soon as the stores let it.
async fn block(shop: &Shop, show: &str, seat: &str) {
    let body = json!({"block": [seat], "reason": "a test"});
    let path = format!("shows/{show}/seats");
    eventually(SOON * 3, || async { shop.operator.create(&path, body.clone()).await.status == 200 }).await;
}

#[tokio::test]
async fn when_redis_was_emptied_watchers_are_told_to_load_again() {
    let shop = Shop::on(TestStores::with_own_redis().await, Clock::System).await;
    let show = shop.show(1).await;
    let token = shop.line.admit(DROP).await.token;
    let mut watching = Watching::open(&shop.url(), &show, &token).await;
    let before = watching.next().await["version"].as_i64().unwrap();
    let () = redis::cmd("FLUSHALL").query_async(&mut shop.redis().await).await.unwrap();
    let version = watching.until_reload().await;
    assert!(version >> 32 > before >> 32, "another epoch: {before} and then {version}");
    block(&shop, &show, "A1").await;
    watching.until("A1", "unavailable").await;
}

#[tokio::test]
async fn a_map_goes_on_when_redis_comes_back() {
    let mut shop = Shop::on(TestStores::with_own_redis().await, Clock::System).await;
    let show = shop.show(1).await;
    let token = shop.line.admit(DROP).await.token;
    let mut watching = Watching::open(&shop.url(), &show, &token).await;
    watching.next().await;
    shop.stores.own_redis().kill().await;
    shop.stores.own_redis().restart().await.unwrap();
    watching.until_reload().await;
    block(&shop, &show, "A2").await;
    watching.until("A2", "unavailable").await;
}

#[tokio::test]
async fn a_map_goes_on_when_its_shard_of_a_cluster_fails_over() {
    let mut shop = Shop::on(TestStores::with_own_cluster().await, Clock::System).await;
    let show = shop.show(1).await;
    let token = shop.line.admit(DROP).await.token;
    let mut watching = Watching::open(&shop.url(), &show, &token).await;
    watching.next().await;
    block(&shop, &show, "A1").await;
    watching.until("A1", "unavailable").await;
    shop.stores.own_cluster().kill_primary_of(&format!("{{show:{show}}}:seats")).await.unwrap();
    watching.until_reload().await;
    block(&shop, &show, "A2").await;
    let told = watching.until("A2", "unavailable").await;
    let reader = Shopper::new(&shop.url(), &token);
    assert_eq!(version(&reader, &show).await, told);
}
