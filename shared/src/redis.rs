//! Connections to Redis, single or cluster, and scripts that notice when Redis has lost its memory.

use std::sync::Arc;
use std::time::Duration;

use redis::aio::{ConnectionLike, ConnectionManager, ConnectionManagerConfig};
use redis::cluster::ClusterClient;
use redis::cluster_async::ClusterConnection;
use redis::{Cmd, Pipeline, RedisFuture, RedisResult, Value};
use tokio::sync::OnceCell;

const CONNECT_TIMEOUT: Duration = Duration::from_millis(500);
const RESPONSE_TIMEOUT: Duration = Duration::from_millis(900);

/// Put before the body of every script that may change something. `KEYS[1]` is the epoch key, `ARGV[1]` is `now_ms`
/// (0: the server's clock). It answers `{'LOST'}` where the mark is absent or was made by another run of the server,
/// and gives the body the locals `epoch` and `now` (milliseconds).
const EPOCH_GUARD: &str = include_str!("../lua/epoch_guard.lua");

/// A script with the epoch guard before its body.
pub fn guarded_script(body: &str) -> redis::Script {
    redis::Script::new(&format!("{EPOCH_GUARD}\n{body}"))
}

/// A connection that reconnects by itself and is cheap to clone. It connects when it is first used, so that a service
/// can start, and say that it is not ready, while Redis is away.
#[derive(Clone)]
pub struct Redis(Topology);

#[derive(Clone)]
enum Topology {
    Single(ConnectionManager),
    Cluster(Arc<Cluster>),
}

struct Cluster {
    client: ClusterClient,
    connection: OnceCell<ClusterConnection>,
}

impl Redis {
    /// A connection to `redis://`, `rediss://` or `redis+cluster://host:port,host:port`.
    pub fn connect(url: &str) -> RedisResult<Self> {
        match url.strip_prefix("redis+cluster://") {
            Some(nodes) => Self::cluster(nodes),
            None => Self::single(url),
        }
    }

    fn single(url: &str) -> RedisResult<Self> {
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(CONNECT_TIMEOUT))
            .set_response_timeout(Some(RESPONSE_TIMEOUT))
            .set_number_of_retries(1)
            .set_min_delay(Duration::from_millis(20))
            .set_max_delay(Duration::from_millis(200));
        let client = redis::Client::open(url)?;
        Ok(Self(Topology::Single(ConnectionManager::new_lazy_with_config(client, config)?)))
    }

    fn cluster(nodes: &str) -> RedisResult<Self> {
        let nodes = nodes.split(',').map(|node| format!("redis://{node}"));
        let client = ClusterClient::builder(nodes)
            .connection_timeout(CONNECT_TIMEOUT)
            .response_timeout(RESPONSE_TIMEOUT)
            .retries(2)
            .build()?;
        Ok(Self(Topology::Cluster(Arc::new(Cluster { client, connection: OnceCell::new() }))))
    }
}

impl Cluster {
    async fn connection(&self) -> RedisResult<ClusterConnection> {
        self.connection.get_or_try_init(|| self.client.get_async_connection()).await.cloned()
    }
}

impl ConnectionLike for Redis {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        match &mut self.0 {
            Topology::Single(manager) => manager.req_packed_command(cmd),
            Topology::Cluster(cluster) => {
                Box::pin(async move { cluster.connection().await?.req_packed_command(cmd).await })
            }
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match &mut self.0 {
            Topology::Single(manager) => manager.req_packed_commands(pipeline, offset, count),
            Topology::Cluster(cluster) => Box::pin(async move {
                cluster.connection().await?.req_packed_commands(pipeline, offset, count).await
            }),
        }
    }

    fn get_db(&self) -> i64 {
        match &self.0 {
            Topology::Single(manager) => manager.get_db(),
            Topology::Cluster(_) => 0,
        }
    }
}
