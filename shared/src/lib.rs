//! The contract between the services, and what both need to keep it: words, tokens, errors, stores, the service
//! frame. No business rules: what a drop or a show decides is written in `waitroom` and `booking`.

pub mod admission;
pub mod audit;
pub mod batch;
pub mod clock;
pub mod config;
pub mod db;
pub mod digest;
pub mod drop;
pub mod http;
pub mod ids;
pub mod keys;
pub mod mail;
pub mod money;
pub mod operator;
pub mod pages;
pub mod problem;
pub mod redis;
pub mod secret;
pub mod service;
pub mod store;
pub mod telemetry;
pub mod token;
