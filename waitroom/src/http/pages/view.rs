//! What the pages of the line show, as their templates take it.

use askama::Template;
use jiff::Timestamp;
use url::Url;
use url::form_urlencoded::Serializer;

use crate::domain::drop::DropState;
use crate::domain::place::{Eta, Place, PlaceState};
use crate::http::drops::DropStatus;
use crate::http::shown::Shown;

/// How often a page without script renews itself while something may change, seconds.
const REFRESH_S: std::ops::RangeInclusive<u64> = 5..=60;
/// The same where only the clock changes something.
const SLOW_REFRESH_S: u64 = 15;

/// All drops.
#[derive(Template)]
#[template(path = "drops.html")]
pub(super) struct DropsPage {
    drops: Vec<DropTile>,
}

/// A drop in the list of drops.
struct DropTile {
    slug: String,
    title: String,
    state: &'static str,
    opens_at: Option<Timestamp>,
}

impl DropsPage {
    /// The list of these drops.
    pub(super) fn of(drops: Vec<DropStatus>) -> Self {
        let tile = |drop: DropStatus| DropTile {
            slug: drop.drop.to_string(),
            title: drop.title,
            state: word(drop.state),
            opens_at: drop.opens_at,
        };
        Self { drops: drops.into_iter().map(tile).collect() }
    }
}

fn word(state: DropState) -> &'static str {
    match state {
        DropState::Scheduled => "scheduled",
        DropState::Lobby => "lobby",
        DropState::Open => "open",
        DropState::Paused => "paused",
        DropState::SoldOut => "sold_out",
        DropState::Closed => "closed",
    }
}

/// Which of its sections the queue page shows: the states of a place, and two for visitors without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum View {
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
    fn name(self) -> &'static str {
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

    fn of_place(state: PlaceState) -> Self {
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
    fn refresh_s(self, poll_after_ms: u64) -> Option<u64> {
        match self {
            Self::Join | Self::Lapsed | Self::Left | Self::Finished | Self::Closed => None,
            Self::Scheduled | Self::Called | Self::Admitted => Some(SLOW_REFRESH_S),
            Self::Lobby | Self::Waiting | Self::Paused | Self::SoldOut => {
                Some(poll_after_ms.div_ceil(1000).clamp(*REFRESH_S.start(), *REFRESH_S.end()))
            }
        }
    }
}

/// The queue page of a drop, for somebody with a place or without one.
#[derive(Template)]
#[template(path = "queue.html")]
pub(super) struct QueuePage {
    /// Which sections are shown.
    pub(super) view: View,
    /// Whether the line could not be asked.
    pub(super) is_offline: bool,
    drop: DropHead,
    now: Timestamp,
    refresh_s: Option<u64>,
    position: String,
    ahead: String,
    seats_left: Option<String>,
    wait: Wait,
    progress: f64,
    called_until: Option<Timestamp>,
    updated_at: Option<Timestamp>,
    way_out: WayOut,
    return_to: Option<Url>,
    shown: Option<Shown>,
}

/// Where people look around meanwhile.
pub(super) enum WayOut {
    /// In the shop, at this address.
    Shop(String),
    /// On the site that they came from.
    Back(Url),
}

/// What the queue page says of its drop.
struct DropHead {
    slug: String,
    title: String,
    message: String,
    lobby_opens_at: Option<Timestamp>,
    opens_at: Option<Timestamp>,
}

impl DropHead {
    fn can_be_joined_from(&self) -> Option<Timestamp> {
        self.lobby_opens_at.or(self.opens_at)
    }
}

impl QueuePage {
    /// The page for somebody without a place.
    pub(super) fn of(drop: DropStatus, now: Timestamp, way_out: WayOut, return_to: Option<Url>) -> Self {
        let view = match drop.state {
            DropState::Scheduled => View::Scheduled,
            DropState::Lobby | DropState::Open | DropState::Paused | DropState::SoldOut => View::Join,
            DropState::Closed => View::Closed,
        };
        Self {
            view,
            is_offline: false,
            now,
            refresh_s: view.refresh_s(0),
            position: number_or_dash(None),
            ahead: number_or_dash(None),
            seats_left: drop.seats_left.map(number),
            wait: Wait::of(None),
            progress: 0.0,
            called_until: None,
            updated_at: None,
            way_out,
            return_to,
            shown: None,
            drop: DropHead {
                slug: drop.drop.to_string(),
                title: drop.title,
                message: drop.message,
                lobby_opens_at: drop.lobby_opens_at,
                opens_at: drop.opens_at,
            },
        }
    }

    /// The page for somebody with this place, of which it shows this.
    pub(super) fn stand(&mut self, place: &Place, shown: Option<Shown>) {
        self.shown = shown;
        self.view = View::of_place(place.state);
        self.refresh_s = self.view.refresh_s(place.poll_after_ms);
        self.position = number_or_dash(place.position);
        self.ahead = number_or_dash(place.ahead);
        self.seats_left = place.seats_left.map(number);
        self.wait = Wait::of(place.eta);
        self.progress = place.progress;
        self.called_until = place.called_until;
        self.updated_at = Some(place.updated_at);
    }

    /// Where a page without script finds itself again, with what it showed.
    fn next_url(&self) -> String {
        let mut query = Serializer::new(String::new());
        if let Some(url) = &self.return_to {
            query.append_pair("return_to", url.as_str());
        }
        if let Some(shown) = self.shown {
            query.append_pair("seen", &shown.to_string());
        }
        format!("/q/{}?{}", self.drop.slug, query.finish())
    }

    /// The attribute of a part that belongs to these views, separated by spaces.
    fn hidden_unless(&self, views: &str) -> &'static str {
        if views.split(' ').any(|view| view == self.view.name()) { "" } else { " hidden" }
    }
}

/// A number for people: 12,345.
fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn number_or_dash(value: Option<u64>) -> String {
    value.map_or_else(|| "–".to_owned(), number)
}

/// An estimate in words' terms. `queue.js` has the same rules.
#[derive(Debug, PartialEq)]
struct Wait {
    kind: &'static str,
    low: u64,
    high: u64,
}

impl Wait {
    fn of(eta: Option<Eta>) -> Self {
        let Some(Eta { low_s, high_s }) = eta else { return Self { kind: "unknown", low: 0, high: 0 } };
        let range = |unit_s| (low_s / unit_s, high_s.div_ceil(unit_s));
        let (up_to, between, (low, high)) = match range(60) {
            (low, high) if high <= 1 => return Self { kind: "a-minute", low, high },
            (_, high) if high > 90 => ("up-to-hours", "hours", range(3600)),
            minutes => ("up-to-minutes", "minutes", minutes),
        };
        Self { kind: if low < 1 || low == high { up_to } else { between }, low, high }
    }
}

#[cfg(test)]
mod tests;
