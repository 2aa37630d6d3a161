//! The page of a draw: what it is, what it proves and what not, and its numbers.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use jiff::Timestamp;
use shared::pages::{LanguageLink, Reader, Words, language_links, page};

use super::super::caller::OfDrop;
use super::Draw;
use crate::app::AppState;
use crate::domain::drop::Drop;
use crate::http::pages::brand::Brand;
use crate::words;

/// The page of a drop's draw.
pub(in crate::http) async fn show(
    State(app): State<AppState>,
    OfDrop(known): OfDrop,
    reader: Reader,
) -> Response {
    let say = words::for_reader(&known.drop, &reader);
    page(StatusCode::OK, &DrawPage::of(&known.drop, app.clock.now(), &app.config.issuer(), say))
}

/// The draw of a drop.
#[derive(Template)]
#[template(path = "draw.html")]
struct DrawPage {
    say: &'static Words,
    languages: Vec<LanguageLink>,
    title: String,
    brand: Brand,
    draw: Draw,
    opens_at: Option<Timestamp>,
    has_opened: bool,
    /// What to give to `stanchion verify-draw`.
    url: String,
}

impl DrawPage {
    fn of(drop: &Drop, now: Timestamp, public_url: &str, say: &'static Words) -> Self {
        let (slug, offered) = (&drop.slug, &drop.settings.languages);
        Self {
            say,
            languages: language_links(&format!("/q/{slug}/draw"), &[], offered, say.language()),
            title: drop.settings.title.clone(),
            brand: Brand::of(drop),
            draw: Draw::of(drop, now),
            opens_at: drop.settings.opens_at,
            has_opened: drop.has_opened(now),
            url: format!("{}/q/{slug}", public_url.trim_end_matches('/')),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan as _;
    use shared::pages::Language;
    use uuid::Uuid;

    use super::*;
    use crate::domain::drop::Roster;
    use crate::domain::drop::tests::{now, sample};

    fn html(drop: &Drop, now: Timestamp) -> String {
        html_in(Language::English, drop, now)
    }

    fn html_in(language: Language, drop: &Drop, now: Timestamp) -> String {
        let say = words::in_language(language);
        DrawPage::of(drop, now, "http://waitroom.test/", say).render().unwrap()
    }

    #[test]
    fn before_opening_the_page_shows_the_commitment_and_no_secret() {
        let drop = sample();
        let html = html(&drop, now());
        assert!(html.contains(&drop.seed.commitment()));
        assert!(!html.contains(&drop.seed.reveal()));
        assert!(html.contains("stanchion verify-draw http://waitroom.test/q/premiere"), "{html}");
    }

    #[test]
    fn after_opening_it_shows_the_digest_and_a_moment_later_the_seed() {
        let mut drop = sample();
        drop.settings.opens_at = Some(now());
        drop.settings.salt_source = Some("Round <7> of the beacon".to_owned());
        drop.settings.salt = Some("b1a5".to_owned());
        drop.roster = Some(Roster { id: Uuid::nil(), sha256: [0xab; 32], count: 12, stored_at: now() });
        let first = html(&drop, now());
        assert!(first.contains(&"ab".repeat(32)) && !first.contains(&drop.seed.reveal()), "{first}");
        assert!(first.contains("b1a5") && !first.contains("<7>"), "{first}");
        let later = html(&drop, now() + 2.seconds());
        assert!(later.contains(&drop.seed.reveal()) && later.contains("/v1/drops/premiere/draw/roster"));
    }

    #[test]
    fn the_page_is_in_every_language_with_a_salt_and_without() {
        let mut salted = sample();
        salted.settings.salt_source = Some("a beacon".to_owned());
        for drop in [sample(), salted] {
            for language in Language::ALL {
                let html = html_in(language, &drop, now());
                let frame = format!("<html lang=\"{}\" dir=\"{}\">", language.tag(), language.direction());
                assert!(html.contains(&frame) && !html.contains("draw-"), "{html}");
                let is_english = language == Language::English;
                for message in ["draw-lead", "draw-how-seed", "draw-later", "draw-says-not", "help-back"] {
                    let english = html.contains(&words::in_language(Language::English).text(message));
                    assert_eq!(english, is_english, "{language:?}: {message}");
                }
            }
        }
    }
}
