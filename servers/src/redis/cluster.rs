//! A private Redis Cluster: three primaries with a replica each, on 127.0.0.1, soon formed and soon failed over.

use std::{collections::HashMap, path::Path, time::Duration};

use redis::{Cmd, FromRedisValue, RedisResult, aio::MultiplexedConnection, cmd};
use tokio::time::{Instant, sleep, timeout};

use super::server::Server;
use crate::{ServerError, ports};

const PRIMARIES: usize = 3;
const NODES: usize = 2 * PRIMARIES;
const SLOTS: usize = 16_384;
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a node of the cluster may take to answer a question about it.
const ANSWERS_WITHIN: Duration = Duration::from_millis(500);
const LOOK_EVERY: Duration = Duration::from_millis(25);

/// A node is given up after a second, and its replica takes over within another one or two. Replicas are filled at
/// once, and stay with their primary.
const SETTINGS: &str = "cluster-enabled yes\n\
     cluster-config-file nodes.conf\n\
     cluster-node-timeout 1000\n\
     cluster-replica-validity-factor 0\n\
     cluster-allow-replica-migration no\n\
     repl-diskless-sync yes\n\
     repl-diskless-sync-delay 0\n\
     repl-ping-replica-period 1\n";

/// A running cluster of six nodes that belongs to this process. Dropping it stops it, and blocks for that moment.
#[derive(Debug)]
pub struct PrivateRedisCluster {
    nodes: Vec<Server>,
}

impl PrivateRedisCluster {
    /// Starts and forms a cluster in `data_dir/redis-cluster`, which must not hold one yet, and waits until it serves
    /// every slot and every primary has its replica: about two seconds, which Redis itself insists on.
    pub async fn start(data_dir: &Path) -> Result<Self, ServerError> {
        let mut nodes: Vec<Server> = Vec::new();
        for number in 0..NODES {
            let folder = data_dir.join("redis-cluster").join(number.to_string());
            let node = Server::open(&folder, false, String::new()).await?;
            let password = nodes.first().unwrap_or(&node).password().to_owned();
            let settings = format!("{SETTINGS}masterauth {password}\n");
            let mut node = node.in_cluster(&password, settings);
            node.launch_on(ports::free_cluster_port).await?;
            nodes.push(node);
        }
        let cluster = Self { nodes };
        cluster.form().await?;
        cluster.wait_until_ok().await?;
        Ok(cluster)
    }

    /// `redis+cluster://:password@127.0.0.1:port,127.0.0.1:port,…`, all nodes.
    pub fn url(&self) -> String {
        let nodes: Vec<String> = self.ports().iter().map(|port| format!("127.0.0.1:{port}")).collect();
        format!("redis+cluster://:{}@{}", self.nodes[0].password(), nodes.join(","))
    }

    /// The ports of all nodes.
    pub fn ports(&self) -> Vec<u16> {
        self.nodes.iter().map(Server::port).collect()
    }

    /// The URL of the node that serves `key` at this moment, for a look past the cluster's client.
    pub async fn primary_url_of(&self, key: &str) -> Result<String, ServerError> {
        Ok(self.nodes[self.primary_of(key).await?].url())
    }

    /// Ends the node that serves `key` with SIGKILL, and says which port it had.
    pub async fn kill_primary_of(&mut self, key: &str) -> Result<u16, ServerError> {
        let primary = self.primary_of(key).await?;
        self.nodes[primary].kill().await;
        Ok(self.nodes[primary].port())
    }

    /// Stops the clock of the node that serves `key`, so that its connections stay open and nothing is answered, and
    /// says which port it has.
    pub async fn freeze_primary_of(&self, key: &str) -> Result<u16, ServerError> {
        let primary = self.primary_of(key).await?;
        self.nodes[primary].freeze(true);
        Ok(self.nodes[primary].port())
    }

    /// Lets a frozen node go on.
    pub fn thaw(&self, port: u16) {
        self.nodes.iter().filter(|node| node.port() == port).for_each(|node| node.freeze(false));
    }

    /// Starts every node again that was killed, with the data that it had.
    pub async fn restart_killed(&mut self) -> Result<(), ServerError> {
        for node in self.nodes.iter_mut().filter(|node| !node.is_running()) {
            node.launch().await?;
        }
        Ok(())
    }

    /// Waits until every running node finds that all slots are served, and by the same living primaries, each of which
    /// has its replicas.
    pub async fn wait_until_ok(&self) -> Result<(), ServerError> {
        self.wait_for(|| self.is_ok()).await
    }

    /// Waits until a node other than the one with this port serves `key`.
    pub async fn wait_until_failed_over(&self, key: &str, from: u16) -> Result<(), ServerError> {
        let is_another =
            async || self.primary_of(key).await.is_ok_and(|node| self.nodes[node].port() != from);
        self.wait_for(|| async { Ok(is_another().await) }).await
    }

    async fn form(&self) -> Result<(), ServerError> {
        self.meet().await.map_err(|e| self.failed(&e))?;
        self.wait_for(|| self.all_know_each_other()).await?;
        for (number, node) in self.nodes.iter().enumerate().skip(PRIMARIES) {
            let primary = &self.nodes[number - PRIMARIES];
            let id: String = ask(primary, &cluster("MYID")).await.map_err(|e| self.failed(&e))?;
            ask::<()>(node, cluster("REPLICATE").arg(id)).await.map_err(|e| self.failed(&e))?;
        }
        Ok(())
    }

