//! What people who wait need besides their position: the place on another device, and a code for support.

use crate::installation::Installation;
use harness::browser::{Browser, Window};

const PLACE: &str =
    "return fetch('/v1/drops/midnight-premiere/places/me').then(r => r.json()).then(p => p.place_id)";

#[tokio::test]
async fn a_place_is_taken_from_the_computer_to_the_phone() {
    let installation = Installation::start().await;
    let (computer, phone) = (Browser::start(Window::Desktop).await, Browser::start(Window::Phone).await);
    let queue = format!("{}q/midnight-premiere", installation.waitroom());
    computer.open(&queue).await;
    computer.wait_for("form[action$='/claim'] button").await;

    // The queue page unfolds the help within itself, and goes on.
    computer.click("a[data-help]").await;
    computer.click("form[action$='/help/support-code'] button").await;
    computer.see("Your support code").await;
    computer.click("form[action$='/help/move'] button").await;
    computer.wait_for(".qr svg").await;
    assert_eq!(computer.address().await, queue, "the queue page is still there");
    computer.is_for_everybody("the help within the queue page").await;
    computer.keep_picture("help-unfolded").await;
    let code = computer.eval("return document.querySelector('.qr ~ p code').textContent").await;
    let code = code.as_str().unwrap().to_owned();

    // The address as the QR code has it.
    phone.open(&format!("{queue}/move#{code}")).await;
    phone.see("Take your place to this device").await;
    assert!(!phone.address().await.contains('#'), "the code does not stay in the address");
    phone.fits("the page that takes a place over").await;
    phone.keep_picture("move").await;
    phone.click("form[data-move] button").await;
    phone.wait_for("form[action$='/claim'] button").await;
    assert_eq!(phone.eval(PLACE).await, computer.eval(PLACE).await);
    // The computer has heard of it: the code is gone, and both say how it is.
    for device in [&computer, &phone] {
        device.see("open on another device too").await;
    }
    computer.wait_for("form[action$='/help/move'] button:not(.quiet)").await;
    assert_eq!(computer.eval("return document.querySelectorAll('.qr').length").await, 0);
    let told = "return document.querySelector('[data-announce]').textContent.includes('another device')";
    assert_eq!(computer.eval(told).await, true);
    computer.keep_picture("elsewhere").await;
    computer.open(&queue).await;
    computer.see("open on another device too").await;

    // The code is spent; whoever types it again reads what to do.
    phone.open(&format!("{queue}/move")).await;
    phone.see("This device has a place of its own").await;
    phone.write("input[name='code']", &code.to_lowercase()).await;
    phone.click("form[data-move] button").await;
    phone.see("This code is not good any more").await;
    phone.is_for_everybody("a code that is spent").await;

    // The same help as a page of its own, as without script.
    phone.open(&format!("{queue}/help")).await;
    phone.fits("the help as a page").await;
    phone.keep_picture("help").await;
    assert_eq!(computer.complaints().await, Vec::<String>::new());
    computer.close().await;
    phone.close().await;
}
