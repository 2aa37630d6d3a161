//! Serving connections: with the peer's address at hand, bounds on slow and on lost clients, and an end that lets
//! requests finish.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

use super::DRAIN_TIMEOUT;

/// A client that takes longer to send its headers is cut off.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
const MAX_HEADERS: usize = 64;
/// After a failed accept (no descriptors left), so that the loop does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// The end of the line: what a handler can do when its client does not read. It is an extension of every request.
#[derive(Clone, Debug, Default)]
pub struct Hangup(Arc<Notify>);

impl Hangup {
    /// Cuts the connection off, whatever is still unsent. Doing it again changes nothing.
    pub fn hang_up(&self) {
        self.0.notify_one();
    }

    /// Waits until somebody has hung up.
    pub async fn hung_up(&self) {
        self.0.notified().await;
    }
}

pub(super) async fn serve(listener: TcpListener, routes: Router, stop: CancellationToken) {
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                connections.spawn(serve_connection(stream, peer, routes.clone(), stop.clone()));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    connections.close();
    if tokio::time::timeout(DRAIN_TIMEOUT.mul_f32(0.8), connections.wait()).await.is_err() {
        tracing::warn!("some connections did not end in time");
    }
}

async fn serve_connection(stream: TcpStream, peer: SocketAddr, routes: Router, stop: CancellationToken) {
    // Small answers must not wait for the client's acknowledgement of earlier ones.
    let _best_effort = stream.set_nodelay(true);
    bound(&stream);
    let hangup = Hangup::default();
    let end = hangup.clone();
    let service = hyper::service::service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        request.extensions_mut().insert(hangup.clone());
        routes.clone().oneshot(request.map(Body::new))
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_headers(MAX_HEADERS)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = end.hung_up() => return,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            tokio::select! {
                ended = connection => ended,
                () = end.hung_up() => return,
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// Bounds what a client costs that is gone or does not read. Linux has both options; elsewhere it is noticed later.
#[cfg(target_os = "linux")]
fn bound(stream: &TcpStream) {
    /// A peer that acknowledges nothing, or takes nothing, for this long is gone (`TCP_USER_TIMEOUT`): otherwise the kernel
    /// would go on for a quarter of an hour, and a phone in a tunnel would count as present all that time.
    const PEER_TIMEOUT: Duration = Duration::from_secs(30);
    /// What the kernel takes of an answer before the peer has room for it, bytes (`TCP_NOTSENT_LOWAT`): what else a client
    /// does not read stays where it is counted.
    const UNSENT_BYTES: u32 = 64 * 1024;

    let socket = socket2::SockRef::from(stream);
    let _best_effort = socket.set_tcp_user_timeout(Some(PEER_TIMEOUT));
    let _best_effort = socket.set_tcp_notsent_lowat(UNSENT_BYTES);
}

#[cfg(not(target_os = "linux"))]
fn bound(_: &TcpStream) {}

#[cfg(test)]
mod tests {
    use axum::Extension;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test]
    async fn a_handler_can_hang_up_in_the_middle_of_an_answer() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let endless = async |Extension(hangup): Extension<Hangup>| {
            let rest = futures::stream::once(async move {
                hangup.hang_up();
                std::future::pending::<Result<&'static str, std::convert::Infallible>>().await
            });
            Body::from_stream(rest)
        };
        let stop = CancellationToken::new();
        let serving = tokio::spawn(serve(listener, Router::new().route("/", get(endless)), stop.clone()));
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        let mut answer = Vec::new();
        client.read_to_end(&mut answer).await.unwrap();
        assert!(answer.starts_with(b"HTTP/1.1 200") && !answer.ends_with(b"0\r\n\r\n"), "cut off, not ended");
        stop.cancel();
        serving.await.unwrap();
    }
}
