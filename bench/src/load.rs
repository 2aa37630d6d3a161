//! A closed-loop client: each connection sends its next request when it has the answer to the last. Requests are plain
//! HTTP/1.1 on kept-alive connections, the same for what is measured and for what it is compared with.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use axum::body::{Body, to_bytes};
use bytes::Bytes;
use hdrhistogram::Histogram;
use http::{Request, StatusCode};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

const MAX_ANSWER_BYTES: usize = 8 * 1024 * 1024;

/// What a run of requests showed.
pub struct Measured {
    /// Answers with the expected status.
    pub answered: usize,
    /// Answers with another status.
    pub unexpected: usize,
    /// How long the run took.
    pub took: Duration,
    /// Latencies of all answers, µs.
    pub latency_us: Histogram<u64>,
}

/// Slower answers count as this slow, µs.
const SLOWEST_US: u64 = 60_000_000;

impl Measured {
    /// No requests yet.
    pub fn nothing() -> anyhow::Result<Self> {
        let latency_us = Histogram::new_with_bounds(1, SLOWEST_US, 3)?;
        Ok(Self { answered: 0, unexpected: 0, took: Duration::ZERO, latency_us })
    }

    /// One more answer.
    pub fn note(&mut self, is_expected: bool, latency: Duration) {
        self.latency_us.saturating_record(u64::try_from(latency.as_micros()).unwrap_or(u64::MAX));
        if is_expected { self.answered += 1 } else { self.unexpected += 1 }
    }

    /// The answers of another connection too.
    pub fn add(&mut self, other: &Self) -> anyhow::Result<()> {
        self.answered += other.answered;
        self.unexpected += other.unexpected;
        Ok(self.latency_us.add(&other.latency_us)?)
    }

    /// The latency that this share of the answers did not exceed, ms.
    pub fn quantile_ms(&self, share: f64) -> f64 {
        let us = self.latency_us.value_at_quantile(share);
        f64::from(u32::try_from(us).unwrap_or(u32::MAX)) / 1_000.0
    }

    /// Expected answers a second.
    pub fn per_second(&self) -> f64 {
        f64::from(u32::try_from(self.answered).unwrap_or(u32::MAX)) / self.took.as_secs_f64()
    }
}

/// A kept-alive connection.
pub struct Connection(SendRequest<Body>);

impl Connection {
    /// Connects.
    pub async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await.with_context(|| format!("connect to {address}"))?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self(sender))
    }

    /// Sends a request and reads the whole answer.
    pub async fn send(&mut self, request: Request<Body>) -> anyhow::Result<(StatusCode, Bytes)> {
        self.0.ready().await?;
        let response = self.0.send_request(request).await?;
        let status = response.status();
        let body = to_bytes(Body::new(response.into_body()), MAX_ANSWER_BYTES).await?;
        Ok((status, body))
    }
}

/// Sends `count` requests, made by number, over `connections` connections, and counts those answered with `expected`.
pub async fn run<F>(
    address: SocketAddr,
    connections: usize,
    count: usize,
    expected: StatusCode,
    make: F,
) -> anyhow::Result<Measured>
where
    F: Fn(usize) -> Request<Body> + Send + Sync + 'static,
{
    let make = Arc::new(make);
    let next = Arc::new(AtomicUsize::new(0));
    let mut workers = JoinSet::new();
    let started = Instant::now();
    for _ in 0..connections {
        let (make, next) = (make.clone(), next.clone());
        let mut connection = Connection::open(address).await?;
        workers.spawn(async move {
            let mut own = Measured::nothing()?;
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return anyhow::Ok(own);
                }
                let sent = Instant::now();
                let (status, _body) = connection.send(make(number)).await?;
                own.note(status == expected, sent.elapsed());
            }
        });
    }
    let mut all = Measured::nothing()?;
    while let Some(own) = workers.join_next().await {
        all.add(&own??)?;
    }
    all.took = started.elapsed();
    Ok(all)
}
