use jiff::ToSpan as _;
use serde_json::json;

use super::*;

pub fn now() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

fn new_drop(fields: serde_json::Value) -> NewDrop {
    serde_json::from_value(fields).unwrap()
}

/// A scheduled drop that has no times yet.
pub fn sample() -> Drop {
    let new = new_drop(json!({"slug": "premiere", "title": "Premiere"}));
    new.into_drop(DropDefaults::default(), Seed([1; 32]), now()).unwrap()
}

fn change(fields: serde_json::Value) -> DropChange {
    serde_json::from_value(fields).unwrap()
}

#[test]
fn only_slug_and_title_are_required() {
    let drop = sample();
    assert_eq!(drop.settings.rate_per_minute, 600);
    assert_eq!(drop.settings.burst, 10);
    assert_eq!(drop.version, 1);
    assert!(serde_json::from_value::<NewDrop>(json!({"title": "No name"})).is_err());
    let untitled =
        new_drop(json!({"slug": "premiere"})).into_drop(DropDefaults::default(), Seed([1; 32]), now());
    assert_eq!(untitled.unwrap_err(), InvalidChange::TitleMissing);
}

#[test]
fn unknown_fields_are_refused() {
    assert!(serde_json::from_value::<NewDrop>(json!({"slug": "a", "title": "A", "rate": 5})).is_err());
    assert!(serde_json::from_value::<DropChange>(json!({"slug": "a"})).is_err());
}

#[test]
fn a_burst_is_at_least_one_seconds_worth() {
    let refused = sample().changed(change(json!({"rate_per_minute": 601, "burst": 10})), now()).unwrap_err();
    assert_eq!(refused, InvalidChange::Range { field: "burst", least: 11, most: 1_000_000 });
    let raised = sample().changed(change(json!({"rate_per_minute": 6_000})), now()).unwrap();
    assert_eq!(raised.settings.burst, 100);
}

#[test]
fn an_opening_that_has_passed_or_is_near_cannot_be_moved() {
    let mut drop = sample();
    drop.settings.opens_at = Some(now() + 1.second());
    let later = change(json!({"opens_at": now() + 1.hour()}));
    assert_eq!(drop.clone().changed(later.clone(), now()).unwrap_err(), InvalidChange::Opened);
    assert!(drop.clone().changed(change(json!({"opens_at": now() + 1.second()})), now()).is_ok());
    drop.settings.opens_at = Some(now() + 1.minute());
    assert!(drop.changed(later, now()).is_ok());
}

#[test]
fn times_keep_their_order_and_null_takes_one_away() {
    let wrong = change(json!({"opens_at": "2026-03-02T12:00:00Z", "closes_at": "2026-03-02T12:00:00Z"}));
    assert_eq!(sample().changed(wrong, now()).unwrap_err(), InvalidChange::Order);
    let past = change(json!({"lobby_opens_at": "2026-02-01T12:00:00Z"}));
    assert_eq!(sample().changed(past, now()).unwrap_err(), InvalidChange::LobbyInThePast);
    let planned = sample().changed(change(json!({"closes_at": "2026-03-03T12:00:00Z"})), now()).unwrap();
    assert!(planned.settings.closes_at.is_some());
    let freed = planned.changed(change(json!({"closes_at": null})), now()).unwrap();
    assert_eq!(freed.settings.closes_at, None);
}

#[test]
fn an_origin_has_no_path() {
    for (origin, valid) in [
        ("https://shop.example", true),
        ("http://127.0.0.1:8081", true),
        ("https://a/b", false),
        ("shop", false),
        ("ftp://a", false),
    ] {
        let outcome = sample().changed(change(json!({"allowed_origins": [origin]})), now());
        assert_eq!(outcome.is_ok(), valid, "{origin}");
    }
}

#[test]
fn a_safety_net_is_open_from_the_start() {
    let new = new_drop(json!({"slug": "net", "title": "Net", "mode": "safety_net"}));
    let drop = new.into_drop(DropDefaults::default(), Seed([1; 32]), now()).unwrap();
    assert!(drop.has_opened(now()));
}
