//! The languages of the pages: which there are, how each writes numbers, and which one a reader wants.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::header::ACCEPT_LANGUAGE;
use http::request::Parts;
use http::{HeaderMap, Uri};
use serde::{Deserialize, Serialize};
use url::form_urlencoded;
use utoipa::ToSchema;

use crate::http::cookie;

/// The cookie that remembers the choice.
const COOKIE: &str = "lang";
/// Nobody reads more languages; whoever names more is not a reader.
const MAX_ACCEPTED: usize = 32;

/// A language of the pages, by its BCP 47 tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
pub enum Language {
    /// English.
    #[serde(rename = "en")]
    English,
    /// German.
    #[serde(rename = "de")]
    German,
    /// French.
    #[serde(rename = "fr")]
    French,
    /// Spanish.
    #[serde(rename = "es")]
    Spanish,
    /// Portuguese.
    #[serde(rename = "pt")]
    Portuguese,
    /// Arabic.
    #[serde(rename = "ar")]
    Arabic,
    /// Hindi.
    #[serde(rename = "hi")]
    Hindi,
    /// Japanese.
    #[serde(rename = "ja")]
    Japanese,
}

impl Language {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 8] = [
        Self::English,
        Self::German,
        Self::French,
        Self::Spanish,
        Self::Portuguese,
        Self::Arabic,
        Self::Hindi,
        Self::Japanese,
    ];

    /// Its BCP 47 tag, for `lang` attributes.
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
            Self::French => "fr",
            Self::Spanish => "es",
            Self::Portuguese => "pt",
            Self::Arabic => "ar",
            Self::Hindi => "hi",
            Self::Japanese => "ja",
        }
    }

    /// What its readers call it.
    pub fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
            Self::French => "Français",
            Self::Spanish => "Español",
            Self::Portuguese => "Português",
            Self::Arabic => "العربية",
            Self::Hindi => "हिन्दी",
            Self::Japanese => "日本語",
        }
    }

    /// `ltr` or `rtl`, for `dir` attributes.
    pub fn direction(self) -> &'static str {
        if self == Self::Arabic { "rtl" } else { "ltr" }
    }

    /// The language that a tag such as `de-AT` belongs to.
    pub fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.trim().split(['-', '_']).next()?;
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(primary))
    }

    /// A whole number with the language's grouping, as `Intl.NumberFormat` writes it with Latin digits (CLDR 46).
    pub fn number(self, value: u64) -> String {
        let separator = match self {
            Self::English | Self::Arabic | Self::Hindi | Self::Japanese => ",",
            Self::German | Self::Spanish | Self::Portuguese => ".",
            Self::French => "\u{202f}",
        };
        let digits = value.to_string();
        if self == Self::Spanish && digits.len() <= 4 {
            return digits;
        }
        let mut text = String::with_capacity(digits.len() * 2);
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && self.groups_before(digits.len() - index) {
                text.push_str(separator);
            }
            text.push(digit);
        }
        text
    }

    /// Whether a separator stands before the last so many digits: lakhs and crores have two digits a group.
    fn groups_before(self, digits: usize) -> bool {
        if self == Self::Hindi {
            digits == 3 || (digits > 3 && digits % 2 == 1)
        } else {
            digits.is_multiple_of(3)
        }
    }
}

/// What is known of the languages a reader wants: what the address asks for with `?lang=`, what a cookie remembers, and
/// what the browser accepts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reader {
    asked: Option<Language>,
    remembered: Option<Language>,
    accepted: Vec<Language>,
}

impl Reader {
    /// What a request says.
    pub fn of(uri: &Uri, headers: &HeaderMap) -> Self {
        let query = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
        let asked = query.into_iter().find(|(name, _)| name == "lang");
        Self {
            asked: asked.and_then(|(_, tag)| Language::of_tag(&tag)),
            remembered: cookie(headers, COOKIE).and_then(|tag| Language::of_tag(&tag)),
            accepted: accepted(headers),
        }
    }

