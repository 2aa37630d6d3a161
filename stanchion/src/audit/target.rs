//! Which stores are audited: a running demo's, a stopped demo's (started for the audit), or those that are named.

use std::path::Path;

use shared::config::Vars;

use super::Options;
use crate::data_dir::{self, DataDir};
use crate::exit::Failure;
use crate::stores::Stores;

/// Stores that can be read from now on.
#[derive(Debug)]
pub struct Target {
    /// Where Postgres is.
    pub database_url: String,
    /// Where Redis is.
    pub redis_url: String,
    started: Option<(Stores, DataDir)>,
}

impl Target {
    /// The stores of the data folder where one is given, else those named by the options or the environment.
    ///
    /// # Errors
    /// When no stores are named, or a stopped demo's cannot be started.
    pub async fn find(options: &Options, vars: &Vars) -> Result<Self, Failure> {
        if let Some(dir) = &options.data_dir {
            return Self::of_a_demo(dir, vars).await;
        }
        let named = |option: &Option<String>, name: &str| {
            option.clone().or_else(|| vars.get(name).map(str::to_owned)).ok_or_else(|| {
                Failure::configuration(format!("no stores are named; give --data-dir or set {name}"))
            })
        };
        Ok(Self {
            database_url: named(&options.database_url, "DATABASE_URL")?,
            redis_url: named(&options.redis_url, "REDIS_URL")?,
            started: None,
        })
    }

    async fn of_a_demo(dir: &Path, vars: &Vars) -> Result<Self, Failure> {
        if !dir.is_dir() {
            return Err(Failure::configuration(format!("there is no data folder {}", dir.display())));
        }
        let owner = match DataDir::own(dir) {
            Ok(owner) => owner,
            Err(busy) => return Self::of_a_running_demo(dir)?.ok_or(busy),
        };
        let stores = Stores::start(owner.path(), vars).await?;
        Ok(Self {
            database_url: stores.database_url(),
            redis_url: stores.redis_url(),
            started: Some((stores, owner)),
        })
    }

    fn of_a_running_demo(dir: &Path) -> Result<Option<Self>, Failure> {
        let note = data_dir::read_note(dir)?;
        Ok(note.map(|note| Self {
            database_url: note.database_url,
            redis_url: note.redis_url,
            started: None,
        }))
    }

    /// Stops what was started for the audit.
    pub async fn release(self) {
        if let Some((stores, owner)) = self.started {
            stores.stop().await;
            drop(owner);
        }
    }
}
