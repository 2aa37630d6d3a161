//! Seats sold: as fast as it goes, and at a given rate.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use axum::body::Body;
use http::{Request, StatusCode};
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::crowd::text;
use crate::load::{Connection, Measured};
use crate::reference::CONNECTIONS;
use crate::stage::{post, seat_label};

/// Connections that sales at a given rate may use.
const OPEN_CONNECTIONS: usize = 256;

/// Seats of a show, and who buys them: the n-th admission the seat after `first_seat` by n.
#[derive(Clone)]
pub struct Sale {
    /// The shop.
    pub shop: SocketAddr,
    /// The show.
    pub show: String,
    /// Who buys.
    pub admissions: Arc<Vec<String>>,
    /// The first seat that is sold.
    pub first_seat: usize,
}

/// What sales showed.
pub struct Sold {
    /// The reserves.
    pub reserve: Measured,
    /// The confirms.
    pub confirm: Measured,
}

impl Sold {
    fn nothing() -> anyhow::Result<Self> {
        Ok(Self { reserve: Measured::nothing()?, confirm: Measured::nothing()? })
    }

    fn add(&mut self, other: &Self) -> anyhow::Result<()> {
        self.reserve.add(&other.reserve)?;
        self.confirm.add(&other.confirm)
    }

    /// Requests that were answered otherwise.
    pub fn unexpected(&self) -> usize {
        self.reserve.unexpected + self.confirm.unexpected
    }

    /// Seats sold a second.
    pub fn per_second(&self) -> f64 {
        self.confirm.per_second()
    }
}

impl Sale {
    /// Sells all seats, each connection one after the other.
    pub async fn as_fast_as_it_goes(&self) -> anyhow::Result<Sold> {
        let next = Arc::new(AtomicUsize::new(0));
        let mut selling = JoinSet::new();
        let started = Instant::now();
        for _ in 0..CONNECTIONS {
            let (sale, next) = (self.clone(), next.clone());
            let mut connection = Connection::open(self.shop).await?;
            selling.spawn(async move {
                let mut sold = Sold::nothing()?;
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= sale.admissions.len() {
                        return anyhow::Ok(sold);
                    }
                    sale.sell(&mut connection, number, Instant::now(), &mut sold).await?;
                }
            });
        }
        gathered(selling, started).await
    }

    /// Sells all seats at so many a second. Latencies count from when a request was due, not from when there was a
    /// connection for it.
    pub async fn at_rate(&self, per_second: u32) -> anyhow::Result<Sold> {
        let mut free = Vec::with_capacity(OPEN_CONNECTIONS);
        for _ in 0..OPEN_CONNECTIONS {
            free.push(Connection::open(self.shop).await?);
        }
        let (give_back, free) = {
            let (give, take) = tokio::sync::mpsc::unbounded_channel();
            free.into_iter().try_for_each(|connection| give.send(connection))?;
            (give, Arc::new(Mutex::new(take)))
        };
        let mut selling = JoinSet::new();
        let started = Instant::now();
        for number in 0..self.admissions.len() {
            let due = started + Duration::from_secs(1) * u32::try_from(number)? / per_second;
            tokio::time::sleep_until(due).await;
            let (sale, free, give_back) = (self.clone(), free.clone(), give_back.clone());
            selling.spawn(async move {
                let mut connection = free.lock().await.recv().await.context("connections come back")?;
                let mut sold = Sold::nothing()?;
                sale.sell(&mut connection, number, due, &mut sold).await?;
                give_back.send(connection)?;
                anyhow::Ok(sold)
            });
        }
        gathered(selling, started).await
    }

    /// Sells one seat; the reserve was due at this time.
    async fn sell(
        &self,
        connection: &mut Connection,
        number: usize,
        due: Instant,
        sold: &mut Sold,
    ) -> anyhow::Result<()> {
        let body = json!({ "seats": [seat_label(self.first_seat + number)] });
        let path = format!("/v1/shows/{}/reserve", self.show);
        let (status, body) = connection.send(post(&path, &self.admissions[number], &body)).await?;
        sold.reserve.note(status == StatusCode::CREATED, due.elapsed());
        if status != StatusCode::CREATED {
            return Ok(());
        }
        let reservation: Value = serde_json::from_slice(&body)?;
        let request =
            confirm_request(&text(&reservation, "reservation_id")?, &text(&reservation, "manage_token")?);
        let sent = Instant::now();
        let (status, _) = connection.send(request).await?;
        sold.confirm.note(status == StatusCode::CREATED, sent.elapsed());
        Ok(())
    }
}

async fn gathered(mut selling: JoinSet<anyhow::Result<Sold>>, started: Instant) -> anyhow::Result<Sold> {
    let mut all = Sold::nothing()?;
    while let Some(sold) = selling.join_next().await {
        all.add(&sold??)?;
    }
    all.reserve.took = started.elapsed();
    all.confirm.took = started.elapsed();
    Ok(all)
}

fn confirm_request(reservation: &str, manage_token: &str) -> Request<Body> {
    let body = json!({
        "reservation_id": reservation, "payment_token": "tok_ok",
        "contact": { "email": "bench@example.com", "name": "Bench" },
    });
    let mut request = post("/v1/bookings", manage_token, &body);
    request.headers_mut().insert("idempotency-key", reservation.parse().expect("an id is a header value"));
    request
}
