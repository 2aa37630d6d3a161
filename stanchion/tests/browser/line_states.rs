//! Every state of the line's pages, looked at once: by axe in light and dark, on a phone, with forced colours, with
//! reduced motion, and for the one thing to do next.

use std::time::Duration;

use harness::actors::Visitor;
use harness::eventually;
use harness::proxy::Proxy;
use jiff::SignedDuration;
use serde_json::json;
use shared::clock::Clock;
use shared::pages::Language;

use crate::installation::Installation;
use crate::queue::{drop, fill, page};
use harness::browser::{Browser, Key, Window};

const SOON: Duration = Duration::from_secs(30);
/// Somebody who looks elsewhere.
const AWAY: &str = "Object.defineProperty(document, 'hidden', { get: () => window.isAway === true });";
/// What can be pressed that is not quiet: the one next step.
const STEPS: &str =
    "return [...document.querySelectorAll('main button:not(.quiet), main a.button:not(.quiet)')]
    .filter((step) => step.checkVisibility()).map((step) => step.textContent.trim())";
const HEADINGS: &str = "return [...document.querySelectorAll('main > section[data-when]')]
    .filter((section) => section.checkVisibility()).length";

/// Looks at the page as it is now, from all sides.
async fn look(browser: &Browser, name: &str) {
    browser.fits(name).await;
    browser.prefer(&[("prefers-color-scheme", "dark"), ("prefers-reduced-motion", "reduce")]).await;
    browser.is_for_everybody(&format!("{name} in the dark")).await;
    assert_eq!(browser.eval("return document.getAnimations().length").await, 0, "{name}");
    browser.prefer(&[("forced-colors", "active")]).await;
    browser.press(Key::Tab).await;
    assert_eq!(browser.eval(include_str!("seen.js")).await, json!([]), "{name}");
    browser.keep_picture_as_it_is(name, "forced").await;
    browser.eval("document.activeElement.blur(); return 1").await;
    browser.prefer(&[]).await;
}

/// The same of a state of the queue page: one section, and this next step, or none where waiting is all there is to do.
async fn look_at_state(browser: &Browser, state: &str, step: Option<&str>) {
    browser.wait_for(&format!("main[data-view='{state}']")).await;
    assert_eq!(browser.eval(HEADINGS).await, 1, "{state} has one heading");
    let steps: Vec<&str> = step.into_iter().collect();
    assert_eq!(browser.eval(STEPS).await, json!(steps), "{state}");
    look(browser, &format!("queue-{state}")).await;
}

#[tokio::test]
async fn every_state_of_waiting_is_for_everybody() {
    let installation = Installation::start().await;
    let operator = installation.operator();
    let now = Clock::System.now();
    let later = now + SignedDuration::from_hours(1);
    drop(&operator, "later", json!({ "lobby_opens_at": later, "opens_at": later }), false).await;
    drop(&operator, "lobby", json!({ "lobby_opens_at": now, "opens_at": later }), false).await;
    drop(&operator, "full", json!({ "max_active": 1, "message": "The doors stick a little." }), true).await;
    fill(&installation, "full").await;
    let seats: Vec<String> =
        ["A", "B", "C"].iter().flat_map(|row| (1..=10).map(move |n| format!("{row}{n}"))).collect();
    let block = json!({ "block": seats, "reason": "a test" });
    installation
        .shop_operator()
        .create(&format!("shows/{}/seats", installation.show), block)
        .await
        .expect(200);

    let browser = Browser::start(Window::Phone).await;
    browser.open(&page(&installation, "later")).await;
    look_at_state(&browser, "scheduled", None).await;
    browser.open(&page(&installation, "lobby")).await;
    browser.wait_for("[data-opens-in]:not([hidden])").await;
    look_at_state(&browser, "lobby", None).await;
    browser.open(&page(&installation, "midnight-premiere")).await;
    look_at_state(&browser, "sold_out", None).await;

    let way = Proxy::start(&installation.waitroom()).await;
    browser.open(&way.url(&page(&installation, "full"))).await;
    look_at_state(&browser, "waiting", None).await;
    way.cut().await;
    browser.see("We cannot reach the line").await;
    look(&browser, "queue-offline").await;
    way.heal().await;
    browser.wait_for("[data-offline][hidden]").await;
    operator.pause("full").await.expect(200);
    look_at_state(&browser, "paused", None).await;

    // Without script the same is there to press, and the page says when it was true.
    let without = Browser::start(Window::PhoneWithoutScript).await;
    without.open(&page(&installation, "full")).await;
    without.keep_picture("queue-join-without-script").await;
    without.click("section[data-when='join'] button").await;
    without.see("The line is paused").await;
    without.keep_picture("queue-paused-without-script").await;
    operator.close("full").await.expect(200);
    without.open(&page(&installation, "full")).await;
    without.see("This drop is over").await;
    without.close().await;
    look_at_state(&browser, "closed", None).await;
    browser.close().await;
}

