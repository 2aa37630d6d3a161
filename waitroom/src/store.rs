//! The stores: Redis for the moment, Postgres for the truth.

pub mod drops;
pub mod error;
pub mod ledger;
pub mod line;
pub mod passes;
pub mod reminders;
pub mod restore;
pub mod roster;
pub mod stats;
pub mod support;
