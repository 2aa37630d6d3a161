//! Every metric of the shop, declared with its help text.

pub mod money;

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

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
    describe_gauge!(POOL_WAIT_SECONDS, Unit::Seconds, "How long a request waits for a database connection");
}
