//! Time: holds end, seats come back, buyers cool down; and what is being paid for stays.

use std::time::Duration;

use booking::domain::ids::{ReservationId, ShowId};
use booking::store::holds::Holds;
use harness::actors::Shopper;
use harness::eventually;
use jiff::SignedDuration;

use crate::support::{DROP, SOON, Shop};
use crate::till::Till;

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

/// A payment under way whose gateway does not answer, and the key of the holds' expiries.
async fn paying(memory_is_lost: bool) -> (Till, ReservationId, String) {
    let till = Till::timeless().await;
    let id = till.reserve().await;
    // Redis is to know of the hold: it is loaded as Postgres has it.
    forget(&till).await;
    let expiries = format!("{{show:{}}}:expiries", till.show);
    eventually(SOON, async || lapses_at(&till, id, &expiries).await.is_some()).await;
    till.advance(590);
    till.gateway.cut().await;
    if memory_is_lost {
        forget(&till).await;
    }
    till.buyer(id).confirm(&id.to_string(), "tok_ok", "k").await.expect(202);
    (till, id, expiries)
}

/// Redis does not know the show any more.
async fn forget(till: &Till) {
    let key = format!("{{show:{}}}:epoch", till.show);
    let () = redis::cmd("DEL").arg(key).query_async(&mut till.redis().await).await.unwrap();
}

async fn lapses_at(till: &Till, id: ReservationId, expiries: &str) -> Option<i64> {
    let mut score = redis::cmd("ZSCORE");
    score.arg(expiries).arg(id.to_string());
    score.query_async(&mut till.redis().await).await.unwrap()
}

/// When a reservation's hold lapses in Redis, and until when its payment may take, ms.
async fn lapse_and_deadline(till: &Till, id: ReservationId, expiries: &str) -> (i64, i64) {
    let lapses_at = lapses_at(till, id, expiries).await;
    let deadline =
        "SELECT ((extract(epoch FROM payment_deadline) * 1000)::bigint)::text FROM booking.reservations
                    WHERE id = $1";
    (lapses_at.unwrap_or_default(), till.ask(deadline, id.0).await.parse().unwrap())
}

#[tokio::test]
async fn a_payment_that_begins_when_redis_was_lost_keeps_its_seats_as_long_as_it_may_take() {
    let (till, id, expiries) = paying(true).await;
    let (lapses_at, deadline) = lapse_and_deadline(&till, id, &expiries).await;
    assert_eq!(lapses_at, deadline);
}

#[tokio::test]
async fn a_payments_hold_that_was_loaded_as_it_was_before_gets_its_time_back() {
    let (till, id, expiries) = paying(false).await;
    let mut shorten = redis::cmd("ZADD");
    shorten
        .arg(&expiries)
        .arg((till.now() + SignedDuration::from_secs(8)).as_millisecond())
        .arg(id.to_string());
    let () = shorten.query_async(&mut till.redis().await).await.unwrap();
    till.advance(5);
    eventually(SOON, async || {
        let (lapses_at, deadline) = lapse_and_deadline(&till, id, &expiries).await;
        lapses_at >= deadline
    })
    .await;
}

#[tokio::test]
async fn a_payments_hold_that_lapsed_is_held_again() {
    let (till, id, expiries) = paying(false).await;
    let mut lapse = redis::cmd("ZADD");
    lapse.arg(&expiries).arg("XX").arg(1).arg(id.to_string());
    let () = lapse.query_async(&mut till.redis().await).await.unwrap();
    // Somebody's reserve lets it lapse before the sweeper comes by.
    let redis = shared::redis::Redis::connect(&till.stores.redis_url).unwrap();
    let holds = Holds::new(redis, till.clock.clone().unwrap().into());
    assert_eq!(holds.lapse(ShowId(till.show), 10).await.unwrap(), [id]);
    assert_eq!(till.seat_byte(0).await, Some(0));
    till.advance(5);
    eventually(SOON, async || till.seat_byte(0).await == Some(1) && till.seat_byte(1).await == Some(1)).await;
    let (lapses_at, deadline) = lapse_and_deadline(&till, id, &expiries).await;
    assert!(lapses_at >= deadline);
}
