//! What the shop decides: states, transitions, policy. Nothing here names axum, redis or sqlx's connections.

pub mod best;
pub mod booking;
pub mod cancel;
pub mod catalogue;
pub mod check_in;
pub mod checkout;
pub mod confirm;
pub mod exchange;
pub mod gate_list;
pub mod holds;
pub mod idempotency;
pub mod ids;
pub mod instead;
pub mod live;
pub mod manage;
pub mod outbox;
pub mod payment;
pub mod reconcile;
pub mod refund;
pub mod release;
pub mod reservation;
pub mod reserve;
pub mod saga;
pub mod seating;
pub mod ticket;
