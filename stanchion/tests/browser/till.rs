//! At the till: the bank's question, and a basket whose time runs out.

use harness::eventually;
use serde_json::json;

use crate::installation::Installation;
use crate::queue::patch;
use crate::{enter, enter_without_script, pay, reserve};
use harness::browser::{Browser, SOON, Window};

/// Answers the bank.
async fn tell_bank(browser: &Browser, approve: bool) {
    browser.see("Is it you who pays?").await;
    let address = browser.address().await;
    assert!(!address.contains("secret") && !address.contains('?'), "{address}");
    browser.click(&format!("button[name='approve'][value='{approve}']")).await;
}

#[tokio::test]
async fn the_bank_asks_back_and_the_payment_goes_on_by_itself_or_another_card_is_asked_for() {
    let installation = Installation::start().await;
    let browser = Browser::start(Window::Desktop).await;
    enter(&browser, &installation).await;
    reserve(&browser, &["B4", "B5"]).await;
    pay(&browser, "tok_action_required").await;
    browser.see("Is it you who pays?").await;
    browser.fits("bank").await;
    tell_bank(&browser, false).await;
    browser.see("You told your bank not to pay").await;
    browser.fits("bank refused").await;
    assert_eq!(browser.value("input[name='name']").await, "Ada Lovelace");
    assert_eq!(browser.value("#card-number").await, "");
    assert_eq!(installation.stats().await["reserved"], 2, "the seats are kept");

    browser.click("label:has(input[value='tok_action_required'])").await;
    browser.click("form[data-pay] button.large").await;
    tell_bank(&browser, true).await;
    browser.see("You have your seats").await;
    browser.see("Seat B5").await;
    assert_eq!(installation.stats().await["booked"], 2);
    // The answer to a payment that is not made yet is 402: the browser notes that, and nothing else.
    let complaints = browser.complaints().await;
    assert!(complaints.iter().all(|complaint| complaint.contains("402")), "{complaints:?}");
    browser.close().await;

    let browser = Browser::start(Window::PhoneWithoutScript).await;
    enter_without_script(&browser, &installation).await;
    reserve(&browser, &["C1"]).await;
    pay(&browser, "tok_action_required").await;
    browser.see("Is it you who pays?").await;
    browser.fits("bank without script").await;
    tell_bank(&browser, false).await;
    browser.see("You told your bank not to pay").await;
    browser.click("label:has(input[value='tok_action_required'])").await;
    browser.click("form[data-pay] button.large").await;
    tell_bank(&browser, true).await;
    browser.see("You have your seats").await;
    browser.see("Seat C1").await;
    browser.close().await;
}

/// Keeps what screen readers are told at once, from the first moment of a page on.
const LISTEN: &str = "window.alarms = [];
    new MutationObserver((changes) => {
      for (const { target } of changes) {
        if (target.matches?.('[data-alarm]') && target.textContent) window.alarms.push(target.textContent);
      }
    }).observe(document, { childList: true, subtree: true });";

#[tokio::test]
async fn a_basket_that_runs_out_warns_says_so_everywhere_and_its_seats_are_on_sale_again() {
    let installation = Installation::start().await;
    patch(&installation.operator(), "midnight-premiere", json!({ "hold_s": 40, "cooldown_s": 0 })).await;
    let browser = Browser::start(Window::Phone).await;
    browser.prepare(LISTEN).await;
    enter(&browser, &installation).await;
    reserve(&browser, &["B4", "B5"]).await;
    browser.see("Your seats are kept").await;
    let exchange = browser.eval("return document.querySelector(\"a[href*='?exchange=']\").href").await;
    let checkout = browser.second_tab().await;
    browser.open(exchange.as_str().unwrap()).await;
    browser.wait_for("form[data-ready]").await;
    let exchanging = browser.go_to_tab(&checkout).await;
    assert_eq!(installation.stats().await["reserved"], 2);

    let said =
        "return window.alarms.filter((words) => words.endsWith('left to pay for your seats')).length >= 2";
    browser.wait_until(said).await;
    let last = "return Number(window.alarms.at(-1).split(' ')[0]) <= 20";
    browser.wait_until(last).await;
    browser.see("The time for your seats is over").await;
    assert_eq!(browser.eval("return document.querySelector('form[data-pay]').hidden").await, true);
    browser.fits("time over at the checkout").await;
    browser.go_to_tab(&exchanging).await;
    browser.see("The time for your seats is over").await;
    assert_eq!(browser.eval("return document.querySelector('form.choosing').hidden").await, true);
    browser.fits("time over while changing seats").await;
    eventually(SOON, || async {
        let stats = installation.stats().await;
        if stats["available"] == 30 { Ok(()) } else { Err(stats.to_string()) }
    })
    .await;

    // Whoever comes back later reads the same, and the way on leads to the seats.
    browser.open(exchange.as_str().unwrap()).await;
    browser.see("They were not paid for in time and are on sale again").await;
    browser.fits("basket expired").await;
    browser.click(".actions a.button").await;
    browser.wait_for("[data-seat='B4'][data-look='a']").await;
    browser.close().await;
}
