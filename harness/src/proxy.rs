//! A TCP proxy that cuts, stalls, delays, or swallows answers, or stops at a point, as told while it runs.

mod breakpoint;
mod connection;

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    net::TcpListener,
    sync::watch,
    task::{JoinHandle, JoinSet},
};
use url::Url;

use breakpoint::Breakpoint;
pub use breakpoint::Moment;

/// What the proxy does to what passes through it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    None,
    Cut,
    Stall,
    Delay(Duration),
    DropAnswers,
    /// Of requests that contain these words.
    DropAnswersTo(&'static str),
}

/// A proxy on a free port of 127.0.0.1. It ends when it is dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    fault: watch::Sender<Fault>,
    /// The fault that new and live connections are under.
    in_force: watch::Receiver<Fault>,
    /// How many bytes of requests were forwarded.
    forwarded: Arc<AtomicU64>,
    breakpoint: Arc<Breakpoint>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// Starts a proxy to `target`: a `host:port`, or a URL with both.
    ///
    /// # Panics
    /// When `target` is neither, or no port is free.
    pub async fn start(target: &str) -> Self {
        let target = host_and_port(target);
        let port = servers::ports::free_port().expect("a port is free");
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let listener = TcpListener::bind(address).await.expect("a free port can be listened on");
        let (fault, wanted) = watch::channel(Fault::None);
        let (applied, in_force) = watch::channel(Fault::None);
        let (forwarded, breakpoint) = (Arc::new(AtomicU64::new(0)), Arc::new(Breakpoint::new()));
        let noted = (forwarded.clone(), breakpoint.clone());
        let task = tokio::spawn(run(listener, target, wanted, applied, noted));
        Self { address, fault, in_force, forwarded, breakpoint, task }
    }

    /// Where the proxy listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `original` with the proxy in the place of its host and port.
    ///
    /// # Panics
    /// When `original` is not a URL with a host.
    pub fn url(&self, original: &str) -> String {
        let mut url = Url::parse(original).expect("the original is a URL");
        url.set_ip_host(self.address.ip()).expect("the original has a host");
        url.set_port(Some(self.address.port())).expect("the original has a host");
        url.into()
    }

    /// How many bytes the target was sent so far.
    pub fn bytes_forwarded(&self) -> u64 {
        self.forwarded.load(Ordering::SeqCst)
    }

    /// Closes all connections and refuses new ones.
    pub async fn cut(&self) {
        self.put_in_force(Fault::Cut).await;
    }

    /// Half open: accepts connections and forwards nothing. What came in meanwhile is forwarded after `heal`.
    pub async fn stall(&self) {
        self.put_in_force(Fault::Stall).await;
    }

    /// Holds back everything on its way to the target for this long.
    pub async fn delay(&self, delay: Duration) {
        self.put_in_force(Fault::Delay(delay)).await;
    }

    /// Forwards requests, and closes a connection when the answer to one arrives: the request was carried out, and
    /// the client does not know.
    pub async fn drop_answers(&self) {
        self.put_in_force(Fault::DropAnswers).await;
    }

    /// As [`Self::drop_answers`], for requests that contain these words alone, and what follows on their connections.
    pub async fn drop_answers_to(&self, words: &'static str) {
        self.put_in_force(Fault::DropAnswersTo(words)).await;
    }

    /// From now on the first connection on which these texts are sent to the target, in this order, stands still there:
    /// before the last one reaches the target, or after it was carried out and before its answer. All others go on.
    pub fn stop_at(&self, asked: &[&str], moment: Moment) {
        self.breakpoint.arm(asked, moment);
    }

    /// Waits until a connection stands still at the point.
    pub async fn stopped(&self) {
        self.breakpoint.reached().await;
    }

    /// Forwards everything again, on the same port. A connection that stands still is closed.
    pub async fn heal(&self) {
        self.breakpoint.disarm();
        self.put_in_force(Fault::None).await;
    }

    async fn put_in_force(&self, fault: Fault) {
        self.fault.send_replace(fault);
        let mut in_force = self.in_force.clone();
        in_force.wait_for(|applied| *applied == fault).await.expect("the proxy runs as long as it is held");
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn run(
    mut listener: TcpListener,
    target: String,
    mut wanted: watch::Receiver<Fault>,
    applied: watch::Sender<Fault>,
    noted: (Arc<AtomicU64>, Arc<Breakpoint>),
) {
    let address = listener.local_addr().expect("a listener has an address");
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            Ok((client, _)) = listener.accept() => {
                connections.spawn(connection::serve(client, target.clone(), applied.subscribe(), noted.clone()));
            }
            // Connections that are over.
            Some(_) = connections.join_next() => {}
            changed = wanted.changed() => {
                if changed.is_err() {
                    return;
                }
                let fault = *wanted.borrow_and_update();
                if fault == Fault::Cut {
                    drop(listener);
                    connections.shutdown().await;
                    applied.send_replace(Fault::Cut);
                    let Ok(fault) = wanted.wait_for(|fault| *fault != Fault::Cut).await.map(|fault| *fault) else { return };
                    listener = TcpListener::bind(address).await.expect("the port is still free after the cut");
                    applied.send_replace(fault);
                } else {
                    applied.send_replace(fault);
                }
            }
        }
    }
}

fn host_and_port(target: &str) -> String {
    match Url::parse(target).ok().filter(Url::has_host) {
        Some(url) => {
            let host = url.host_str().expect("it was just seen to have one");
            let port = url.port_or_known_default().expect("the target's URL names a port");
            format!("{host}:{port}")
        }
        None => target.to_owned(),
    }
}
