//! A drop: its schedule and limits, the states they give it, and what an operator may change when.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared::drop::Health;
use shared::ids::DropSlug;
use shared::pages::Language;
use utoipa::ToSchema;

use crate::domain::ledger::Limits;
use crate::domain::place::Seed;

mod branding;
mod change;
mod control;
mod draw;

pub use branding::{Branding, Logo};
pub use change::{DropChange, InvalidChange, NewDrop};
pub use control::{IllegalTransition, Transition};
pub use draw::Roster;

/// Whether people wait for an opening or fall into a line only when the limits are reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Opens at a moment; before it there may be a lobby.
    Scheduled,
    /// Open from the start: everybody goes straight through until the limits are reached.
    SafetyNet,
}

impl Mode {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::SafetyNet => "safety_net",
        }
    }
}

/// The operator's word, whatever the time is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Control {
    /// Runs by its schedule.
    Open,
    /// Nobody is called.
    Paused,
    /// Over.
    Closed,
}

impl Control {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Paused => "paused",
            Self::Closed => "closed",
        }
    }
}

/// What becomes of a place whose call was not used in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnLapse {
    /// It goes back to the tail.
    Requeue,
    /// It is called once more, before the others.
    Keep,
    /// It ends; the visitor may join again.
    Drop,
}

impl OnLapse {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Requeue => "requeue",
            Self::Keep => "keep",
            Self::Drop => "drop",
        }
    }
}

/// The state of a drop as everybody sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DropState {
    /// Before the lobby.
    Scheduled,
    /// People gather; the draw orders them at opening.
    Lobby,
    /// People are called.
    Open,
    /// Nobody is called until the operator resumes.
    Paused,
    /// Every seat is sold.
    SoldOut,
    /// Over.
    Closed,
}

/// What an operator can set, all of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Settings {
    /// What people read.
    pub title: String,
    /// How it opens.
    pub mode: Mode,
    /// From when people may gather.
    pub lobby_opens_at: Option<Timestamp>,
    /// From when people are called.
    pub opens_at: Option<Timestamp>,
    /// Until when.
    pub closes_at: Option<Timestamp>,
    /// Calls a minute.
    pub rate_per_minute: u32,
    /// Calls at once; at least one second's worth.
    pub burst: u32,
    /// How many may shop at once.
    pub max_active: u32,
    /// How long a call waits for its visitor, seconds.
    pub claim_window_s: u32,
    /// The longest session by renewals, seconds.
    pub session_max_s: u32,
    /// What becomes of a place whose call was not used.
    pub on_lapse: OnLapse,
    /// How long somebody who was away at their turn keeps the place, seconds.
    pub return_grace_s: u32,
    /// Where the salt of the draw will come from, in words that everybody can check.
    pub salt_source: Option<String>,
    /// The salt: turns the circle of drawn scores.
    pub salt: Option<String>,
    /// Whether somebody who has had a turn may join again.
    pub rejoin: bool,
    /// Seats a reservation may have.
    pub max_seats: u32,
    /// How long a hold lives, seconds.
    pub hold_s: u32,
    /// How long somebody waits after leaving a reservation to expire, seconds.
    pub cooldown_s: u32,
    /// Other sites that may use this drop's line.
    pub allowed_origins: Vec<String>,
    /// The languages of the drop's pages, the first for those who want none of them; all there are, where it is empty.
    pub languages: Vec<Language>,
    /// How the drop's pages look.
    pub branding: Branding,
    /// What the operator tells the people in line.
    pub message: String,
}

/// A drop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drop {
    /// Its name.
    pub slug: DropSlug,
    /// What an operator set.
    pub settings: Settings,
    /// The operator's word.
    pub control: Control,
    /// Decides the draw.
    pub seed: Seed,
    /// Who was in the lobby at opening, once that is stored.
    pub roster: Option<Roster>,
    /// Raised whenever Redis has lost its memory of the drop.
    pub epoch: i64,
    /// Raised by every change: the `ETag`.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Drop {
    /// The state at a time, with what booking last said about the stock.
    pub fn state(&self, now: Timestamp, health: Option<&Health>) -> DropState {
        let passed = |time: Option<Timestamp>| time.is_some_and(|time| time <= now);
        let sold_out = health.is_some_and(|health| health.free == 0 && health.held == 0);
        if self.control == Control::Closed || passed(self.settings.closes_at) {
            DropState::Closed
        } else if self.has_opened(now) {
            match self.control {
                Control::Paused => DropState::Paused,
                _ if sold_out => DropState::SoldOut,
                _ => DropState::Open,
            }
        } else if passed(self.settings.lobby_opens_at) {
            DropState::Lobby
        } else {
            DropState::Scheduled
        }
    }

    /// Whether it has opened, by this clock. The line's own clock decides about places.
    pub fn has_opened(&self, now: Timestamp) -> bool {
        self.opening().is_some_and(|opens_at| opens_at <= now)
    }

    /// The limits as the ledger knows them.
    pub fn limits(&self) -> Limits {
        let settings = &self.settings;
        Limits {
            rate_per_minute: settings.rate_per_minute,
            burst: settings.burst,
            max_active: settings.max_active,
            control: self.control.as_str().to_owned(),
            opens_at_ms: self.opening().map(Timestamp::as_millisecond),
            closes_at_ms: settings.closes_at.map(Timestamp::as_millisecond),
        }
    }
}

/// The calls that one second is worth at this rate, rounded up: the least burst.
pub fn one_seconds_worth(rate_per_minute: u32) -> u32 {
    rate_per_minute.div_ceil(60)
}

#[cfg(test)]
pub(crate) mod tests {
    //! A drop for the tests of what is made of drops.
    pub(crate) use super::change::tests::{now, sample};
}
