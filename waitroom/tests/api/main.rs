//! The waiting room as others meet it: over HTTP, on real Redis and real Postgres.

mod contract;
mod flow;
mod support;
