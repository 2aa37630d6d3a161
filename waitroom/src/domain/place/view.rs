//! What a visitor is told about their place.

use jiff::Timestamp;
use serde::Serialize;
use shared::drop::Health;
use shared::ids::DropSlug;
use utoipa::ToSchema;

use super::{PlaceId, Score};
use crate::domain::drop::{Drop, DropState};
use crate::domain::estimate::{self, Pace, Polls};
use crate::domain::line::{GoneReason, Slot, Spot, Standing};

/// The state of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlaceState {
    /// Waits for the draw.
    Lobby,
    /// Waits in line.
    Waiting,
    /// It is its turn: claim the admission before `called_until`.
    Called,
    /// The visitor was let in.
    Admitted,
    /// The turn was not used in time.
    Lapsed,
    /// The visitor left.
    Left,
    /// The visitor has had the turn.
    Finished,
    /// Nobody is called until the operator resumes.
    Paused,
    /// Every seat is sold.
    SoldOut,
    /// The drop is over.
    Closed,
}

/// How long the wait may be, as a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Eta {
    /// At least, seconds.
    pub low_s: u64,
    /// At most, seconds.
    pub high_s: u64,
}

/// A place as its visitor sees it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Place {
    /// Names the place.
    pub place_id: PlaceId,
    /// The drop.
    pub drop: DropSlug,
    /// The state.
    pub state: PlaceState,
    /// 1 for the next to be called; null in the lobby and out of line.
    pub position: Option<u64>,
    /// How many are before it.
    pub ahead: Option<u64>,
    /// How many wait.
    pub queue_length: u64,
    /// How much of the wait is behind, 0 to 1.
    pub progress: f64,
    /// How long the wait may be; null where nothing can be said.
    pub eta: Option<Eta>,
    /// When to ask again, milliseconds.
    pub poll_after_ms: u64,
    /// Seats that can be had now, where the shop says so.
    pub seats_left: Option<u64>,
    /// What the operator says.
    pub message: String,
    /// When the drop opens.
    pub opens_at: Option<Timestamp>,
    /// Until when the admission must be claimed.
    pub called_until: Option<Timestamp>,
    /// The place's score, after opening: a string, because it does not fit every client's numbers.
    pub score: Option<String>,
    /// When this was true.
    pub updated_at: Timestamp,
}

/// What else is known when a place is looked at.
pub struct Sight<'a> {
    /// The drop.
    pub drop: &'a Drop,
    /// What booking last said.
    pub health: Option<&'a Health>,
    /// How fast the line moves.
    pub pace: &'a Pace,
    /// Which place is asked about, where none is found.
    pub asked: PlaceId,
    /// How many were before it when it was taken, after opening.
    pub began_behind: Option<u64>,
    /// The position to show, where a smaller one was shown before than the place has.
    pub shown: Option<u64>,
    /// When visitors ask again.
    pub polls: Polls,
}

/// The position of a place that waits, 1 for the next to be called: behind the side list, if not on it. `None` in the
/// lobby, and where it does not wait.
pub fn position(standing: &Standing) -> Option<u64> {
    match standing.spot {
        Spot::Queued { rank, on_side: true, .. } if standing.opened => Some(rank + 1),
        Spot::Queued { rank, .. } if standing.opened => Some(standing.side + rank + 1),
        _ => None,
    }
}

impl Place {
    /// What this standing looks like.
    pub fn seen(standing: &Standing, sight: &Sight<'_>) -> Self {
        let now = Timestamp::from_millisecond(standing.now_ms).unwrap_or(sight.drop.updated_at);
        let mut place = Self {
            place_id: sight.asked,
            drop: sight.drop.slug.clone(),
            state: PlaceState::Left,
            position: None,
            ahead: None,
            queue_length: standing.waiting + standing.side,
            progress: 0.0,
            eta: None,
            poll_after_ms: sight.polls.when_over(),
            seats_left: sight
                .health
                .filter(|health| !health.is_stale(standing.now_ms))
                .map(|health| health.free),
            message: sight.drop.settings.message.clone(),
            opens_at: sight.drop.settings.opens_at,
            called_until: None,
            score: None,
            updated_at: now,
        };
        match &standing.spot {
            Spot::Queued { place: id, score, .. } | Spot::Aside { place: id, score, .. } => {
                place.place_id = *id;
                place.wait(standing, *score, sight, now);
            }
            Spot::Called { place: id, slot } => {
                place.place_id = *id;
                place.turn(slot, sight, standing.now_ms);
            }
            Spot::Gone { place: id, reason } => {
                place.place_id = *id;
                place.state = over(*reason);
                place.progress = if *reason == GoneReason::Finished { 1.0 } else { 0.0 };
            }
            Spot::Unknown => {}
        }
        place
    }

    fn wait(&mut self, standing: &Standing, score: Score, sight: &Sight<'_>, now: Timestamp) {
        if !standing.opened {
            self.gather(sight, now);
            return;
        }
        self.state = match sight.drop.state(now, sight.health) {
            DropState::Closed => PlaceState::Closed,
            DropState::Paused => PlaceState::Paused,
            DropState::SoldOut => PlaceState::SoldOut,
            _ => PlaceState::Waiting,
        };
        self.score = Some(score.to_string());
        self.position = sight.shown.or_else(|| position(standing));
        self.ahead = self.position.map(|position| position.saturating_sub(1));
        let ahead = self.ahead.unwrap_or(0);
        self.progress = estimate::progress(ahead, score, sight.began_behind, sight.pace.frontier);
        if self.state == PlaceState::Waiting {
            self.eta = sight.pace.eta(ahead);
        }
        self.poll_after_ms = sight.polls.in_line(ahead, self.eta);
    }

    /// Nothing that depends on the score may be said before the draw.
    fn gather(&mut self, sight: &Sight<'_>, now: Timestamp) {
        self.state = if sight.drop.state(now, None) == DropState::Closed {
            PlaceState::Closed
        } else {
            PlaceState::Lobby
        };
        let until_ms = |opens_at: Timestamp| opens_at.as_millisecond() - now.as_millisecond();
        let until_opening_ms = sight.drop.opening().map(|at| u64::try_from(until_ms(at)).unwrap_or(0));
        self.poll_after_ms = sight.polls.in_lobby(until_opening_ms, self.queue_length);
    }

    fn turn(&mut self, slot: &Slot, sight: &Sight<'_>, now_ms: i64) {
        self.score = Some(slot.score.to_string());
        self.progress = 1.0;
        self.poll_after_ms = sight.polls.in_turn();
        let lives = slot.lives_until_ms.is_some_and(|lives_until_ms| lives_until_ms > now_ms);
        match (slot.due_ms, slot.claimed_ms) {
            (None, _) => {
                // The ledger does not know of the call yet: next, and nobody before.
                self.state = PlaceState::Waiting;
                self.position = Some(1);
                self.ahead = Some(0);
                self.eta = sight.pace.eta(0);
            }
            (Some(_), Some(_)) => {
                self.state = if lives { PlaceState::Admitted } else { PlaceState::Finished }
            }
            (Some(due_ms), None) if lives => {
                self.state = PlaceState::Called;
                self.called_until = Timestamp::from_millisecond(due_ms).ok();
            }
            (Some(_), None) => self.state = PlaceState::Lapsed,
        }
    }
}

fn over(reason: GoneReason) -> PlaceState {
    match reason {
        GoneReason::Left | GoneReason::LeftLobby => PlaceState::Left,
        GoneReason::Lapsed | GoneReason::Requeued => PlaceState::Lapsed,
        GoneReason::Finished => PlaceState::Finished,
    }
}
