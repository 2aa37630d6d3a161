//! How this replica is doing, measured over the last seconds: what waitroom's pace follows.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::domain::reserve::{BasketError, ReserveError, Reserved};

/// What is older does not count.
const WINDOW: Duration = Duration::from_secs(5);
/// More requests than this are not remembered.
const MAX_SAMPLES: usize = 20_000;

/// Latency, errors and work in progress of reserve and confirm. Clones share the measurements.
#[derive(Clone, Default)]
pub struct LoadMeter(Arc<Inner>);

#[derive(Default)]
struct Inner {
    in_flight: AtomicU64,
    samples: Mutex<VecDeque<Sample>>,
}

struct Sample {
    at: Instant,
    took: Duration,
    failed: bool,
}

/// The measurements at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Load {
    /// The 99th percentile of the time taken, ms.
    pub p99_ms: f64,
    /// The share of requests that failed for reasons of the server.
    pub error_share: f64,
    /// Requests being worked on.
    pub in_flight: u64,
}

/// Counts a request as being worked on until it is dropped.
struct InFlight<'a>(&'a AtomicU64);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl LoadMeter {
    /// Measures a request; `failed` says whether its outcome is the server's fault.
    pub async fn measure<T>(&self, request: impl Future<Output = T>, failed: impl FnOnce(&T) -> bool) -> T {
        self.0.in_flight.fetch_add(1, Ordering::Relaxed);
        let _in_flight = InFlight(&self.0.in_flight);
        let started = Instant::now();
        let outcome = request.await;
        let sample = Sample { at: Instant::now(), took: started.elapsed(), failed: failed(&outcome) };
        let mut samples = self.0.samples.lock().unwrap_or_else(PoisonError::into_inner);
        if samples.len() >= MAX_SAMPLES {
            samples.pop_front();
        }
        samples.push_back(sample);
        outcome
    }

    /// Measures a reservation, and counts it by outcome.
    pub async fn reserve(
        &self,
        request: impl Future<Output = Result<Reserved, ReserveError>>,
    ) -> Result<Reserved, ReserveError> {
        let started = Instant::now();
        let outcome = self.measure(request, |outcome| matches!(outcome, Err(ReserveError::Store(_)))).await;
        metrics::counter!(crate::metrics::RESERVES, "outcome" => outcome_label(&outcome)).increment(1);
        metrics::histogram!(crate::metrics::RESERVE_SECONDS).record(started.elapsed().as_secs_f64());
        outcome
    }

    /// The measurements of the last seconds.
    pub fn load(&self) -> Load {
        let now = Instant::now();
        let mut samples = self.0.samples.lock().unwrap_or_else(PoisonError::into_inner);
        while samples.front().is_some_and(|sample| now.duration_since(sample.at) > WINDOW) {
            samples.pop_front();
        }
        let failed = samples.iter().filter(|sample| sample.failed).count();
        let mut times: Vec<Duration> = samples.iter().map(|sample| sample.took).collect();
        drop(samples);
        times.sort_unstable();
        let p99 = times.get(times.len() * 99 / 100).copied().unwrap_or_default();
        Load {
            p99_ms: p99.as_secs_f64() * 1000.0,
            error_share: share(failed, times.len()),
            in_flight: self.0.in_flight.load(Ordering::Relaxed),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "at most 20,000 samples")]
fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn outcome_label(outcome: &Result<Reserved, ReserveError>) -> &'static str {
    match outcome {
        Ok(reserved) if reserved.is_new => "reserved",
        Ok(_) => "repeated",
        Err(ReserveError::Basket(refusal)) => match refusal {
            BasketError::Empty => "no_seats",
            BasketError::TooMany { .. } => "too_many_seats",
            BasketError::Duplicates(_) => "duplicate_seats",
            BasketError::Unknown(_) => "unknown_seats",
            BasketError::UnknownFares(_) => "unknown_fares",
        },
        Err(ReserveError::NotOnSale) => "not_on_sale",
        Err(ReserveError::AdmissionEnded) => "admission_ended",
        Err(ReserveError::AdmissionSpent) => "admission_spent",
        Err(ReserveError::SeatsUnavailable(_)) => "conflict",
        Err(ReserveError::Stranded(_)) => "stranded",
        Err(ReserveError::ReservationLimit { .. }) => "reservation_limit",
        Err(ReserveError::AddressLimit { .. }) => "address_limit",
        Err(ReserveError::CoolingDown { .. }) => "cooling_down",
        Err(ReserveError::Store(_)) => "unavailable",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn failures_and_work_in_progress_are_counted() {
        let meter = LoadMeter::default();
        for failed in [false, false, false, true] {
            meter.measure(async { assert_eq!(meter.load().in_flight, 1) }, |()| failed).await;
        }
        let load = meter.load();
        assert!((load.error_share - 0.25).abs() < f64::EPSILON);
        assert_eq!(load.in_flight, 0);
    }
}
