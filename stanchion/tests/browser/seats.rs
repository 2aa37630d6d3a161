//! The seats of a show as people find them: on the map and as a list, by mouse and by keyboard, while others buy.

use serde_json::{Value, json};

use crate::installation::Installation;
use crate::{enter, enter_without_script, pay};
use harness::browser::{Browser, Key, Window};

/// Through the line to the seats, drawn and live.
async fn choose(browser: &Browser, installation: &Installation, show: &str) {
    enter(browser, installation).await;
    browser.open(&format!("{}shows/{show}", installation.booking())).await;
    browser.wait_for("form[data-ready]").await;
}

/// An installation, and somebody who is at the seats of its show.
async fn at_the_seats(window: Window) -> (Installation, Browser) {
    let (installation, browser) = (Installation::start().await, Browser::start(window).await);
    choose(&browser, &installation, &installation.show).await;
    (installation, browser)
}

/// What a screen reader says of the seat that has the focus.
async fn focused(browser: &Browser) -> Value {
    browser.eval("return document.activeElement.getAttribute('aria-label')").await
}

#[tokio::test]
async fn seats_are_chosen_on_a_live_map_by_mouse_by_keyboard_and_from_the_list() {
    let (installation, browser) = at_the_seats(Window::Desktop).await;
    browser.eval("document.body.dataset.mark = 'the same page'").await;
    browser.click("[data-seat='B4']").await;
    browser.see("1 seat: B4").await;
    browser.see("12.50 EUR").await;
    browser.fits("seats on the map").await;

    // The map comes nearer and goes back by buttons and by keys.
    let place = "return document.querySelector('[data-stage] svg > g').getAttribute('transform')";
    let whole = browser.eval(place).await;
    browser.click("[data-zoom='in']").await;
    browser.wait_until(&format!("{place} !== {whole}")).await;
    browser.press(Key::Zero).await;
    browser.wait_until(&format!("{place} === {whole}")).await;

    // Others' seats turn while the page is open, and one that was chosen here is lost and replaced.
    installation.sell_to_somebody_else(&["C1"]).await;
    browser.wait_for("[data-seat='C1'][data-look='r'][aria-label$='in a basket']").await;
    browser.click("[data-seat='B5']").await;
    browser.see("2 seats: B4, B5").await;
    installation.sell_to_somebody_else(&["B5"]).await;
    browser.see("B5 has just been taken. B3 beside yours can be had: take it?").await;
    browser.fits("a seat lost").await;
    browser.click("[data-told-yes]").await;
    browser.see("2 seats: B3, B4").await;

    // The arrows go by where seats are, and only to those that can be had.
    browser.tab_to("g[data-seat]").await;
    browser.press(Key::Home).await;
    assert_eq!(focused(&browser).await, "Row B, seat 1, Standard, 12.50 EUR, available");
    browser.press(Key::Down).await;
    assert_eq!(focused(&browser).await, "Row C, seat 2, Standard, 12.50 EUR, available", "C1 is taken");
    browser.press(Key::End).await;
    browser.press(Key::Space).await;
    assert_eq!(focused(&browser).await, "Row C, seat 10, Standard, 12.50 EUR, chosen");
    browser.press(Key::Space).await;
    browser.see("2 seats: B3, B4").await;

    // The list is the same choice, and a limit is explained.
    browser.click("[data-show='list']").await;
    browser.wait_for("input[value='B4']:checked").await;
    browser.wait_for("input[value='C1']:disabled").await;
    browser.fits("seats as a list").await;
    for seat in ["A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "A9"] {
        browser.click(&format!("label:has(input[value='{seat}'])")).await;
    }
    browser.see("That would be more than 10 seats").await;
    let mark = browser.eval("return document.body.dataset.mark").await;
    assert_eq!(mark, "the same page", "nothing needed a reload");

    // What was chosen outlives one.
    browser.open(&browser.address().await).await;
    browser.see("10 seats: A1").await;
    browser.click("[data-reserve]").await;
    browser.see("Your seats are kept").await;
    assert_eq!(installation.stats().await["reserved"], 12);
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.close().await;
}

#[tokio::test]
async fn the_best_seats_are_two_presses_away_and_seats_lost_at_the_till_are_replaced() {
    let (installation, browser) = at_the_seats(Window::Phone).await;
    browser.click("[data-best] button").await;
    browser.see("the best that can be had, together").await;
    browser.fits("best seats").await;
    browser.click("[data-reserve]").await;
    browser.see("Your seats are kept").await;
    assert_eq!(installation.stats().await["reserved"], 2);
    browser.click("form[action$='/release'] button").await;
    browser.see("Choose your seats").await;

    // Somebody is faster than the map: the form that is sent names seats that have gone.
    installation.sell_to_somebody_else(&["A1", "A2"]).await;
    let send = "const form = document.createElement('form'); form.method = 'post';
        form.action = location.pathname.replace(/(\\/reserve)?$/, '/reserve');
        form.innerHTML = '<input name=seat value=A2><input name=seat value=A3>';
        document.body.append(form); form.submit();";
    browser.eval(send).await;
    browser.see("Seat A2 has just been taken").await;
    browser.see("Still free, and close by: A3, A4").await;
    browser.wait_for("form[data-ready]").await;
    browser.see("1 seat: A3").await;
    browser.fits("seats taken").await;
    browser.click(".offer button").await;
    pay(&browser, "tok_ok").await;
    browser.see("Seat A4").await;
    // The console tells of the refusal, and of nothing else.
    let complaints = browser.complaints().await;
    assert!(complaints.iter().all(|complaint| complaint.contains("409")), "{complaints:?}");
    browser.close().await;
}

