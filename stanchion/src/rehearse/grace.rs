//! How long a visitor may not look at the line and still find the place: what the drop says, where an operator's token is
//! at hand, else what is assumed, which the report tells.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use shared::config::Vars;

use super::Options;
use crate::data_dir;
use crate::demo::operator::Operator;
use crate::installation::Addresses;

/// What drops have where nobody says otherwise: the time to claim is shorter than the grace for returning.
const ASSUMED_S: u64 = 300;

/// The time, and how it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Grace {
    /// Seconds.
    pub seconds: u64,
    /// How it is known.
    pub source: Source,
}

/// How the grace is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// By `--grace`.
    Given,
    /// The drop's settings say so.
    Drop,
    /// It is not known.
    Assumed,
}

impl Grace {
    /// The time.
    pub const fn time(self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    /// For the report.
    pub fn words(self) -> String {
        let source = match self.source {
            Source::Given => "as asked for",
            Source::Drop => "as the drop says",
            Source::Assumed => "which is assumed",
        };
        format!("{} s, {source}", self.seconds)
    }

    /// The option's, else the drop's, else what is assumed.
    pub async fn find(options: &Options, addresses: &Addresses) -> Self {
        if let Some(given) = options.grace {
            return Self { seconds: given.as_secs(), source: Source::Given };
        }
        match ask(options, addresses).await {
            Some(seconds) => Self { seconds, source: Source::Drop },
            None => Self { seconds: ASSUMED_S, source: Source::Assumed },
        }
    }
}

/// Who is away while called has the time to claim alone, so the shorter time counts.
async fn ask(options: &Options, addresses: &Addresses) -> Option<u64> {
    let token = operator_token(options)?;
    let operator = Operator::new(&addresses.waitroom, &token).ok()?;
    let drop = operator.get(&format!("operator/drops/{}", options.drop)).await.ok()??;
    Some(drop["return_grace_s"].as_u64()?.min(drop["claim_window_s"].as_u64()?))
}

/// The environment's, or that of the demo whose addresses are used.
fn operator_token(options: &Options) -> Option<String> {
    if let Some(token) = Vars::from_env().get("OPERATOR_BOOTSTRAP_TOKEN") {
        return Some(token.to_owned());
    }
    let whereabouts = &options.whereabouts;
    let folder = match (&whereabouts.data_dir, &whereabouts.waitroom_url) {
        (Some(folder), _) => folder.clone(),
        (None, None) => PathBuf::from(data_dir::DEFAULT),
        (None, Some(_)) => return None,
    };
    data_dir::read_note(Path::new(&folder)).ok()??;
    let token = std::fs::read_to_string(folder.join("operator.token")).ok()?;
    Some(token.trim().to_owned())
}
