//! The frame a service runs in: its two ports, its background tasks, its readiness, its end.

mod admin;
mod serve;

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use admin::{Readiness, admin_router};
pub use serve::Hangup;

/// How long requests under way may take to end after a stop was asked for.
pub const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);

/// A port could not be had.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Somebody else listens there.
    #[error("{what}: the address {address} is in use by another program; stop it or choose another address")]
    Busy {
        /// Which setting named it.
        what: String,
        /// The address.
        address: SocketAddr,
    },
    /// Another reason.
    #[error("{what}: cannot listen on {address}: {reason}")]
    Refused {
        /// Which setting named it.
        what: String,
        /// The address.
        address: SocketAddr,
        /// What the system said.
        reason: String,
    },
}

/// Listens on an address; `what` is the setting that named it, for the error's sentence.
pub async fn bind(what: &str, address: SocketAddr) -> Result<TcpListener, BindError> {
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => BindError::Busy { what: what.to_owned(), address },
        _ => BindError::Refused { what: what.to_owned(), address, reason: error.to_string() },
    })
}

/// A service's two ports, bound before anything else is done.
pub struct Ports {
    public: TcpListener,
    admin: TcpListener,
}

impl Ports {
    /// Binds both; the names are those of the settings.
    pub async fn bind(public: (&str, SocketAddr), admin: (&str, SocketAddr)) -> Result<Self, BindError> {
        Ok(Self { public: bind(public.0, public.1).await?, admin: bind(admin.0, admin.1).await? })
    }

    /// The address of the public port.
    pub fn address(&self) -> SocketAddr {
        self.public.local_addr().expect("a bound port has an address")
    }

    /// `http://` and the address of the public port.
    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }
}

/// Background tasks of a service, and the signal that ends them.
#[derive(Clone, Default)]
pub struct Tasks {
    tracker: TaskTracker,
    stop: CancellationToken,
}

impl Tasks {
    /// A place for tasks.
    pub fn new() -> Self {
        Self::default()
    }

    /// Told when the service stops.
    pub fn stopping(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Runs a task that ends by itself soon after [`Tasks::stopping`] is told.
    pub fn spawn<F>(&self, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.tracker.spawn(task);
    }

    /// Runs `step` again and again, `pause` apart, until the service stops. A step that has begun is finished.
    pub fn repeat<F, Fut>(&self, pause: Duration, mut step: F)
    where
        F: FnMut() -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send,
    {
        let stopping = self.stopping();
        self.tracker.spawn(async move {
            while !stopping.is_cancelled() {
                step().await;
                tokio::select! {
                    () = stopping.cancelled() => break,
                    () = tokio::time::sleep(pause) => {}
                }
            }
        });
    }
}

/// A service that runs.
pub struct Running {
    /// Where the API and the pages are.
    pub address: SocketAddr,
    /// Where `/livez`, `/readyz` and `/metrics` are.
    pub admin_address: SocketAddr,
    tasks: Tasks,
}

impl Running {
    /// Serves these routes on these ports until stopped.
    pub fn start(ports: Ports, routes: Router, readiness: Readiness, tasks: Tasks) -> Self {
        let address = ports.address();
        let admin_address = ports.admin.local_addr().expect("a bound port has an address");
        tasks.spawn(serve::serve(ports.public, routes, tasks.stopping()));
        tasks.spawn(serve::serve(ports.admin, admin_router(readiness, tasks.stopping()), tasks.stopping()));
        Self { address, admin_address, tasks }
    }

    /// The address of the public port as a URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Takes no new connections, lets what is under way end, and ends the background tasks: within [`DRAIN_TIMEOUT`].
    pub async fn stop(self) {
        self.tasks.stop.cancel();
        self.tasks.tracker.close();
        if tokio::time::timeout(DRAIN_TIMEOUT, self.tasks.tracker.wait()).await.is_err() {
            tracing::warn!("some tasks did not end in time");
        }
    }
}
