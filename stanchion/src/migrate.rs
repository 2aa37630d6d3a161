//! `stanchion migrate`: brings the database's two schemas up to date.

use shared::config::Vars;

use crate::exit::{Exit, Failure};
use crate::say;

/// Which database.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// The database to migrate [default: `DATABASE_URL`]
    #[arg(long, value_name = "URL")]
    pub database_url: Option<String>,
}

/// Migrates the database named by the option or by `DATABASE_URL`.
///
/// # Errors
/// When no database is named or it cannot be migrated.
pub async fn run(options: &Options) -> Result<Exit, Failure> {
    let vars = Vars::from_env();
    let Some(url) = options.database_url.as_deref().or(vars.get("DATABASE_URL")) else {
        return Err(Failure::configuration("no database is named; set DATABASE_URL or give --database-url"));
    };
    migrate(url).await?;
    say::out("The database is up to date.");
    Ok(Exit::Fine)
}

/// Migrates the database at `url`.
///
/// # Errors
/// When it cannot be reached or refuses a migration.
pub async fn migrate(url: &str) -> Result<(), Failure> {
    shared::db::migrate(url)
        .await
        .map_err(|error| Failure::configuration(format!("the database could not be migrated: {error}")))
}
