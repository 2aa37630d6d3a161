//! Connections to Redis, single or cluster, and scripts that notice when Redis has lost its memory.

use std::sync::Arc;
use std::time::Duration;

use redis::aio::ConnectionLike;
use redis::{Cmd, Pipeline, RedisError, RedisFuture, RedisResult, ServerErrorKind, Value};

mod cluster;
mod link;
mod listener;
mod single;

use cluster::Cluster;
pub use listener::{Heard, Listener};
use single::Single;

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
///
/// Every command ends within two seconds. None is sent twice unless it is certain that it was not carried out the first
/// time.
#[derive(Clone)]
pub struct Redis(Topology);

#[derive(Clone)]
enum Topology {
    Single(Arc<Single>),
    Cluster(Arc<Cluster>),
}

impl Redis {
    /// A connection to `redis://`, `rediss://` or `redis+cluster://user:password@host:port,host:port`.
    pub fn connect(url: &str) -> RedisResult<Self> {
        match url.strip_prefix("redis+cluster://") {
            Some(nodes) => Ok(Self(Topology::Cluster(Arc::new(Cluster::of(nodes)?)))),
            None => Ok(Self(Topology::Single(Arc::new(Single::of(url)?)))),
        }
    }
}

impl ConnectionLike for Redis {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        match &self.0 {
            Topology::Single(single) => Box::pin(single.run(cmd)),
            Topology::Cluster(cluster) => Box::pin(cluster.run(cmd)),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match &self.0 {
            Topology::Single(single) => Box::pin(single.run_all(pipeline, offset, count)),
            Topology::Cluster(cluster) => Box::pin(cluster.run_all(pipeline, offset, count)),
        }
    }

    fn get_db(&self) -> i64 {
        match &self.0 {
            Topology::Single(single) => single.db(),
            Topology::Cluster(_) => 0,
        }
    }
}

/// Whether what was answered speaks of the way to the server, or of a server that is the wrong one by now, so that
/// another connection may help.
fn wants_another_connection(error: &RedisError) -> bool {
    use redis::ErrorKind::{AuthenticationFailed, ClusterConnectionNotFound, Io, Parse, Server};
    match error.kind() {
        Io | Parse | AuthenticationFailed | ClusterConnectionNotFound => true,
        Server(kind) => matches!(
            kind,
            ServerErrorKind::ReadOnly
                | ServerErrorKind::MasterDown
                | ServerErrorKind::ClusterDown
                | ServerErrorKind::Moved
        ),
        _ => false,
    }
}