#[tokio::test]
async fn every_state_of_a_turn_is_for_everybody() {
    let installation = Installation::start().await;
    let operator = installation.operator();
    let turn = json!({ "max_active": 1, "claim_window_s": 600, "rejoin": false });
    drop(&operator, "turn", turn, true).await;
    drop(&operator, "brief", json!({ "claim_window_s": 1, "on_lapse": "drop" }), true).await;
    drop(&operator, "away", json!({ "max_active": 1, "claim_window_s": 600 }), true).await;
    drop(&operator, "again", json!({ "max_active": 1, "claim_window_s": 2 }), true).await;
    let (before, next) = (visitor(&installation, "away"), visitor(&installation, "again"));
    before.join().await.expect(201);
    before.wait_until("called", SOON).await;

    let browser = Browser::start(Window::Phone).await;
    browser.open(&page(&installation, "turn")).await;
    look_at_state(&browser, "called", Some("Enter the shop")).await;
    browser.click("form[action$='/claim'] button").await;
    browser.see("Nothing of this drop is on sale").await;
    browser.open(&page(&installation, "turn")).await;
    look_at_state(&browser, "admitted", Some("Go on to the shop")).await;
    let end = "const place = '/v1/drops/turn';
        return fetch(`${place}/places/me/admission`, { method: 'POST' }).then((r) => r.json())
          .then(({ admission_token }) => fetch(`${place}/admission/end`,
            { method: 'POST', headers: { Authorization: `Bearer ${admission_token}` } })).then((r) => r.status)";
    assert_eq!(browser.eval(end).await, 204);
    browser.open(&page(&installation, "turn")).await;
    look_at_state(&browser, "finished", None).await;

    browser.open(&page(&installation, "brief")).await;
    look_at_state(&browser, "lapsed", Some("Join the line again")).await;

    browser.prepare(AWAY).await;
    browser.open(&page(&installation, "away")).await;
    browser.wait_for("main[data-view='waiting']").await;
    browser.eval("window.isAway = true; return 1").await;
    before.leave().await.expect(204);
    browser.see("Your turn came while you were away").await;
    browser.eval("window.isAway = false; return 1").await;
    look(&browser, "queue-away").await;

    // Nobody entered in time, and somebody else did.
    browser.open(&page(&installation, "again")).await;
    browser.wait_for("main[data-view='called']").await;
    next.join().await.expect(201);
    eventually(SOON, || async {
        next.place().await;
        let claimed = next.claim().await;
        if claimed.status == 200 { Ok(()) } else { Err(claimed.body) }
    })
    .await;
    browser.see("You have a new place in line").await;
    look_at_state(&browser, "waiting", None).await;
    browser.close().await;
}

fn visitor(installation: &Installation, drop: &str) -> Visitor {
    Visitor::new(installation.waitroom().trim_end_matches('/'), drop)
}

#[tokio::test]
async fn what_is_behind_the_queue_page_is_for_everybody_in_every_language() {
    let installation = Installation::start().await;
    let operator = installation.operator();
    let (now, later) = (Clock::System.now(), Clock::System.now() + SignedDuration::from_hours(1));
    drop(&operator, "lobby", json!({ "lobby_opens_at": now, "opens_at": later }), false).await;
    let queue = page(&installation, "lobby");
    let browser = Browser::start(Window::Phone).await;
    browser.open(&queue).await;
    browser.wait_for("main[data-view='lobby']").await;
    for language in Language::ALL {
        let tag = language.tag();
        let is_looked_at_from_all_sides = matches!(language, Language::English | Language::Arabic);
        let paths =
            ["", "/help", "/move", "/draw"].map(|path| (format!("{queue}{path}"), path.replace('/', "-")));
        let missing = (format!("{}nothing/here", installation.waitroom()), "-missing".to_owned());
        for (url, path) in paths.into_iter().chain([missing]) {
            browser.open(&format!("{url}?lang={tag}")).await;
            browser.wait_for(&format!("html[lang='{tag}'] main h1")).await;
            let name = format!("line{path}-{tag}");
            if is_looked_at_from_all_sides {
                look(&browser, &name).await;
            } else {
                browser.has_room(&name).await;
                browser.keep_picture(&name).await;
            }
        }
    }
    browser.close().await;
}
