//! The command line.

use clap::{Parser, Subcommand};

use crate::{audit, chaos, demo, migrate, rehearse, serve, verify_draw, verify_ticket};

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
    /// Runs everything on this machine: private stores, both services, a sample drop and a crowd
    Demo(demo::Options),
    /// Runs one service or both, configured by the environment
    Serve(serve::Options),
    /// Brings the database up to date
    Migrate(migrate::Options),
    /// Sends a simulated crowd to an installation and reports what happened to it
    Rehearse(Box<rehearse::Options>),
    /// Checks that nothing was sold twice, that the money adds up, and that the line was fair
    Audit(audit::Options),
    /// Kills a private installation at random while a crowd shops, and audits what is left
    Chaos(chaos::Options),
    /// Computes the draw of a drop again from what is public, and says what it checked
    VerifyDraw(verify_draw::Options),
    /// Checks a ticket's code with the shop's public keys, without asking the shop about the ticket
    VerifyTicket(verify_ticket::Options),
}
