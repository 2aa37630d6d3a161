//! The one command for people. `main.rs` reads as its story; a file here is a subcommand or what several share.

pub mod cli;

pub mod audit;
pub mod chaos;
pub mod demo;
pub mod migrate;
pub mod rehearse;
pub mod serve;
pub mod verify_draw;
pub mod verify_ticket;

pub mod exit;
pub mod installation;
pub mod parse;
pub mod say;

mod data_dir;
mod services;
mod signals;
mod stores;
