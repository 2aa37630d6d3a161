use shared::http::asset_response;
use uuid::Uuid;

use super::*;
use crate::domain::drop::DropState;
use crate::domain::place::{Eta, PlaceId, PlaceState};
use crate::http::draw::DrawStatus;
use crate::http::pages::Asset;
use crate::words::in_language;

const STATES: [PlaceState; 10] = [
    PlaceState::Lobby,
    PlaceState::Waiting,
    PlaceState::Called,
    PlaceState::Admitted,
    PlaceState::Lapsed,
    PlaceState::Left,
    PlaceState::Finished,
    PlaceState::Paused,
    PlaceState::SoldOut,
    PlaceState::Closed,
];

fn now() -> Timestamp {
    "2026-11-21T20:00:00Z".parse().unwrap()
}

fn sample_drop(state: DropState) -> DropStatus {
    DropStatus {
        drop: "midnight-premiere".parse().unwrap(),
        title: "Midnight <premiere>".to_owned(),
        state,
        lobby_opens_at: Some(now()),
        opens_at: Some(now()),
        closes_at: None,
        waiting: 1234,
        active: 20,
        rate_per_minute: 60,
        seats_left: Some(12),
        message: "The second hall opens at nine.".to_owned(),
        draw: DrawStatus { commitment: "c0".to_owned(), seed: None, salt: None },
        epoch: 0,
        frontier: None,
        ranks: None,
        track_below: None,
        updated_at: now(),
    }
}

fn sample_place(state: PlaceState) -> Place {
    Place {
        place_id: PlaceId(Uuid::from_u128(7)),
        drop: "midnight-premiere".parse().unwrap(),
        state,
        position: Some(1235),
        ahead: Some(1234),
        queue_length: 2000,
        progress: 0.4,
        eta: Some(Eta { low_s: 240, high_s: 400 }),
        poll_after_ms: 9_400,
        seats_left: Some(12),
        message: String::new(),
        opens_at: Some(now()),
        called_until: (state == PlaceState::Called).then(now),
        score: None,
        updated_at: now(),
    }
}

fn sample(state: DropState) -> QueuePage {
    sample_in(Language::English, state)
}

fn sample_in(language: Language, state: DropState) -> QueuePage {
    let wish = Url::parse("http://shop.test/shows/7").unwrap();
    QueuePage::of(
        sample_drop(state),
        now(),
        (WayOut::Shop("http://shop.test/drops/midnight-premiere".to_owned()), Some(wish)),
        (in_language(language), &[]),
    )
}

fn visible_headings(html: &str) -> Vec<&str> {
    let sections = html.split("<section").skip(1).filter(|section| {
        let (tag, _) = section.split_once('>').unwrap();
        !tag.ends_with(" hidden")
    });
    sections.map(|section| section.split("<h2>").nth(1).unwrap().split("</h2>").next().unwrap()).collect()
}

#[test]
fn every_state_of_a_place_has_exactly_one_section_in_every_language() {
    for language in Language::ALL {
        for state in STATES {
            let mut page = sample_in(language, DropState::Open);
            page.stand(&sample_place(state), None);
            let html = page.render().unwrap();
            assert_eq!(visible_headings(&html).len(), 1, "{state:?}");
            let frame = format!("<html lang=\"{}\" dir=\"{}\">", language.tag(), language.direction());
            assert!(html.contains(&frame), "{html}");
            let current = format!("aria-current=\"true\">{}<", language.own_name());
            assert_eq!(html.matches(&current).count(), 1, "{language:?}");
        }
    }
}

#[test]
fn a_page_in_another_language_says_nothing_in_english() {
    let english = in_language(Language::English);
    for language in Language::ALL.into_iter().filter(|language| *language != Language::English) {
        let mut page = sample_in(language, DropState::Open);
        page.stand(&sample_place(PlaceState::Waiting), None);
        let html = page.render().unwrap();
        for message in [
            "waiting",
            "waiting-advice",
            "ahead",
            "progress",
            "leave-now",
            "few-seats",
            "skip",
            "without-script",
        ] {
            assert!(!html.contains(&english.text(message)), "{language:?}: {message}");
            assert!(html.contains(&in_language(language).text(message)), "{language:?}: {message}");
        }
    }
}

