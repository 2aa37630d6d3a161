//! The booking gateway: the shop. It shows seats, holds them for people who were let in, takes payment and hands out
//! tickets. `http` takes requests to `domain`, which decides, and `store`, which remembers; `worker` finishes what time
//! or a crash left over; `audit` proves afterwards that nothing was sold twice.

pub mod app;
pub mod audit;
pub mod config;
pub mod domain;
pub mod gateway;
pub mod health;
pub mod http;
pub mod live;
pub mod metrics;
pub mod printing;
pub mod sql;
pub mod store;
pub mod till;
pub mod worker;

pub use app::start;
pub use config::Config;
