//! The list of drops, as its template takes it.

use askama::Template;
use jiff::Timestamp;
use shared::pages::{LanguageLink, Words, language_links};

use crate::domain::drop::DropState;
use crate::http::drops::DropStatus;

/// All drops.
#[derive(Template)]
#[template(path = "drops.html")]
pub(in crate::http::pages) struct DropsPage {
    say: &'static Words,
    languages: Vec<LanguageLink>,
    drops: Vec<DropTile>,
}

/// A drop in the list of drops.
struct DropTile {
    slug: String,
    title: String,
    state: DropState,
    opens_at: Option<Timestamp>,
}

impl DropTile {
    fn has_opened(&self) -> bool {
        !matches!(self.state, DropState::Scheduled | DropState::Lobby)
    }

    /// The message that names the state.
    fn state_message(&self) -> &'static str {
        match self.state {
            DropState::Scheduled => "state-scheduled",
            DropState::Lobby => "state-lobby",
            DropState::Open => "state-open",
            DropState::Paused => "state-paused",
            DropState::SoldOut => "state-sold-out",
            DropState::Closed => "state-closed",
        }
    }

    /// The class of the state's badge.
    fn tone(&self) -> &'static str {
        match self.state {
            DropState::Lobby | DropState::Paused => "warn",
            DropState::Open => "good",
            DropState::SoldOut => "bad",
            DropState::Scheduled | DropState::Closed => "",
        }
    }
}

impl DropsPage {
    /// The list of these drops.
    pub(in crate::http::pages) fn of(drops: Vec<DropStatus>, say: &'static Words) -> Self {
        let tile = |drop: DropStatus| DropTile {
            slug: drop.drop.to_string(),
            title: drop.title,
            state: drop.state,
            opens_at: drop.opens_at,
        };
        let languages = language_links("/", &[], &[], say.language());
        Self { say, languages, drops: drops.into_iter().map(tile).collect() }
    }
}
