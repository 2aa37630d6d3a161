//! The metrics of payments.

use std::time::Duration;

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

const STEPS: &str = "booking_saga_steps_total";
const PAYMENTS: &str = "booking_payments_total";
const GATEWAY: &str = "booking_gateway_seconds";
const GATEWAY_EVENTS: &str = "booking_gateway_events_total";
const CONFIRMS: &str = "booking_confirms_total";
const CONFIRM_SECONDS: &str = "booking_confirm_duration_seconds";
const BOOKINGS: &str = "booking_bookings_total";
const REFUNDS: &str = "booking_refunds_total";
const DIFFERENCES: &str = "booking_reconciliation_differences";
const OUTBOX: &str = "booking_outbox_total";

/// Declares the metrics to the recorder.
pub fn describe() {
    describe_counter!(
        STEPS,
        "Steps of payments' sagas, by step and by whether they were done or have to wait"
    );
    describe_counter!(PAYMENTS, "Payments that came to an end, by outcome");
    describe_histogram!(GATEWAY, Unit::Seconds, "How long the gateway took to answer, by operation");
    describe_counter!(GATEWAY_EVENTS, "Webhooks of the gateway, by whether they were new, known or refused");
    describe_counter!(CONFIRMS, "Confirms, by the status they were answered with");
    describe_histogram!(CONFIRM_SECONDS, Unit::Seconds, "How long a confirm took to be answered");
    describe_counter!(
        BOOKINGS,
        "Bookings that were made, given back and exchanged for other seats, by outcome"
    );
    describe_counter!(REFUNDS, "Refunds that were asked of the gateway, by what it answered");
    describe_gauge!(
        DIFFERENCES,
        "Differences between our payments of the last hours and the gateway's books, by class"
    );
    describe_counter!(OUTBOX, "Messages of the outbox, by destination and by whether they were delivered");
}

/// A step of a saga was done, or has to wait.
pub fn step(step: &'static str, outcome: &'static str) {
    counter!(STEPS, "step" => step, "outcome" => outcome).increment(1);
}

/// A payment came to an end.
pub fn payment(outcome: &'static str) {
    counter!(PAYMENTS, "outcome" => outcome).increment(1);
}

/// The gateway was called.
pub fn gateway(operation: &'static str, answered: bool, took: Duration) {
    let outcome = if answered { "answered" } else { "no_answer" };
    histogram!(GATEWAY, "operation" => operation, "outcome" => outcome).record(took.as_secs_f64());
}

/// A webhook of the gateway came.
pub fn gateway_event(outcome: &'static str) {
    counter!(GATEWAY_EVENTS, "outcome" => outcome).increment(1);
}

/// A confirm was answered.
pub fn confirm(status: u16, took: Duration) {
    counter!(CONFIRMS, "status" => status.to_string()).increment(1);
    histogram!(CONFIRM_SECONDS).record(took.as_secs_f64());
}

/// A booking was made (`paid`, `free`), its seats were given back, or exchanged for others.
pub fn booking(outcome: &'static str) {
    counter!(BOOKINGS, "outcome" => outcome).increment(1);
}

/// The gateway was asked for a refund.
pub fn refund(outcome: &'static str) {
    counter!(REFUNDS, "outcome" => outcome).increment(1);
}

/// The books were compared.
pub fn differences(class: &'static str, count: u64) {
    #[expect(clippy::cast_precision_loss, reason = "no shop has so many differences")]
    gauge!(DIFFERENCES, "class" => class).set(count as f64);
}

/// A message of the outbox was delivered, or not.
pub fn outbox(destination: &'static str, delivered: bool) {
    let outcome = if delivered { "delivered" } else { "failed" };
    counter!(OUTBOX, "destination" => destination, "outcome" => outcome).increment(1);
}
