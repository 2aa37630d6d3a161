//! The metrics of the waiting room, all declared here.

use std::sync::LazyLock;
use std::time::Duration;

use metrics::{
    Counter, Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};
use shared::ids::DropSlug;

use crate::domain::admission::ClaimError;
use crate::domain::estimate::Checked;
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
const POLLS: &str = "waitroom_polls_total";
const STREAMS: &str = "waitroom_streams_open";
const REMEMBERED: &str = "waitroom_places_remembered";
const SIGHTINGS: &str = "waitroom_sightings_total";
const SET_ASIDE: &str = "waitroom_set_asides_total";
const RETURNS: &str = "waitroom_returns_total";
const MOVES_MISSED: &str = "waitroom_moves_missed_total";
const PUT_BACK: &str = "waitroom_put_backs_total";
const MEASURE: &str = "waitroom_measure_duration_seconds";
const IDLE: &str = "waitroom_idle_total";
const ESTIMATES: &str = "waitroom_estimates_checked_total";
const REMINDERS: &str = "waitroom_reminders_total";
const REMINDERS_PENDING: &str = "waitroom_reminders_pending";

/// Says what each metric means.
pub fn describe() {
    describe_counter!(JOINS, "Joins, by outcome");
    describe_counter!(REMINDERS, "Reminders by mail that were seen to, by outcome");
    describe_gauge!(REMINDERS_PENDING, "Reminders that wait, in all drops");
    describe_counter!(CLAIMS, "Claims, by outcome");
    describe_counter!(CALLS, "Places called, by drop");
    describe_counter!(LAPSES, "Slots freed because their time was over, by drop and reason");
    describe_counter!(RECORDED, "Entries written to the ledger");
    describe_histogram!(RECORD_LAG, Unit::Seconds, "How long a call waited to be recorded and so claimable");
    describe_histogram!(TICK, Unit::Seconds, "How long a tick of a drop took, by outcome");
    describe_gauge!(SLOTS, "Slots taken, by drop");
    describe_gauge!(WAITING, "Places waiting, by drop");
    describe_counter!(RESTORES, "How often a drop's line was put into Redis again, by outcome");
    describe_counter!(POLLS, "Looks at a place, by where they were answered from: memory or redis");
    describe_gauge!(STREAMS, "Streams of places that this replica holds open");
    describe_gauge!(REMEMBERED, "Places that this replica remembers, by drop");
    describe_counter!(SIGHTINGS, "Visitors reported to Redis as present, by drop");
    describe_counter!(SET_ASIDE, "Places set aside because their visitor was away at their turn, by drop");
    describe_counter!(RETURNS, "Visitors who came back to a place that was set aside, by drop and outcome");
    describe_counter!(
        MOVES_MISSED,
        "How often this replica missed moves and asked about everybody again, by drop"
    );
    describe_counter!(PUT_BACK, "Places put back from this replica's memory after a loss of Redis, by drop");
    describe_histogram!(MEASURE, Unit::Seconds, "How long it took to have a new rank table");
    describe_counter!(
        IDLE,
        "Calls before which nobody had looked for more than a second, by drop and reason"
    );
    describe_counter!(ESTIMATES, "Estimates compared with the call they were for, by drop and outcome");
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
            Fact::Aside { .. } => counter!(SET_ASIDE, "drop" => drop.to_string()).increment(1),
            Fact::Returned { outcome, .. } => {
                counter!(RETURNS, "drop" => drop.to_string(), "outcome" => outcome.as_str()).increment(1);
            }
            Fact::Idle { reason, .. } => {
                counter!(IDLE, "drop" => drop.to_string(), "reason" => reason.as_str()).increment(1);
            }
            _ => {}
        }
    }
}

/// A line was put into Redis again, or could not be.
pub fn restored(done: bool) {
    counter!(RESTORES, "outcome" => if done { "done" } else { "failed" }).increment(1);
}

/// Where the answer to a look at a place came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnsweredFrom {
    /// This replica's memory.
    Memory,
    /// Redis.
    Redis,
}

/// A look at a place was answered.
pub fn looked(from: AnsweredFrom) {
    static FROM_MEMORY: LazyLock<Counter> = LazyLock::new(|| counter!(POLLS, "from" => "memory"));
    static FROM_REDIS: LazyLock<Counter> = LazyLock::new(|| counter!(POLLS, "from" => "redis"));
    match from {
        AnsweredFrom::Memory => FROM_MEMORY.increment(1),
        AnsweredFrom::Redis => FROM_REDIS.increment(1),
    }
}

/// So many streams are open.
pub fn streams_open(streams: usize) {
    #[expect(clippy::cast_precision_loss, reason = "a gauge")]
    gauge!(STREAMS).set(streams as f64);
}

/// So many places are remembered.
pub fn remembered(drop: &DropSlug, places: usize) {
    #[expect(clippy::cast_precision_loss, reason = "a gauge")]
    gauge!(REMEMBERED, "drop" => drop.to_string()).set(places as f64);
}

/// So many visitors were reported as present.
pub fn sighted(drop: &DropSlug, places: usize) {
    counter!(SIGHTINGS, "drop" => drop.to_string()).increment(places as u64);
}

/// Moves were missed.
pub fn moves_missed(drop: &DropSlug) {
    counter!(MOVES_MISSED, "drop" => drop.to_string()).increment(1);
}

/// So many places were put back from memory.
pub fn put_back(drop: &DropSlug, places: usize) {
    counter!(PUT_BACK, "drop" => drop.to_string()).increment(places as u64);
}

/// A new rank table is here.
pub fn measured(took: Duration) {
    histogram!(MEASURE).record(took.as_secs_f64());
}

/// What became of a reminder that was due.
#[derive(Clone, Copy, Debug)]
pub enum Reminded {
    /// The mail has gone.
    Sent,
    /// It could not be sent, and is tried again.
    Retried,
    /// It is given up.
    Failed,
    /// The place had ended.
    Over,
}

/// A reminder was seen to.
pub fn reminded(outcome: Reminded) {
    let outcome = match outcome {
        Reminded::Sent => "sent",
        Reminded::Retried => "retried",
        Reminded::Failed => "failed",
        Reminded::Over => "over",
    };
    counter!(REMINDERS, "outcome" => outcome).increment(1);
}

/// So many reminders are over because their drop is.
pub fn reminders_over(count: u64) {
    counter!(REMINDERS, "outcome" => "over").increment(count);
}

/// So many reminders wait.
pub fn reminders_pending(count: i64) {
    #[expect(clippy::cast_precision_loss, reason = "a gauge")]
    gauge!(REMINDERS_PENDING).set(count as f64);
}

/// Estimates were compared with the calls they were for.
pub fn estimates_checked(drop: &DropSlug, checked: Checked) {
    for (outcome, count) in [("held", checked.held), ("missed", checked.missed)] {
        counter!(ESTIMATES, "drop" => drop.to_string(), "outcome" => outcome).increment(count);
    }
}
