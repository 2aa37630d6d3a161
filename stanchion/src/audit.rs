//! `stanchion audit`: checks the invariants against what the stores say, and shows what contradicts them.

pub(crate) mod page;
mod target;

use std::path::{Path, PathBuf};

use serde::Serialize;
use shared::audit::Check;
use shared::config::Vars;
use shared::redis::Redis;
use waitroom::audit::AuditOptions;

use crate::data_dir;
use crate::exit::{Exit, Failure};
use crate::say;
use target::Target;

/// How many connections to Postgres the audit of the line may have.
const CONNECTIONS: u32 = 4;

/// Which stores to audit.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Data folder of a running or stopped demo
    #[arg(long, value_name = "DIR", default_value = data_dir::DEFAULT, conflicts_with = "database_url")]
    pub data_dir: PathBuf,
    /// The database to audit instead of a demo's
    #[arg(long, value_name = "URL", requires = "redis_url")]
    pub database_url: Option<String>,
    /// The Redis that goes with it
    #[arg(long, value_name = "URL", requires = "database_url")]
    pub redis_url: Option<String>,
    /// Looks for every booking that a rehearsal wrote to this file with its own --acknowledged
    #[arg(long, value_name = "FILE")]
    pub acknowledged: Option<PathBuf>,
    /// Prints the outcome as one JSON document
    #[arg(long)]
    pub json: bool,
}

#[derive(Serialize)]
struct Document<'a> {
    holds: bool,
    checks: &'a [Check],
}

/// Runs all checks and prints a line for each, with the offending rows below.
///
/// # Errors
/// When the stores cannot be found, started or read.
pub async fn run(options: &Options) -> Result<Exit, Failure> {
    let target = Target::find(options, &Vars::from_env()).await?;
    let outcome = check(&target, options.acknowledged.as_deref()).await;
    target.release().await;
    let checks = outcome?;

    let holds = checks.iter().all(Check::holds);
    let text = if options.json {
        serde_json::to_string_pretty(&Document { holds, checks: &checks }).map_err(anyhow::Error::new)?
    } else {
        page::page(&checks)
    };
    say::out(&text);
    Ok(if holds { Exit::Fine } else { Exit::FoundSomething })
}

async fn check(target: &Target, told: Option<&Path>) -> Result<Vec<Check>, Failure> {
    let mut checks = checks(&target.database_url, &target.redis_url).await?;
    if let Some(file) = told {
        checks.push(check_the_acknowledged(&target.database_url, file).await?);
    }
    Ok(checks)
}

/// Every invariant of the line and of the shop.
pub(crate) async fn checks(database_url: &str, redis_url: &str) -> Result<Vec<Check>, Failure> {
    let mut checks = check_the_line(database_url, redis_url).await?;
    checks.extend(booking::audit::run(database_url, redis_url).await?);
    Ok(checks)
}

async fn check_the_line(database_url: &str, redis_url: &str) -> anyhow::Result<Vec<Check>> {
    let pool = shared::db::pool(database_url, "audit", CONNECTIONS)?;
    let redis = Redis::connect(redis_url)?;
    let checks = waitroom::audit::run(&pool, &redis, &AuditOptions::default()).await;
    pool.close().await;
    checks
}

async fn check_the_acknowledged(database_url: &str, file: &Path) -> Result<Check, Failure> {
    let unreadable =
        |why: String| Failure::configuration(format!("{} cannot be read: {why}", file.display()));
    let told = std::fs::read_to_string(file).map_err(|error| unreadable(error.to_string()))?;
    let told = told.lines().map(|id| id.trim().parse().map_err(|_| unreadable(format!("{id:?} is no id"))));
    let told = told.collect::<Result<Vec<_>, _>>()?;
    let pool = shared::db::pool(database_url, "audit", CONNECTIONS).map_err(anyhow::Error::new)?;
    let check = booking::audit::acknowledged(&pool, &told).await;
    pool.close().await;
    Ok(check?)
}
