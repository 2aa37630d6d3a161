//! The one command for people. `main.rs` reads as its story; a file here is a subcommand or what several share.

pub mod cli;
pub mod exit;
pub mod installation;
pub mod parse;
pub mod rehearse;
pub mod say;
mod signals;
