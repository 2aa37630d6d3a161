//! Other seats for a basket and for a booking: on the map by mouse and by keyboard, without script, and after the turn has
//! ended.

use serde_json::{Value, json};

use crate::installation::Installation;
use crate::{enter, enter_without_script, pay, reserve, seat};
use harness::browser::{Browser, Key, Window};

const OTHER_SEATS: &str = "a[href*='?exchange=']";

/// When the basket ends, as the page counts to it.
async fn ends(browser: &Browser) -> Value {
    browser.wait_for("time[data-countdown]").await;
    browser.eval("return document.querySelector('time[data-countdown]').dateTime").await
}

/// Sends the page's form with these seats, as a map would that does not know of the others yet.
async fn ask_for(browser: &Browser, seats: &[&str]) {
    let script = "const form = document.createElement('form'); form.method = 'post';
        form.action = document.querySelector('form.choosing').action;
        for (const seat of SEATS) form.append(Object.assign(document.createElement('input'), { name: 'seat', value: seat }));
        document.body.append(form); form.submit();";
    browser.eval(&script.replace("SEATS", &json!(seats).to_string())).await;
}

#[tokio::test]
async fn the_seats_of_a_basket_are_changed_on_the_map_and_nothing_is_lost_on_the_way() {
    let installation = Installation::start().await;
    let browser = Browser::start(Window::Desktop).await;
    enter(&browser, &installation).await;
    reserve(&browser, &["B4", "B5"]).await;
    let end = ends(&browser).await;
    browser.click(OTHER_SEATS).await;
    browser.wait_for("form[data-ready]").await;
    browser.see("2 seats: B4, B5").await;
    browser.see("B4, B5 stay yours until").await;
    assert_eq!(ends(&browser).await, end, "the time goes on");
    browser.fits("exchange").await;

    // Its own seats can be given back and taken again; keeping them is one press.
    browser.click("[data-seat='B5']").await;
    browser.wait_for("[data-seat='B5'][aria-label$='yours so far, available']").await;
    browser.see("1 seat: B4").await;
    browser.click("[data-keep]").await;
    browser.see("Your seats are kept").await;
    assert_eq!(installation.stats().await["reserved"], 2);
    browser.tab_to(OTHER_SEATS).await;
    browser.press(Key::Enter).await;
    browser.wait_for("form[data-ready]").await;
    browser.see("2 seats: B4, B5").await;
    browser.click("[data-best] button").await;
    browser.see("the best that can be had, together").await;

    // Somebody is faster: the basket stays what it was, and others are proposed.
    installation.sell_to_somebody_else(&["C1"]).await;
    ask_for(&browser, &["C1", "C2"]).await;
    browser.see("Seat C1 has just been taken").await;
    browser.see("You still have B4, B5").await;
    browser.see("Still free, and close by: C2, C3").await;
    browser.wait_for("form[data-ready]").await;
    browser.fits("exchange lost").await;
    assert_eq!(installation.stats().await["reserved"], 3);
    browser.click(".offer button").await;
    browser.see("You have other seats now").await;
    browser.see("Seats C2, C3").await;
    assert_eq!(ends(&browser).await, end, "no time is won");
    browser.fits("exchanged").await;

    // The same by keyboard, for more seats and another price.
    browser.tab_to(OTHER_SEATS).await;
    browser.press(Key::Enter).await;
    browser.wait_for("form[data-ready]").await;
    browser.tab_to("g[data-seat]").await;
    browser.press(Key::End).await;
    browser.press(Key::Space).await;
    browser.see("3 seats: C2, C3, C10").await;
    browser.tab_to("[data-reserve]").await;
    browser.press(Key::Enter).await;
    browser.see("Seats C2, C3, C10").await;
    browser.see("37.50 EUR").await;
    assert_eq!(installation.stats().await["reserved"], 4);
    pay(&browser, "tok_ok").await;
    browser.see("Seat C10").await;
    assert_eq!(installation.stats().await["booked"], 3);
    // The console tells of the refusal, and of nothing else.
    let complaints = browser.complaints().await;
    assert!(complaints.iter().all(|complaint| complaint.contains("409")), "{complaints:?}");
    browser.close().await;
}

