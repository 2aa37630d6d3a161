//! Many who listen: what an open stream costs in memory, and an event on it in CPU time.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use http::StatusCode;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::child::{Role, Serving};
use crate::load::Connection;
use crate::reference::CONNECTIONS;
use crate::stage::{Stores, change_drop, join_request, open_drop};
use crate::table::{Bar, Row};

const DROP: &str = "bench-streams";
/// A process may have 20,000 descriptors here.
const STREAMS: usize = 18_000;
/// How often everybody is told something.
const EVENTS: usize = 15;
const PATIENCE: Duration = Duration::from_mins(2);

/// Opens as many streams to a waiting room as to a bare broadcast, and tells everybody something as often.
pub async fn measure() -> anyhow::Result<Vec<Row>> {
    let stores = Stores::start().await?;
    let mut settings = stores.settings()?;
    settings.extend([("STREAMS_PER_ADDRESS", "0".to_owned()), ("STREAMS_PER_REPLICA", "20000".to_owned())]);
    let line = Serving::start(Role::Waitroom, &settings).await?;
    let ours = of_waitroom(&line).await?;
    drop(line);
    stores.stop().await;
    let bare = of_broadcast().await?;
    Ok(vec![
        Row::new("line", "memory a stream, 18,000 open", ours.memory_bytes / 1_000.0, " kB")
            .against("a bare axum broadcast", bare.memory_bytes / 1_000.0)
            .note("the bar is 20 kB, of the figure itself"),
        Row::new("line", "memory a stream", ours.memory_bytes / 1_000.0, " kB").bar(Bar::AtMost(20.0)),
        Row::new("line", "CPU a personal event", ours.event_us, " µs")
            .against("a bare axum broadcast", bare.event_us)
            .bar(Bar::AtMost(1.1)),
    ])
}

struct Cost {
    memory_bytes: f64,
    event_us: f64,
}

async fn of_waitroom(line: &Serving) -> anyhow::Result<Cost> {
    open_drop(line.address, DROP, 1).await?;
    let tokens = join_all(line.address).await?;
    let before = line.memory()?;
    let listeners = Listeners::open(line.address, tokens.iter().map(|token| {
        format!("GET /v1/drops/{DROP}/places/me/events HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {token}\r\naccept: text/event-stream\r\n\r\n")
    })).await?;
    listeners.wait_for(STREAMS).await?;
    let memory_bytes = (line.memory()? - before) / count(STREAMS);
    let (heard, used) = (listeners.heard(), line.cpu()?);
    for number in 0..EVENTS {
        change_drop(line.address, DROP, &json!({ "message": format!("event {number}") })).await?;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    listeners.wait_for(heard + EVENTS * STREAMS * 9 / 10).await?;
    let events = listeners.heard() - heard;
    Ok(Cost { memory_bytes, event_us: (line.cpu()? - used) * 1e6 / count(events) })
}

async fn of_broadcast() -> anyhow::Result<Cost> {
    let bare = Serving::start(Role::Broadcast, &[]).await?;
    let before = bare.memory()?;
    let request = "GET /events HTTP/1.1\r\nhost: bench\r\naccept: text/event-stream\r\n\r\n".to_owned();
    let listeners = Listeners::open(bare.address, std::iter::repeat_n(request, STREAMS)).await?;
    listeners.wait_for(listeners.heard() + STREAMS).await?;
    let memory_bytes = (bare.memory()? - before) / count(STREAMS);
    let (heard, used) = (listeners.heard(), bare.cpu()?);
    listeners.wait_for(heard + EVENTS * STREAMS).await?;
    let events = listeners.heard() - heard;
    Ok(Cost { memory_bytes, event_us: (bare.cpu()? - used) * 1e6 / count(events) })
}

/// The place tokens of as many visitors as there are streams.
async fn join_all(line: SocketAddr) -> anyhow::Result<Vec<String>> {
    let mut joining = JoinSet::new();
    for _ in 0..CONNECTIONS {
        joining.spawn(async move {
            let mut connection = Connection::open(line).await?;
            let mut tokens = Vec::new();
            for _ in 0..STREAMS.div_ceil(CONNECTIONS) {
                let (status, body) = connection.send(join_request(DROP)).await?;
                anyhow::ensure!(status == StatusCode::CREATED, "joining was answered {status}");
                let place: Value = serde_json::from_slice(&body)?;
                tokens.push(place["place_token"].as_str().context("a place has a token")?.to_owned());
            }
            anyhow::Ok(tokens)
        });
    }
    let mut tokens = Vec::with_capacity(STREAMS);
    while let Some(own) = joining.join_next().await {
        tokens.extend(own??);
    }
    tokens.truncate(STREAMS);
    Ok(tokens)
}

/// Open streams whose events are counted and thrown away.
struct Listeners {
    heard: Arc<AtomicUsize>,
    _reading: JoinSet<()>,
}

impl Listeners {
    async fn open(address: SocketAddr, requests: impl Iterator<Item = String>) -> anyhow::Result<Self> {
        let heard = Arc::new(AtomicUsize::new(0));
        let mut reading = JoinSet::new();
        for request in requests {
            let mut stream = TcpStream::connect(address).await?;
            stream.write_all(request.as_bytes()).await?;
            reading.spawn(count_events(stream, Arc::clone(&heard)));
        }
        Ok(Self { heard, _reading: reading })
    }

    fn heard(&self) -> usize {
        self.heard.load(Ordering::Relaxed)
    }

    async fn wait_for(&self, events: usize) -> anyhow::Result<()> {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while self.heard() < events {
            let heard = self.heard();
            anyhow::ensure!(tokio::time::Instant::now() < deadline, "{heard} of {events} events were heard");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }
}

/// Counts the lines that begin with `data:` until the stream ends.
async fn count_events(mut stream: TcpStream, heard: Arc<AtomicUsize>) {
    const MARK: &[u8] = b"\ndata:";
    let mut buffer = [0; 2048];
    let mut matched = 0;
    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
        for byte in &buffer[..read] {
            matched = if *byte == MARK[matched] { matched + 1 } else { usize::from(*byte == MARK[0]) };
            if matched == MARK.len() {
                heard.fetch_add(1, Ordering::Relaxed);
                matched = 0;
            }
        }
    }
}

fn count(n: usize) -> f64 {
    f64::from(u32::try_from(n).unwrap_or(u32::MAX))
}
