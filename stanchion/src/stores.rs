//! Redis and Postgres for a demo or an audit: configured ones are used as they are, the others are private servers in
//! the data folder, installed if they are missing.

use std::path::Path;
use std::time::Duration;

use servers::ServerError;
use servers::install::{Package, ensure_installed};
use servers::postgres::{PostgresOptions, PrivatePostgres};
use servers::redis::{PrivateRedis, RedisOptions};
use shared::config::Vars;

use crate::exit::Failure;
use crate::say;

/// Both stores, running.
#[derive(Debug)]
pub struct Stores {
    redis: Store<PrivateRedis>,
    postgres: Store<PrivatePostgres>,
}

#[derive(Debug)]
enum Store<P> {
    /// Somebody else's, at this URL.
    Configured(String),
    /// Ours, to be stopped at the end.
    Private(P),
}

impl Stores {
    /// Uses `REDIS_URL` and `DATABASE_URL`, each where it is set, and starts a private server for the other.
    ///
    /// # Errors
    /// When a server cannot be installed or started; the sentence says what to do.
    pub async fn start(dir: &Path, vars: &Vars) -> Result<Self, Failure> {
        let (redis_url, database_url) = (configured(vars, "REDIS_URL"), configured(vars, "DATABASE_URL"));
        install_what_is_missing(redis_url.is_none(), database_url.is_none()).await?;
        let postgres = match database_url {
            Some(url) => Store::Configured(url),
            None => Store::Private(PrivatePostgres::start(dir, PostgresOptions::durable()).await?),
        };
        let redis = match redis_url {
            Some(url) => Store::Configured(url),
            None => Store::Private(PrivateRedis::start(dir, RedisOptions::durable()).await?),
        };
        Ok(Self { redis, postgres })
    }

    /// Where Redis is.
    pub fn redis_url(&self) -> String {
        match &self.redis {
            Store::Configured(url) => url.clone(),
            Store::Private(redis) => redis.url(),
        }
    }

    /// Where Postgres is.
    pub fn database_url(&self) -> String {
        match &self.postgres {
            Store::Configured(url) => url.clone(),
            Store::Private(postgres) => postgres.url(),
        }
    }

    /// Ends a private Redis with SIGKILL, and starts it again after a while; somebody else's is left alone.
    ///
    /// # Errors
    /// When it cannot be started again.
    pub async fn crash_redis(&mut self, away: Duration) -> Result<(), Failure> {
        if let Store::Private(redis) = &mut self.redis {
            redis.kill().await;
            tokio::time::sleep(away).await;
            redis.restart().await?;
        }
        Ok(())
    }

    /// Ends a private Postgres with SIGKILL, and starts it again after a while; somebody else's is left alone.
    ///
    /// # Errors
    /// When it cannot be started again.
    pub async fn crash_postgres(&mut self, away: Duration) -> Result<(), Failure> {
        if let Store::Private(postgres) = &mut self.postgres {
            postgres.kill().await;
            tokio::time::sleep(away).await;
            postgres.restart().await?;
        }
        Ok(())
    }

    /// Stops the private servers; their data stays.
    pub async fn stop(self) {
        if let Store::Private(redis) = self.redis {
            redis.stop().await;
        }
        if let Store::Private(postgres) = self.postgres {
            postgres.stop().await;
        }
    }
}

impl From<ServerError> for Failure {
    fn from(error: ServerError) -> Self {
        Self::configuration(error.to_string())
    }
}

fn configured(vars: &Vars, name: &str) -> Option<String> {
    vars.get(name).map(str::to_owned)
}

async fn install_what_is_missing(redis: bool, postgres: bool) -> Result<(), Failure> {
    let wanted: Vec<Package> = [(redis, Package::Redis), (postgres, Package::Postgres)]
        .into_iter()
        .filter_map(|(is_wanted, package)| is_wanted.then_some(package))
        .collect();
    let installed =
        ensure_installed(&wanted).await.map_err(|error| Failure::configuration(error.to_string()))?;
    if !installed.is_empty() {
        say::out("Installed what was missing.");
    }
    Ok(())
}
