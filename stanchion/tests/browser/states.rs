//! The shop's pages in the states that no buyer's straight way leads through: each fits a phone, is for everybody, and has
//! its picture.

use harness::actors::Reply;
use jiff::SignedDuration;
use serde_json::{Value, json};
use shared::clock::Clock;

use crate::installation::Installation;
use crate::{enter, pay, reserve, seat};
use harness::browser::{Browser, Window};

/// A hall of one row.
fn two_seats() -> Value {
    json!([{ "row": "A", "y": 1, "seats": [{ "number": 1, "x": 1 }, { "number": 2, "x": 2 }] }])
}

#[tokio::test]
async fn what_is_on_sale_and_what_is_not_any_more_fits_a_phone_and_is_for_everybody() {
    let (installation, redis) = Installation::with_redis_behind_a_proxy().await;
    let two = two_seats();
    let small = installation.add_show("Cabinet", &two, json!({})).await;
    let over = installation.add_show("Balcony", &two, json!({})).await;
    installation.book(&small, &["A1", "A2"]).await;
    let began = Clock::System.now() - SignedDuration::from_hours(24);
    let yesterday = json!({ "starts_at": began, "ends_at": began + SignedDuration::from_hours(2) });
    installation.shop_operator().update(&format!("shows/{over}"), yesterday).await.expect(200);
    let browser = Browser::start(Window::Phone).await;
    let page = |path: &str| format!("{}{path}", installation.booking());

    browser.open(&page("")).await;
    browser.see("Sold out").await;
    browser.fits("browse with a show that is sold out").await;
    browser.click(".movies a").await;
    browser.see("124 minutes").await;
    browser.fits("movie").await;
    browser.open(&page("drops/midnight-premiere")).await;
    browser.see("There is a line").await;
    browser.fits("drop before the turn").await;
    browser.open(&page(&format!("shows/{small}"))).await;
    browser.see("Join the line to choose seats").await;
    browser.fits("show before the turn").await;
    browser.open(&page(&format!("shows/{over}"))).await;
    browser.see("This show is not on sale").await;
    browser.fits("show that is over").await;

    enter(&browser, &installation).await;
    browser.open(&page(&format!("shows/{small}"))).await;
    browser.wait_for("[data-seat='A1'][data-look='b']").await;
    browser.click("[data-best] button").await;
    browser.see("There are not so many seats of that kind").await;
    browser.fits("show that is sold out").await;

    // The map loses its connection and finds it again; what was chosen stays.
    browser.open(&page(&format!("shows/{}", installation.show))).await;
    browser.wait_for("[data-ready]").await;
    browser.click(&seat("B4")).await;
    browser.be_offline(true).await;
    browser.see("The seats shown may be out of date").await;
    browser.fits("map without a connection").await;
    browser.be_offline(false).await;
    browser.wait_for("[data-offline][hidden]").await;
    browser.click("[data-reserve]").await;
    browser.see("Your seats are kept").await;
    let basket = browser.address().await;

    // A second basket of the same show is refused, with the ways on.
    browser.open(&page(&format!("shows/{}", installation.show))).await;
    browser.wait_for("[data-ready]").await;
    browser.click(&seat("C1")).await;
    browser.click("[data-reserve]").await;
    browser.see("You have seats of this show already").await;
    browser.fits("one basket at a time").await;
    browser.click("#notice form button").await;
    browser.see("You have other seats now").await;
    browser.see("Seat C1, for 12.50 EUR").await;
    browser.open(&basket).await;
    browser.click("form[action$='/release'] button").await;
    browser.see("Choose your seats").await;
    browser.open(&basket).await;
    browser.see("Your seats are given back").await;
    browser.fits("basket given back").await;

    redis.cut().await;
    browser.open(&page(&format!("shows/{}", installation.show))).await;
    browser.see("We will be right back").await;
    browser.fits("error 503").await;
    redis.heal().await;
    browser.open(&page("nothing/here")).await;
    browser.see("There is nothing here").await;
    browser.fits("error 404").await;
    browser.close().await;
}

