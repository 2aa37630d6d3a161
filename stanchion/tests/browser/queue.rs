//! The queue page in all its states: in other languages, in several tabs, without a connection, without script.

use std::time::Duration;

use harness::actors::{Operator, Visitor};
use harness::proxy::Proxy;
use jiff::SignedDuration;
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::pages::Language;

use crate::installation::Installation;
use harness::browser::{Browser, Window};

/// Counts what a page does that nobody can see: streams it opens, tones, notifications.
const COUNTERS: &str = "
    window.streams = 0; window.tones = 0; window.notes = [];
    const Stream = window.EventSource;
    window.EventSource = class extends Stream { constructor(url) { super(url); window.streams += 1; } };
    const begin = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (at) { window.tones += 1; begin.call(this, at); };
    class Note { constructor(title, { body }) { window.notes.push(`${title}: ${body}`); } }
    Note.permission = 'granted';
    Note.requestPermission = async () => 'granted';
    window.Notification = Note;
    ServiceWorkerRegistration.prototype.showNotification = async (title, { body }) => {
      window.notes.push(`worker: ${title}: ${body}`);
    };
    Object.defineProperty(document, 'hidden', { get: () => window.isAway === true });
";

/// Phones let a page make no notification of its own.
const LIKE_A_PHONE: &str = "
    class Refused { constructor() { throw new TypeError('Illegal constructor'); } }
    Refused.permission = 'granted';
    window.Notification = Refused;
    window.isAway = true;
";

/// Makes a drop with these settings besides, open or not.
pub async fn drop(operator: &Operator, slug: &str, settings: Value, is_open: bool) {
    let mut drop =
        json!({ "slug": slug, "title": "Midnight premiere", "rate_per_minute": 6000, "burst": 100 });
    drop.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    operator.create_drop(drop).await.expect(201);
    if is_open {
        operator.open(slug).await.expect(200);
    }
}

/// Somebody who is in the shop, so that nobody else is let in.
pub async fn fill(installation: &Installation, slug: &str) {
    let visitor = Visitor::new(installation.waitroom().trim_end_matches('/'), slug);
    visitor.join().await;
    visitor.wait_until("called", Duration::from_secs(30)).await;
    visitor.claim().await.expect(200);
}

pub fn page(installation: &Installation, slug: &str) -> String {
    format!("{}q/{slug}", installation.waitroom())
}

/// Changes settings of a drop.
pub async fn patch(operator: &Operator, slug: &str, changes: Value) {
    let (etag, _) = operator.get_drop(slug).await;
    operator.patch_drop(slug, &etag, changes).await.expect(200);
}

#[tokio::test]
async fn two_tabs_share_a_stream_and_a_lost_connection_comes_back_before_the_turn_does() {
    let installation = Installation::start().await;
    let operator = installation.operator();
    // The turn is so short that its first warning comes at once.
    drop(&operator, "small", json!({ "max_active": 1, "claim_window_s": 62, "on_lapse": "keep" }), true)
        .await;
    fill(&installation, "small").await;
    let way = Proxy::start(&installation.waitroom()).await;
    let address = way.url(&page(&installation, "small"));
    let browser = Browser::start(Window::Desktop).await;
    browser.prepare(COUNTERS).await;
    browser.open(&address).await;
    browser.wait_for("main[data-view='waiting']").await;
    browser.see("Your position").await;
    browser.is_for_everybody("queue-waiting").await;
    browser.click("label:has(input[name='sound'])").await;
    browser.click("label:has(input[name='notification'])").await;
    browser.wait_until("return window.tones >= 2").await;

    let first = browser.second_tab().await;
    browser.prepare(COUNTERS).await;
    browser.prepare(LIKE_A_PHONE).await;
    browser.open(&address).await;
    browser.wait_for("main[data-view='waiting']").await;
    patch(&operator, "small", json!({ "message": "The doors stick a little." })).await;
    browser.see("The doors stick a little.").await;
    assert_eq!(browser.eval("return window.streams").await, 0, "the second tab follows the first");
    let kept = "return [document.querySelector('[name=sound]').checked, document.querySelector('[name=speak_s]').value]";
    assert_eq!(browser.eval(kept).await, json!([true, "60"]), "the choice is remembered");
    let second = browser.go_to_tab(&first).await;
    browser.see("The doors stick a little.").await;
    assert_eq!(browser.eval("return window.streams").await, 1);

    way.cut().await;
    browser.see("We cannot reach the line").await;
    way.heal().await;
    browser.wait_for("[data-offline][hidden]").await;
    browser
        .wait_until(
            "return document.querySelector('[data-announce]').textContent.includes('connection is back')",
        )
        .await;

    browser.eval("window.isAway = true; return 1").await;
    patch(&operator, "small", json!({ "max_active": 2 })).await;
    browser.wait_for("main[data-view='called']").await;
    browser.see("It is your turn").await;
    browser.see("Your turn came while you were away").await;
    let note = browser.eval("return window.notes[0]").await;
    assert_eq!(note, "It is your turn: Enter the shop now, before your turn goes to somebody else.");
    browser.wait_until("return document.title.startsWith('Your turn · ')").await;
    browser.wait_for("time[data-warning]").await;
    browser
        .wait_until(
            "return document.querySelector('[data-alarm]').textContent.includes('left to enter the shop')",
        )
        .await;
    assert!(browser.eval("return window.tones").await.as_u64() >= Some(5));
    browser.fits("queue-called-desktop").await;
    browser.go_to_tab(&second).await;
    browser.wait_for("main[data-view='called']").await;
    browser.wait_until("return window.notes[0].startsWith('worker: It is your turn: ')").await;
    browser.close().await;
}

