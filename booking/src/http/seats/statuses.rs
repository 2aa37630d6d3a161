//! The statuses of shows as bytes, compressed once for everybody who asks: a hall that thousands look at costs Redis one
//! read in a tenth of a second, or one after each change that this replica makes.

use std::collections::HashMap;
use std::io::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use http::{HeaderMap, HeaderValue};
use jiff::{SignedDuration, Timestamp};
use shared::store::StoreError;

use super::StatusesBody;
use crate::domain::catalogue::ShowPlan;
use crate::domain::ids::ShowId;
use crate::store::Store;

/// Statuses that were read so long ago are read again.
const KEPT: Duration = Duration::from_millis(100);
/// More shows than this are not kept.
const MAX_SHOWS: usize = 2_000;

/// The statuses of the shows that were asked for.
#[derive(Default)]
pub struct Statuses(Mutex<HashMap<ShowId, Arc<Cell>>>);

/// The statuses of one show, and who reads them at the moment: the others wait for it.
#[derive(Default)]
struct Cell {
    latest: Mutex<Option<Reading>>,
    reading: tokio::sync::Mutex<()>,
}

#[derive(Clone)]
struct Reading {
    began: Instant,
    at: Timestamp,
    writes: u64,
    answer: Arc<Answer>,
}

/// An answer, plain and compressed.
pub struct Answer {
    /// Its entity tag.
    pub tag: String,
    plain: Bytes,
    gzip: Bytes,
}

impl Statuses {
    /// The statuses of a show, at most a tenth of a second old, and never older than the last change made here.
    pub async fn of(&self, store: &Store, plan: &ShowPlan) -> Result<Arc<Answer>, StoreError> {
        let show = plan.show.show_id;
        let cell = self.cell(show);
        if let Some(answer) = cell.fresh(store) {
            return Ok(answer);
        }
        let _the_others_wait = cell.reading.lock().await;
        if let Some(answer) = cell.fresh(store) {
            return Ok(answer);
        }
        let (began, at, writes) = (Instant::now(), store.clock.now(), store.holds.writes());
        let map = store.seat_map(show).await?;
        // Overdue holds count as free before the version says so.
        let tag = format!("s{}.{}", map.version, map.overdue);
        let known = lock(&cell.latest).as_ref().map(|reading| Arc::clone(&reading.answer));
        let answer = match known.filter(|answer| answer.tag == tag) {
            Some(known) => known,
            None => Arc::new(Answer::of(tag, &StatusesBody::of(show, &map))),
        };
        *lock(&cell.latest) = Some(Reading { began, at, writes, answer: Arc::clone(&answer) });
        Ok(answer)
    }

    fn cell(&self, show: ShowId) -> Arc<Cell> {
        let mut cells = lock(&self.0);
        if cells.len() >= MAX_SHOWS && !cells.contains_key(&show) {
            cells.clear();
        }
        Arc::clone(cells.entry(show).or_default())
    }
}

impl Cell {
    fn fresh(&self, store: &Store) -> Option<Arc<Answer>> {
        let latest = lock(&self.latest);
        let reading = latest.as_ref()?;
        let kept = SignedDuration::try_from(KEPT).unwrap_or(SignedDuration::ZERO);
        let is_fresh = reading.began.elapsed() < KEPT
            && store.clock.now().duration_since(reading.at).abs() <= kept
            && reading.writes == store.holds.writes();
        is_fresh.then(|| Arc::clone(&reading.answer))
    }
}

impl Answer {
    fn of(tag: String, body: &StatusesBody) -> Self {
        let plain = serde_json::to_vec(body).expect("statuses are plain JSON");
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(&plain).expect("memory takes everything");
        let gzip = gzip.finish().expect("memory takes everything");
        Self { tag, plain: plain.into(), gzip: gzip.into() }
    }

    /// The answer as this client takes it.
    pub fn response(&self, headers: &HeaderMap) -> Response {
        let json = (CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let vary = (VARY, HeaderValue::from_static("accept-encoding"));
        if takes_gzip(headers) {
            let gzip = (CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            ([json, vary, gzip], self.gzip.clone()).into_response()
        } else {
            ([json, vary], self.plain.clone()).into_response()
        }
    }
}

/// Whether a client takes gzip (RFC 9110 section 12.5.3); where it says so in a roundabout way, it gets it plain.
fn takes_gzip(headers: &HeaderMap) -> bool {
    let sent = headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    sent.split(',').any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let weight = weight.trim().strip_prefix("q=").and_then(|weight| weight.parse().ok());
        name.trim().eq_ignore_ascii_case("gzip") && weight.unwrap_or(1.0_f32) > 0.0
    })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::holds::{SeatMap, SeatState};

    /// Worse than any sale: half of the seats sold, a third free, the others in baskets, in no order at all.
    #[test]
    fn the_statuses_of_20_000_seats_take_at_most_6_kilobytes() {
        let mut random = 1_u64;
        let states = std::iter::repeat_with(|| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            match (random >> 33) % 6 {
                0..3 => SeatState::Booked,
                3 | 4 => SeatState::Free,
                _ => SeatState::Held,
            }
        });
        let map = SeatMap { version: 7 << 32, states: states.take(20_000).collect(), overdue: 0 };
        let answer = Answer::of(String::new(), &StatusesBody::of(ShowId(uuid::Uuid::nil()), &map));
        assert!(answer.plain.len() > 20_000 && answer.gzip.len() <= 6_000, "{} bytes", answer.gzip.len());
    }

    #[test]
    fn gzip_goes_to_who_takes_it() {
        let takes = |value: &'static str| {
            takes_gzip(&HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(value))]))
        };
        assert!(takes("gzip") && takes("br, GZIP;q=0.5") && takes("deflate , gzip ; q=1"));
        assert!(!takes("") && !takes("gzip;q=0") && !takes("br") && !takes_gzip(&HeaderMap::new()));
    }
}
