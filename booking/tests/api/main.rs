//! The shop, tested from outside: the real router on real stores, with actors that act over HTTP.

mod catalogue;
mod confirm;
mod reserve;
mod support;
mod till;
