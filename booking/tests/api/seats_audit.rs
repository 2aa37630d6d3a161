//! The audit must see what must never be: each fault is planted, and found.

use crate::support::Shop;

/// A shop with one reservation of A1 and A2 and one of A3, in which nothing is wrong yet.
async fn sound() -> (Shop, String) {
    let shop = Shop::open().await;
    let show = shop.show(1).await;
    shop.shopper().await.reserve(&show, &["A1", "A2"]).await.expect(201);
    shop.shopper().await.reserve(&show, &["A3"]).await.expect(201);
    assert_eq!(shop.broken_seat_checks().await, [""; 0]);
    (shop, show)
}

async fn plant(shop: &Shop, statements: &[&'static str]) {
    for statement in statements {
        sqlx::query(*statement).execute(&shop.pool).await.unwrap();
    }
}

async fn set_byte(shop: &Shop, show: &str, seat: u32, byte: &'static [u8]) {
    let key = format!("{{show:{show}}}:seats");
    let mut redis = shop.redis().await;
    let () = redis::cmd("SETRANGE").arg(key).arg(seat).arg(byte).query_async(&mut redis).await.unwrap();
}

#[tokio::test]
async fn a_seat_sold_twice_is_found_though_the_index_is_gone() {
    let (shop, _) = sound().await;
    plant(
        &shop,
        &[
            "DROP INDEX booking.seat_claims_one_live_owner",
            "INSERT INTO booking.seat_claims (show_id, seat, reservation_id, live, claimed_at)
             SELECT show_id, 2, id, true, created_at FROM booking.reservations WHERE seat_count = 2",
        ],
    )
    .await;
    let broken = shop.broken_seat_checks().await;
    assert!(broken.contains(&"seats.one_live_owner"), "{broken:?}");
}

#[tokio::test]
async fn a_partial_reservation_is_found() {
    let (shop, _) = sound().await;
    plant(&shop, &["DELETE FROM booking.seat_claims WHERE seat = 1"]).await;
    let broken = shop.broken_seat_checks().await;
    assert!(broken.contains(&"seats.claims_fit_reservations"), "{broken:?}");
    assert!(broken.contains(&"seats.redis_says_the_same"), "{broken:?}");
}

#[tokio::test]
async fn a_seat_that_the_screen_does_not_have_is_found() {
    let (shop, _) = sound().await;
    plant(
        &shop,
        &[
            "UPDATE booking.seat_claims SET seat = 99 WHERE seat = 2",
            "UPDATE booking.reservation_seats SET seat = 99 WHERE seat = 2",
        ],
    )
    .await;
    assert!(shop.broken_seat_checks().await.contains(&"seats.claims_fit_reservations"));
}

#[tokio::test]
async fn an_ended_reservation_that_still_owns_seats_is_found() {
    let (shop, _) = sound().await;
    plant(
        &shop,
        &["UPDATE booking.reservations SET status = 'released', ended_at = created_at WHERE seat_count = 1"],
    )
    .await;
    assert!(shop.broken_seat_checks().await.contains(&"seats.ended_own_nothing"));
}

#[tokio::test]
async fn a_confirmed_reservation_without_a_booking_is_found() {
    let (shop, _) = sound().await;
    plant(&shop, &["UPDATE booking.reservations SET status = 'confirmed' WHERE seat_count = 1"]).await;
    let broken = shop.broken_seat_checks().await;
    assert!(broken.contains(&"seats.confirmed_has_a_booking"), "{broken:?}");
    assert!(broken.contains(&"seats.redis_says_the_same"), "Redis has it as held: {broken:?}");
}

#[tokio::test]
async fn a_booking_without_a_confirmed_reservation_is_found() {
    let (shop, _) = sound().await;
    plant(
        &shop,
        &["INSERT INTO booking.bookings (id, reservation_id, reference, show_id, buyer, drop, sid, status, total_minor,
               currency, contact_email, contact_name, booked_at, confirmed_at, updated_at)
           SELECT gen_random_uuid(), id, 'ABCDEFGH', show_id, buyer, drop, sid, 'confirmed', total_minor, currency,
               'a@example.com', 'A', created_at, created_at, created_at
           FROM booking.reservations WHERE seat_count = 1"],
    )
    .await;
    assert_eq!(
        shop.broken_seat_checks().await,
        ["seats.confirmed_has_a_booking", "seats.tickets_fit_bookings"]
    );
}

#[tokio::test]
async fn a_sold_seat_that_redis_offers_is_found() {
    let (shop, show) = sound().await;
    set_byte(&shop, &show, 0, b"\0").await;
    assert_eq!(shop.broken_seat_checks().await, ["seats.redis_says_the_same"]);
}

#[tokio::test]
async fn a_free_seat_that_redis_withholds_is_found() {
    let (shop, show) = sound().await;
    set_byte(&shop, &show, 9, b"\x02").await;
    assert_eq!(shop.broken_seat_checks().await, ["seats.redis_says_the_same"]);
}

#[tokio::test]
async fn a_map_with_more_seats_than_the_screen_is_found() {
    let (shop, show) = sound().await;
    set_byte(&shop, &show, 10, b"\0").await;
    assert_eq!(shop.broken_seat_checks().await, ["seats.redis_says_the_same"]);
}

#[tokio::test]
async fn a_reservation_that_outlived_its_time_is_found() {
    let (shop, clock) = Shop::open_timeless().await;
    let show = shop.show(1).await;
    shop.shopper().await.reserve(&show, &["A1"]).await.expect(201);
    // Nobody sweeps any more, and time goes on.
    let Shop { running, pool, stores, .. } = shop;
    running.stop().await;
    clock.advance(std::time::Duration::from_secs(620));
    let redis = shared::redis::Redis::connect(&stores.redis_url).unwrap();
    let checks = booking::audit::seats(&pool, &redis, clock.now()).await.unwrap();
    let broken: Vec<&str> = checks.iter().filter(|check| !check.holds()).map(|check| check.name).collect();
    assert_eq!(broken, ["seats.nothing_past_its_time", "seats.no_hold_past_its_time"]);
}

#[tokio::test]
async fn a_seat_that_is_sold_and_blocked_is_found() {
    let (shop, _) = sound().await;
    plant(
        &shop,
        &[
            "INSERT INTO booking.blocked_seats (show_id, seat, reason, blocked_by, blocked_at)
           SELECT show_id, 2, 'planted', 'nobody', created_at FROM booking.reservations WHERE seat_count = 1",
        ],
    )
    .await;
    assert!(shop.broken_seat_checks().await.contains(&"seats.statuses_add_up"));
}

#[tokio::test]
async fn a_screen_that_lost_a_seat_is_found() {
    let (shop, _) = sound().await;
    plant(&shop, &["DELETE FROM booking.screen_seats WHERE seat_index = 9"]).await;
    assert_eq!(shop.broken_seat_checks().await, ["seats.statuses_add_up"]);
}

#[tokio::test]
async fn an_owner_with_an_old_fence_is_found() {
    let (shop, _) = sound().await;
    // Somebody had taken the seat over, and gave it back; the first owner was never told.
    plant(
        &shop,
        &[
            "INSERT INTO booking.reservation_seats (reservation_id, seat, label, category, fare, price_minor)
             SELECT id, 0, 'A1', 'standard', 'standard', 1250 FROM booking.reservations WHERE seat_count = 1",
            "INSERT INTO booking.seat_claims (show_id, seat, reservation_id, live, claimed_at, ended_at)
             SELECT show_id, 0, id, false, created_at, created_at FROM booking.reservations WHERE seat_count = 1",
            "DELETE FROM booking.reservation_seats WHERE seat = 0 AND label = 'A1' AND reservation_id IN
                 (SELECT id FROM booking.reservations WHERE seat_count = 1)",
        ],
    )
    .await;
    assert_eq!(shop.broken_seat_checks().await, ["seats.no_old_fence"]);
}

#[tokio::test]
async fn a_fence_of_an_epoch_to_come_is_found() {
    let (shop, _) = sound().await;
    plant(&shop, &["UPDATE booking.reservations SET fence = fence + (4::bigint << 32) WHERE seat_count = 1"])
        .await;
    assert_eq!(shop.broken_seat_checks().await, ["seats.no_old_fence"]);
}