#[tokio::test]
async fn everything_that_a_payment_and_a_ticket_can_come_to_fits_a_phone_and_is_for_everybody() {
    let installation = Installation::start().await;
    let two = two_seats();
    let no_money = json!({ "cancellation_policy": "100h:100,1h:0" });
    let no_money = installation.add_show("Cabinet", &two, no_money).await;
    let too_late = installation.add_show("Balcony", &two, json!({ "cancellation_policy": "100h:100" })).await;
    let browser = Browser::start(Window::Phone).await;
    enter(&browser, &installation).await;
    browser.open(&format!("{}shows/{}", installation.booking(), installation.show)).await;
    browser.wait_for("[data-ready]").await;
    browser.click(&seat("B4")).await;
    browser.click("[data-reserve]").await;
    for (token, words) in [
        ("tok_insufficient_funds", "There is not enough money on the card"),
        ("tok_down", "The payment could not be made at the moment"),
    ] {
        pay(&browser, token).await;
        browser.see(words).await;
        browser.fits(&format!("checkout after {token}")).await;
    }
    browser.write("input[name='name']", " ").await;
    browser.click("label:has(input[value='tok_ok'])").await;
    browser.click("form[data-pay] button.large").await;
    browser.see("The name is missing").await;
    browser.fits("checkout with a name missing").await;
    pay(&browser, "tok_slow").await;
    browser.see("Your payment is under way").await;
    browser.fits("paying").await;
    browser.see("You have your seats").await;

    // What others have bought, by their private links.
    let used = installation.book(&installation.show, &["A1", "A2"]).await;
    let scan = json!({ "qr": used["tickets"][0]["qr"] });
    installation.shop_operator().check_in(scan).await.expect(200);
    browser.open(&installation.link_of(&used)).await;
    browser.see("Used").await;
    browser.fits("tickets of which one was used").await;
    let ticket = |booking: &Reply| {
        let (id, ticket) = (booking.text("booking_id"), booking["tickets"][0]["ticket_id"].as_str().unwrap());
        format!("{}b/{id}/tickets/{ticket}", installation.booking())
    };
    browser.open(&ticket(&used)).await;
    browser.see("This ticket has been used").await;
    browser.fits("ticket used").await;
    for (booking, words, name) in [
        (&used, "A ticket has been used", "cancel after use"),
        (
            &installation.book(&no_money, &["A1"]).await,
            "Cancel without money back",
            "cancel without money back",
        ),
        (&installation.book(&too_late, &["A1"]).await, "It is too late to cancel", "cancel too late"),
    ] {
        browser.open(&installation.link_of(booking)).await;
        browser.click("a[href$='/cancel']").await;
        browser.see(words).await;
        browser.fits(name).await;
    }
    let given_back = installation.book(&installation.show, &["C1"]).await;
    browser.open(&installation.link_of(&given_back)).await;
    browser.click("a[href$='/cancel']").await;
    browser.click("form[action$='/cancel'] button").await;
    browser.see("This booking was cancelled").await;
    browser.open(&ticket(&given_back)).await;
    browser.see("This ticket was cancelled").await;
    browser.fits("ticket cancelled").await;

    browser.forget_cookies().await;
    let link = installation.link_of(&given_back);
    browser.open(&link[..link.len() - 1]).await;
    browser.see("This link does not open this booking").await;
    browser.fits("private link that is wrong").await;
    browser.close().await;
}

#[tokio::test]
async fn who_asks_for_seats_too_often_is_told_to_wait() {
    let installation = Installation::start().await;
    let browser = Browser::start(Window::Phone).await;
    enter(&browser, &installation).await;
    reserve(&browser, &["B4"]).await;
    browser.see("Your seats are kept").await;
    let show = format!("{}shows/{}", installation.booking(), installation.show);
    browser.open(&show).await;
    browser.wait_for("[data-ready]").await;
    browser.click(&seat("C1")).await;
    // More than a person can press comes from another tab, as long as it is open.
    let first = browser.second_tab().await;
    browser.open(&show).await;
    let often = "const { action } = document.querySelector('form.choosing');
        const body = () => new URLSearchParams({ seat: 'C1' });
        const ask = () => fetch(action, { method: 'POST', body: body() }).then(({ status }) => { window.refused += status === 429; }).finally(ask);
        window.refused = 0;
        for (let chain = 0; chain < 4; chain += 1) ask();";
    browser.eval(often).await;
    browser.wait_until("return window.refused > 3").await;
    browser.go_to_tab(&first).await;
    // A press that is let through is refused for the basket, and the choice is still marked.
    for _press in 0..30 {
        browser.eval("document.body.dataset.isOld = ''").await;
        browser.click("[data-reserve]").await;
        browser.wait_until("return !('isOld' in document.body.dataset) && (!document.querySelector('form.choosing') || document.querySelector('[data-ready]'))").await;
        if browser.eval("return !document.querySelector('form.choosing')").await == true {
            break;
        }
    }
    browser.see("One moment, please").await;
    browser.fits("error 429").await;
    browser.close().await;
}
