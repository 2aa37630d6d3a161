//! The command line.

use clap::{Parser, Subcommand};

use crate::rehearse;

/// A virtual waiting room and a booking gateway for ticket drops.
#[derive(Debug, Parser)]
#[command(name = "stanchion", version, disable_help_subcommand = true)]
pub struct Cli {
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Sends a simulated crowd to an installation and reports what happened to it
    Rehearse(rehearse::Options),
}
