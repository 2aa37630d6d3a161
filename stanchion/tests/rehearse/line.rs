//! The fake's line: places that wait until they have been looked at often enough.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::fake::Fault;

/// Longer than a steady visitor ever does not look.
const A_MOMENT: Duration = Duration::from_millis(400);

#[derive(Clone)]
pub struct Line {
    fault: Fault,
    looks_to_call: u64,
    /// By token.
    places: Arc<Mutex<BTreeMap<String, Waiting>>>,
    hidden_looks: Arc<AtomicU64>,
}

struct Waiting {
    id: String,
    device: String,
    looks: u64,
    looked_at: Instant,
    has_left: bool,
}

pub struct Joined {
    pub is_new: bool,
    pub token: String,
    pub device: String,
}

impl Line {
    pub fn new(fault: Fault, looks_to_call: u64) -> Self {
        Self { fault, looks_to_call, places: Arc::default(), hidden_looks: Arc::default() }
    }

    /// The place of this browser, or a new one.
    pub fn join(&self, device: Option<String>, number: u64) -> Joined {
        let mut places = self.places.lock().unwrap();
        let known = places.iter().find(|(_, place)| Some(&place.device) == device.as_ref());
        if let Some((token, place)) = known.filter(|_| self.fault != Fault::SecondPlaces) {
            return Joined { is_new: false, token: token.clone(), device: place.device.clone() };
        }
        let (token, device) = (format!("place-{number}"), device.unwrap_or(format!("device={number}")));
        let place = Waiting {
            id: format!("id-{number}"),
            device: device.clone(),
            looks: 0,
            looked_at: Instant::now(),
            has_left: false,
        };
        places.insert(token.clone(), place);
        Joined { is_new: true, token, device }
    }

    pub fn look(&self, token: &str) -> Option<Value> {
        let mut places = self.places.lock().unwrap();
        let place = places.get_mut(token)?;
        if self.fault == Fault::PlacesForgotten && place.looked_at.elapsed() > A_MOMENT {
            place.id.push_str("-successor");
        }
        (place.looks, place.looked_at) = (place.looks + 1, Instant::now());
        let is_called = place.looks > self.looks_to_call.max(1) && self.fault != Fault::NobodyCalled;
        let state = if place.has_left {
            "left"
        } else if is_called {
            "called"
        } else {
            "waiting"
        };
        let ahead = self.looks_to_call.saturating_sub(place.looks);
        let ahead = if self.fault == Fault::PositionsRise { place.looks } else { ahead };
        Some(json!({
            "place_id": place.id, "state": state, "position": ahead + 1, "ahead": ahead, "poll_after_ms": 20,
            "eta": {"low_s": 0, "high_s": 30},
        }))
    }

    pub fn leave(&self, token: &str) {
        if self.fault != Fault::NobodyLeaves {
            self.places.lock().unwrap().get_mut(token).unwrap().has_left = true;
        }
    }

    pub fn is_hidden(&self) {
        self.hidden_looks.fetch_add(1, Ordering::Relaxed);
    }

    pub fn hidden_looks(&self) -> u64 {
        self.hidden_looks.load(Ordering::Relaxed)
    }
}
