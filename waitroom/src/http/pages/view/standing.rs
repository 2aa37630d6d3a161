//! How somebody in line stands, in words: the estimate, and what has to be said about the seats. `queue.js` has the same
//! rules.

use shared::pages::Words;

use crate::domain::place::{Eta, Place, PlaceState};

/// What has to be said about the seats: that there are none now, or fewer than people ahead.
pub(super) fn honest(place: &Place) -> &'static str {
    match (place.state, place.seats_left, place.ahead) {
        (PlaceState::SoldOut, _, _) | (_, None, _) => "",
        (_, Some(0), _) => "none",
        (_, Some(seats), Some(ahead)) if seats <= ahead => "few",
        _ => "",
    }
}

/// An estimate in words' terms.
#[derive(Debug, PartialEq)]
pub(super) struct Wait {
    pub(super) kind: &'static str,
    pub(super) low: u64,
    pub(super) high: u64,
}

impl Wait {
    pub(super) fn of(eta: Option<Eta>) -> Self {
        let Some(Eta { low_s, high_s }) = eta else { return Self { kind: "wait-unknown", low: 0, high: 0 } };
        let range = |unit_s| (low_s / unit_s, high_s.div_ceil(unit_s));
        let (up_to, between, (low, high)) = match range(60) {
            (low, high) if high <= 1 => return Self { kind: "wait-a-minute", low, high },
            (_, high) if high > 90 => ("wait-up-to-hours", "wait-hours", range(3600)),
            minutes => ("wait-up-to-minutes", "wait-minutes", minutes),
        };
        Self { kind: if low < 1 || low == high { up_to } else { between }, low, high }
    }

    pub(super) fn text(&self, say: &Words) -> String {
        say.count(self.kind, &[("low", self.low), ("high", self.high)])
    }
}