#[tokio::test]
async fn without_script_seats_are_changed_by_a_form_and_after_the_turn_with_the_baskets_own_key() {
    let installation = Installation::start().await;
    let browser = Browser::start(Window::PhoneWithoutScript).await;
    enter_without_script(&browser, &installation).await;
    reserve(&browser, &["A1", "A2"]).await;
    browser.click(OTHER_SEATS).await;
    browser.see("A1, A2 stay yours").await;
    browser.fits("exchange without script").await;
    // A1 stays, A2 goes, A3 comes.
    for label in ["A2", "A3"] {
        browser.click(&seat(label)).await;
    }
    browser.click("[data-reserve]").await;
    browser.see("Seats A1, A3").await;
    browser.click(OTHER_SEATS).await;
    browser.click("[data-best] button").await;
    browser.see("Best seats:").await;
    browser.click(".offer button").await;
    browser.see("You have other seats now").await;
    assert_eq!(installation.stats().await["reserved"], 2);
    browser.close().await;

    let browser = Browser::start(Window::Phone).await;
    enter(&browser, &installation).await;
    reserve(&browser, &["C4", "C5"]).await;
    browser.see("Your seats are kept").await;
    // The turn ends; the key to the basket stays.
    browser.forget_cookie("admission_midnight-premiere").await;
    browser.click(OTHER_SEATS).await;
    browser.wait_for("form[data-ready]").await;
    browser.see("2 seats: C4, C5").await;
    installation.sell_to_somebody_else(&["C6"]).await;
    browser.wait_for("[data-seat='C6'][data-look='r']").await;
    browser.click("[data-show='list']").await;
    for label in ["C4", "C7"] {
        browser.click(&format!("label:has(input[value='{label}'])")).await;
    }
    browser.see("2 seats: C5, C7").await;
    browser.fits("exchange in a list").await;
    browser.click("[data-reserve]").await;
    browser.see("Seats C5, C7").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.close().await;
}

/// The way from a booking to other seats.
const SEATS_OF_BOOKING: &str = "a[href$='/seats']";

/// Six seats at 12.50 EUR, and six better ones.
fn two_prices() -> (Value, Value) {
    let row = |(y, name, category): (i32, &str, &str)| {
        let seat = |number: i32| json!({ "number": number, "x": number, "category": category });
        json!({ "row": name, "y": y, "seats": (1..=6).map(seat).collect::<Vec<_>>() })
    };
    let price = |amount: i64| json!({ "amount_minor": amount, "currency": "EUR" });
    let rows = [(1, "A", "standard"), (2, "B", "premium")].into_iter().map(row).collect();
    (rows, json!({ "prices": { "standard": price(1250), "premium": price(1800) } }))
}

/// The booking's page has no way to other seats.
async fn has_no_way(browser: &Browser) {
    let way = format!("return document.querySelector(\"{SEATS_OF_BOOKING}\")");
    assert_eq!(browser.eval(&way).await, Value::Null);
}

/// Looks for the way to other seats of a show that is near.
async fn see_too_late(browser: &Browser, installation: &Installation, rows: &Value, mut show: Value) {
    show["cancellation_policy"] = json!("100h:100");
    let near = installation.add_show("Balcony", rows, show).await;
    let near = installation.book(&near, &["A1"]).await;
    browser.open(&installation.link_of(&near)).await;
    browser.see("Seat A1").await;
    has_no_way(browser).await;
    browser.open(&format!("{}b/{}/seats", installation.booking(), near.text("booking_id"))).await;
    browser.see("It is too late for other seats").await;
    browser.fits("other seats too late").await;
}

