//! A bare axum broadcast: every second the same event, of a place's size, to everybody who listens.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::response::Sse;
use axum::response::sse::Event;
use axum::routing::get;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::broadcast;

const EVERY: Duration = Duration::from_secs(1);

/// Serves `/events` until the process ends; the address is the first line of output.
pub async fn serve() -> anyhow::Result<()> {
    let (sender, _) = broadcast::channel::<String>(16);
    let heard = sender.clone();
    let events = move || {
        let events = futures::stream::unfold(heard.subscribe(), async |mut heard| {
            let event = heard.recv().await.ok()?;
            Some((Ok::<_, Infallible>(Event::default().event("place").data(event)), heard))
        });
        async move { Sse::new(events) }
    };
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("{}", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/events", get(events))).await });
    for number in 0_u64.. {
        tokio::time::sleep(EVERY).await;
        let place = json!({
            "place_id": "0a1b2c3d-4e5f-8071-8293-a4b5c6d70000", "drop": "bench-streams", "state": "waiting",
            "position": number, "ahead": number, "queue_length": 18_000, "progress": 0.5,
            "eta": { "low_s": 100, "high_s": 200 }, "poll_after_ms": 2000, "seats_left": 100, "message": "bench",
            "opens_at": "2026-01-01T00:00:00Z", "called_until": null, "score": "4503599627370497",
            "updated_at": "2026-01-01T00:00:00Z",
        });
        sender.send(place.to_string()).ok();
    }
    Ok(())
}
