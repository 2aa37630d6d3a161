//! The queue page on a slow phone: how much is loaded, and that nothing jumps while live data changes. How long it takes
//! is printed and not held: it is the machine's figure as much as the page's.

use futures::future::join_all;
use harness::actors::Visitor;
use serde_json::json;

use crate::installation::Installation;
use crate::queue::{drop, fill, page, patch};
use harness::browser::{Browser, Window};

/// Notes when the position is there, and how far what was shown has jumped.
const WATCH: &str = "
    window.usableAt = null; window.shift = 0; window.jumps = [];
    new MutationObserver(() => {
      const isThere = document.querySelector('main[data-view=waiting]')
        && /\\d/.test(document.querySelector('[data-field=position]').textContent);
      if (isThere) window.usableAt ??= performance.now();
    }).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
    new PerformanceObserver((list) => {
      for (const { value, hadRecentInput, sources } of list.getEntries()) {
        if (hadRecentInput) continue;
        window.shift += value;
        window.jumps.push(...sources.map(({ node }) => node?.outerHTML?.slice(0, 80) ?? node?.textContent));
      }
    }).observe({ type: 'layout-shift', buffered: true });
";
const LOADED: &str = "
    const all = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
    const files = all.filter(({ name }) => !name.includes('/v1/'));
    return [files.length, files.reduce((sum, { transferSize }) => sum + transferSize, 0), all.length]";

#[tokio::test]
async fn a_slow_phone_loads_little_and_nothing_jumps_while_the_line_moves() {
    let installation = Installation::start().await;
    let operator = installation.operator();
    drop(&operator, "slow", json!({ "max_active": 1, "claim_window_s": 3600 }), true).await;
    fill(&installation, "slow").await;
    let ahead: Vec<Visitor> =
        (0..12).map(|_| Visitor::new(installation.waitroom().trim_end_matches('/'), "slow")).collect();
    for visitor in &ahead {
        visitor.join().await.expect(201);
    }
    let browser = Browser::start(Window::Phone).await;
    browser.devtools("Network.enable", json!({})).await;
    let network =
        json!({ "offline": false, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000 });
    browser.devtools("Network.emulateNetworkConditions", network).await;
    browser.devtools("Emulation.setCPUThrottlingRate", json!({ "rate": 6 })).await;
    browser.prepare(WATCH).await;
    browser.open(&page(&installation, "slow")).await;
    browser.wait_until("return window.usableAt").await;
    let usable_ms = browser.eval("return Math.round(window.usableAt)").await;
    let loaded = browser.eval(LOADED).await;
    let (files, bytes) = (loaded[0].as_u64().unwrap(), loaded[1].as_u64().unwrap());
    println!(
        "position shown after {usable_ms} ms at 400 kbit/s, 400 ms and a sixth of this CPU: {files} files, {bytes} bytes with their headers"
    );
    assert!(files <= 15, "{files} files");
    assert!(bytes <= 20_000, "{bytes} bytes");

    let position = "return Number(document.querySelector('[data-field=position]').textContent)";
    assert_eq!(browser.eval(position).await, 13);
    // What was there before somebody had a place is replaced; from here on only numbers change.
    browser.eval("window.shift = 0; window.jumps = []; return 1").await;
    let leavers = join_all(ahead.iter().take(5).map(Visitor::leave)).await;
    assert!(leavers.iter().all(|left| left.status == 204));
    browser.wait_until("return document.querySelector('[data-field=position]').textContent === '8'").await;
    patch(&operator, "slow", json!({ "message": "The doors stick a little." })).await;
    browser.see("The doors stick a little.").await;
    let jumped = browser.eval("return [window.shift, window.jumps]").await;
    assert!(jumped[0].as_f64().unwrap() < 0.1, "{jumped}");
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.close().await;
}
