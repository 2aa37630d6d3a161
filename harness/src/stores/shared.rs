//! The servers that the tests of one process, or of one run under `with-servers`, share.

use servers::{
    install::{Package, ensure_installed},
    postgres::{PostgresOptions, PrivatePostgres},
    redis::{PrivateRedis, RedisOptions},
};
use tokio::sync::OnceCell;

use crate::{TempFolder, config};

/// Where the shared servers are, and what keeps them there.
#[derive(Debug)]
pub(super) struct SharedServers {
    pub(super) redis_url: String,
    pub(super) database_url: String,
    _started: Option<(PrivateRedis, PrivatePostgres, TempFolder)>,
}

/// The provided servers, or else private ones, which end with this process.
pub(super) async fn servers() -> &'static SharedServers {
    static SERVERS: OnceCell<SharedServers> = OnceCell::const_new();
    SERVERS.get_or_init(find_or_start).await
}

async fn find_or_start() -> SharedServers {
    if let Some((redis_url, database_url)) = config::provided_servers() {
        return SharedServers { redis_url, database_url, _started: None };
    }
    ensure_installed(&[Package::Redis, Package::Postgres]).await.expect("Redis and Postgres are installed");
    let folder = TempFolder::new().expect("a temporary folder can be made");
    let (redis, postgres) = tokio::join!(
        PrivateRedis::start(folder.path(), RedisOptions::for_tests()),
        PrivatePostgres::start(folder.path(), PostgresOptions::for_tests()),
    );
    let redis = redis.expect("a private Redis starts");
    let postgres = postgres.expect("a private Postgres starts");
    SharedServers {
        redis_url: redis.url(),
        database_url: postgres.url(),
        _started: Some((redis, postgres, folder)),
    }
}