    /// Everybody meets everybody: waiting for gossip would take seconds. Epochs are given before anybody knows anybody.
    async fn meet(&self) -> RedisResult<()> {
        for (number, node) in self.nodes.iter().enumerate() {
            ask::<()>(node, cluster("SET-CONFIG-EPOCH").arg(number + 1)).await?;
            if number < PRIMARIES {
                let (first, end) = (number * SLOTS / PRIMARIES, (number + 1) * SLOTS / PRIMARIES);
                ask::<()>(node, cluster("ADDSLOTSRANGE").arg(first).arg(end - 1)).await?;
            }
        }
        for (number, node) in self.nodes.iter().enumerate() {
            for other in &self.nodes[number + 1..] {
                ask::<()>(node, cluster("MEET").arg("127.0.0.1").arg(other.port())).await?;
            }
        }
        Ok(())
    }

    async fn all_know_each_other(&self) -> RedisResult<bool> {
        for node in &self.nodes {
            let nodes: String = ask(node, &cluster("NODES")).await?;
            let known =
                nodes.lines().filter(|line| line.contains("connected") && !line.contains("handshake"));
            if known.count() < NODES {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn is_ok(&self) -> RedisResult<bool> {
        let mut views = Vec::new();
        for node in self.running() {
            let info: String = ask(node, &cluster("INFO")).await?;
            let replication: String = ask(node, cmd("INFO").arg("replication")).await?;
            if !info.contains("cluster_state:ok") || replication.contains("master_link_status:down") {
                return Ok(false);
            }
            let mut view = shards(node).await?;
            for shard in &mut view {
                shard.2[1..].sort_unstable();
            }
            view.sort_unstable();
            views.push(view);
        }
        let first = &views[0];
        let members: usize = first.iter().map(|shard| shard.2.len()).sum();
        Ok(members == views.len() && views.iter().all(|view| view == first))
    }

    /// Which node serves a key, as those see it that answer.
    async fn primary_of(&self, key: &str) -> Result<usize, ServerError> {
        let mut votes: HashMap<u16, usize> = HashMap::new();
        for node in self.running() {
            let Ok(slot) = ask::<u64>(node, cluster("KEYSLOT").arg(key)).await else { continue };
            let Ok(shards) = shards(node).await else { continue };
            let serving = shards.iter().find(|shard| (shard.0..=shard.1).contains(&slot));
            if let Some((_, _, members)) = serving {
                *votes.entry(members[0]).or_default() += 1;
            }
        }
        let elected = votes.into_iter().max_by_key(|(_, votes)| *votes).map(|(port, _)| port);
        let primary = elected.and_then(|port| self.nodes.iter().position(|node| node.port() == port));
        primary.ok_or_else(|| ServerError::StartFailed {
            server: "Redis Cluster",
            log_tail: format!("nobody serves {key}"),
        })
    }

    fn running(&self) -> impl Iterator<Item = &Server> {
        self.nodes.iter().filter(|node| node.is_running())
    }

    async fn wait_for<F>(&self, holds: impl Fn() -> F) -> Result<(), ServerError>
    where
        F: Future<Output = RedisResult<bool>>,
    {
        let deadline = Instant::now() + PATIENCE;
        // An error is a node that is not ready to answer.
        while !holds().await.unwrap_or(false) {
            if Instant::now() >= deadline {
                return Err(ServerError::Timeout {
                    server: "Redis Cluster",
                    seconds: PATIENCE.as_secs(),
                    log_tail: self.nodes[0].folder().log_tail(),
                });
            }
            sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    fn failed(&self, error: &redis::RedisError) -> ServerError {
        let log_tail = format!("{error} | {}", self.nodes[0].folder().log_tail());
        ServerError::StartFailed { server: "Redis Cluster", log_tail }
    }
}

fn cluster(word: &str) -> Cmd {
    cmd("CLUSTER").arg(word).to_owned()
}

/// The shards as this node sees them: first slot, last slot, ports of the primary and its replicas.
async fn shards(node: &Server) -> RedisResult<Vec<(u64, u64, Vec<u16>)>> {
    let ranges: Vec<Vec<redis::Value>> = ask(node, &cluster("SLOTS")).await?;
    let mut shards = Vec::new();
    for range in ranges {
        let mut words = range.into_iter();
        let mut slot = || redis::from_redis_value::<u64>(words.next().unwrap_or(redis::Value::Nil));
        let (first, last) = (slot()?, slot()?);
        let members = words.map(|member| {
            let member: Vec<redis::Value> = redis::from_redis_value(member)?;
            redis::from_redis_value::<u16>(member.into_iter().nth(1).unwrap_or(redis::Value::Nil))
        });
        shards.push((first, last, members.collect::<Result<Vec<u16>, _>>()?));
    }
    Ok(shards)
}

/// Asks a node on a connection made for it: what the cluster's client thinks does not matter here.
async fn ask<T: FromRedisValue>(node: &Server, command: &Cmd) -> RedisResult<T> {
    let asked = async {
        let client = redis::Client::open(node.url())?;
        let mut connection: MultiplexedConnection = client.get_multiplexed_async_connection().await?;
        command.query_async(&mut connection).await
    };
    let silent = || std::io::Error::new(std::io::ErrorKind::TimedOut, "the node does not answer");
    timeout(ANSWERS_WITHIN, asked).await.unwrap_or_else(|_| Err(silent().into()))
}