#[tokio::test]
async fn a_choice_that_leaves_a_seat_alone_is_refused_with_one_that_does_not() {
    let installation = Installation::start().await;
    let show = installation.add_show("Small hall", &rows(2, 8), json!({ "stranded_rule": "strict" })).await;
    let browser = Browser::start(Window::PhoneWithoutScript).await;
    enter_without_script(&browser, &installation).await;
    browser.open(&format!("{}shows/{show}", installation.booking())).await;
    for seat in ["A2", "A3"] {
        browser.click(&format!("label:has(input[value='{seat}'])")).await;
    }
    browser.click("[data-reserve]").await;
    browser.see("A1 would be left alone").await;
    browser.see("Take A1, A2 instead").await;
    browser.click(".offer button").await;
    browser.wait_for("form[data-pay]").await;
    browser.close().await;
}

#[tokio::test]
async fn changes_arrive_where_sockets_do_not_go_and_where_only_questions_do() {
    let installation = Installation::start().await;
    let browser = Browser::start(Window::Desktop).await;
    let broken = |name: &str, event: &str| {
        format!(
            "window.{name} = class extends EventTarget {{ constructor() {{ super(); setTimeout(() => this.dispatchEvent(new Event('{event}')), 1); }} close() {{}} }};"
        )
    };
    let watched = "const Real = EventSource; window.EventSource = class extends Real {
        constructor(url) { super(url); this.addEventListener('version', () => { window.isStreaming = true; }); } };";
    browser.prepare(&(broken("WebSocket", "close") + watched)).await;
    choose(&browser, &installation, &installation.show).await;
    browser.wait_until("return window.isStreaming === true").await;
    installation.sell_to_somebody_else(&["A1"]).await;
    browser.wait_for("[data-seat='A1'][data-look='r']").await;

    browser.prepare(&broken("EventSource", "error")).await;
    browser.open(&browser.address().await).await;
    browser.wait_for("form[data-ready]").await;
    installation.sell_to_somebody_else(&["A2"]).await;
    browser.wait_for("[data-seat='A2'][data-look='r']").await;
    browser.close().await;
}

#[tokio::test]
async fn a_hall_of_thousands_is_drawn_listed_and_sold_with_script_and_without() {
    let installation = Installation::start().await;
    let show = installation.add_show("Arena", &rows(30, 70), json!({ "stranded_rule": "off" })).await;
    let browser = Browser::start(Window::Phone).await;
    choose(&browser, &installation, &show).await;
    let elements = browser.eval("return document.querySelectorAll('input, [data-seat]').length").await;
    assert!(elements.as_u64().is_some_and(|count| count < 100), "{elements} elements for seats");
    browser.fits("a large hall").await;
    browser.click("[data-best] button").await;
    browser.see("the best that can be had, together").await;
    let seats = browser.eval("return document.querySelector('[data-chosen-seats]').textContent").await;
    browser.click("[data-told-no]").await;

    // By keyboard through the row that is there, and by a tap on what is drawn.
    assert!(
        focused(&browser).await.as_str().is_some_and(|name| name.ends_with("chosen")),
        "closing leads to the seats"
    );
    browser.press(Key::Home).await;
    browser.press(Key::Space).await;
    browser.see("3 seats").await;
    browser.fits("a large hall, near").await;
    browser.press(Key::Space).await;

    browser.click("[data-show='list']").await;
    browser.click("details:first-of-type summary").await;
    browser.click("label:has(input[value='A1'])").await;
    browser.see("3 seats: A1").await;
    browser.fits("a large hall as a list").await;
    installation.sell_in(&show, &["A2"]).await;
    browser.see("Row A: 69 of 70 available").await;
    browser.click("label:has(input[value='A1'])").await;
    browser.see(seats.as_str().unwrap()).await;
    browser.click("[data-reserve]").await;
    browser.see("Your seats are kept").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.close().await;

    let browser = Browser::start(Window::PhoneWithoutScript).await;
    enter_without_script(&browser, &installation).await;
    browser.open(&format!("{}shows/{show}", installation.booking())).await;
    browser.see("This hall has 2100 seats").await;
    browser.click("[data-best] button").await;
    browser.see("Best seats:").await;
    browser.click(".offer button").await;
    browser.wait_for("form[data-pay]").await;
    browser.close().await;
}

