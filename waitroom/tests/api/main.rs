//! The waiting room as others meet it: over HTTP, on real Redis and real Postgres.

mod flow;
mod support;
