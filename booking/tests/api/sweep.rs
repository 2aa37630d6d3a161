//! Time: holds end, seats come back, buyers cool down.

use std::time::Duration;

use harness::actors::Shopper;
use harness::eventually;

use crate::support::{DROP, SOON, Shop};

#[tokio::test]
async fn an_expired_hold_is_free_to_everybody_at_once() {
    let (shop, clock) = Shop::open_timeless().await;
    let show = shop.show(1).await;
    let first = shop.shopper().await.reserve(&show, &["A1", "A2"]).await.expect(201);
    shop.shopper().await.reserve(&show, &["A2"]).await.expect(409);
    clock.advance(Duration::from_secs(599));
    let second = shop.shopper().await;
    second.reserve(&show, &["A2"]).await.expect(409);
    clock.advance(Duration::from_secs(1));
    // Whether the sweeper has come by or not: reads and the winner's own transaction do not wait for it.
    assert_eq!(shop.stats(&show).await["available"], 10);
    second.reserve(&show, &["A2"]).await.expect(201);
    let holder = Shopper::new(&shop.url(), first.text("manage_token"));
    let read = holder.reservation(first.text("reservation_id")).await.expect(200);
    assert_eq!(read["status"], "expired");
    assert!(shop.broken_seat_checks().await.is_empty());
}

#[tokio::test]
async fn the_sweeper_marks_what_is_overdue_and_publishes_it() {
    let (shop, clock) = Shop::open_timeless().await;
    let show = shop.show(1).await;
    shop.shopper().await.reserve(&show, &["A1"]).await.expect(201);
    let before = shop.stats(&show).await["version"].as_i64().unwrap();
    clock.advance(Duration::from_secs(601));
    eventually(SOON, async || {
        let status: String = sqlx::query_scalar("SELECT status FROM booking.reservations")
            .fetch_one(&shop.pool)
            .await
            .unwrap();
        let stats = shop.stats(&show).await;
        status == "expired" && stats["available"] == 10 && stats["version"].as_i64() > Some(before)
    })
    .await;
    assert!(shop.broken_seat_checks().await.is_empty());
}

#[tokio::test]
async fn whoever_lets_a_reservation_expire_waits_before_the_next() {
    let (shop, clock) = Shop::open_timeless().await;
    let show = shop.show(1).await;
    let admitted = shop.line.admit(DROP).await;
    Shopper::new(&shop.url(), &admitted.token).reserve(&show, &["A1"]).await.expect(201);
    clock.advance(Duration::from_secs(700));
    let shopper = Shopper::new(&shop.url(), &shop.line.token(&admitted));
    let refused = shopper.reserve(&show, &["A1"]).await.expect(429);
    assert_eq!(refused.code(), "cooling_down");
    assert_eq!(refused["retry_after_s"], 200);
    assert_eq!(refused.header("retry-after"), "200");
    clock.advance(Duration::from_secs(200));
    shopper.reserve(&show, &["A1"]).await.expect(201);
}

#[tokio::test]
async fn a_reservation_being_paid_for_is_never_swept() {
    let (shop, clock) = Shop::open_timeless().await;
    let show = shop.show(1).await;
    shop.shopper().await.reserve(&show, &["A1"]).await.expect(201);
    // As a payment leaves it when its process dies; its deadline is long past.
    sqlx::query("UPDATE booking.reservations SET status = 'paying', payment_deadline = expires_at")
        .execute(&shop.pool)
        .await
        .unwrap();
    clock.advance(Duration::from_hours(1));
    let refused = shop.shopper().await.reserve(&show, &["A1"]).await.expect(409);
    assert_eq!(
        refused["unavailable_seats"],
        serde_json::json!(["A1"]),
        "Postgres refuses what Redis let lapse"
    );
    assert_eq!(shop.stats(&show).await["reserved"], 1, "and Redis is put right");
    let status: String =
        sqlx::query_scalar("SELECT status FROM booking.reservations").fetch_one(&shop.pool).await.unwrap();
    assert_eq!(status, "paying");
}

#[tokio::test]
async fn health_tells_the_line_what_is_left() {
    let shop = Shop::open().await;
    let show = shop.show(1).await;
    shop.shopper().await.reserve(&show, &["A1", "A2"]).await.expect(201);
    let redis = shared::redis::Redis::connect(&shop.stores.redis_url).unwrap();
    let drop = DROP.parse().unwrap();
    eventually(SOON, async || {
        let health = shared::drop::read_health(&redis, &drop).await.unwrap();
        health.filter(|health| (health.free, health.held) == (8, 2))
    })
    .await;
}
