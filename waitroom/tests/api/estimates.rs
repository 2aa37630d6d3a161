//! Estimates over HTTP, and what the operators are told of them and of the drop.

use std::time::Duration;

use futures::future::join_all;
use harness::actors::Visitor;
use harness::eventually;
use serde_json::json;

use crate::support::{CLIENT, DROP, OPERATOR_TOKEN, Room, SOON};

#[tokio::test]
async fn in_a_steady_line_most_estimates_hold_and_the_operators_see_how_many() {
    let room = Room::new().await;
    room.create_open(json!({"rate_per_minute": 1_200, "burst": 20, "max_active": 1_000})).await;
    let visitors: Vec<Visitor> = (0..160).map(|_| room.visitor()).collect();
    join_all(visitors.iter().map(Visitor::join)).await;
    let places = join_all(visitors.iter().map(Visitor::place)).await;
    let ranges = places.iter().filter_map(|place| place["eta"].as_object());
    assert!(ranges.filter(|eta| eta["low_s"].as_u64() < eta["high_s"].as_u64()).count() > 0);
    eventually(Duration::from_secs(30), || async {
        let stats = room.operator().get(&format!("drops/{DROP}/stats")).await.expect(200);
        let rate = stats["estimate_hit_rate"].as_f64();
        if stats["called"] == 160 && rate.is_some() { Ok(stats) } else { Err(stats.body) }
    })
    .await;
    let stats = room.operator().get(&format!("drops/{DROP}/stats")).await.expect(200);
    assert!(stats["estimate_hit_rate"].as_f64() >= Some(0.7), "{}", stats.body);
}

#[tokio::test]
async fn the_numbers_of_a_drop_add_up() {
    let (room, clock) = Room::with_manual_clock().await;
    room.create_open(json!({"rate_per_minute": 60, "burst": 1, "max_active": 10, "claim_window_s": 10, "on_lapse": "drop"}))
        .await;
    let visitors: Vec<Visitor> = (0..5).map(|_| room.visitor()).collect();
    for visitor in &visitors {
        visitor.join().await.expect(201);
    }
    visitors[0].wait_until("called", SOON).await;
    visitors[0].claim().await.expect(200);
    for visitor in &visitors[1..4] {
        clock.advance(Duration::from_secs(1));
        visitor.wait_until("called", SOON).await;
    }
    visitors[4].leave().await.expect(204);
    clock.advance(Duration::from_secs(10));
    visitors[1].wait_until("lapsed", SOON).await;
    let stats = eventually(SOON, || async {
        let stats = room.operator().get(&format!("drops/{DROP}/stats")).await.expect(200);
        if stats["joined"] == 5 && stats["lapsed"] == 3 && stats["active"] == 1 {
            Ok(stats)
        } else {
            Err(stats.body)
        }
    })
    .await;
    assert_eq!((&stats["called"], &stats["admitted"], &stats["left"]), (&json!(4), &json!(1), &json!(1)));
    assert_eq!(stats["no_show_share"], 0.75);
    assert!(stats["wait_p90_s"].as_u64() <= Some(13) && stats["wait_p50_s"].is_u64(), "{}", stats.body);
    let series = stats["series"].as_array().unwrap();
    assert_eq!(series.iter().filter_map(|minute| minute["called"].as_u64()).sum::<u64>(), 4);
    assert_eq!(series.iter().filter_map(|minute| minute["joined"].as_u64()).sum::<u64>(), 5);
}

#[tokio::test]
async fn operators_watch_the_numbers_every_second() {
    let room = Room::new().await;
    room.create_open(json!({})).await;
    let url = format!("{}/v1/operator/drops/{DROP}/stats/events", room.url());
    assert_eq!(CLIENT.get(&url).send().await.unwrap().status(), 401);
    let mut events = CLIENT.get(&url).bearer_auth(OPERATOR_TOKEN).send().await.unwrap();
    assert_eq!(events.headers()["content-type"], "text/event-stream");
    let visitor = room.visitor();
    visitor.join().await.expect(201);
    visitor.wait_until("called", SOON).await;
    let mut heard = String::new();
    while !heard.contains("\"called\":1") {
        let more = tokio::time::timeout(SOON, events.chunk()).await.unwrap().unwrap().unwrap();
        heard.push_str(std::str::from_utf8(&more).unwrap());
    }
    assert!(heard.starts_with("event: stats\ndata: {\"drop\":\"premiere\""), "{heard}");
}
