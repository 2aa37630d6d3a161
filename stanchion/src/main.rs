//! `stanchion`: the one command for people.

use std::process::ExitCode;

use clap::Parser;
use stanchion::cli::{Cli, Command};
use stanchion::exit::{Exit, Failure};
use stanchion::{audit, chaos, demo, migrate, rehearse, say, serve, verify_draw, verify_ticket};

fn main() -> ExitCode {
    let cli = Cli::parse();
    rustls::crypto::ring::default_provider()
        .install_default()
        .expect("nothing has chosen a cryptography provider before");
    match work(cli) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            say::complain(failure.sentence());
            failure.into()
        }
    }
}

#[tokio::main]
async fn work(cli: Cli) -> Result<Exit, Failure> {
    match cli.command {
        Command::Demo(options) => demo::run(&options).await,
        Command::Serve(options) => serve::run(&options).await,
        Command::Migrate(options) => migrate::run(&options).await,
        Command::Rehearse(options) => rehearse::run(&options).await,
        Command::Audit(options) => audit::run(&options).await,
        Command::Chaos(options) => chaos::run(&options).await,
        Command::VerifyDraw(options) => verify_draw::run(&options).await,
        Command::VerifyTicket(options) => verify_ticket::run(&options).await,
    }
}
