//! People with a browser: real pages of real services in a real Chromium, by mouse, with script and without.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod exchange;
mod installation;
mod line_states;
mod queue;
mod seats;
mod slow;
mod states;
mod tickets;
mod till;
mod visit;
mod waiting;

use harness::browser::{Browser, Key, Window};
use installation::Installation;
use serde_json::json;

/// Through the line: from the list of drops into the shop.
async fn enter(browser: &Browser, installation: &Installation) {
    browser.open(&installation.waitroom()).await;
    browser.click("a[href='/q/midnight-premiere']").await;
    browser.click("form[action$='/claim'] button").await;
    browser.see("You are in").await;
}

/// The same from the line's own page, where nothing happens without a press.
async fn enter_without_script(browser: &Browser, installation: &Installation) {
    browser.open(&format!("{}q/midnight-premiere", installation.waitroom())).await;
    browser.click("[data-when='join'] button").await;
    // The page renews itself.
    browser.click("form[action$='/claim'] button").await;
    browser.see("You are in").await;
}

/// A seat on the map, or of the list where there is no script.
fn seat(label: &str) -> String {
    format!("[data-ready] [data-seat='{label}'], label:has(input[value='{label}'])")
}

/// From the shop's page of the drop to a basket with these seats.
async fn reserve(browser: &Browser, seats: &[&str]) {
    browser.click(".tile a").await;
    for label in seats {
        browser.click(&seat(label)).await;
    }
    browser.click("[data-reserve]").await;
}

/// Fills the checkout's form.
async fn pay(browser: &Browser, token: &str) {
    browser.write("input[name='name']", "Ada Lovelace").await;
    browser.write("input[name='email']", "ada@example.org").await;
    browser.click(&format!("label:has(input[value='{token}'])")).await;
    browser.click("form[data-pay] button.large").await;
}

#[tokio::test]
async fn a_buyer_goes_from_the_line_to_the_tickets_by_mouse() {
    let installation = Installation::start().await;
    let browser = Browser::start(Window::Desktop).await;
    enter(&browser, &installation).await;
    browser.keep_picture("shop").await;
    reserve(&browser, &["B4", "B5"]).await;
    browser.see("Your seats are kept").await;
    browser.see("25.00 EUR").await;
    pay(&browser, "tok_ok").await;

    browser.see("Your tickets").await;
    for seat in ["Seat B4", "Seat B5"] {
        browser.see(seat).await;
    }
    let codes =
        "return [...document.querySelectorAll('.ticket img')].filter(i => i.naturalWidth > 100).length";
    assert_eq!(browser.eval(codes).await, 2, "both codes are drawn");
    let seats = installation.stats().await;
    assert_eq!((&seats["booked"], &seats["reserved"]), (&json!(2), &json!(0)));

    let link = browser.value("section input[readonly]").await;
    browser.forget_cookies().await;
    browser.open(&installation.booking()).await;
    for _has_the_cookie in [false, true] {
        browser.open(&link).await;
        browser.see("Seat B5").await;
        assert!(!browser.address().await.contains('#'), "the token does not stay in the address");
        browser.open(&installation.booking()).await;
    }
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.close().await;
}

#[tokio::test]
async fn the_same_way_can_be_gone_without_script_on_a_phone() {
    let installation = Installation::start().await;
    let browser = Browser::start(Window::PhoneWithoutScript).await;
    enter_without_script(&browser, &installation).await;
    reserve(&browser, &["A1"]).await;
    pay(&browser, "tok_ok").await;
    browser.see("Seat A1").await;
    assert_eq!(installation.stats().await["booked"], 1);
    browser.close().await;
}

#[tokio::test]
async fn who_loses_a_seat_reads_which_and_who_is_declined_keeps_the_basket() {
    let installation = Installation::start().await;
    let browser = Browser::start(Window::PhoneWithoutScript).await;
    enter_without_script(&browser, &installation).await;
    browser.click(".tile a").await;
    for label in ["A1", "A2"] {
        browser.click(&seat(label)).await;
    }
    installation.sell_to_somebody_else(&["A2"]).await;
    browser.click("[data-reserve]").await;
    browser.see("Seat A2 has just been taken").await;
    assert_eq!(installation.stats().await["reserved"], 1, "nothing but the other's seat is reserved");
    // What can still be had is still marked.
    browser.click("[data-reserve]").await;

    pay(&browser, "tok_declined").await;
    browser.see("The payment was declined").await;
    assert_eq!(browser.value("input[name='name']").await, "Ada Lovelace");
    browser.click("label:has(input[value='tok_ok'])").await;
    browser.click("form[data-pay] button").await;
    browser.see("Seat A1").await;
    browser.close().await;
}

