//! What the pages of the line show, as their templates take it.

use askama::Template;
use jiff::Timestamp;
use shared::pages::{Language, Words};
use url::Url;
use url::form_urlencoded::Serializer;

use super::brand::Brand;
use crate::domain::drop::DropState;
use crate::domain::place::{Eta, Place, PlaceState};
use crate::http::drops::DropStatus;
use crate::http::shown::Shown;

/// How often a page without script renews itself while something may change, seconds.
const REFRESH_S: std::ops::RangeInclusive<u64> = 5..=60;
/// The same where only the clock changes something.
const SLOW_REFRESH_S: u64 = 15;

/// The modules that the queue page's script loads, so that a browser asks for all at once.
const MODULES: [&str; 7] = [
    "shared/countdown",
    "shared/local-times",
    "shared/poller",
    "shared/server-time",
    "shared/text",
    "waitroom/alerts",
    "waitroom/stream",
];
/// What the queue page's script says.
const PATTERNS: [&str; 9] = [
    "wait-a-minute",
    "wait-up-to",
    "wait-unknown",
    "spoken-position",
    "spoken-left",
    "spoken-opens",
    "title-called",
    "back-online",
    "alert-refused",
];

/// A language that the page can be read in.
struct LanguageLink {
    tag: &'static str,
    name: &'static str,
    url: String,
    is_current: bool,
}

/// The ways to this page in these languages; none where there is no choice.
fn language_links(
    path: &str,
    return_to: Option<&Url>,
    offered: &[Language],
    current: Language,
) -> Vec<LanguageLink> {
    let link = |language: Language| {
        let mut query = Serializer::new(String::new());
        if let Some(url) = return_to {
            query.append_pair("return_to", url.as_str());
        }
        let query = query.append_pair("lang", language.tag()).finish();
        LanguageLink {
            tag: language.tag(),
            name: language.own_name(),
            url: format!("{path}?{query}"),
            is_current: language == current,
        }
    };
    let offered = if offered.is_empty() { &Language::ALL } else { offered };
    if offered.len() < 2 { Vec::new() } else { offered.iter().copied().map(link).collect() }
}

/// A time as a page without script shows it.
fn moment(say: &Words, time: &Timestamp) -> String {
    let format =
        if say.language() == Language::English { "%-d %B %Y, %H:%M UTC" } else { "%Y-%m-%d %H:%M UTC" };
    time.strftime(format).to_string()
}

/// All drops.
#[derive(Template)]
#[template(path = "drops.html")]
pub(super) struct DropsPage {
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
    pub(super) fn of(drops: Vec<DropStatus>, say: &'static Words) -> Self {
        let tile = |drop: DropStatus| DropTile {
            slug: drop.drop.to_string(),
            title: drop.title,
            state: drop.state,
            opens_at: drop.opens_at,
        };
        let languages = language_links("/", None, &[], say.language());
        Self { say, languages, drops: drops.into_iter().map(tile).collect() }
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
    say: &'static Words,
    languages: Vec<LanguageLink>,
    /// How the drop looks.
    pub(super) brand: Brand,
    /// Which sections are shown.
    pub(super) view: View,
    /// Whether the line could not be asked.
    pub(super) is_offline: bool,
    drop: DropHead,
    now: Timestamp,
    refresh_s: Option<u64>,
    position: String,
    ahead: String,
    queue_length: String,
    seats_left: Option<String>,
    honest: &'static str,
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
    pub(super) fn of(
        drop: DropStatus,
        now: Timestamp,
        (way_out, return_to): (WayOut, Option<Url>),
        (say, offered): (&'static Words, &[Language]),
    ) -> Self {
        let language = say.language();
        let view = match drop.state {
            DropState::Scheduled => View::Scheduled,
            DropState::Lobby | DropState::Open | DropState::Paused | DropState::SoldOut => View::Join,
            DropState::Closed => View::Closed,
        };
        let path = format!("/q/{}", drop.drop);
        Self {
            say,
            languages: language_links(&path, return_to.as_ref(), offered, language),
            brand: Brand::default(),
            view,
            is_offline: false,
            now,
            refresh_s: view.refresh_s(0),
            position: number_or_dash(language, None),
            ahead: number_or_dash(language, None),
            queue_length: language.number(drop.waiting),
            seats_left: drop.seats_left.map(|seats| language.number(seats)),
            honest: "",
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
        let language = self.say.language();
        self.position = number_or_dash(language, place.position);
        self.ahead = number_or_dash(language, place.ahead);
        self.queue_length = language.number(place.queue_length);
        self.seats_left = place.seats_left.map(|seats| language.number(seats));
        self.honest = honest(place);
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

fn number_or_dash(language: Language, value: Option<u64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| language.number(value))
}

/// What has to be said about the seats: that there are none now, or fewer than people ahead. `queue.js` has the same rules.
fn honest(place: &Place) -> &'static str {
    match (place.state, place.seats_left, place.ahead) {
        (PlaceState::SoldOut, _, _) | (_, None, _) => "",
        (_, Some(0), _) => "none",
        (_, Some(seats), Some(ahead)) if seats <= ahead => "few",
        _ => "",
    }
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
        let Some(Eta { low_s, high_s }) = eta else { return Self { kind: "wait-unknown", low: 0, high: 0 } };
        let range = |unit_s| (low_s / unit_s, high_s.div_ceil(unit_s));
        let (up_to, between, (low, high)) = match range(60) {
            (low, high) if high <= 1 => return Self { kind: "wait-a-minute", low, high },
            (_, high) if high > 90 => ("wait-up-to-hours", "wait-hours", range(3600)),
            minutes => ("wait-up-to-minutes", "wait-minutes", minutes),
        };
        Self { kind: if low < 1 || low == high { up_to } else { between }, low, high }
    }

    fn text(&self, say: &Words) -> String {
        say.count(self.kind, &[("low", self.low), ("high", self.high)])
    }
}

#[cfg(test)]
mod tests;
