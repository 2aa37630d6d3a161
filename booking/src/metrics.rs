//! Every metric of the shop, declared with its help text.

pub mod money;

use std::time::{Duration, Instant};

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

/// Reservations asked for, by outcome.
pub const RESERVES: &str = "booking_reserves_total";
/// How long a reservation took.
pub const RESERVE_SECONDS: &str = "booking_reserve_duration_seconds";
/// Shows loaded into Redis.
pub const LOADS: &str = "booking_show_loads_total";
/// Reservations expired by the sweeper.
pub const SWEPT: &str = "booking_reservations_swept_total";
/// Holds lapsed in Redis by the sweeper.
pub const LAPSED: &str = "booking_holds_lapsed_total";
/// Seats on sale, by drop.
pub const SEATS_FREE: &str = "booking_seats_free";
/// Seats in baskets, by drop.
pub const SEATS_HELD: &str = "booking_seats_held";
/// Seats sold, by drop.
pub const SEATS_BOOKED: &str = "booking_seats_booked";
/// Seats taken out of sale, by drop.
pub const SEATS_BLOCKED: &str = "booking_seats_blocked";
/// Rounds of the tasks beside the requests, by task and outcome.
const ROUNDS: &str = "booking_worker_rounds_total";
/// How long a round took, by task.
const ROUND_SECONDS: &str = "booking_worker_round_duration_seconds";
/// How long a store took to answer the simplest question, by store and outcome.
const STORE_SECONDS: &str = "booking_store_answer_seconds";
/// What is under way at this moment, by what it is and its state.
const UNFINISHED_COUNT: &str = "booking_unfinished";
/// How old the oldest of it is, by the same.
const UNFINISHED_AGE: &str = "booking_unfinished_oldest_seconds";
/// Everything that can be under way, with its states.
pub const UNFINISHED: [(&str, &str); 9] = [
    ("reservation", "pending"),
    ("reservation", "paying"),
    ("payment", "authorising"),
    ("payment", "authorised"),
    ("payment", "capturing"),
    ("payment", "voiding"),
    ("payment", "refunding"),
    ("refund", "pending"),
    ("message", "unsent"),
];
/// Open seat maps.
pub const WATCHERS: &str = "booking_watchers";
/// Frames made for open seat maps.
pub const LIVE_FRAMES: &str = "booking_live_frames_total";
/// Shows whose watchers were told to load the map again.
pub const LIVE_RELOADS: &str = "booking_live_reloads_total";
/// Scans of tickets at the gates, by outcome.
const CHECK_INS: &str = "booking_check_ins_total";
/// How long a request waits for a database connection.
pub const POOL_WAIT_SECONDS: &str = "booking_pool_wait_seconds";

/// Declares the metrics to the recorder.
pub fn describe() {
    money::describe();
    describe_counter!(RESERVES, "Reservations asked for, by outcome");
    describe_histogram!(RESERVE_SECONDS, Unit::Seconds, "How long a reservation took to be answered");
    describe_counter!(LOADS, "Shows loaded into Redis from Postgres");
    describe_counter!(SWEPT, "Overdue reservations expired by the sweeper");
    describe_counter!(LAPSED, "Overdue holds lapsed in Redis by the sweeper");
    describe_gauge!(SEATS_FREE, "Seats on sale, by drop");
    describe_gauge!(SEATS_HELD, "Seats in baskets, by drop");
    describe_gauge!(SEATS_BOOKED, "Seats sold, by drop");
    describe_gauge!(SEATS_BLOCKED, "Seats taken out of sale, by drop");
    describe_counter!(ROUNDS, "Rounds of the tasks beside the requests, by task and outcome");
    describe_histogram!(ROUND_SECONDS, Unit::Seconds, "How long a round of a task took");
    describe_histogram!(
        STORE_SECONDS,
        Unit::Seconds,
        "How long a store took to answer the simplest question"
    );
    describe_gauge!(UNFINISHED_COUNT, "Reservations, payments, refunds and messages under way, by state");
    describe_gauge!(UNFINISHED_AGE, Unit::Seconds, "How long the oldest of them has been under way");
    describe_gauge!(WATCHERS, "Seat maps that are open on this replica");
    describe_counter!(LIVE_FRAMES, "Frames made for open seat maps, each shared by all watchers of a show");
    describe_counter!(LIVE_RELOADS, "Times the watchers of a show were told to load the map again");
    describe_counter!(CHECK_INS, "Scans of tickets at the gates, by what the gate was told");
    describe_gauge!(POOL_WAIT_SECONDS, Unit::Seconds, "How long a request waits for a database connection");
}

/// Carries out a round of a task, and measures it. `round` answers whether it did what it is for.
pub async fn round(task: &'static str, round: impl Future<Output = bool>) {
    let started = Instant::now();
    let outcome = if round.await { "done" } else { "failed" };
    counter!(ROUNDS, "task" => task, "outcome" => outcome).increment(1);
    histogram!(ROUND_SECONDS, "task" => task).record(started.elapsed().as_secs_f64());
}

/// A ticket was scanned at a gate.
pub fn check_in(outcome: &'static str) {
    counter!(CHECK_INS, "outcome" => outcome).increment(1);
}

/// A store was asked the simplest question.
pub fn store_answered(store: &'static str, answered: bool, took: Duration) {
    let outcome = if answered { "answered" } else { "no_answer" };
    histogram!(STORE_SECONDS, "store" => store, "outcome" => outcome).record(took.as_secs_f64());
}

/// So much of this is under way, the oldest for so many seconds.
pub fn unfinished(what: &'static str, state: &'static str, count: i64, oldest_s: f64) {
    #[expect(clippy::cast_precision_loss, reason = "there are far fewer than 2^52")]
    gauge!(UNFINISHED_COUNT, "what" => what, "state" => state).set(count as f64);
    gauge!(UNFINISHED_AGE, "what" => what, "state" => state).set(oldest_s);
}
