//! The shop's API, tested from outside on real stores.

mod confirm;
mod till;