/// Puts two fingers on the middle of the map, so many pixels apart, and moves them to another distance.
async fn pinch(browser: &Browser, from: f64, to: f64) {
    let (x, y) = middle_of(browser, "[data-stage]").await;
    let fingers = |apart: f64| [(x - apart / 2.0, y), (x + apart / 2.0, y)];
    browser.touch("touchStart", &fingers(from)).await;
    for step in 1..=8 {
        browser.touch("touchMove", &fingers(from + (to - from) * f64::from(step) / 8.0)).await;
    }
    browser.touch("touchEnd", &[]).await;
}

/// Where something is in the window, pixels.
async fn middle_of(browser: &Browser, selector: &str) -> (f64, f64) {
    let place = "const { x, y, width, height } = document.querySelector(SELECTOR).getBoundingClientRect();
        return [x + width / 2, y + height / 2];";
    let place = browser.eval(&place.replace("SELECTOR", &json!(selector).to_string())).await;
    (place[0].as_f64().unwrap(), place[1].as_f64().unwrap())
}

/// How large a seat is on the map, and where the map begins.
async fn view(browser: &Browser) -> [f64; 3] {
    let place =
        "const { a, e, f } = document.querySelector('[data-stage] svg > g').getCTM(); return [a, e, f];";
    let place = browser.eval(place).await;
    [0, 1, 2].map(|index| place[index].as_f64().unwrap())
}

#[tokio::test]
async fn the_map_is_moved_by_fingers_and_told_apart_without_its_colours() {
    let installation = Installation::start().await;
    installation.sell_to_somebody_else(&["A1"]).await;
    installation.book(&installation.show, &["A2"]).await;
    let browser = Browser::start(Window::Phone).await;
    choose(&browser, &installation, &installation.show).await;
    browser.eval("document.querySelector('[data-stage]').scrollIntoView({ block: 'center' })").await;

    // Two fingers make it larger, one moves it, and neither chooses a seat.
    let [before, ..] = view(&browser).await;
    pinch(&browser, 60.0, 160.0).await;
    browser
        .wait_until(&format!(
            "return document.querySelector('[data-stage] svg > g').getCTM().a > {before} * 1.8"
        ))
        .await;
    let [_, left, _] = view(&browser).await;
    let (x, y) = middle_of(&browser, "[data-stage]").await;
    browser.touch("touchStart", &[(x, y)]).await;
    for step in 1..=6 {
        browser.touch("touchMove", &[(x - 10.0 * f64::from(step), y)]).await;
    }
    browser.touch("touchEnd", &[]).await;
    browser
        .wait_until(&format!(
            "return document.querySelector('[data-stage] svg > g').getCTM().e < {left} - 40"
        ))
        .await;
    assert_eq!(browser.eval("return document.querySelectorAll('[data-seat][data-look=c]').length").await, 0);
    browser.keep_picture("map by fingers").await;
    pinch(&browser, 200.0, 40.0).await;
    browser
        .wait_until(&format!(
            "return document.querySelector('[data-stage] svg > g').getCTM().a < {before} * 1.1"
        ))
        .await;
    // A tap chooses, also where a seat is small: the first brings the map nearer if it must.
    for _tap in 0..2 {
        if browser.eval("return document.querySelectorAll('[data-seat][data-look=c]').length").await == 0 {
            let at = middle_of(&browser, "[data-seat='B5']").await;
            browser.touch("touchStart", &[at]).await;
            browser.touch("touchEnd", &[]).await;
        }
    }
    browser.see("1 seat: B5").await;
    browser.click("[data-zoom='fit']").await;

    // Of the four states none is told by its colour alone, nor in the colours that a system forces.
    for scheme in ["light", "dark"] {
        let features = [
            ("forced-colors", "active"),
            ("prefers-color-scheme", scheme),
            ("prefers-reduced-motion", "reduce"),
        ];
        browser.prefer(&features).await;
        browser.wait_until("return matchMedia('(forced-colors: active)').matches").await;
        browser.keep_picture_as_it_is("map", &format!("forced-{scheme}")).await;
        let looks = "return ['A1', 'A2', 'A3', 'B5'].map((label) => {
            const seat = document.querySelector(`[data-seat='${label}']`);
            const [shape, mark] = [seat.querySelector('.shape'), seat.querySelector('.mark')].map((part) => getComputedStyle(part));
            const isSeen = shape.stroke !== getComputedStyle(document.body).backgroundColor && (mark.stroke !== shape.fill);
            return [seat.dataset.look, seat.querySelector('.mark').getAttribute('d').length > 0, isSeen];
          });";
        let expected = json!([["r", true, true], ["b", true, true], ["a", false, true], ["c", true, true]]);
        assert_eq!(browser.eval(looks).await, expected, "{scheme}");
        assert_eq!(
            browser.eval("return document.getAnimations().length").await,
            0,
            "nothing moves by itself"
        );
    }
    browser.close().await;
}

/// So many rows of so many seats.
fn rows(count: u8, seats: u16) -> Value {
    let seats: Vec<Value> = (1..=seats).map(|number| json!({ "number": number, "x": number })).collect();
    let name = |row: u8| match row {
        0..26 => char::from(b'A' + row).to_string(),
        _ => format!("A{}", char::from(b'A' + row % 26)),
    };
    (0..count).map(|row| json!({ "row": name(row), "y": row, "seats": seats.clone() })).collect()
}