    /// The language to write in: the best of those that are offered, of all where the list is empty. Who wants none of
    /// them gets the first.
    pub fn language(&self, offered: &[Language]) -> Language {
        let offered = if offered.is_empty() { &Language::ALL } else { offered };
        let wanted = self.asked.iter().chain(&self.remembered).chain(&self.accepted);
        wanted.copied().find(|language| offered.contains(language)).unwrap_or(offered[0])
    }

    /// The cookie that remembers what the address asked for: name and value.
    pub fn choice(&self) -> Option<(&'static str, &'static str)> {
        self.asked.filter(|asked| self.remembered != Some(*asked)).map(|asked| (COOKIE, asked.tag()))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Reader {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.uri, &parts.headers))
    }
}

/// The languages of `Accept-Language` (RFC 9110 section 12.5.4) that there are, the most wanted first.
fn accepted(headers: &HeaderMap) -> Vec<Language> {
    let values = headers.get_all(ACCEPT_LANGUAGE).iter().filter_map(|value| value.to_str().ok());
    let ranges = values.flat_map(|value| value.split(',')).take(MAX_ACCEPTED);
    let mut wanted: Vec<(Language, f32)> = ranges
        .filter_map(|range| {
            let (tag, weight) = range.split_once(';').unwrap_or((range, "q=1"));
            let weight = weight.trim().strip_prefix("q=")?.parse::<f32>().ok()?;
            (weight > 0.0).then_some((Language::of_tag(tag)?, weight))
        })
        .collect();
    wanted.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    wanted.into_iter().map(|(language, _)| language).collect()
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn reader(uri: &str, accept: &str, cookie: &str) -> Reader {
        let request = Request::get(uri).header(ACCEPT_LANGUAGE, accept).header("cookie", cookie);
        let (parts, ()) = request.body(()).unwrap().into_parts();
        Reader::of(&parts.uri, &parts.headers)
    }

    #[test]
    fn the_browsers_most_wanted_language_is_taken() {
        let chosen = |accept| reader("/q/one", accept, "").language(&[]);
        assert_eq!(chosen("de-AT, en;q=0.8"), Language::German);
        assert_eq!(chosen("en;q=0.3, ja;q=0.9, *;q=0.1"), Language::Japanese);
        assert_eq!(chosen("sv, pt-BR;q=0.5, en;q=0.4"), Language::Portuguese);
        assert_eq!(chosen("fr;q=0, sv"), Language::English);
        assert_eq!(chosen("q=;;,,x"), Language::English);
    }

    #[test]
    fn a_choice_comes_before_what_the_browser_accepts_and_is_remembered() {
        let asked = reader("/q/one?return_to=x&lang=ar", "de", "lang=fr");
        assert_eq!(asked.language(&[]), Language::Arabic);
        assert_eq!(asked.choice(), Some(("lang", "ar")));
        let remembered = reader("/q/one", "de", "lang=fr");
        assert_eq!((remembered.language(&[]), remembered.choice()), (Language::French, None));
        assert_eq!(reader("/q/one?lang=xx", "de", "").choice(), None);
    }

    #[test]
    fn only_what_is_offered_is_taken_and_the_first_is_for_everybody_else() {
        let offered = [Language::Spanish, Language::English];
        assert_eq!(reader("/", "de, en;q=0.1", "lang=ja").language(&offered), Language::English);
        assert_eq!(reader("/?lang=fr", "de", "").language(&offered), Language::Spanish);
    }

    #[test]
    fn numbers_are_grouped_as_each_language_does() {
        let of = |language: Language| [7, 1_234, 1_234_567].map(|value| language.number(value));
        assert_eq!(of(Language::English), ["7", "1,234", "1,234,567"]);
        assert_eq!(of(Language::German), ["7", "1.234", "1.234.567"]);
        assert_eq!(of(Language::French), ["7", "1\u{202f}234", "1\u{202f}234\u{202f}567"]);
        assert_eq!(of(Language::Spanish), ["7", "1234", "1.234.567"]);
        assert_eq!(of(Language::Hindi), ["7", "1,234", "12,34,567"]);
    }
}
