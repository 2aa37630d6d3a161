//! How a visit to the shop ends, where seats are only looked at.

use serde_json::json;

use crate::enter;
use crate::installation::Installation;
use harness::browser::{Browser, Window};

#[tokio::test]
async fn the_end_of_a_visit_is_told_before_it_comes() {
    let installation = Installation::start().await;
    let operator = installation.operator();
    let (etag, _) = operator.get_drop("midnight-premiere").await;
    operator.patch_drop("midnight-premiere", &etag, json!({ "session_max_s": 45 })).await.expect(200);
    let browser = Browser::start(Window::Phone).await;
    enter(&browser, &installation).await;
    browser.open(&format!("{}shows/{}", installation.booking(), installation.show)).await;
    browser.see("Your visit to the shop ends in").await;
    let top = "return document.querySelector('h1').getBoundingClientRect().top";
    let without_bar = "const bar = document.querySelector('[data-visit]'); bar.hidden = true;";
    let heading = browser.eval(top).await;
    assert_eq!(browser.eval(&format!("{without_bar} {top}")).await, heading, "the bar moves nothing");
    browser.eval("document.querySelector('[data-visit]').hidden = false").await;
    browser.fits("the end of a visit").await;
    let is_said = "return /^\\d+ seconds left/.test(document.querySelector('[data-alarm]').textContent)";
    browser.wait_until(is_said).await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.see("Your time in the shop is over").await;
    browser.close().await;
}