#[test]
fn every_state_of_a_drop_has_a_page_for_somebody_without_a_place() {
    let headings = [
        (DropState::Scheduled, "The doors are not open yet"),
        (DropState::Lobby, "Join the line"),
        (DropState::Open, "Join the line"),
        (DropState::Paused, "Join the line"),
        (DropState::SoldOut, "Join the line"),
        (DropState::Closed, "This drop is over"),
    ];
    for (state, heading) in headings {
        assert_eq!(visible_headings(&sample(state).render().unwrap()), [heading]);
    }
}

#[test]
fn somebody_in_line_reads_position_wait_and_when_it_was_true() {
    let mut page = sample(DropState::Open);
    page.stand(&sample_place(PlaceState::Waiting), "3.1.1235".parse().ok());
    let html = page.render().unwrap();
    for text in [
        ">1,235<",
        ">1,234<",
        ">4–7 minutes<",
        "20:00:00 UTC",
        "content=\"10; url=/q/midnight-premiere?return_to=http%3A%2F%2Fshop.test%2Fshows%2F7&#38;seen=3.1.1235\"",
        "Midnight &#60;premiere&#62;",
    ] {
        assert!(html.contains(text), "{text} is missing in {html}");
    }
}

#[test]
fn who_came_from_another_site_finds_the_way_back() {
    let site = Url::parse("https://partner.example/film").unwrap();
    let mut page = sample(DropState::Open);
    page.way_out = WayOut::Back(site);
    let html = page.render().unwrap();
    assert!(html.contains(
        "<a class=\"button quiet\" href=\"https://partner.example/film\">Back to partner.example</a>"
    ));
    assert!(!html.contains("See what is on sale"));
}

#[test]
fn a_page_that_waits_for_its_reader_does_not_renew_itself() {
    let mut page = sample(DropState::Open);
    assert!(!page.render().unwrap().contains("http-equiv"));
    page.stand(&sample_place(PlaceState::Left), None);
    assert!(!page.render().unwrap().contains("http-equiv"));
}

#[test]
fn the_wish_goes_with_joining_and_claiming() {
    let html = sample(DropState::Open).render().unwrap();
    assert_eq!(
        html.matches("value=\"http://shop.test/shows/7\"").count(),
        html.matches("name=\"return_to\"").count()
    );
    assert!(html.matches("name=\"return_to\"").count() >= 2);
}

#[test]
fn nothing_is_inline_or_foreign() {
    let html = sample(DropState::Open).render().unwrap();
    assert!(!html.contains("style=") && !html.contains(" onclick") && !html.contains("src=\"http"), "{html}");
}

#[test]
fn the_list_names_every_drop_in_every_language() {
    for language in Language::ALL {
        let say = in_language(language);
        let drops = vec![sample_drop(DropState::Open), sample_drop(DropState::Lobby)];
        let html = DropsPage::of(drops, say).render().unwrap();
        assert_eq!(html.matches("href=\"/q/midnight-premiere\"").count(), 2);
        assert!(html.contains(&say.text("state-lobby")), "{html}");
        assert!(DropsPage::of(vec![], say).render().unwrap().contains(&say.text("drops-none")));
    }
}

#[test]
fn the_languages_lead_to_the_same_page_and_narrow_to_what_is_offered() {
    let html = sample(DropState::Open).render().unwrap();
    let german = "href=\"/q/midnight-premiere?return_to=http%3A%2F%2Fshop.test%2Fshows%2F7&#38;lang=de\"";
    assert_eq!(html.matches(german).count(), 1, "{html}");
    assert_eq!(html.matches("hreflang=").count() - html.matches("hreflang=\"en\"").count(), 7);
    let way_out = || (WayOut::Shop(String::new()), None);
    let offered = [Language::English];
    let say = (in_language(Language::English), &offered[..]);
    let html = QueuePage::of(sample_drop(DropState::Open), now(), way_out(), say).render().unwrap();
    assert!(!html.contains("?lang="), "no choice, no links: {html}");
}

