//! What the shop decides: states, transitions, policy. Nothing here names axum, redis or sqlx's connections.

pub mod idempotency;
pub mod ids;
pub mod manage;
pub mod payment;
pub mod reservation;
pub mod ticket;
