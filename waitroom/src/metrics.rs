//! The metrics of the waiting room, all declared here.

use std::time::Duration;

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use shared::ids::DropSlug;

use crate::domain::admission::ClaimError;
use crate::domain::ledger::{Entry, Fact};
use crate::domain::line::{Grant, Tick};
use crate::domain::visit::{JoinError, JoinedLine};

const JOINS: &str = "waitroom_joins_total";
const CLAIMS: &str = "waitroom_claims_total";
const CALLS: &str = "waitroom_calls_total";
const LAPSES: &str = "waitroom_lapses_total";
const RECORDED: &str = "waitroom_ledger_entries_total";
const RECORD_LAG: &str = "waitroom_ledger_lag_seconds";
const TICK: &str = "waitroom_tick_duration_seconds";
const SLOTS: &str = "waitroom_slots_in_use";
const WAITING: &str = "waitroom_places_waiting";
const RESTORES: &str = "waitroom_restores_total";

/// Says what each metric means.
pub fn describe() {
    describe_counter!(JOINS, "Joins, by outcome");
    describe_counter!(CLAIMS, "Claims, by outcome");
    describe_counter!(CALLS, "Places called, by drop");
    describe_counter!(LAPSES, "Slots freed because their time was over, by drop and reason");
    describe_counter!(RECORDED, "Entries written to the ledger");
    describe_histogram!(RECORD_LAG, Unit::Seconds, "How long a call waited to be recorded and so claimable");
    describe_histogram!(TICK, Unit::Seconds, "How long a tick of a drop took, by outcome");
    describe_gauge!(SLOTS, "Slots taken, by drop");
    describe_gauge!(WAITING, "Places waiting, by drop");
    describe_counter!(RESTORES, "How often a drop's line was put into Redis again, by outcome");
}

/// A join was answered.
pub fn joined(outcome: &Result<JoinedLine, JoinError>) {
    let outcome = match outcome {
        Ok(joined) if joined.is_new => "new",
        Ok(_) => "had_one",
        Err(JoinError::NotOpen) => "not_open",
        Err(JoinError::Closed) => "closed",
        Err(JoinError::AlreadyServed) => "already_served",
        Err(JoinError::Store(_)) => "store_failed",
    };
    counter!(JOINS, "outcome" => outcome).increment(1);
}

/// A claim was answered.
pub fn claimed(outcome: &Result<Grant, ClaimError>) {
    let outcome = match outcome {
        Ok(_) => "admitted",
        Err(ClaimError::NotYourTurn) => "not_your_turn",
        Err(ClaimError::TurnLapsed) => "turn_lapsed",
        Err(ClaimError::Store(_)) => "store_failed",
    };
    counter!(CLAIMS, "outcome" => outcome).increment(1);
}

/// A drop's tick ended; `None` where a store failed.
pub fn ticked(drop: &DropSlug, took: Duration, tick: Option<&Tick>) {
    let outcome = if tick.is_some() { "done" } else { "store_failed" };
    histogram!(TICK, "outcome" => outcome).record(took.as_secs_f64());
    let Some(tick) = tick else { return };
    #[expect(clippy::cast_precision_loss, reason = "a gauge")]
    let (active, waiting) = (tick.active as f64, tick.waiting as f64);
    gauge!(SLOTS, "drop" => drop.to_string()).set(active);
    gauge!(WAITING, "drop" => drop.to_string()).set(waiting);
    counter!(CALLS, "drop" => drop.to_string()).increment(tick.called);
}

/// Entries were written to the ledger.
pub fn recorded(drop: &DropSlug, entries: &[Entry], now_ms: i64) {
    counter!(RECORDED).increment(u64::try_from(entries.len()).unwrap_or(u64::MAX));
    for entry in entries {
        match &entry.fact {
            Fact::Called { .. } => {
                #[expect(clippy::cast_precision_loss, reason = "a duration")]
                let lag_s = (now_ms - entry.at_ms).max(0) as f64 / 1_000.0;
                histogram!(RECORD_LAG).record(lag_s);
            }
            Fact::Freed { lapse, .. } => {
                counter!(LAPSES, "drop" => drop.to_string(), "reason" => lapse.as_str()).increment(1);
            }
            _ => {}
        }
    }
}

/// A line was put into Redis again, or could not be.
pub fn restored(done: bool) {
    counter!(RESTORES, "outcome" => if done { "done" } else { "failed" }).increment(1);
}
