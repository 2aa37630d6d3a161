//! Test support: stores of a test's own, a proxy that cuts, actors that act over HTTP, a browser, and waiting for a condition.
//!
//! A failure of the harness itself is a failed test: its functions panic with a sentence rather than return errors.

pub mod actors;
pub mod browser;
pub mod proxy;
pub mod stores;

mod config;
mod eventually;
mod folder;

pub use config::{DATABASE_URL, REDIS_URL, pictures_folder};
pub use eventually::{Outcome, eventually};
pub use folder::TempFolder;
