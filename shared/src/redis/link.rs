//! A connection that is made when it is needed, shared by everybody, and made anew when it was lost.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared};
use redis::{RedisError, RedisResult};

/// The longest an attempt to connect takes; those who wait for it may have given up before.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(3);

/// What can be connected to.
pub(super) trait Server: Send + Sync + 'static {
    /// A connection, cheap to clone.
    type Connection: Clone + Send + Sync + 'static;

    /// How long after an attempt the next one is made, so that a server that is away is not stormed.
    const PAUSE: Duration;

    /// Makes a connection.
    fn connect(&self) -> impl Future<Output = RedisResult<Self::Connection>> + Send;
}

/// The connection to a server.
pub(super) struct Link<S: Server>(Arc<Inner<S>>);

struct Inner<S: Server> {
    server: S,
    live: ArcSwapOption<S::Connection>,
    last: Mutex<Option<Attempt<S::Connection>>>,
}

/// One attempt, which everybody waits for who needs a connection meanwhile.
struct Attempt<C> {
    outcome: Shared<BoxFuture<'static, RedisResult<Arc<C>>>>,
    ended: Arc<Mutex<Option<Instant>>>,
}

impl<S: Server> Link<S> {
    pub(super) fn new(server: S) -> Self {
        Self(Arc::new(Inner { server, live: ArcSwapOption::empty(), last: Mutex::default() }))
    }

    /// The connection, where there is one; else the outcome of an attempt.
    pub(super) async fn get(&self) -> RedisResult<Arc<S::Connection>> {
        if let Some(live) = self.0.live.load_full() {
            return Ok(live);
        }
        let attempt = self.attempt();
        attempt.await
    }

    /// This connection is of no use: nobody gets it any more.
    pub(super) fn forget(&self, lost: &Arc<S::Connection>) {
        if self.is_live(lost) {
            self.0.live.compare_and_swap(lost, None);
        }
    }

    /// This connection is of little use: another one takes its place as soon as it is there.
    pub(super) fn replace(&self, doubted: &Arc<S::Connection>) {
        if self.is_live(doubted) {
            drop(self.attempt());
        }
    }

    fn is_live(&self, connection: &Arc<S::Connection>) -> bool {
        self.0.live.load().as_ref().is_some_and(|live| Arc::ptr_eq(live, connection))
    }

    /// The attempt that is under way, or has just ended, or a new one.
    fn attempt(&self) -> Shared<BoxFuture<'static, RedisResult<Arc<S::Connection>>>> {
        let mut last = self.0.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(attempt) = last.as_ref() {
            let ended = *attempt.ended.lock().unwrap_or_else(PoisonError::into_inner);
            let is_recent = ended.is_none_or(|ended| ended.elapsed() < S::PAUSE);
            // A success that is lost already is no answer.
            let failed = attempt.outcome.peek().is_none_or(Result::is_err);
            if is_recent && (failed || self.0.live.load().is_some()) {
                return attempt.outcome.clone();
            }
        }
        let attempt = Inner::connect(&self.0);
        let outcome = attempt.outcome.clone();
        *last = Some(attempt);
        outcome
    }
}

impl<S: Server> Inner<S> {
    /// Connects in a task of its own, which goes on when those who wait give up.
    fn connect(this: &Arc<Self>) -> Attempt<S::Connection> {
        let ended = Arc::new(Mutex::new(None));
        let (inner, at_end) = (Arc::clone(this), Arc::clone(&ended));
        let task = tokio::spawn(async move {
            let connected = tokio::time::timeout(ATTEMPT_TIMEOUT, inner.server.connect()).await;
            let connected = connected.unwrap_or_else(|_| Err(failure("no connection in time"))).map(Arc::new);
            if let Ok(connection) = &connected {
                inner.live.store(Some(Arc::clone(connection)));
            }
            *at_end.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
            connected
        });
        let outcome = task.map(|done| done.unwrap_or_else(|_| Err(failure("connecting was given up"))));
        Attempt { outcome: outcome.boxed().shared(), ended }
    }
}

fn failure(reason: &'static str) -> RedisError {
    std::io::Error::new(std::io::ErrorKind::TimedOut, reason).into()
}
