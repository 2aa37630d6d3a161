//! Where an installation is: explicit addresses, a running demo's note about itself, or the default ports.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use url::Url;

use crate::data_dir;
use crate::exit::Failure;

const WAITROOM_PORT: u16 = 8080;
const BOOKING_PORT: u16 = 8081;

/// The public addresses of both services.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Addresses {
    /// Where the line is.
    pub waitroom: Url,
    /// Where the shop is.
    pub booking: Url,
}

/// The flags that say where an installation is.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Whereabouts {
    /// Public address of the waiting room
    #[arg(long, value_name = "URL")]
    pub waitroom_url: Option<Url>,
    /// Public address of the shop
    #[arg(long, value_name = "URL")]
    pub booking_url: Option<Url>,
    /// Data folder of a running demo, to find its addresses in [default: data, if a demo runs there]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
}

impl Whereabouts {
    /// Explicit addresses first, then those of the demo in the data folder, then the default ports.
    ///
    /// # Errors
    /// When a data folder is given in which no demo runs.
    pub fn find(&self) -> Result<Addresses, Failure> {
        let noted = match &self.data_dir {
            Some(dir) => Some(data_dir::read_note(dir)?.ok_or_else(|| nothing_runs_in(dir))?),
            None => data_dir::read_note(Path::new(data_dir::DEFAULT))?,
        };
        let (waitroom, booking) = noted.map(|note| (note.addresses.waitroom, note.addresses.booking)).unzip();
        Ok(Addresses {
            waitroom: self.waitroom_url.clone().or(waitroom).unwrap_or_else(|| here(WAITROOM_PORT)),
            booking: self.booking_url.clone().or(booking).unwrap_or_else(|| here(BOOKING_PORT)),
        })
    }
}

fn here(port: u16) -> Url {
    Url::parse(&format!("http://127.0.0.1:{port}")).expect("this is an address for every port")
}

fn nothing_runs_in(dir: &Path) -> Failure {
    Failure::configuration(format!("no demo is running in {}", dir.display()))
}
