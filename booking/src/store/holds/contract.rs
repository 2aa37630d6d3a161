//! The contract of holds.
