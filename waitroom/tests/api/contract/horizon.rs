//! A line that is longer than its horizon: Redis measures ranks and moves the horizon as the model does, also where a
//! salt has turned the circle, and nobody beyond the horizon is called or set aside.

use std::collections::HashMap;
use std::time::Duration;

use harness::stores::TestStores;
use serde_json::json;
use shared::ids::{DropSlug, Sid};
use uuid::Uuid;
use waitroom::domain::drop::{Drop, Transition};
use waitroom::domain::ledger::{Fact, IdleReason};
use waitroom::domain::line::model::ModelLine;
use waitroom::domain::line::{Line, Remembered, SEEN_MS, SIGHTINGS};
use waitroom::domain::place::{PlaceId, Score};

use super::pair::Stage;

const PLACES: u64 = 8_000;
const ROUNDS: u64 = 160;

/// Numbers that look random and are the same every time.
fn scattered(n: u64) -> u64 {
    let mixed = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb) >> 12
}

fn place(n: u64) -> PlaceId {
    PlaceId(Uuid::from_u64_pair(scattered(n + 77), scattered(n + 1_077) << 16))
}

/// Half of the line drawn, half arrived: numbered in the order of their scores without a salt, or nearly.
fn score(n: u64) -> Score {
    if n.is_multiple_of(2) { Score(scattered(n)) } else { Score::arrived(1, 1 + n * 3) }
}

async fn fill(lines: (&ModelLine, &impl Line), drop: &DropSlug, seen_ms: i64) {
    let remembered: Vec<Remembered> = (0..PLACES)
        .map(|n| Remembered {
            place: place(n),
            score: score(n),
            seen_ms: seen_ms - i64::from(n % 4 == 0) * 2 * SEEN_MS,
        })
        .collect();
    for batch in remembered.chunks(waitroom::domain::line::PUT_BACKS) {
        lines.0.put_back_all(drop, batch).await.unwrap();
        lines.1.put_back_all(drop, batch).await.unwrap();
    }
}

/// Who is seen in this round: of four visitors one has gone, and from the middle on three.
fn seen_in(round: u64) -> Vec<PlaceId> {
    let gone = if round < ROUNDS / 2 { 1 } else { 3 };
    (0..PLACES).filter(|n| n % 4 >= gone && n % 60 == round % 60).map(place).collect()
}

async fn follow(stage: &Stage, drop: &Drop, model: &ModelLine) {
    let (slug, line, clock) = (&drop.slug, stage.line(), stage.clock());
    let mut seen: HashMap<PlaceId, i64> = HashMap::new();
    let (mut lowest, mut called, mut set_aside) = (Score::END, 0, 0);
    for round in 0..ROUNDS {
        clock.advance(Duration::from_secs(1));
        let now_ms = clock.now().as_millisecond();
        for batch in seen_in(round).chunks(SIGHTINGS) {
            model.see(slug, batch).await.unwrap();
            line.see(slug, batch).await.unwrap();
            seen.extend(batch.iter().map(|place| (*place, now_ms)));
        }
        let table = model.measure(slug, 0).await.unwrap().unwrap();
        assert_eq!(table, line.measure(slug, 0).await.unwrap().unwrap(), "round {round}");
        lowest = lowest.min(table.track_below);
        let live_below = model.horizon(slug).live_below(now_ms);
        let sids = Sid(Uuid::new_v4());
        let tick = model.call_next(slug, sids, IdleReason::ClockSet).await.unwrap();
        assert_eq!(tick, line.call_next(slug, sids, IdleReason::ClockSet).await.unwrap(), "round {round}");
        assert!(tick.frontier.is_none_or(|frontier| frontier < live_below), "called beyond the horizon");
        (called, set_aside) = (called + tick.called, set_aside + tick.set_aside);
        let (epoch, entries) = model.unrecorded(slug, 1_000).await.unwrap();
        for entry in &entries {
            if let Fact::Aside { place, score, .. } = entry.fact {
                let since = seen.get(&place).map_or(i64::MAX, |seen_ms| now_ms - seen_ms);
                assert!(since > SEEN_MS, "{place} was set aside {since} ms after it was seen");
                assert!(score < live_below, "set aside beyond the horizon");
            }
        }
        let last = entries.last().map(|entry| entry.id);
        if let Some(last) = last {
            model.mark_recorded(slug, epoch, last).await.unwrap();
            let (_, entries) = line.unrecorded(slug, 1_000).await.unwrap();
            line.mark_recorded(slug, epoch, entries.last().unwrap().id).await.unwrap();
        }
    }
    assert!(lowest < Score::END, "a long line is not reported on as a whole");
    assert!(called >= 10 * (ROUNDS - 2), "the front is never blocked: {called} called");
    assert!(set_aside > called / 4, "who has gone is set aside: {set_aside}");
}

async fn a_long_line(salt: Option<&str>) {
    let stores = TestStores::new().await;
    let stage = Stage::new(&stores);
    let settings = json!({"rate_per_minute": 600, "burst": 10, "max_active": 100_000, "claim_window_s": 900});
    let (mut drop, model) = stage.begin(settings).await;
    if let Some(salt) = salt {
        drop.settings.salt_source = Some("the lottery".to_owned());
        drop.settings.salt = Some(salt.to_owned());
    }
    let drop = drop.after(Transition::Open, stage.clock().now()).unwrap();
    model.write_settings(&drop).await.unwrap();
    stage.line().write_settings(&drop).await.unwrap();
    fill((&model, stage.line()), &drop.slug, stage.clock().now().as_millisecond()).await;
    follow(&stage, &drop, &model).await;
}

#[tokio::test]
async fn a_line_longer_than_its_horizon_is_measured_and_called_as_the_model_does() {
    a_long_line(None).await;
}

#[tokio::test]
async fn so_is_one_whose_circle_a_salt_has_turned() {
    a_long_line(Some("3 14 15 92")).await;
}
