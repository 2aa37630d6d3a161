//! Listening to channels that scripts publish to with `SPUBLISH`: on a cluster only the shard that has the key hears it,
//! on a single server it is an ordinary channel (Redis 7, "Sharded Pub/Sub").
//!
//! A listener has a connection of its own while somebody listens. Where it breaks, or a shard says that the channel is
//! not its any more, all of it is made anew. What is published meanwhile is lost, so every channel is told when its
//! listening began, again each time: whoever listens then reads what there is to read.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::cluster::ClusterClient;
use redis::cluster_async::ClusterConnection;
use redis::{
    AsyncConnectionConfig, Client, IntoConnectionInfo as _, ProtocolVersion, PushInfo, PushKind, RedisResult,
};
use tokio::sync::Notify;

use super::cluster::builder;
use super::{CONNECT_TIMEOUT, RESPONSE_TIMEOUT};

/// How long after a connection was lost, or could not be had, another one is tried.
const PAUSE: Duration = Duration::from_millis(200);

/// What a listener hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// From now on the channel is listened to. What was published before may have been missed.
    Listening {
        /// The channel.
        channel: String,
    },
    /// Somebody published.
    Message {
        /// The channel.
        channel: String,
        /// What was said.
        payload: String,
    },
}

/// Listens to the channels that are wanted at the moment, until it is dropped.
pub struct Listener(Arc<Wanted>);

#[derive(Default)]
struct Wanted {
    channels: Mutex<HashSet<String>>,
    changed: Notify,
    doubted: Notify,
    is_over: AtomicBool,
}

type Hear = Arc<dyn Fn(Heard) + Send + Sync>;

enum Target {
    Single(Client),
    Cluster(String),
}

enum Ear {
    Single(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl Listener {
    /// Listens to the server or cluster of this URL, once a channel is wanted. `hear` must not block.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn open(url: &str, hear: impl Fn(Heard) + Send + Sync + 'static) -> RedisResult<Self> {
        let target = match url.strip_prefix("redis+cluster://") {
            Some(nodes) => {
                builder(nodes).build()?;
                Target::Cluster(nodes.to_owned())
            }
            None => Target::Single(of_third_protocol(url)?),
        };
        let wanted = Arc::new(Wanted::default());
        tokio::spawn(run(target, Arc::clone(&wanted), Arc::new(hear)));
        Ok(Self(wanted))
    }

    /// Listens to this channel too; [`Heard::Listening`] says when it does.
    pub fn listen(&self, channel: &str) {
        self.0.lock().insert(channel.to_owned());
        self.0.changed.notify_one();
    }

    /// Listens to this channel no more.
    pub fn ignore(&self, channel: &str) {
        self.0.lock().remove(channel);
        self.0.changed.notify_one();
    }

    /// Something was published and not heard: the connection is made anew.
    pub fn doubt(&self) {
        self.0.doubted.notify_one();
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.0.is_over.store(true, Ordering::Release);
        self.0.lock().clear();
        self.0.changed.notify_one();
    }
}

impl Wanted {
    fn lock(&self) -> MutexGuard<'_, HashSet<String>> {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Messages arrive unasked only in the third version of the protocol.
fn of_third_protocol(url: &str) -> RedisResult<Client> {
    let info = url.into_connection_info()?;
    let settings = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
    Client::open(info.set_redis_settings(settings))
}

async fn run(target: Target, wanted: Arc<Wanted>, hear: Hear) {
    while !wanted.is_over.load(Ordering::Acquire) {
        if wanted.lock().is_empty() {
            wanted.changed.notified().await;
            continue;
        }
        if let Err(error) = listen(&target, &wanted, &hear).await {
            tracing::debug!(%error, "channels cannot be listened to");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Listens over one connection until it is lost, doubted, or nothing is wanted any more.
async fn listen(target: &Target, wanted: &Arc<Wanted>, hear: &Hear) -> RedisResult<()> {
    let lost = Arc::new(Notify::new());
    let mut ear = target.connect(pushes(wanted, hear, &lost)).await?;
    let mut heard: HashSet<String> = HashSet::new();
    loop {
        let asked = wanted.lock().clone();
        if asked.is_empty() {
            return Ok(());
        }
        for channel in heard.difference(&asked) {
            ear.ignore(channel).await?;
        }
        for channel in asked.difference(&heard) {
            ear.listen(channel).await?;
            hear(Heard::Listening { channel: channel.clone() });
        }
        heard = asked;
        tokio::select! {
            () = wanted.changed.notified() => {}
            () = wanted.doubted.notified() => return Ok(()),
            () = lost.notified() => return Ok(()),
        }
    }
}

/// What is done with what the server says unasked.
fn pushes(
    wanted: &Arc<Wanted>,
    hear: &Hear,
    lost: &Arc<Notify>,
) -> impl Fn(PushInfo) -> Result<(), std::convert::Infallible> + Send + Sync + 'static {
    let (wanted, hear, lost) = (Arc::downgrade(wanted), Arc::clone(hear), Arc::clone(lost));
    move |push| {
        let mut texts =
            push.data.into_iter().filter_map(|value| redis::from_redis_value::<String>(value).ok());
        match (push.kind, texts.next(), texts.next()) {
            (PushKind::SMessage, Some(channel), Some(payload)) => hear(Heard::Message { channel, payload }),
            (PushKind::Disconnection, _, _) => lost.notify_one(),
            // The shard has given the channel away.
            (PushKind::SUnsubscribe, Some(channel), _) if is_wanted(&wanted, &channel) => lost.notify_one(),
            _ => {}
        }
        Ok(())
    }
}

fn is_wanted(wanted: &Weak<Wanted>, channel: &str) -> bool {
    wanted.upgrade().is_some_and(|wanted| wanted.lock().contains(channel))
}

impl Target {
    async fn connect(
        &self,
        pushes: impl Fn(PushInfo) -> Result<(), std::convert::Infallible> + Send + Sync + 'static,
    ) -> RedisResult<Ear> {
        match self {
            Self::Single(client) => {
                let config = AsyncConnectionConfig::new()
                    .set_connection_timeout(Some(CONNECT_TIMEOUT))
                    .set_response_timeout(Some(RESPONSE_TIMEOUT))
                    .set_push_sender(pushes);
                client.get_multiplexed_async_connection_with_config(&config).await.map(Ear::Single)
            }
            Self::Cluster(nodes) => {
                let client: ClusterClient =
                    builder(nodes).use_protocol(ProtocolVersion::RESP3).push_sender(pushes).build()?;
                client.get_async_connection().await.map(Ear::Cluster)
            }
        }
    }
}

impl Ear {
    async fn listen(&mut self, channel: &str) -> RedisResult<()> {
        match self {
            Self::Single(connection) => redis::cmd("SSUBSCRIBE").arg(channel).exec_async(connection).await,
            Self::Cluster(connection) => connection.ssubscribe(channel).await,
        }
    }

    async fn ignore(&mut self, channel: &str) -> RedisResult<()> {
        match self {
            Self::Single(connection) => redis::cmd("SUNSUBSCRIBE").arg(channel).exec_async(connection).await,
            Self::Cluster(connection) => connection.sunsubscribe(channel).await,
        }
    }
}
