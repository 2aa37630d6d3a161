//! When somebody comes says nothing about where they will stand, and coming again changes nothing.

use futures::{StreamExt as _, stream};
use shared::ids::{DropSlug, Identity};
use shared::redis::Redis;
use waitroom::config::DropDefaults;
use waitroom::domain::drop::NewDrop;
use waitroom::domain::line::{Joined, Left, Line as _, Spot};
use waitroom::domain::place::{PlaceId, PlaceKeys, Score, Seed};
use waitroom::store::drops::{Author, Drops};
use waitroom::store::line::RedisLine;

use super::*;

const VISITORS: usize = 10_000;

#[tokio::test]
async fn the_time_of_joining_and_the_rank_are_unrelated_and_leaving_re_rolls_nothing() {
    let clock = ManualClock::at("2026-03-01T12:00:00Z".parse().unwrap());
    let room = Room::with(TestStores::new().await, 1, clock.clone().into()).await;
    // A seed and ids that are always the same: this is one draw, and not another one in each run.
    let new = json!({"slug": DROP, "title": "Premiere", "lobby_opens_at": clock.now(), "max_active": 1});
    let new: NewDrop = serde_json::from_value(new).unwrap();
    let seed = Seed([11; 32]);
    let drop = new.into_drop(DropDefaults::default(), seed.clone(), clock.now()).unwrap();
    let author = Author { operator: "test".to_owned(), reason: None };
    Drops::new(room.pool()).create(&drop, &author).await.unwrap();
    let line = RedisLine::new(Redis::connect(&room.stores.redis_url).unwrap(), clock.clone().into());
    let slug: DropSlug = DROP.parse().unwrap();
    let keys = PlaceKeys::new([3; 32]);
    let place = |number: usize| keys.first_place(&slug, &Identity::device(&number.to_string()));
    eventually(SOON, || line.stands(&slug, place(0))).await;

    let join = async |number: usize| {
        let place = place(number);
        let joined = line.join(&slug, place, Score::drawn(&seed, place)).await.unwrap();
        let (Joined::New(standing) | Joined::Had(standing)) = joined else { panic!("{joined:?}") };
        let Spot::Queued { place, .. } = standing.spot else { panic!("{standing:?}") };
        place
    };
    let order: Vec<PlaceId> = stream::iter(0..VISITORS).map(join).buffered(64).collect().await;
    for number in (0..VISITORS).step_by(50) {
        assert!(matches!(line.leave(&slug, order[number]).await.unwrap(), Left::Recorded(_)));
        assert_eq!(join(number).await, order[number], "the same place again");
    }
    let client = redis::Client::open(room.stores.redis_url.as_str()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let mut queue = redis::cmd("ZRANGE");
    queue.arg("{drop:premiere}:queue").arg(0).arg(-1);
    let queue: Vec<String> = queue.query_async(&mut connection).await.unwrap();
    room.operator().open(DROP).await.expect(200);
    published(&room, &clock).await;
    let roster = room.get("/v1/drops/premiere/draw/roster").await.expect(200);
    assert!(roster.body.lines().eq(&queue), "the line stands as the roster says");
    let rank: std::collections::HashMap<&str, u64> = roster.body.lines().zip(0..).collect();
    assert_eq!(rank.len(), VISITORS);
    let pairs: Vec<(u64, u64)> = (0..).zip(&order).map(|(n, place)| (n, rank[&*place.to_string()])).collect();
    let bound = 3.0 / f64::from(u32::try_from(VISITORS).unwrap()).sqrt();
    let rho = rank_correlation(&pairs);
    assert!(rho.abs() < bound, "{rho} is not below {bound}");
    let again: Vec<(u64, u64)> = pairs.iter().copied().step_by(50).collect();
    let rest: f64 =
        again.iter().map(|(_, rank)| f64::from(u32::try_from(*rank).unwrap())).sum::<f64>() / 200.0;
    assert!(
        (4_000.0..6_000.0).contains(&rest),
        "who left and came back stands neither before nor behind: {rest}"
    );
}
