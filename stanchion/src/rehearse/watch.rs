//! What a visitor can check about the line from what it is told: that its position never rises, how long it waits, and
//! whether the waits it was promised held. One [`Watch`] sees what one tab sees.

use std::collections::BTreeMap;
use std::time::Duration;

use super::script::{Eta, Place, PlaceState, Text};

/// How many promised waits one visitor remembers.
const PROMISES_AT_MOST: usize = 8;
/// A call that was noticed later than this says too little about when it came.
const NOTICED_WITHIN: Duration = Duration::from_secs(10);

/// What one tab has seen of the line.
#[derive(Debug, Default)]
pub struct Watch {
    place_id: Option<Text>,
    place_token: Option<Text>,
    last_position: Option<u64>,
    last_look: Option<Duration>,
    waiting_since: Option<Duration>,
    promises: Vec<Promise>,
    sights: Sights,
}

/// A range of waiting that was shown.
#[derive(Debug)]
struct Promise {
    at: Duration,
    position: u64,
    eta: Eta,
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sights {
    /// Times the position rose under one token: within one place and epoch.
    pub positions_risen: u64,
    /// From the first look at the moving line to the call.
    pub wait: Option<Duration>,
    /// Promised waits that could be checked.
    pub promises: u64,
    /// Those that contained the truth.
    pub promises_held: u64,
    /// How often each state was shown.
    pub states: BTreeMap<PlaceState, u64>,
    /// New places or epochs: times the token changed.
    pub tokens_changed: u64,
}

impl Watch {
    /// Takes what was shown at `now`.
    pub fn see(&mut self, place: &Place, now: Duration) {
        self.take_token(place);
        *self.sights.states.entry(place.state).or_default() += 1;
        if let (Some(before), Some(now)) = (self.last_position, place.position)
            && now > before
        {
            self.sights.positions_risen += 1;
        }
        self.last_position = place.position.or(self.last_position);
        match place.state {
            PlaceState::Waiting | PlaceState::Paused => {
                self.waiting_since.get_or_insert(now);
                self.remember_a_promise(place, now);
            }
            PlaceState::Called | PlaceState::Admitted => self.called(now),
            _ => self.promises.clear(),
        }
        self.last_look = Some(now);
    }

    /// The token that proves the place, once there is one.
    pub fn token(&self) -> Option<Text> {
        self.place_token.clone()
    }

    /// The place that was shown last.
    pub fn place_id(&self) -> Option<Text> {
        self.place_id.clone()
    }

    /// The position that was shown last.
    pub const fn last_position(&self) -> Option<u64> {
        self.last_position
    }

    /// What has come of it so far.
    pub const fn sights(&self) -> &Sights {
        &self.sights
    }

    fn take_token(&mut self, place: &Place) {
        self.place_id.clone_from(&place.place_id);
        let Some(token) = &place.place_token else { return };
        let is_new = self.place_token.as_ref().is_some_and(|known| known != token);
        if is_new {
            // Another place, or another epoch: what was said of the old one does not hold.
            self.last_position = None;
            self.promises.clear();
            self.sights.tokens_changed += 1;
        }
        self.place_token = Some(token.clone());
    }

    /// The first range, and another each time half of the way is done.
    fn remember_a_promise(&mut self, place: &Place, now: Duration) {
        let (Some(eta), Some(position)) = (place.eta, place.position) else { return };
        let is_news = self.promises.last().is_none_or(|last| position <= last.position / 2);
        if is_news && self.promises.len() < PROMISES_AT_MOST {
            self.promises.push(Promise { at: now, position, eta });
        }
    }

    /// The call came after the last look and before this one.
    fn called(&mut self, now: Duration) {
        let since = *self.waiting_since.get_or_insert(now);
        self.sights.wait.get_or_insert(now.saturating_sub(since));
        let after = self.last_look.unwrap_or(now);
        let promises = std::mem::take(&mut self.promises);
        if now.saturating_sub(after) > NOTICED_WITHIN {
            return;
        }
        for promise in promises {
            let (least, most) = (after.saturating_sub(promise.at), now.saturating_sub(promise.at));
            let held = least <= Duration::from_secs(promise.eta.high_s)
                && most >= Duration::from_secs(promise.eta.low_s);
            self.sights.promises += 1;
            self.sights.promises_held += u64::from(held);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn place(state: PlaceState, position: Option<u64>, eta: Option<(u64, u64)>) -> Place {
        Place {
            state,
            position,
            eta: eta.map(|(low_s, high_s)| Eta { low_s, high_s }),
            place_id: Some("p".into()),
            place_token: None,
            poll_after_ms: 1_000,
            device: None,
        }
    }

    fn waiting(position: u64, low_s: u64, high_s: u64) -> Place {
        place(PlaceState::Waiting, Some(position), Some((low_s, high_s)))
    }

    fn called() -> Place {
        place(PlaceState::Called, None, None)
    }

    fn with_token(token: &str, place: Place) -> Place {
        Place { place_token: Some(token.into()), ..place }
    }

    #[test]
    fn a_position_rises_within_one_token_alone() {
        let mut watch = Watch::default();
        for (token, position) in [("a", 10), ("a", 10), ("a", 9), ("b", 400), ("b", 399)] {
            watch.see(&with_token(token, waiting(position, 1, 2)), s(0));
        }
        assert_eq!((watch.sights().positions_risen, watch.sights().tokens_changed), (0, 1));
        watch.see(&waiting(400, 1, 2), s(0));
        assert_eq!(watch.sights().positions_risen, 1);
    }

    #[test]
    fn a_promise_holds_where_the_call_came_within_it_as_far_as_can_be_known() {
        // Shown at 0; the call came between the looks at 30 and 32 seconds.
        for (low, high, held) in
            [(10, 60, 1), (31, 31, 1), (32, 40, 1), (10, 30, 1), (10, 29, 0), (33, 60, 0)]
        {
            let mut watch = Watch::default();
            watch.see(&waiting(100, low, high), s(0));
            watch.see(&waiting(90, 1, 1), s(30));
            watch.see(&called(), s(32));
            let sights = watch.sights();
            assert_eq!((sights.promises, sights.promises_held), (1, held), "{low} to {high}");
            assert_eq!(sights.wait, Some(s(32)));
        }
    }

    #[test]
    fn a_promise_is_remembered_first_and_whenever_half_of_the_way_is_done() {
        let mut watch = Watch::default();
        for position in (1..=100).rev() {
            watch.see(&waiting(position, 0, 1_000), s(100 - position));
        }
        watch.see(&called(), s(100));
        assert_eq!(watch.sights().promises, 7, "at 100, 50, 25, 12, 6, 3 and 1");
        watch.see(&called(), s(101));
        assert_eq!(watch.sights().promises, 7, "counted once");
    }

    #[test]
    fn a_call_that_nobody_looked_for_says_nothing_about_promises() {
        let mut watch = Watch::default();
        watch.see(&waiting(5, 0, 1), s(0));
        watch.see(&called(), s(60));
        assert_eq!(watch.sights().promises, 0);
        assert_eq!(watch.sights().wait, Some(s(60)));
    }

    #[test]
    fn whoever_is_called_at_once_has_not_waited() {
        let mut watch = Watch::default();
        watch.see(&called(), s(7));
        assert_eq!(watch.sights().wait, Some(Duration::ZERO));
    }
}
