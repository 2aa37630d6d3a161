//! Losing Redis, Postgres, or both, in the middle of five hundred holds and fifty payments: what was acknowledged stays
//! true, nobody gets what is held or sold, and everything adds up again soon after.

mod scene;

use futures::future::join_all;
use harness::eventually;
use harness::proxy::Proxy;
use harness::stores::TestStores;
use shared::clock::Clock;

use crate::support::Shop;
use scene::{PATIENCE, Scene, label};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn losing_redis_in_every_way_loses_no_hold_and_no_payment() {
    let shop = Shop::on(TestStores::with_own_redis().await, Clock::System).await;
    let mut scene = Scene::begin(shop).await;

    let epoch = scene.epoch().await;
    scene.pay(0..17);
    scene.some_are_paid().await;
    let () = redis::cmd("FLUSHALL").query_async(&mut scene.shop.redis().await).await.unwrap();
    scene.line_is_restored().await;
    scene.nobody_gets_what_is_taken().await;
    scene.everything_is_as_it_was().await;
    assert!(scene.epoch().await > epoch);

    scene.shop.stores.own_redis().copy_data().expect("the data can be copied");
    scene.pay(17..34);
    scene.some_are_paid().await;
    scene.shop.stores.own_redis().restart_empty().await.expect("Redis starts again");
    scene.line_is_restored().await;
    scene.nobody_gets_what_is_taken().await;
    scene.everything_is_as_it_was().await;

    scene.pay(34..50);
    scene.some_are_paid().await;
    // As it was before the last thirty payments.
    scene.shop.stores.own_redis().restart_from_copy().await.expect("Redis starts again");
    scene.line_is_restored().await;
    scene.nobody_gets_what_is_taken().await;
    scene.everything_is_as_it_was().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn losing_postgres_in_every_way_loses_no_hold_and_no_payment() {
    let stores = TestStores::with_own_postgres().await;
    let proxy = Proxy::start(&stores.database_url).await;
    let (redis_url, database_url) = (stores.redis_url.clone(), proxy.url(&stores.database_url));
    let shop = Shop::reaching(stores, Clock::System, &redis_url, &database_url).await;
    let mut scene = Scene::begin(shop).await;

    scene.pay(0..20);
    scene.some_are_paid().await;
    proxy.cut().await;
    scene.nobody_gets_what_is_taken().await;
    let newcomer = scene.shop.shopper().await;
    newcomer.reserve(&scene.show, &[&label(599)]).await.expect(503);
    proxy.heal().await;
    scene.everything_is_as_it_was().await;

    scene.pay(20..35);
    scene.some_are_paid().await;
    // What is asked is done, and nobody hears of it.
    proxy.drop_answers().await;
    scene.nobody_gets_what_is_taken().await;
    proxy.heal().await;
    scene.everything_is_as_it_was().await;

    scene.pay(35..50);
    scene.some_are_paid().await;
    scene.shop.stores.own_postgres().kill().await;
    scene.nobody_gets_what_is_taken().await;
    scene.shop.stores.own_postgres().restart().await.expect("Postgres starts again");
    scene.everything_is_as_it_was().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn losing_both_at_once_loses_no_hold_and_no_payment() {
    let shop = Shop::on(TestStores::with_own_servers().await, Clock::System).await;
    let mut scene = Scene::begin(shop).await;
    scene.pay(0..50);
    scene.some_are_paid().await;
    scene.shop.stores.own_postgres().kill().await;
    scene.shop.stores.own_redis().restart_empty().await.expect("Redis starts again");
    scene.shop.stores.own_postgres().restart().await.expect("Postgres starts again");
    scene.line_is_restored().await;
    scene.nobody_gets_what_is_taken().await;
    scene.everything_is_as_it_was().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_shows_shard_fails_over_in_the_middle_of_holds_and_payments() {
    let shop = Shop::on(TestStores::with_own_cluster().await, Clock::System).await;
    let mut scene = Scene::begin(shop).await;
    let epoch = scene.epoch().await;
    scene.pay(0..50);
    scene.some_are_paid().await;
    let seats = format!("{{show:{}}}:seats", scene.show);
    let cluster = scene.shop.stores.own_cluster();
    let killed = cluster.kill_primary_of(&seats).await.expect("somebody serves the show");
    cluster.wait_until_failed_over(&seats, killed).await.expect("its replica takes over");
    scene.line_is_restored().await;
    scene.nobody_gets_what_is_taken().await;
    scene.everything_is_as_it_was().await;
    assert!(scene.epoch().await > epoch, "a failover is noticed");
    scene.shop.stores.own_cluster().restart_killed().await.expect("the node starts again");
    scene.everything_is_as_it_was().await;
}

/// The COMMIT is carried out and its answer never comes.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_commit_whose_answer_never_came_is_neither_undone_nor_done_twice() {
    let stores = TestStores::new().await;
    let proxy = Proxy::start(&stores.database_url).await;
    let (redis_url, database_url) = (stores.redis_url.clone(), proxy.url(&stores.database_url));
    let shop = Shop::reaching(stores, Clock::System, &redis_url, &database_url).await;
    let show = shop.show(3).await;
    let shoppers = join_all((0..10).map(|_| shop.shopper())).await;
    shoppers[0].seats(&show).await.expect(200);
    // What the statement is given that records a reservation, and nothing else is given: the fare.
    proxy.drop_answers_to("standard").await;
    let replies =
        join_all(shoppers.iter().enumerate().map(async |(index, shopper)| {
            shopper.reserve(&show, &[&label(index), &label(index + 10)]).await
        }))
        .await;
    assert!(replies.iter().all(|reply| reply.status == 503), "nobody is told what is not known");
    proxy.heal().await;
    let held = join_all(shoppers.iter().enumerate().map(async |(index, shopper)| {
        eventually(PATIENCE, async || {
            let reply = shopper.reserve(&show, &[&label(index), &label(index + 10)]).await;
            if reply.status == 503 { Err(reply.body) } else { Ok(reply) }
        })
        .await
    }))
    .await;
    for reply in &held {
        assert!(matches!(reply.status, 200 | 201), "{}", reply.body);
    }
    assert_eq!(shop.stats(&show).await["reserved"], 20);

    proxy.drop_answers_to("COMMIT").await;
    let paid = join_all(shoppers.iter().zip(&held).map(async |(shopper, reply)| {
        shopper.confirm(reply.text("reservation_id"), "tok_ok", "k").await.status
    }))
    .await;
    assert!(paid.iter().all(|status| matches!(status, 202 | 503)), "{paid:?}");
    proxy.heal().await;
    let scene = Scene::of(shop, show);
    for (shopper, reply) in shoppers.iter().zip(&held) {
        let booked = scene::paid(shopper.clone(), reply.text("reservation_id").to_owned()).await;
        assert_eq!(booked.status, 201, "{}", booked.body);
    }
    eventually(PATIENCE, async || scene.shop.stats(&scene.show).await["booked"] == 20).await;
    scene.audits_find_nothing().await;
}
