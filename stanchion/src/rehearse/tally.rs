//! Counts what happens to the crowd while it happens.

mod line;
mod shop;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use super::purchase::Timing;
use super::report::{Happening, Report, StepReport};
use super::script::{Answer, Ask, Booking, Refusal, Step};
use super::visitor::{Account, Ending};
use line::LineCounts;
use shop::ShopCounts;

/// Longer answers count as this long.
const SLOWEST_US: u64 = 120_000_000;

/// The counts of one run, shared by all its visitors.
#[derive(Debug)]
pub struct Tally {
    began: Instant,
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    joined: u64,
    admitted: u64,
    reserved: u64,
    conflicts: u64,
    repeats: u64,
    confirms_repeated: u64,
    confirms_unresolved: u64,
    line: LineCounts,
    shop: ShopCounts,
    sold_out_at: Option<Duration>,
    acknowledged: Vec<Booking>,
    told: HashSet<String>,
    given_back: BTreeSet<String>,
    endings: BTreeMap<Ending, u64>,
    latencies: BTreeMap<Step, Histogram<u64>>,
    errors: BTreeMap<String, u64>,
}

/// A glance at the run for the progress bar.
#[derive(Debug, Clone, Copy, Default)]
pub struct Glance {
    /// Visitors with a place.
    pub joined: u64,
    /// Visitors let in.
    pub admitted: u64,
    /// Acknowledged bookings.
    pub booked: u64,
    /// Seats in them.
    pub seats_sold: u64,
    /// Visitors who went home.
    pub gone: u64,
}

impl Tally {
    /// An empty tally of a run that began at `began`.
    pub fn new(began: Instant) -> Self {
        Self { began, counts: Mutex::default() }
    }

    /// Something is about to be asked. Who asks to give a booking back may have done so, whatever is answered.
    pub fn asked(&self, ask: &Ask) {
        if let Ask::Cancel { booking_id, .. } = ask {
            self.lock().given_back.insert(booking_id.to_string());
        }
    }

    /// Counts one answer and how long it took.
    pub fn answered(&self, ask: &Ask, answer: &Answer, took: Duration) {
        let mut counts = self.lock();
        if !matches!(answer, Answer::Lost) {
            counts.time(ask.step(), took);
        }
        counts.shop.add(ask, answer);
        match answer {
            Answer::Place(_) => counts.joined += u64::from(matches!(ask, Ask::Join)),
            Answer::Admitted(_) => counts.admitted += 1,
            Answer::Reserved(_) => counts.reserved += u64::from(matches!(ask, Ask::Reserve { .. })),
            Answer::Booked(booking) => counts.acknowledge(booking),
            Answer::Refused(refusal) if is_lost_race(ask, refusal.status) => counts.conflicts += 1,
            Answer::Refused(refusal) if is_expected(ask, refusal) => {}
            Answer::Refused(refusal) => {
                counts.error(&format!("{} {} {}", ask.step().name(), refusal.status, refusal.code));
            }
            // The visitor hung up.
            Answer::Lost if matches!(ask, Ask::Exchange { hangs_up: true, .. }) => {}
            Answer::Lost => counts.error(&format!("{} lost", ask.step().name())),
            Answer::Shows(_)
            | Answer::Seats(_)
            | Answer::Basket { .. }
            | Answer::Cancelled(_)
            | Answer::Processing(_)
            | Answer::Done => {}
        }
    }

    /// Counts a request that is sent again.
    pub fn repeated(&self, ask: &Ask) {
        let mut counts = self.lock();
        counts.repeats += 1;
        counts.confirms_repeated += u64::from(matches!(ask, Ask::Confirm { .. }));
    }

    /// The installation says that the drop is, or is no longer, sold out.
    pub fn stock_is_gone(&self, is_gone: bool) {
        let mut counts = self.lock();
        if is_gone {
            counts.sold_out_at.get_or_insert_with(|| self.began.elapsed());
        } else {
            counts.sold_out_at = None;
        }
    }

    /// A visitor went home. `unresolved` says that a payment was sent whose answer never came.
    pub fn ended(&self, ending: Ending, account: &Account, unresolved: bool) {
        let mut counts = self.lock();
        *counts.endings.entry(ending).or_default() += 1;
        counts.line.add(account);
        if ending == Ending::Abandoned {
            counts.shop.happened(Happening::WalkedOff);
        }
        counts.confirms_unresolved += u64::from(unresolved);
    }

