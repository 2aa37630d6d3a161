//! Stores of a test's own: a migrated database and an empty key space, on servers that tests share or of its own.

mod database;
mod key_space;
mod shared;

use std::path::Path;

use servers::{
    postgres::{PostgresOptions, PrivatePostgres},
    redis::{PrivateRedis, PrivateRedisCluster, RedisOptions},
};

use crate::TempFolder;

/// A migrated database and an empty Redis, which no other test sees. They are freed when a test that succeeded drops
/// this; what a failed test leaves goes with the servers.
///
/// Channels of `PUBLISH`, `CONFIG` and `FLUSHALL` of a shared Redis reach every test: a test that uses the last two
/// needs `with_own_redis`.
#[derive(Debug)]
pub struct TestStores {
    /// The database's URL.
    pub database_url: String,
    /// The key space's URL.
    pub redis_url: String,
    admin_url: Option<String>,
    own_redis: Option<PrivateRedis>,
    own_cluster: Option<PrivateRedisCluster>,
    own_postgres: Option<PrivatePostgres>,
    /// Last, so that the servers have ended when it is removed.
    _folder: Option<TempFolder>,
}

impl TestStores {
    /// Both on the servers that tests share.
    pub async fn new() -> Self {
        Self::with(RedisKind::Shared, false).await
    }

    /// With a Redis that this test may kill and empty.
    pub async fn with_own_redis() -> Self {
        Self::with(RedisKind::Own, false).await
    }

    /// With a Redis Cluster of six nodes whose primaries this test may kill.
    pub async fn with_own_cluster() -> Self {
        Self::with(RedisKind::OwnCluster, false).await
    }

    /// With a Postgres that this test may kill.
    pub async fn with_own_postgres() -> Self {
        Self::with(RedisKind::Shared, true).await
    }

    /// With both servers for this test alone.
    pub async fn with_own_servers() -> Self {
        Self::with(RedisKind::Own, true).await
    }

    /// The test's own Redis.
    ///
    /// # Panics
    /// When this test shares its Redis.
    pub fn own_redis(&mut self) -> &mut PrivateRedis {
        self.own_redis.as_mut().expect("ask for `TestStores::with_own_redis` first")
    }

    /// The test's own Redis Cluster.
    ///
    /// # Panics
    /// When this test has none.
    pub fn own_cluster(&mut self) -> &mut PrivateRedisCluster {
        self.own_cluster.as_mut().expect("ask for `TestStores::with_own_cluster` first")
    }

    /// The test's own Postgres.
    ///
    /// # Panics
    /// When this test shares its Postgres.
    pub fn own_postgres(&mut self) -> &mut PrivatePostgres {
        self.own_postgres.as_mut().expect("ask for `TestStores::with_own_postgres` first")
    }

    async fn with(redis: RedisKind, own_postgres: bool) -> Self {
        let needs_folder = own_postgres || redis != RedisKind::Shared;
        let folder = needs_folder.then(|| TempFolder::new().expect("a temporary folder can be made"));
        let data = folder.as_ref().map_or(Path::new(""), TempFolder::path);
        let (mut own_redis, mut own_cluster) = (None, None);
        let redis_url = match redis {
            RedisKind::Shared => key_space::claim(&shared::servers().await.redis_url).await,
            RedisKind::Own => {
                let started = PrivateRedis::start(data, RedisOptions::for_tests()).await;
                own_redis.insert(started.expect("a private Redis starts")).url()
            }
            RedisKind::OwnCluster => {
                let started = PrivateRedisCluster::start(data).await;
                own_cluster.insert(started.expect("a private Redis Cluster starts")).url()
            }
        };
        let own_postgres = if own_postgres {
            let started = PrivatePostgres::start(data, PostgresOptions::for_tests()).await;
            Some(started.expect("a private Postgres starts"))
        } else {
            None
        };
        let admin_url = match &own_postgres {
            Some(postgres) => postgres.url(),
            None => shared::servers().await.database_url.clone(),
        };
        let database_url = database::create(&admin_url).await;
        let admin_url = own_postgres.is_none().then_some(admin_url);
        Self { database_url, redis_url, admin_url, own_redis, own_cluster, own_postgres, _folder: folder }
    }
}

/// Which Redis a test has.
#[derive(Clone, Copy, PartialEq)]
enum RedisKind {
    Shared,
    Own,
    OwnCluster,
}

impl Drop for TestStores {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let admin_url = self.admin_url.take();
        let (database_url, redis_url) = (self.database_url.clone(), self.redis_url.clone());
        let shares_redis = self.own_redis.is_none() && self.own_cluster.is_none();
        // A thread of its own, because the test's runtime cannot be waited on from inside.
        let freeing = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime can be built").block_on(async {
                if let Some(admin_url) = admin_url {
                    database::remove(&admin_url, &database_url).await;
                }
                if shares_redis {
                    key_space::give_back(&redis_url).await;
                }
            });
        });
        freeing.join().expect("the test's stores can be freed");
    }
}