#[tokio::test]
async fn right_to_left_and_long_words_fit_a_phone_in_every_state() {
    let installation = Installation::start().await;
    let operator = installation.operator();
    let now = Clock::System.now();
    let later = now + SignedDuration::from_hours(1);
    drop(&operator, "later", json!({ "lobby_opens_at": later, "opens_at": later }), false).await;
    drop(&operator, "lobby", json!({ "lobby_opens_at": now, "opens_at": later }), false).await;
    drop(&operator, "full", json!({ "max_active": 1, "message": "Bitte Geduld." }), true).await;
    fill(&installation, "full").await;
    drop(&operator, "brief", json!({ "claim_window_s": 1, "on_lapse": "drop" }), true).await;
    let browser = Browser::start(Window::Phone).await;
    for (language, joined, waits) in
        [("ar", "أنت في الردهة", "أنت في الطابور"), ("de", "Du bist in der Lobby", "Du stehst an")]
    {
        browser.open(&format!("{}?lang={language}", page(&installation, "later"))).await;
        browser.wait_for("section:not([hidden])[data-when='scheduled']").await;
        browser.fits(&format!("queue-scheduled-{language}")).await;
        // The choice is remembered.
        browser.open(&page(&installation, "lobby")).await;
        browser.see(joined).await;
        browser
            .wait_until(
                "return /^(\\d+:)?\\d+:\\d\\d$/.test(document.querySelector('time[data-opens]').textContent)",
            )
            .await;
        browser.fits(&format!("queue-lobby-{language}")).await;
        browser.open(&page(&installation, "full")).await;
        browser.see(waits).await;
        browser.wait_until("return document.querySelector('[data-field=updated_at]').textContent").await;
        browser.fits(&format!("queue-waiting-{language}")).await;
        let direction = browser.eval("return getComputedStyle(document.body).direction").await;
        assert_eq!(direction, if language == "ar" { "rtl" } else { "ltr" });
    }
    operator.pause("full").await.expect(200);
    browser.see("Die Schlange ist angehalten").await;
    browser.fits("queue-paused-de").await;
    operator.close("full").await.expect(200);
    browser.see("Dieser Drop ist vorbei").await;
    browser.open(&page(&installation, "brief")).await;
    browser.see("Deine Reihe ist verstrichen").await;
    browser.fits("queue-lapsed-de").await;
    for language in Language::ALL {
        let script = format!("return new Intl.NumberFormat('{}-u-nu-latn').format(1234567)", language.tag());
        assert_eq!(
            browser.eval(&script).await,
            language.number(1_234_567),
            "script and server write the same"
        );
    }
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.close().await;
}

#[tokio::test]
async fn the_queue_works_without_script_in_another_language() {
    let installation = Installation::start().await;
    let operator = installation.operator();
    drop(&operator, "full", json!({ "max_active": 1 }), true).await;
    fill(&installation, "full").await;
    let browser = Browser::start(Window::PhoneWithoutScript).await;
    browser.open(&page(&installation, "full")).await;
    browser.click("footer a[hreflang='fr']").await;
    browser.click("section[data-when='join'] button").await;
    browser.see("Vous êtes dans la file").await;
    browser.see("Personnes devant vous").await;
    browser.click("details summary").await;
    browser.click("form[action$='/leave'] button").await;
    browser.see("Vous avez quitté la file").await;
    browser.click("section[data-when='left'] button").await;
    browser.see("Vous êtes dans la file").await;
    // The page renews itself.
    patch(&operator, "full", json!({ "max_active": 2 })).await;
    browser.see("C’est votre tour").await;
    browser.click("form[action$='/claim'] button").await;
    browser.see("Il n’y a rien ici").await;
    browser.close().await;
}
