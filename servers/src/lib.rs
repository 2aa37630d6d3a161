//! Private Redis and Postgres servers in a data folder, on free loopback ports.
//!
//! Used by `stanchion demo`, which wants them durable and reusable, and by the tests, which want them fast and
//! sometimes dead. A server belongs to the process that started it: a data folder has one owner at a time, the
//! server ends when its owner ends, and a leftover of a killed owner is stopped before the folder is used again.
//!
//! What this crate does not do: it knows nothing of schemas, keys or configured (foreign) servers.

pub mod install;
pub mod ports;
pub mod postgres;
pub mod redis;

mod account;
mod binaries;
mod error;
mod folder;
mod leftover;
mod process;

pub use error::ServerError;
