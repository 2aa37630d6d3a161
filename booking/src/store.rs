//! What the shop remembers: Postgres for what is true, Redis for what is held this moment. The store decides atomic
//! facts, the domain decides policy.

pub mod error;
