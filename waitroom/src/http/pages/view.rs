//! What the list of drops and the queue page show, as their templates take it.

mod drops;
mod section;
mod standing;

use askama::Template;
use jiff::Timestamp;
use shared::pages::{Language, LanguageLink, Words, language_links};
use url::Url;
use url::form_urlencoded::Serializer;

pub(super) use self::drops::DropsPage;
pub(super) use self::section::View;
use self::standing::{Wait, honest};
use super::brand::Brand;
use crate::domain::place::Place;
use crate::http::drops::DropStatus;
use crate::http::shown::Shown;

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
    /// Whether the place is open on another device too.
    pub(super) is_elsewhere: bool,
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
        let view = View::of_drop(drop.state);
        let path = format!("/q/{}", drop.drop);
        let query: Vec<(&str, &str)> = return_to.iter().map(|url| ("return_to", url.as_str())).collect();
        let languages = language_links(&path, &query, offered, language);
        Self {
            say,
            languages,
            brand: Brand::default(),
            view,
            is_elsewhere: false,
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

#[cfg(test)]
mod tests;
