//! What a waiting room decides: states, transitions, policy, and the use cases. It names no axum, redis or sqlx.

pub mod admission;
pub mod code;
pub mod drop;
pub mod estimate;
pub mod ledger;
pub mod line;
pub mod operate;
pub mod pass;
pub mod place;
pub mod reminder;
pub mod roster;
pub mod stats;
pub mod visit;
