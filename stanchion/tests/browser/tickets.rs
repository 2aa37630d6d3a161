//! From the checkout to the entrance: cards, time that runs out, tickets on a phone without a network, giving back.

use serde_json::json;

use crate::installation::Installation;
use crate::{enter, enter_without_script, pay, reserve};
use harness::browser::{Browser, Key, Window};

/// Fills the card form by keyboard, from its first field on, and sends it.
async fn pay_by_keyboard(browser: &Browser, number: &str) {
    browser.tab_to("#card-number").await;
    browser.write_here(number).await;
    browser.press(Key::Tab).await;
    browser.write_here("0433").await;
    browser.press(Key::Tab).await;
    browser.write_here("123").await;
    browser.tab_to("form[data-pay] button.large").await;
    browser.press(Key::Enter).await;
}

#[tokio::test]
async fn a_buyer_is_declined_pays_with_a_second_card_and_gives_the_tickets_back() {
    let installation = Installation::start().await;
    let browser = Browser::start(Window::Desktop).await;
    enter(&browser, &installation).await;
    reserve(&browser, &["B4", "B5"]).await;
    browser.see("Your seats are kept").await;
    browser.is_for_everybody("checkout").await;
    browser.keep_picture("checkout").await;
    browser.tab_to("input[name='name']").await;
    browser.write_here("Ada Lovelace").await;
    browser.tab_to("input[name='email']").await;
    browser.write_here("ada@example.org").await;

    // What is no test card goes nowhere.
    pay_by_keyboard(&browser, "4242424242424241").await;
    browser.see("This is not the number of a card").await;
    let focused = "return document.activeElement.id";
    assert_eq!(browser.eval(focused).await, "card-number");
    browser.is_for_everybody("checkout with a wrong number").await;
    browser.write("#card-number", "4000000000000002").await;
    assert_eq!(browser.value("#card-number").await, "4000 0000 0000 0002");
    assert_eq!(browser.value("#card-expiry").await, "0433");
    browser.tab_to("form[data-pay] button.large").await;
    browser.press(Key::Enter).await;
    browser.see("The payment was declined").await;
    browser.is_for_everybody("declined").await;
    browser.keep_picture("declined").await;
    assert_eq!(browser.value("input[name='name']").await, "Ada Lovelace");
    assert_eq!(browser.value("#card-number").await, "", "another card is asked for");
    pay_by_keyboard(&browser, "4242424242424242").await;

    browser.see("You have your seats").await;
    browser.see("ada@example.org").await;
    browser.is_for_everybody("booked").await;
    browser.keep_picture("booked").await;
    browser.click("a[href$='/cancel']").await;
    browser.see("100 % of 25.00 EUR").await;
    browser.is_for_everybody("cancel").await;
    browser.keep_picture("cancel").await;
    assert_eq!(installation.stats().await["booked"], 2, "nothing is given back by looking");
    browser.tab_to("form[action$='/cancel'] button").await;
    browser.press(Key::Enter).await;
    browser.see("This booking was cancelled").await;
    browser.see("25.00 EUR, 100 % of its price").await;
    browser.is_for_everybody("cancelled").await;
    browser.keep_picture("cancelled").await;
    assert_eq!(installation.stats().await["available"], 30);
    // The answer to a declined payment is 402: the browser notes that, and nothing else.
    let complaints = browser.complaints().await;
    assert!(complaints.iter().all(|complaint| complaint.contains("402")), "{complaints:?}");
    browser.close().await;
}

#[tokio::test]
async fn a_ticket_that_was_opened_on_a_phone_opens_there_without_a_network() {
    let installation = Installation::start().await;
    let browser = Browser::start(Window::Phone).await;
    enter(&browser, &installation).await;
    reserve(&browser, &["A1", "A2"]).await;
    browser.fits("checkout").await;

    // The clock of the page stands still, and is moved: the time runs out while nobody waits.
    browser
        .eval(
            "const now = performance.now(); window.skipped = 0; \
             performance.now = () => now + 1000 * window.skipped; \
             return import('/assets/shared/server-time.js').then(({ serverNow }) => { \
                 window.leave = (seconds) => { \
                     const end = Date.parse(document.querySelector('[data-countdown]').dateTime); \
                     window.skipped += (end - serverNow()) / 1000 - seconds; }; });",
        )
        .await;
    let height = "return document.querySelector('[data-kept]').offsetHeight";
    let before = browser.eval(height).await;
    for (seconds, words) in [(55, "55 seconds left"), (15, "15 seconds left")] {
        browser.eval(&format!("window.leave({seconds})")).await;
        browser.see(words).await;
        assert_eq!(browser.eval(height).await, before, "nothing moves");
    }
    browser.is_for_everybody("checkout in its last moment").await;
    browser.keep_picture("last-moment").await;
    browser.eval("window.leave(0)").await;
    browser.see("The time for your seats is over").await;
    browser.is_for_everybody("expired").await;
    browser.open(&browser.address().await).await;

    pay(&browser, "tok_ok").await;
    browser.see("You have your seats").await;
    browser.fits("booked").await;
    browser.click("a[href*='/tickets/']").await;
    browser.see("Kept on this device").await;
    browser.fits("ticket").await;
    browser.is_for_everybody("ticket").await;
    let ticket = browser.address().await;

    // 25 mm is the least size that has to be read, by a camera that sees some 400 dots an inch.
    let as_large =
        "document.querySelector('.bright svg').style.inlineSize = '25mm'; document.body.style.zoom = 2;";
    browser.eval(as_large).await;
    let code = scanned(&browser.png().await);
    assert!(code.starts_with("ST1."), "{code}");
    browser.click("nav.pages a[href*='/tickets/']").await;
    browser.see("Previous ticket").await;

    installation.close().await;
    browser.open(&ticket).await;
    browser.see("The Long Night").await;
    let drawn = "return document.querySelector('.bright svg').getBoundingClientRect().width";
    assert!(browser.eval(drawn).await.as_f64().unwrap() > 250.0, "with its styles");
    assert_eq!(scanned(&browser.png().await), code);
    browser.close().await;
}

/// What a scanner reads from a picture of the screen.
fn scanned(picture: &[u8]) -> String {
    let mut reader = png::Decoder::new(std::io::Cursor::new(picture)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut pixels).unwrap();
    let (width, height) = (frame.width as usize, frame.height as usize);
    let samples = frame.color_type.samples();
    let grey = |x: usize, y: usize| pixels[(y * width + x) * samples];
    let mut picture = rqrr::PreparedImage::prepare_from_greyscale(width, height, grey);
    let grids = picture.detect_grids();
    assert_eq!(grids.len(), 1, "one code is on the screen");
    grids[0].decode().unwrap().1
}

#[tokio::test]
async fn without_script_a_buyer_pays_with_a_test_card_and_gives_the_ticket_back() {
    let installation = Installation::start().await;
    let browser = Browser::start(Window::PhoneWithoutScript).await;
    browser.prefer_dark(true).await;
    enter_without_script(&browser, &installation).await;
    reserve(&browser, &["C1"]).await;
    browser.see("Your seats are kept").await;
    // Without script there is no card form: the test cards themselves are chosen.
    assert_eq!(browser.eval("return document.querySelector('#card-number').offsetHeight").await, json!(0));
    pay(&browser, "tok_ok").await;
    browser.see("You have your seats").await;
    browser.click("a[href$='/cancel']").await;
    browser.see("12.50 EUR").await;
    browser.fits("cancel").await;
    browser.click("form[action$='/cancel'] button").await;
    browser.see("This booking was cancelled").await;
    browser.fits("cancelled").await;
    browser.close().await;
}