#[test]
fn seats_are_told_honestly() {
    let told = |state, seats_left, ahead| {
        let place = Place { ahead, seats_left, ..sample_place(state) };
        honest(&place)
    };
    assert_eq!(told(PlaceState::Waiting, Some(12), Some(12)), "few");
    assert_eq!(told(PlaceState::Waiting, Some(13), Some(12)), "");
    assert_eq!(told(PlaceState::Paused, Some(0), Some(12)), "none");
    assert_eq!(told(PlaceState::Waiting, None, Some(12)), "");
    assert_eq!(told(PlaceState::SoldOut, Some(0), Some(12)), "");
}

#[test]
fn what_a_script_fills_in_has_its_gaps_in_every_language() {
    for language in Language::ALL {
        let html = sample_in(language, DropState::Open).render().unwrap();
        for gap in ["{position}", "{wait}", "{time}"] {
            assert!(html.contains(gap), "{language:?}: {gap}");
        }
        assert!(!html.contains("{$") && !html.contains("{ $"), "{language:?}");
    }
}

/// HTML, styles, scripts and pictures together, each compressed as it is sent.
#[test]
fn the_page_with_everything_it_loads_has_less_than_fourteen_kilobytes() {
    for language in Language::ALL {
        let mut page = sample_in(language, DropState::Open);
        page.stand(&sample_place(PlaceState::Waiting), "3.1.1235".parse().ok());
        let html = page.render().unwrap();
        let mut sizes = vec![("the page", compressed(html.as_bytes()))];
        for part in html.split(['"', ' ']).filter(|part| part.starts_with("/assets/")) {
            let headers = http::HeaderMap::new();
            let response = match part.strip_prefix("/assets/shared/") {
                Some(path) => asset_response::<shared::http::Asset>(path, &headers),
                None => asset_response::<Asset>(part.strip_prefix("/assets/waitroom/").unwrap(), &headers),
            };
            if !sizes.iter().any(|(known, _)| *known == part) {
                sizes.push((part, compressed(&body(response))));
            }
        }
        let total: usize = sizes.iter().map(|(_, size)| size).sum();
        println!("{language:?}: {total} bytes");
        assert!(total < 14_000, "{language:?}: {total} bytes: {sizes:?}");
        assert!(sizes.len() >= 10, "{sizes:?}");
    }
}

fn body(response: axum::response::Response) -> Vec<u8> {
    use futures::FutureExt as _;
    assert!(response.status().is_success());
    let body = axum::body::to_bytes(response.into_body(), usize::MAX);
    body.now_or_never().expect("an asset is there at once").unwrap().to_vec()
}

fn compressed(bytes: &[u8]) -> usize {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap().len()
}

#[test]
fn waits_are_told_in_minutes_and_hours() {
    let kind = |low_s, high_s| {
        let wait = Wait::of(Some(Eta { low_s, high_s }));
        (wait.kind, wait.low, wait.high)
    };
    assert_eq!(kind(10, 60), ("wait-a-minute", 0, 1));
    assert_eq!(kind(30, 61), ("wait-up-to-minutes", 0, 2));
    assert_eq!(kind(120, 120), ("wait-up-to-minutes", 2, 2));
    assert_eq!(kind(120, 200), ("wait-minutes", 2, 4));
    assert_eq!(kind(5400, 9000), ("wait-hours", 1, 3));
    assert_eq!(kind(3000, 7300), ("wait-up-to-hours", 0, 3));
    assert_eq!(Wait::of(None).kind, "wait-unknown");
}
