//! How smoothly the map of a large hall moves: the times between frames in a headless Chromium without a graphics card.

use anyhow::Context as _;
use harness::browser::{Browser, Window};
use serde_json::json;

use crate::stage::Stage;
use crate::table::{Bar, Row};

const DROP: &str = "bench-map";
/// 20,000 seats.
const ROWS: u32 = 200;
/// Of each movement.
const FRAMES: usize = 360;
/// Presses of the button that enlarges, before the hall is moved.
const NEARER: usize = 3;
/// A frame later than this is seen as a jerk: every second one of a screen of 60 Hz.
const BAR: Bar = Bar::AtMost(33.4);

/// Enters the shop as a visitor does and moves the map.
pub async fn measure(stage: &Stage) -> anyhow::Result<Vec<Row>> {
    stage.open_drop(DROP, 1_000_000).await?;
    let show = stage.open_show(DROP, ROWS).await?;
    let browser = Browser::start(Window::Desktop).await;
    browser.open(&format!("{}/q/{DROP}", stage.line_url())).await;
    browser.click("form[action$='/claim'] button").await;
    browser.see("You are in").await;
    browser.open(&format!("{}/shows/{show}", stage.shop_url())).await;
    browser.wait_for("form[data-ready]").await;

    let still = frames(&browser, "still").await?;
    let whole = frames(&browser, "zoom").await?;
    for _ in 0..NEARER {
        browser.click("[data-zoom='in']").await;
    }
    let panned = frames(&browser, "pan").await?;
    browser.close().await;
    let reference = percentile(&still, 95);
    let row = |what, frames: &[f64]| {
        let median = percentile(frames, 50);
        Row::new("shop", what, percentile(frames, 95), " ms")
            .bar(BAR)
            .note(format!("p50 {median:.1} ms; the map at rest: p95 {reference:.1} ms"))
    };
    Ok(vec![
        row("map of 20,000 seats panned, p95 of a frame", &panned),
        row("map of 20,000 seats zoomed, p95 of a frame", &whole),
    ])
}

/// The times between frames while the map moves so, milliseconds in ascending order.
async fn frames(browser: &Browser, movement: &str) -> anyhow::Result<Vec<f64>> {
    let script = include_str!("frames.js").replace("MOVE", &json!([movement, FRAMES]).to_string());
    let answer = browser.eval(&script).await;
    let (mut frames, drawn): (Vec<f64>, usize) =
        serde_json::from_value(answer).context("the times of frames")?;
    anyhow::ensure!(frames.len() == FRAMES, "{} frames were seen", frames.len());
    anyhow::ensure!(movement == "still" || drawn >= FRAMES * 9 / 10, "the map was drawn {drawn} times");
    frames.sort_by(f64::total_cmp);
    Ok(frames)
}

/// The time that so many of a hundred took at most.
fn percentile(ascending: &[f64], hundredths: usize) -> f64 {
    ascending[ascending.len() * hundredths / 100]
}
