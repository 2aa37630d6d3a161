//! The waiting room as others meet it: over HTTP, on real Redis and real Postgres.

#![expect(clippy::unwrap_used, reason = "what a test's helpers cannot unwrap is a failed test")]

mod admissions;
mod audit;
mod branding;
mod cluster;
mod contract;
mod draw;
mod estimates;
mod faults;
mod flow;
mod handovers;
mod interface;
mod lapses;
mod limits;
mod loss;
mod operators;
mod passes;
mod places;
mod positions;
mod presence;
mod reminders;
mod status;
mod streams;
mod support;
mod support_codes;
mod tokens;
