//! A Redis Cluster, of which a shard may be moving, or failing over, at any moment.
//!
//! The library keeps the map of the slots, and here is decided what is tried again. It would repeat a command also when
//! the connection broke before the answer, and then a place could be called twice for one call; so it repeats nothing,
//! and what a node refused without doing anything (it does not have the slot, it has it only in part) is sent again
//! here, for less than a second. Everything else is the caller's to repeat.
//!
//! Where a node is silent the library never looks for another one. A connection that failed is therefore replaced in
//! the background, by one that begins with a fresh map.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use redis::aio::ConnectionLike as _;
use redis::cluster::{ClusterClient, ClusterClientBuilder};
use redis::cluster_async::ClusterConnection;
use redis::cluster_routing::SingleNodeRoutingInfo;
use redis::{Arg, Cmd, ErrorKind, Pipeline, RedisError, RedisResult, Script, ServerErrorKind, Value};

use super::link::{Link, Server};
use super::{CONNECT_TIMEOUT, RESPONSE_TIMEOUT, wants_another_connection};

/// How long a command that was refused undone is sent again, and how soon for the first time.
const PATIENCE: Duration = Duration::from_millis(800);
const FIRST_PAUSE: Duration = Duration::from_millis(20);

pub(super) struct Cluster {
    link: Link<ClusterClient>,
    /// The scripts that callers loaded, by their hash. A node is given a script when it turns out to lack it: one that
    /// was promoted has none, and loading into all nodes at once would fail with any of them.
    scripts: RwLock<HashMap<Vec<u8>, Vec<u8>>>,
}

impl Server for ClusterClient {
    type Connection = ClusterConnection;

    const PAUSE: Duration = Duration::from_millis(250);

    fn connect(&self) -> impl Future<Output = RedisResult<ClusterConnection>> + Send {
        self.get_async_connection()
    }
}

impl Cluster {
    /// `user:password@host:port,host:port`; the credentials are those of all nodes.
    pub(super) fn of(nodes: &str) -> RedisResult<Self> {
        let client = builder(nodes).build()?;
        Ok(Self { link: Link::new(client), scripts: RwLock::default() })
    }

    pub(super) async fn run(&self, cmd: &Cmd) -> RedisResult<Value> {
        if let Some(script) = loaded(cmd) {
            return Ok(self.remember(script));
        }
        let deadline = Instant::now() + PATIENCE;
        let (mut pause, mut evaluation) = (FIRST_PAUSE, None);
        loop {
            let connection = self.link.get().await?;
            let cmd = evaluation.as_ref().unwrap_or(cmd);
            let answer = send(&connection, cmd).await;
            let Err(error) = answer else { return answer };
            if is_lacking_the_script(&error) && evaluation.is_none() {
                match self.evaluation(cmd) {
                    Some(whole) => evaluation = Some(whole),
                    None => return Err(error),
                }
            } else if was_refused_undone(&error) && Instant::now() + pause < deadline {
                tokio::time::sleep(pause).await;
                pause *= 2;
            } else {
                self.doubt(&connection, &error);
                return Err(error);
            }
        }
    }

    /// Sends commands for one slot together, once: the first of them may have been carried out.
    pub(super) async fn run_all(
        &self,
        pipeline: &Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisResult<Vec<Value>> {
        let connection = self.link.get().await?;
        let answer = ClusterConnection::clone(&connection).req_packed_commands(pipeline, offset, count).await;
        if let Err(error) = &answer {
            self.doubt(&connection, error);
        }
        answer
    }

    fn doubt(&self, connection: &Arc<ClusterConnection>, error: &RedisError) {
        if wants_another_connection(error) {
            self.link.replace(connection);
        }
    }

    /// Keeps a script that a caller loads; the answer is the one of `SCRIPT LOAD`.
    fn remember(&self, script: &[u8]) -> Value {
        let hash = Script::new(&String::from_utf8_lossy(script)).get_hash().as_bytes().to_vec();
        let mut scripts = self.scripts.write().unwrap_or_else(PoisonError::into_inner);
        scripts.insert(hash.clone(), script.to_vec());
        Value::BulkString(hash)
    }

    /// The `EVAL` that does what this `EVALSHA` does, where its script is known.
    fn evaluation(&self, cmd: &Cmd) -> Option<Cmd> {
        let scripts = self.scripts.read().unwrap_or_else(PoisonError::into_inner);
        let script = scripts.get(argument(cmd, 1)?)?;
        let mut evaluation = redis::cmd("EVAL");
        evaluation.arg(script);
        for argument in cmd.args_iter().skip(2) {
            if let Arg::Simple(argument) = argument {
                evaluation.arg(argument);
            }
        }
        Some(evaluation)
    }
}

/// Clients of `user:password@host:port,host:port` that repeat nothing by themselves.
pub(super) fn builder(nodes: &str) -> ClusterClientBuilder {
    let (credentials, hosts) = nodes.rsplit_once('@').unwrap_or(("", nodes));
    let at = if credentials.is_empty() { "" } else { "@" };
    let hosts = hosts.trim_end_matches('/').split(',');
    ClusterClient::builder(hosts.map(|host| format!("redis://{credentials}{at}{host}")))
        .connection_timeout(CONNECT_TIMEOUT)
        .response_timeout(RESPONSE_TIMEOUT)
        .overall_response_timeout(Some(RESPONSE_TIMEOUT))
        .retries(0)
}

/// Sends a command to the node that has its slot; and to the one that is getting it, where that is how it is answered.
async fn send(connection: &ClusterConnection, cmd: &Cmd) -> RedisResult<Value> {
    let mut connection = connection.clone();
    let answer = connection.req_packed_command(cmd).await.and_then(Value::extract_error);
    let Err(error) = &answer else { return answer };
    let Some((host, port)) = asked_elsewhere(error) else { return answer };
    // Together, because the permission is good for the next command on the connection.
    let mut asking = redis::pipe();
    asking.cmd("ASKING").ignore().add_command(cmd.clone());
    let mut answers =
        connection.route_pipeline(asking, 1, 1, SingleNodeRoutingInfo::ByAddress { host, port }).await?;
    answers.pop().unwrap_or(Value::Nil).extract_error()
}

/// Where the slot is moving to, if this key has moved already.
fn asked_elsewhere(error: &RedisError) -> Option<(String, u16)> {
    if error.kind() != ErrorKind::Server(ServerErrorKind::Ask) {
        return None;
    }
    let (host, port) = error.redirect_node()?.0.rsplit_once(':')?;
    Some((host.to_owned(), port.parse().ok()?))
}

/// Whether a node did nothing because it does not have the slot, or not all the keys at the moment.
fn was_refused_undone(error: &RedisError) -> bool {
    use ServerErrorKind::{Ask, Moved, TryAgain};
    matches!(error.kind(), ErrorKind::Server(Moved | Ask | TryAgain))
}

fn is_lacking_the_script(error: &RedisError) -> bool {
    error.kind() == ErrorKind::Server(ServerErrorKind::NoScript)
}

/// The script that this command loads, if that is what it does.
fn loaded(cmd: &Cmd) -> Option<&[u8]> {
    let is =
        |index, word: &str| argument(cmd, index).is_some_and(|it| it.eq_ignore_ascii_case(word.as_bytes()));
    if is(0, "SCRIPT") && is(1, "LOAD") { argument(cmd, 2) } else { None }
}

fn argument(cmd: &Cmd, index: usize) -> Option<&[u8]> {
    match cmd.args_iter().nth(index)? {
        Arg::Simple(argument) => Some(argument),
        _ => None,
    }
}