#[tokio::test]
async fn a_booking_gets_other_seats_on_a_phone_with_nothing_but_its_link_and_reads_why_not() {
    let installation = Installation::start().await;
    let (rows, prices) = two_prices();
    let show = installation.add_show("Cabinet", &rows, prices.clone()).await;
    let booking = installation.book(&show, &["A1", "A2"]).await;
    let id = booking.text("booking_id");
    let browser = Browser::start(Window::Phone).await;
    browser.open(&installation.link_of(&booking)).await;
    browser.see("Other seats?").await;
    browser.click(SEATS_OF_BOOKING).await;
    browser.wait_for("form[data-ready]").await;
    browser.see("A1, A2 stay yours until you change them").await;
    browser.see("2 seats: A1, A2").await;
    browser.fits("other seats for a booking").await;

    // As many as it has, for the same price.
    browser.click("[data-seat='A2']").await;
    browser.see("1 seat: A1").await;
    browser.click("[data-reserve]").await;
    browser.see("Choose exactly 2 seats: as many as you have").await;
    browser.click("[data-told-no]").await;
    browser.click("[data-seat='B1']").await;
    browser.click("[data-reserve]").await;
    browser.see("Those seats cost 30.50 EUR, yours cost 25.00 EUR").await;
    browser.wait_for("form[data-ready]").await;
    browser.see("2 seats: A1, B1").await;
    browser.fits("other seats at another price").await;
    browser.click("[data-best] button").await;
    browser.see("the best that can be had, together").await;
    assert_eq!(browser.eval("return document.querySelector('[data-total]').textContent").await, "25.00 EUR");

    // Somebody is faster: what it has stays its own, and keeping that is one press.
    installation.sell_in(&show, &["A4"]).await;
    ask_for(&browser, &["A3", "A4"]).await;
    browser.see("Seat A4 has just been taken").await;
    browser.see("You still have A1, A2").await;
    browser.see("Still free, and close by").await;
    browser.wait_for("form[data-ready]").await;
    browser.fits("other seats that were lost").await;
    browser.click("[data-keep]").await;
    browser.see("Seat A2").await;
    browser.click(SEATS_OF_BOOKING).await;
    browser.wait_for("form[data-ready]").await;
    browser.see("2 seats: A1, A2").await;
    for label in ["A1", "A2", "A5", "A6"] {
        browser.click(&format!("[data-seat='{label}']")).await;
    }
    browser.see("2 seats: A5, A6").await;
    browser.click("[data-reserve]").await;
    browser.see("You have other seats now").await;
    browser.see("Seats A5, A6").await;
    browser.fits("booking with other seats").await;
    installation.sell_in(&show, &["A1"]).await;

    // At the door it is too late.
    browser.click(SEATS_OF_BOOKING).await;
    browser.wait_for("form[data-ready]").await;
    let code =
        format!("return fetch('/v1/bookings/{id}').then((it) => it.json()).then((it) => it.tickets[0].qr)");
    let code = browser.eval(&code).await;
    installation.shop_operator().check_in(json!({ "qr": code })).await.expect(200);
    ask_for(&browser, &["A5", "A3"]).await;
    browser.see("A ticket has been used").await;
    browser.fits("other seats after use").await;
    browser.click("#notice a.button").await;
    browser.see("Used").await;
    has_no_way(&browser).await;
    let complaints = browser.complaints().await;
    assert!(complaints.iter().all(|complaint| complaint.contains("409")), "{complaints:?}");

    see_too_late(&browser, &installation, &rows, prices).await;
    browser.close().await;
}

#[tokio::test]
async fn a_booking_gets_other_seats_by_a_plain_form() {
    let installation = Installation::start().await;
    let browser = Browser::start(Window::PhoneWithoutScript).await;
    enter_without_script(&browser, &installation).await;
    reserve(&browser, &["A1", "A2"]).await;
    pay(&browser, "tok_ok").await;
    browser.see("You have your seats").await;
    browser.click(SEATS_OF_BOOKING).await;
    browser.see("A1, A2 stay yours until you change them").await;
    browser.click("[data-best] button").await;
    browser.see("Together, and for the same price").await;
    browser.fits("other seats for a booking without script").await;
    browser.click("[data-keep]").await;
    browser.click(SEATS_OF_BOOKING).await;
    // What was chosen is still marked after a refusal.
    browser.click(&seat("A2")).await;
    browser.click("[data-reserve]").await;
    browser.see("Choose exactly 2 seats").await;
    browser.see("You still have A1, A2").await;
    browser.click(&seat("A3")).await;
    browser.click("[data-reserve]").await;
    browser.see("You have other seats now").await;
    browser.see("Seats A1, A3").await;
    let stats = installation.stats().await;
    assert_eq!((&stats["booked"], &stats["available"]), (&json!(2), &json!(28)));
    browser.close().await;
}
