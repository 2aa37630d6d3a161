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
    /// The stores named by the options, else those of the demo in the data folder.
    ///
    /// # Errors
    /// When there is no such demo, or a stopped one's stores cannot be started.
    pub async fn find(options: &Options, vars: &Vars) -> Result<Self, Failure> {
        match (&options.database_url, &options.redis_url) {
            (Some(database_url), Some(redis_url)) => {
                Ok(Self { database_url: database_url.clone(), redis_url: redis_url.clone(), started: None })
            }
            _ => Self::of_a_demo(&options.data_dir, vars).await,
        }
    }

    async fn of_a_demo(dir: &Path, vars: &Vars) -> Result<Self, Failure> {
        if !dir.is_dir() {
            return Err(Failure::configuration(format!(
                "there is no data folder {}; give --data-dir, or --database-url and --redis-url",
                dir.display()
            )));
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
