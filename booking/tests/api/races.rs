//! What happens when many want the same at once.

use futures::future::join_all;
use harness::actors::{Reply, Shopper};

use crate::support::{DROP, Shop};

/// How many of the replies have this status.
fn count(replies: &[Reply], status: u16) -> usize {
    replies.iter().filter(|reply| reply.status == status).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_200_reserves_of_one_seat_exactly_one_wins() {
    let shop = Shop::open().await;
    let show = shop.show(1).await;
    let replica = shop.replica().await;
    let shoppers: Vec<Shopper> = join_all((0..200).map(|index| {
        let url = if index % 2 == 0 { shop.url() } else { replica.url() };
        let line = &shop.line;
        async move { Shopper::new(&url, &line.admit(DROP).await.token) }
    }))
    .await;
    let replies = join_all(shoppers.iter().map(|shopper| shopper.reserve(&show, &["A5"]))).await;
    assert_eq!(count(&replies, 201), 1);
    assert_eq!(count(&replies, 409), 199);
    let owners: i64 =
        sqlx::query_scalar("SELECT count(*) FROM booking.seat_claims").fetch_one(&shop.pool).await.unwrap();
    assert_eq!(owners, 1, "losers never reach Postgres");
    assert!(shop.broken_seat_checks().await.is_empty());
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn overlapping_seats_in_both_orders_neither_block_each_other_nor_split() {
    let shop = Shop::open().await;
    let show = shop.show(1).await;
    let forward = ["A1", "A2", "A3", "A4"];
    let backward = ["A6", "A5", "A4", "A3"];
    for round in 0..10 {
        let shoppers = join_all((0..40).map(|_| shop.shopper())).await;
        let replies = join_all(shoppers.iter().enumerate().map(|(index, shopper)| {
            let seats: &[&str] = if index % 2 == 0 { &forward } else { &backward };
            shopper.reserve(&show, seats)
        }))
        .await;
        assert_eq!(count(&replies, 201), 1, "round {round}: both want A3 and A4");
        assert_eq!(count(&replies, 409), 39, "round {round}");
        assert_eq!(shop.stats(&show).await["reserved"], 4, "round {round}: all four seats or none");
        let (winner, reply) = shoppers.iter().zip(&replies).find(|(_, reply)| reply.status == 201).unwrap();
        winner.release(reply.text("reservation_id")).await.expect(204);
    }
    assert!(shop.broken_seat_checks().await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_buyer_asking_many_times_at_once_has_one_reservation() {
    let shop = Shop::open().await;
    let show = shop.show(3).await;
    let shopper = shop.shopper().await;
    let same = join_all((0..50).map(|_| shopper.reserve(&show, &["A1", "A2"]))).await;
    assert_eq!(count(&same, 201), 1);
    assert_eq!(count(&same, 200), 49);
    let first = same[0].text("reservation_id");
    assert!(same.iter().all(|reply| reply.text("reservation_id") == first));

    let greedy = shop.shopper().await;
    let seats = ["B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B9", "B10"];
    let others = join_all(seats.iter().map(|seat| greedy.reserve(&show, std::slice::from_ref(seat)))).await;
    assert_eq!(count(&others, 201), 1);
    assert_eq!(count(&others, 429), 9);
    assert_eq!(shop.stats(&show).await["reserved"], 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn reserving_and_releasing_at_once_leaves_nothing_behind() {
    let shop = Shop::open().await;
    let show = shop.show(1).await;
    let shoppers = join_all((0..20).map(|_| shop.shopper())).await;
    join_all(shoppers.iter().map(async |shopper| {
        for _ in 0..10 {
            let reply = shopper.reserve(&show, &["A1", "A2"]).await;
            if reply.status == 201 {
                shopper.release(reply.text("reservation_id")).await.expect(204);
            }
        }
    }))
    .await;
    assert_eq!(shop.stats(&show).await["available"], 10);
    assert!(shop.broken_seat_checks().await.is_empty());
}