#[tokio::test]
async fn a_payment_whose_answer_takes_long_is_waited_for() {
    let installation = Installation::start().await;
    let browser = Browser::start(Window::Desktop).await;
    enter(&browser, &installation).await;
    reserve(&browser, &["C1"]).await;
    pay(&browser, "tok_slow").await;
    browser.see("Your payment is under way").await;
    browser.see("Seat C1").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.close().await;
}

#[tokio::test]
async fn released_seats_come_back_and_the_map_follows_without_a_reload() {
    let installation = Installation::start().await;
    let browser = Browser::start(Window::Phone).await;
    enter(&browser, &installation).await;
    reserve(&browser, &["C1", "C2"]).await;
    browser.see("Your seats are kept").await;
    browser.click("form[action$='/release'] button").await;
    browser.see("Choose your seats").await;
    assert_eq!(installation.stats().await["available"], 30);
    // The page's own list follows without a reload.
    installation.sell_to_somebody_else(&["C1"]).await;
    browser.wait_for("[data-seat='C1'][data-look='r']").await;
    browser.click(&seat("C2")).await;
    browser.see("12.50 EUR").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.close().await;
}

#[tokio::test]
async fn without_an_admission_the_shop_leads_to_the_line_and_back() {
    let installation = Installation::start().await;
    let browser = Browser::start(Window::Phone).await;
    browser.open(&format!("{}shows/{}", installation.booking(), installation.show)).await;
    browser.see("Join the line to choose seats").await;
    browser.click(".notice a.button").await;
    browser.click("form[action$='/claim'] button").await;
    browser.see("Choose your seats").await;
    assert!(browser.address().await.ends_with(&installation.show), "back at the show");

    browser.open(&format!("{}nothing/here", installation.booking())).await;
    browser.see("There is nothing here").await;
    browser.open(&format!("{}checkout/{}", installation.booking(), installation.show)).await;
    browser.see("There is nothing here").await;
    browser.close().await;
}

#[tokio::test]
async fn a_buyer_goes_the_same_way_by_keyboard() {
    let installation = Installation::start().await;
    let browser = Browser::start(Window::Desktop).await;
    browser.open(&format!("{}q/midnight-premiere", installation.waitroom())).await;
    browser.wait_for("main[data-view='called']").await;
    browser.tab_to("form[action$='/claim'] button").await;
    browser.press(Key::Enter).await;
    browser.see("You are in").await;
    browser.tab_to(".tile a").await;
    browser.press(Key::Enter).await;
    browser.wait_for("[data-reserve]").await;
    // The first free seat is A1; the arrows go right and down, to B2.
    browser.wait_for("[data-ready]").await;
    browser.tab_to("g[data-seat]").await;
    for key in [Key::Right, Key::Down, Key::Space, Key::Tab] {
        browser.press(key).await;
    }
    browser.see("1 seat: B2").await;
    browser.tab_to("[data-reserve]").await;
    browser.press(Key::Enter).await;
    browser.wait_for("form[data-pay]").await;
    browser.tab_to("input[name='name']").await;
    browser.write_here("Ada Lovelace").await;
    browser.tab_to("input[name='email']").await;
    browser.write_here("ada@example.org").await;
    for (field, digits) in
        [("#card-number", "4242424242424242"), ("#card-expiry", "0433"), ("#card-code", "123")]
    {
        browser.tab_to(field).await;
        browser.write_here(digits).await;
    }
    browser.tab_to("form[data-pay] button.large").await;
    browser.press(Key::Enter).await;
    browser.see("Seat B2").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.close().await;
}

#[tokio::test]
async fn nothing_is_wider_than_a_phone_and_targets_are_large_enough() {
    let installation = Installation::start().await;
    let browser = Browser::start(Window::Phone).await;
    browser.open(&installation.waitroom()).await;
    browser.fits("drops").await;
    browser.open(&format!("{}q/midnight-premiere", installation.waitroom())).await;
    browser.wait_for("main[data-view='called']").await;
    browser.fits("queue").await;
    browser.click("form[action$='/claim'] button").await;
    browser.fits("drop").await;
    browser.click(".tile a").await;
    browser.fits("show").await;
    browser.click(&seat("A1")).await;
    browser.click("[data-reserve]").await;
    browser.fits("checkout").await;
    pay(&browser, "tok_ok").await;
    browser.see("Your tickets").await;
    browser.fits("tickets").await;
    browser.open(&installation.booking()).await;
    browser.fits("browse").await;
    browser.close().await;
}
