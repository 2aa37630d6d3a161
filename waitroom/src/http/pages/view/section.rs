//! Which of its sections the queue page shows.

use crate::domain::drop::DropState;
use crate::domain::place::PlaceState;

/// How often a page without script renews itself while something may change, seconds.
const REFRESH_S: std::ops::RangeInclusive<u64> = 5..=60;
/// The same where only the clock changes something.
const SLOW_REFRESH_S: u64 = 15;

/// Which of its sections the queue page shows: the states of a place, and two for visitors without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http::pages) enum View {
    /// No place yet, and none to be had.
    Scheduled,
    /// No place yet.
    Join,
    Lobby,
    Waiting,
    Paused,
    SoldOut,
    Called,
    Admitted,
    Lapsed,
    Left,
    Finished,
    Closed,
}

impl View {
    /// The name that templates and script know it by.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Join => "join",
            Self::Lobby => "lobby",
            Self::Waiting => "waiting",
            Self::Paused => "paused",
            Self::SoldOut => "sold_out",
            Self::Called => "called",
            Self::Admitted => "admitted",
            Self::Lapsed => "lapsed",
            Self::Left => "left",
            Self::Finished => "finished",
            Self::Closed => "closed",
        }
    }

    /// For somebody without a place.
    pub(super) fn of_drop(state: DropState) -> Self {
        match state {
            DropState::Scheduled => Self::Scheduled,
            DropState::Lobby | DropState::Open | DropState::Paused | DropState::SoldOut => Self::Join,
            DropState::Closed => Self::Closed,
        }
    }

    /// For the holder of a place.
    pub(super) fn of_place(state: PlaceState) -> Self {
        match state {
            PlaceState::Lobby => Self::Lobby,
            PlaceState::Waiting => Self::Waiting,
            PlaceState::Called => Self::Called,
            PlaceState::Admitted => Self::Admitted,
            PlaceState::Lapsed => Self::Lapsed,
            PlaceState::Left => Self::Left,
            PlaceState::Finished => Self::Finished,
            PlaceState::Paused => Self::Paused,
            PlaceState::SoldOut => Self::SoldOut,
            PlaceState::Closed => Self::Closed,
        }
    }

    /// When a page without script asks again.
    pub(super) fn refresh_s(self, poll_after_ms: u64) -> Option<u64> {
        match self {
            Self::Join | Self::Lapsed | Self::Left | Self::Finished | Self::Closed => None,
            Self::Scheduled | Self::Called | Self::Admitted => Some(SLOW_REFRESH_S),
            Self::Lobby | Self::Waiting | Self::Paused | Self::SoldOut => {
                Some(poll_after_ms.div_ceil(1000).clamp(*REFRESH_S.start(), *REFRESH_S.end()))
            }
        }
    }
}
