//! `stanchion verify-draw`: computes the draw of a drop again, from what is public alone, and says what it checked.
//!
//! Nothing here uses the waiting room's own code: this is the published algorithm, written a second time.

pub mod address;
mod fetch;
mod published;
mod report;
mod roster;

use crate::exit::{Exit, Failure};
use crate::say;
use address::DropAddress;
use fetch::Site;
use published::Draw;
use report::Report;
use roster::RosterCheck;

/// Which draw, and what the person knows about it from elsewhere.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// The drop's queue page or public status, such as <https://wait.example/q/premiere>
    #[arg(value_name = "URL", value_parser = address::parse)]
    pub drop: DropAddress,
    /// The commitment that you noted before the lobby opened: it must be the same
    #[arg(long, value_name = "HEX")]
    pub commitment: Option<String>,
    /// The salt as you read it at its source: it must be the same
    #[arg(long, value_name = "TEXT")]
    pub salt: Option<String>,
    /// Says where this place stands in the roster
    #[arg(long, value_name = "PLACE_ID")]
    pub place: Option<String>,
}

/// Fetches everything that is published of the draw, checks it, and prints a line a check.
///
/// # Errors
/// When the drop cannot be reached, or its seed and roster are not published yet.
pub async fn run(options: &Options) -> Result<Exit, Failure> {
    let report = verify(options).await?;
    say::out(&report.to_string());
    Ok(if report.holds() { Exit::Fine } else { Exit::FoundSomething })
}

async fn verify(options: &Options) -> anyhow::Result<Report> {
    let site = Site::of(&options.drop)?;
    let (status, draw) = (site.status().await?, site.draw().await?);
    let mut report = Report::of(&options.drop);
    published::compare(&status, &draw, &mut report);
    published::check_what_you_know(options, &draw, &mut report);
    let Draw { seed: Some(_), roster_sha256: Some(_), count: Some(count), .. } = &draw else {
        anyhow::bail!(
            "the seed and the roster of this draw are not published yet; so far there is its commitment, {}",
            report::plain(&draw.commitment)
        );
    };
    if let Some(seed) = published::check_seed(&draw, &mut report) {
        let turn = published::turn(&draw, &seed, &mut report);
        let mut roster = RosterCheck::new(seed, turn, *count, options.place.as_deref());
        site.read_roster(|bytes| roster.push(bytes)).await?;
        roster.finish(&draw, &mut report);
    }
    Ok(report)
}
