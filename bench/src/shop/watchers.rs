//! Many who watch one seat map: how soon a change is on all of their screens. The shop and the watchers are processes of
//! their own, because each needs a descriptor for every watcher.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use jiff::Timestamp;
use serde_json::json;
use shared::clock::Clock;
use shared::config::Vars;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

use crate::child::{Role, Serving};
use crate::load::Connection;
use crate::reference::plain_get;
use crate::stage::{Stage, post, seat_label};
use crate::table::{Bar, Row};

/// People who look at the map.
pub const WATCHERS: usize = 10_000;
/// How often something changes.
pub const CHANGES: usize = 10;
/// Long enough for one change to have reached everybody before the next.
const PAUSE: Duration = Duration::from_millis(1_500);
const PATIENCE: Duration = Duration::from_mins(1);

/// When watchers heard of versions, µs since 1970.
type Heard = Arc<Mutex<BTreeMap<i64, Vec<i64>>>>;

/// Measures how soon a change reaches everybody: each of these people takes a seat of the show.
pub async fn measure(stage: &Stage, show: &str, admissions: &[String]) -> anyhow::Result<Vec<Row>> {
    let mut settings = stage.settings()?;
    let many = (WATCHERS + 1_000).to_string();
    // Signs of life carry the version that they follow.
    let heartbeat = ("WATCH_HEARTBEAT_S", "3600".to_owned());
    settings.extend([("WATCHERS_PER_IDENTITY", many.clone()), ("WATCHERS_PER_REPLICA", many), heartbeat]);
    let shop = Serving::start(Role::Booking, &settings).await?;
    let (watching, changing) = admissions.split_first().context("somebody watches")?;
    let watchers = Serving::start(
        Role::Watchers,
        &[
            ("SHOP", shop.address.to_string()),
            ("REQUEST_PATH", format!("/v1/shows/{show}/seats/events")),
            ("TOKEN", watching.clone()),
        ],
    )
    .await?;
    wait_for_all(&watchers, 1).await?;
    let mut connection = Connection::open(shop.address).await?;
    let mut began = Vec::new();
    for (number, admission) in changing.iter().enumerate().take(CHANGES) {
        let body = json!({ "seats": [seat_label(number)] });
        let request = post(&format!("/v1/shows/{show}/reserve"), admission, &body);
        began.push(Clock::System.now().as_microsecond());
        let (status, body) = connection.send(request).await?;
        anyhow::ensure!(status == StatusCode::CREATED, "{status} {}", String::from_utf8_lossy(&body));
        tokio::time::sleep(PAUSE).await;
    }
    let heard = wait_for_all(&watchers, 1 + CHANGES).await?;
    let mut late: Vec<i64> = Vec::new();
    // The first version is the one that everybody began with.
    for (began, arrivals) in began.iter().zip(heard.values().skip(1)) {
        late.extend(arrivals.iter().map(|at| at - began));
    }
    late.sort_unstable();
    let quantile = |share: usize| late.get((late.len() * share / 100).min(late.len() - 1)).copied();
    let ms = |share| quantile(share).map(|us| f64::from(i32::try_from(us).unwrap_or(i32::MAX)) / 1_000.0);
    let half = ms(50).context("somebody heard something")?;
    Ok(vec![
        Row::new("shop", "a change reaches 10,000 watchers, p99", ms(99).unwrap_or(half), " ms")
            .bar(Bar::AtMost(300.0))
            .note(format!(
                "p50 {half:.0} ms, from the request of whoever takes the seat; frames go out every 100 ms"
            )),
    ])
}

/// What was heard, once everybody has heard of so many versions.
async fn wait_for_all(watchers: &Serving, versions: usize) -> anyhow::Result<BTreeMap<i64, Vec<i64>>> {
    let deadline = Instant::now() + PATIENCE;
    let mut connection = Connection::open(watchers.address).await?;
    loop {
        let (_, body) = connection.send(plain_get("/heard")).await?;
        let heard: BTreeMap<i64, Vec<i64>> = serde_json::from_slice(&body)?;
        let by_all = heard.values().filter(|arrivals| arrivals.len() >= WATCHERS).count();
        if by_all >= versions {
            return Ok(heard);
        }
        let counts: Vec<usize> = heard.values().map(Vec::len).collect();
        anyhow::ensure!(Instant::now() < deadline, "{counts:?} of {WATCHERS} watchers heard of each version");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Watches as often as [`WATCHERS`] says, and serves what was heard until the process ends.
pub async fn serve() -> anyhow::Result<()> {
    let mut vars = Vars::from_env();
    let (shop, path, token) = (
        vars.parse("SHOP", SocketAddr::from(([127, 0, 0, 1], 0))),
        vars.text("REQUEST_PATH", ""),
        vars.text("TOKEN", ""),
    );
    vars.finish()?;
    let heard = Heard::default();
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {token}\r\naccept: text/event-stream\r\n\r\n"
    );
    for _ in 0..WATCHERS {
        let mut stream = TcpStream::connect(shop).await?;
        stream.write_all(request.as_bytes()).await?;
        tokio::spawn(listen(stream, heard.clone()));
    }
    let routes = Router::new().route(
        "/heard",
        get(async move || Json(heard.lock().unwrap_or_else(PoisonError::into_inner).clone())),
    );
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("{}", listener.local_addr()?);
    Ok(axum::serve(listener, routes).await?)
}

/// Notes when each version arrives: the number in the line that begins with `id: ` (WHATWG HTML section 9.2).
async fn listen(mut stream: TcpStream, heard: Heard) {
    const MARK: &[u8] = b"\nid: ";
    let mut buffer = [0; 2048];
    let (mut matched, mut version) = (0, 0_i64);
    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
        let at: Timestamp = Clock::System.now();
        for byte in &buffer[..read] {
            if matched == MARK.len() {
                if byte.is_ascii_digit() {
                    version = version * 10 + i64::from(byte - b'0');
                    continue;
                }
                let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
                heard.entry(version).or_default().push(at.as_microsecond());
                (matched, version) = (0, 0);
            }
            matched = if *byte == MARK[matched] { matched + 1 } else { usize::from(*byte == MARK[0]) };
        }
    }
}
