//! The draw: who is in the lobby at opening gets an order that nobody could know or choose, and that anybody can check.

use std::time::Duration;

use harness::actors::{Reply, Visitor};
use harness::eventually;
use harness::stores::TestStores;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use shared::clock::ManualClock;
use shared::digest::hex;
use shared::secret::hmac_sha256;

use crate::support::{CLIENT, DROP, Room, SOON};

mod fairness;
mod opening;
mod roster;
mod secrecy;

/// A lobby that is open, of a drop that opens in an hour.
async fn lobby(settings: Value) -> (Room, ManualClock) {
    let clock = ManualClock::at("2026-03-01T12:00:00Z".parse().unwrap());
    let room = Room::with(TestStores::new().await, 1, clock.clone().into()).await;
    let mut all = json!({"lobby_opens_at": "2026-03-01T12:00:00Z", "opens_at": "2026-03-01T13:00:00Z"});
    all.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    room.create(all).await;
    (room, clock)
}

async fn joined(room: &Room, count: usize) -> Vec<Visitor> {
    let mut visitors = Vec::new();
    for _ in 0..count {
        let visitor = room.visitor();
        visitor.join().await.expect(201);
        visitors.push(visitor);
    }
    visitors
}

async fn draw(room: &Room) -> Reply {
    room.get(&format!("/v1/drops/{DROP}/draw")).await.expect(200)
}

/// The draw when its roster is stored, and then when everything is published.
async fn published(room: &Room, clock: &ManualClock) -> Reply {
    eventually(SOON, || async { !draw(room).await["roster_sha256"].is_null() }).await;
    clock.advance(Duration::from_secs(2));
    let all = draw(room).await;
    assert!(all["seed"].is_string(), "{}", all.body);
    all
}

/// The draw's rule as its algorithm says it, in the words of RFC 2104 and nothing of ours.
fn score(seed: &[u8], salt: Option<&str>, place: &str) -> u64 {
    let first_52 = |message: &str| {
        u64::from_be_bytes(hmac_sha256(seed, message.as_bytes())[..8].try_into().unwrap()) >> 12
    };
    (first_52(place) + salt.map_or(0, first_52)) % (1 << 52)
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// How far two rankings agree (Spearman's ρ): 0 where they have nothing to do with each other.
fn rank_correlation(pairs: &[(u64, u64)]) -> f64 {
    let ranks = |of: fn(&(u64, u64)) -> u64| {
        let mut sorted: Vec<u64> = pairs.iter().map(of).collect();
        sorted.sort_unstable();
        let middle = |value: u64| {
            let (first, after) =
                (sorted.partition_point(|it| *it < value), sorted.partition_point(|it| *it <= value));
            f64::from(u32::try_from(first + after - 1).unwrap()) / 2.0
        };
        pairs.iter().map(|pair| middle(of(pair))).collect::<Vec<f64>>()
    };
    let (ones, others) = (ranks(|pair| pair.0), ranks(|pair| pair.1));
    let mean = f64::from(u32::try_from(pairs.len() - 1).unwrap()) / 2.0;
    let sum = |of: &dyn Fn(f64, f64) -> f64| {
        ones.iter().zip(&others).map(|(a, b)| of(a - mean, b - mean)).sum::<f64>()
    };
    let spread = (sum(&|a, _| a * a) * sum(&|_, b| b * b)).sqrt();
    if spread == 0.0 { 0.0 } else { sum(&|a, b| a * b) / spread }
}

#[test]
fn rank_correlation_knows_agreement_from_none() {
    let up: Vec<(u64, u64)> = (0..100).map(|n| (n, n * n)).collect();
    let down: Vec<(u64, u64)> = (0..100).map(|n| (n, 1_000 - n)).collect();
    let same: Vec<(u64, u64)> = (0..100).map(|n| (n, 7)).collect();
    assert!((rank_correlation(&up) - 1.0).abs() < 1e-9 && (rank_correlation(&down) + 1.0).abs() < 1e-9);
    assert!(rank_correlation(&same).abs() < 1e-9);
}
