//! Losing Redis: what Postgres knows is back within seconds, and nothing sold is sold again meanwhile.

use std::time::Duration;

use futures::future::join_all;
use harness::actors::Shopper;
use harness::eventually;
use harness::stores::TestStores;
use serde_json::json;
use shared::clock::Clock;

use crate::support::{DROP, Shop};

/// The promise: maps are right again so soon.
const WITHIN: Duration = Duration::from_secs(5);

async fn flush(shop: &Shop) {
    let () = redis::cmd("FLUSHDB").query_async(&mut shop.redis().await).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_emptied_redis_is_right_again_within_seconds_and_sells_nothing_twice() {
    let shop = Shop::open().await;
    let show = shop.show(3).await;
    let holder = shop.shopper().await;
    let held = holder.reserve(&show, &["A1", "A2"]).await.expect(201);
    let buyer = shop.shopper().await;
    let booked = buyer.reserve(&show, &["B1"]).await.expect(201);
    buyer.confirm(booked.text("reservation_id"), "tok_ok", "k").await.expect(201);
    shop.operator
        .create(&format!("shows/{show}/seats"), json!({"block": ["C1"], "reason": "x"}))
        .await
        .expect(200);

    flush(&shop).await;
    // The line's memory is waitroom's to restore; the shop's own comes back by itself.
    shop.line.open_drop(DROP, 600, 10, 300).await;
    let rivals = join_all((0..30).map(|_| shop.shopper())).await;
    let rush = join_all(rivals.iter().enumerate().map(async |(index, rival)| {
        let seat = ["A1", "B1", "C1"][index % 3];
        rival.reserve(&show, &[seat]).await
    }));
    let (replies, ()) = tokio::join!(rush, async {
        eventually(WITHIN, async || {
            let stats = shop.stats(&show).await;
            stats["reserved"] == 2 && stats["booked"] == 1 && stats["unavailable"] == 1
        })
        .await;
    });
    assert!(
        replies.iter().all(|reply| reply.status == 409 || reply.status == 503),
        "nobody gets what is taken"
    );
    // The holder still has the basket: the same seats are the same reservation.
    let again = Shopper::new(&shop.url(), held.text("manage_token"));
    assert_eq!(again.reservation(held.text("reservation_id")).await.expect(200)["status"], "pending");
    again.release(held.text("reservation_id")).await.expect(204);
    shop.shopper().await.reserve(&show, &["A1"]).await.expect(201);
    let broken = shop.broken_seat_checks().await;
    assert!(broken.is_empty(), "{broken:?}");
}

#[tokio::test]
async fn a_restarted_redis_with_an_old_snapshot_is_not_believed() {
    let shop = Shop::open().await;
    let show = shop.show(1).await;
    shop.shopper().await.reserve(&show, &["A1"]).await.expect(201);
    let epoch = epoch_of(&shop).await;
    // What a restart does to the mark: the memory may be anything, the run is another.
    let key = format!("{{show:{show}}}:epoch");
    let mut redis = shop.redis().await;
    let () = redis::cmd("HSET").arg(&key).arg("run_id").arg("another").query_async(&mut redis).await.unwrap();
    let () = redis::cmd("SETRANGE")
        .arg(format!("{{show:{show}}}:seats"))
        .arg(0)
        .arg(&b"\0"[..])
        .query_async(&mut redis)
        .await
        .unwrap();
    shop.shopper().await.reserve(&show, &["A1"]).await.expect(409);
    assert_eq!(epoch_of(&shop).await, epoch + 1);
    assert!(shop.broken_seat_checks().await.is_empty());
}

async fn epoch_of(shop: &Shop) -> i64 {
    sqlx::query_scalar("SELECT epoch FROM booking.shows").fetch_one(&shop.pool).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_replicas_finding_the_loss_load_the_show_once() {
    let shop = Shop::open().await;
    let show = shop.show(1).await;
    let replicas = join_all((0..3).map(|_| shop.replica())).await;
    shop.stats(&show).await;
    let epoch = epoch_of(&shop).await;
    flush(&shop).await;
    let urls: Vec<String> = replicas.iter().map(shared::service::Running::url).collect();
    join_all((0..40).map(async |index: usize| {
        let visitor = Shopper::without_token(&urls[index % urls.len()]);
        visitor.get(&format!("/v1/shows/{show}/seat-stats")).await
    }))
    .await;
    eventually(WITHIN, async || shop.stats(&show).await["available"] == 10).await;
    assert_eq!(epoch_of(&shop).await, epoch + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn killing_redis_under_load_loses_no_acknowledged_reservation() {
    let mut shop = Shop::on(TestStores::with_own_redis().await, Clock::System).await;
    let show = shop.show(10).await;
    let shoppers = join_all((0..60).map(|_| shop.shopper())).await;
    let (first, second) = shoppers.split_at(30);
    let seat =
        |index: usize| format!("{}{}", char::from(b'A' + u8::try_from(index / 10).unwrap()), index % 10 + 1);
    for (index, shopper) in first.iter().enumerate() {
        shopper.reserve(&show, &[&seat(index)]).await.expect(201);
    }
    shop.stores.own_redis().kill().await;
    let refused = second[0].reserve(&show, &["J10"]).await.expect(503);
    assert!(!refused.header("retry-after").is_empty());
    shop.stores.own_redis().restart().await.unwrap();
    let shop = shop;
    eventually(WITHIN, async || {
        let stats = Shopper::without_token(&shop.url()).get(&format!("/v1/shows/{show}/seat-stats")).await;
        stats.status == 200 && stats["reserved"] == 30
    })
    .await;
    assert!(shop.broken_seat_checks().await.is_empty());
}
