//! What the shop tells of itself after a small sale.

use std::time::Duration;

use harness::eventually;
use shared::service::Running;

use crate::support::Shop;

async fn scrape(running: &Running) -> String {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = client.get(format!("http://{}/metrics", running.admin_address)).send().await.unwrap();
    answer.text().await.unwrap()
}

/// The value of the series of this metric that has these labels.
fn value(page: &str, name: &str, labels: &[&str]) -> Option<f64> {
    let is_it = |line: &&str| {
        line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' ']))
            && labels.iter().all(|label| line.contains(label))
    };
    page.lines().find(is_it)?.rsplit(' ').next()?.parse().ok()
}

#[tokio::test]
async fn a_small_sale_is_told_in_metrics() {
    // As a process does before it starts its service: what was counted before is not told.
    shared::telemetry::metrics();
    let shop = Shop::open().await;
    let show = shop.show(1).await;
    let (buyer, other) = (shop.shopper().await, shop.shopper().await);
    let basket = buyer.reserve(&show, &["A1", "A2"]).await.expect(201);
    other.reserve(&show, &["A1"]).await.expect(409);
    other.reserve(&show, &["A9", "A9"]).await.expect(422);
    let reservation = basket.text("reservation_id").to_owned();
    buyer.confirm(&reservation, "tok_declined", "first").await.expect(402);
    buyer.confirm(&reservation, "tok_ok", "second").await.expect(201);
    other.reserve(&show, &["A3"]).await.expect(201);

    let expected = [
        ("booking_reserves_total", &["outcome=\"reserved\""][..], 2.0),
        ("booking_reserves_total", &["outcome=\"conflict\""], 1.0),
        ("booking_reserves_total", &["outcome=\"duplicate_seats\""], 1.0),
        ("booking_confirms_total", &["status=\"402\""], 1.0),
        ("booking_confirms_total", &["status=\"201\""], 1.0),
        ("booking_payments_total", &["outcome=\"captured\""], 1.0),
        ("booking_bookings_total", &["outcome=\"paid\""], 1.0),
        ("booking_saga_steps_total", &["step=\"capture\"", "outcome=\"done\""], 1.0),
        ("booking_gateway_seconds_count", &["operation=\"capture\"", "outcome=\"answered\""], 1.0),
        ("booking_seats_free", &["drop=\"midnight-premiere\""], 7.0),
        ("booking_seats_held", &["drop=\"midnight-premiere\""], 1.0),
        ("booking_seats_booked", &["drop=\"midnight-premiere\""], 2.0),
        ("booking_seats_blocked", &["drop=\"midnight-premiere\""], 0.0),
        ("booking_unfinished", &["what=\"reservation\"", "state=\"pending\""], 1.0),
        ("booking_unfinished", &["what=\"payment\"", "state=\"capturing\""], 0.0),
    ];
    // Some of it is counted every five seconds.
    eventually(Duration::from_secs(30), || async {
        let page = scrape(&shop.running).await;
        let wrong = |(name, labels, wanted): &(&str, &[&str], f64)| {
            value(&page, name, labels).is_none_or(|found| (found - wanted).abs() > f64::EPSILON)
        };
        match expected.iter().find(|series| wrong(series)) {
            Some((name, labels, wanted)) => {
                Err(format!("{name} {labels:?} is {:?}, not {wanted}", value(&page, name, labels)))
            }
            None => Ok(()),
        }
    })
    .await;

    let page = scrape(&shop.running).await;
    for (name, labels) in [
        ("booking_worker_rounds_total", &["task=\"sweeper\"", "outcome=\"done\""][..]),
        ("booking_worker_rounds_total", &["task=\"loader\"", "outcome=\"done\""]),
        ("booking_worker_rounds_total", &["task=\"health\"", "outcome=\"done\""]),
        ("booking_worker_round_duration_seconds_count", &["task=\"gauges\""]),
        ("booking_store_answer_seconds_count", &["store=\"redis\"", "outcome=\"answered\""]),
        ("booking_store_answer_seconds_count", &["store=\"postgres\"", "outcome=\"answered\""]),
        ("booking_show_loads_total", &[]),
    ] {
        assert!(value(&page, name, labels) > Some(0.0), "{name} {labels:?} in {page}");
    }
    assert!(value(&page, "booking_unfinished_oldest_seconds", &["reservation", "pending"]).is_some());
}
