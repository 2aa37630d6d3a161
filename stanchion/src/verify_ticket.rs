//! `stanchion verify-ticket`: checks the code of a ticket with the shop's public keys, and with the list of tickets that
//! let nobody in where one is at hand. It asks no shop about the ticket.

mod keys;
mod pack;

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::PathBuf;

use booking::domain::ids::ShowId;
use booking::domain::ticket::{QrClaims, TicketPublicKey, verify};
use jiff::Timestamp;
use shared::clock::Clock;

use crate::exit::{Exit, Failure};
use crate::say;

/// No code is longer; what is piped in is read no further.
const MAX_CODE_BYTES: u64 = 1024;

/// Which ticket, and what it is checked with.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// What the QR code says; `-` reads it from the standard input
    #[arg(value_name = "CODE", allow_hyphen_values = true)]
    pub code: String,
    /// The shop's public keys: a file with its JWKS, or the shop's address
    #[arg(long, value_name = "FILE_OR_URL")]
    pub keys: String,
    /// A file with the show's gate pack, as `GET /v1/shows/{id}/gate-pack` answers it; several where later ones have a `since`
    #[arg(long = "gate-pack", value_name = "FILE")]
    pub gate_packs: Vec<PathBuf>,
    /// The show that is let in to
    #[arg(long, value_name = "SHOW_ID")]
    pub show: Option<ShowId>,
}

/// Checks the code and prints what it found.
///
/// # Errors
/// With exit code 2 where the keys, a pack or the standard input cannot be read.
pub async fn run(options: &Options) -> Result<Exit, Failure> {
    let keys = keys::read(&options.keys).await.map_err(|error| Failure::usage(format!("{error:#}")))?;
    let code =
        code(&options.code).map_err(|error| Failure::usage(format!("no code could be read: {error}")))?;
    let claims = match verify(code.trim(), &keys) {
        Ok(claims) => claims,
        Err(error) => {
            say::out(&format!("WRONG  {error}\n"));
            return Ok(Exit::FoundSomething);
        }
    };
    let checked = check(options, &claims, &keys, Clock::System.now())?;
    say::out(&checked.text);
    Ok(if checked.holds { Exit::Fine } else { Exit::FoundSomething })
}

fn code(given: &str) -> std::io::Result<String> {
    if given != "-" {
        return Ok(given.to_owned());
    }
    let mut text = String::new();
    std::io::stdin().take(MAX_CODE_BYTES).read_to_string(&mut text)?;
    Ok(text)
}

struct Checked {
    text: String,
    holds: bool,
}

impl Checked {
    fn line(&mut self, right: bool, sentence: &str) {
        let word = if right { "right" } else { "WRONG" };
        let _to_a_string = writeln!(self.text, "{word}  {sentence}");
        self.holds &= right;
    }
}

fn check(
    options: &Options,
    claims: &QrClaims,
    keys: &[TicketPublicKey],
    now: Timestamp,
) -> Result<Checked, Failure> {
    let QrClaims { ticket, show, seat } = claims;
    let text = format!("Ticket {ticket}\nshow   {show}\nseat   {seat}\n");
    let mut checked = Checked { text, holds: true };
    checked.line(true, "the code was signed by the shop");
    if let Some(wanted) = options.show {
        checked.line(wanted == *show, "the ticket is for this show");
    }
    if options.gate_packs.is_empty() {
        checked.text.push_str("note   without a gate pack nothing is known of tickets given back or used\n");
        return Ok(checked);
    }
    let lists =
        pack::read_all(&options.gate_packs, keys).map_err(|error| Failure::usage(format!("{error:#}")))?;
    let has_all = lists.iter().any(|list| list.show_id == *show && list.since.is_none());
    checked.line(has_all, "there is a whole gate pack of the ticket's show");
    let own = || lists.iter().filter(|list| list.show_id == *show);
    checked.line(!own().any(|list| list.cancelled.contains(ticket)), "the ticket was not given back");
    checked.line(!own().any(|list| list.used.contains(ticket)), "the ticket was not used");
    if let Some(as_of) = own().map(|list| list.as_of).max() {
        let minutes = now.duration_since(as_of).as_mins();
        let _to_a_string = writeln!(checked.text, "note   the list is of {as_of}, {minutes} minutes ago");
    }
    Ok(checked)
}