    /// Another tab of a visitor has joined.
    pub fn tab_joined(&self, got_a_second_place: bool) {
        self.lock().line.tab_joined(got_a_second_place);
    }

    /// Another tab was shown a worse position than before.
    pub fn positions_rose(&self, times: u64) {
        self.lock().line.positions_rose(times);
    }

    /// A stream was open and told so many places.
    pub fn followed(&self, events: u64) {
        self.lock().line.followed(events);
    }

    /// The state of the run.
    pub fn glance(&self) -> Glance {
        let counts = self.lock();
        Glance {
            joined: counts.joined,
            admitted: counts.admitted,
            booked: counts.acknowledged.len() as u64,
            seats_sold: counts.acknowledged.iter().map(|booking| booking.seats.len() as u64).sum(),
            gone: counts.endings.values().sum(),
        }
    }

    /// The report of the run, as far as it has come.
    pub fn report(&self, drop: &str, visitors: u64, seed: u64) -> Report {
        let counts = self.lock();
        Report {
            drop: drop.to_owned(),
            visitors,
            seed,
            took_s: self.began.elapsed().as_secs_f64(),
            joined: counts.joined,
            admitted: counts.admitted,
            reserved: counts.reserved,
            conflicts: counts.conflicts,
            booked: counts.acknowledged.len() as u64,
            seats_sold: counts.acknowledged.iter().map(|booking| booking.seats.len() as u64).sum(),
            sold_out_at_s: counts.sold_out_at.map(|at| at.as_secs_f64()),
            repeats: counts.repeats,
            confirms_repeated: counts.confirms_repeated,
            confirms_unresolved: counts.confirms_unresolved,
            positions_risen: counts.line.positions_risen(),
            line: counts.line.report(),
            shop: counts.shop.report(),
            endings: counts.endings.clone(),
            steps: counts.steps(),
            errors: counts.errors.clone(),
            acknowledged: counts.acknowledged.clone(),
            given_back: counts.given_back.clone(),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Counts> {
        self.counts.lock().expect("nothing panics while it counts")
    }
}

impl Counts {
    /// A booking that is told again is the same booking.
    fn acknowledge(&mut self, booking: &Booking) {
        if self.told.insert(booking.booking_id.clone()) {
            self.acknowledged.push(booking.clone());
        }
    }

    fn time(&mut self, step: Step, took: Duration) {
        let histogram = self.latencies.entry(step).or_insert_with(|| {
            Histogram::new_with_bounds(1, SLOWEST_US, 3).expect("the bounds are valid constants")
        });
        histogram.saturating_record(u64::try_from(took.as_micros()).unwrap_or(SLOWEST_US));
    }

    fn error(&mut self, code: &str) {
        *self.errors.entry(code.trim_end().to_owned()).or_default() += 1;
    }

    fn steps(&self) -> Vec<StepReport> {
        let in_ms = |us: u64| Duration::from_micros(us).as_secs_f64() * 1_000.0;
        Step::ALL
            .into_iter()
            .filter_map(|step| self.latencies.get(&step).map(|histogram| (step, histogram)))
            .map(|(step, histogram)| StepReport {
                step,
                answers: histogram.len(),
                p50_ms: in_ms(histogram.value_at_quantile(0.50)),
                p99_ms: in_ms(histogram.value_at_quantile(0.99)),
                max_ms: in_ms(histogram.max()),
            })
            .collect()
    }
}

/// A seat went to somebody else: what the shop is there to decide, not an error.
fn is_lost_race(ask: &Ask, status: u16) -> bool {
    matches!(ask, Ask::Reserve { .. }) && status == 409
}

/// Refusals that belong to an orderly visit, and are told of elsewhere.
fn is_expected(ask: &Ask, refusal: &Refusal) -> bool {
    let is_too_late = matches!(ask, Ask::Confirm { payment, .. } if payment.timing != Timing::Soon && refusal.status == 410);
    let has_gone = matches!(ask, Ask::Exchange { .. }) && refusal.code == "seats_unavailable";
    is_too_late
        || has_gone
        || refusal.status == 402
        || matches!(
            refusal.code.as_str(),
            "not_your_turn"
                | "drop_not_open"
                | "turn_lapsed"
                | "stranded_seat"
                | "cooling_down"
                | "too_late"
                | "seats_lost"
                | "payment_gateway_unavailable"
        )
}
