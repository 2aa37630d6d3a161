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

use crate::support::{DROP, Room, SOON};

mod roster;

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

/// A client of no particular kind.
fn client() -> reqwest::Client {
    let _already_installed = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}
