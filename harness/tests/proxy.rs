//! Each fault of the proxy, seen by a client of an echoing server.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use harness::{eventually, proxy::Proxy};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::{Instant, timeout},
};

const PATIENCE: Duration = Duration::from_secs(5);
/// Long enough to tell that nothing comes.
const SILENCE: Duration = Duration::from_millis(200);

/// A server that counts requests of one byte and answers each with the same byte.
struct Echo {
    address: SocketAddr,
    requests: Arc<AtomicUsize>,
}

impl Echo {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&requests);
        tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                tokio::spawn(echo(client, Arc::clone(&counted)));
            }
        });
        Self { address, requests }
    }

    fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    async fn behind_proxy() -> (Self, Proxy) {
        let server = Self::start().await;
        let proxy = Proxy::start(&server.address.to_string()).await;
        (server, proxy)
    }
}

async fn echo(mut client: TcpStream, requests: Arc<AtomicUsize>) {
    while let Ok(byte) = client.read_u8().await {
        requests.fetch_add(1, Ordering::SeqCst);
        if client.write_u8(byte).await.is_err() {
            return;
        }
    }
}

async fn connect(proxy: &Proxy) -> TcpStream {
    TcpStream::connect(proxy.address()).await.unwrap()
}

async fn ask(connection: &mut TcpStream, byte: u8) -> std::io::Result<u8> {
    connection.write_u8(byte).await?;
    connection.read_u8().await
}

#[tokio::test]
async fn a_whole_proxy_forwards_both_ways() {
    let (_server, proxy) = Echo::behind_proxy().await;
    let mut connection = connect(&proxy).await;
    assert_eq!(ask(&mut connection, 7).await.unwrap(), 7);
    assert_eq!(ask(&mut connection, 8).await.unwrap(), 8);
}

#[tokio::test]
async fn a_cut_closes_live_connections_and_refuses_new_ones_until_it_is_healed() {
    let (_server, proxy) = Echo::behind_proxy().await;
    let mut connection = connect(&proxy).await;
    ask(&mut connection, 7).await.unwrap();

    proxy.cut().await;
    assert!(timeout(PATIENCE, ask(&mut connection, 8)).await.unwrap().is_err());
    let refused = TcpStream::connect(proxy.address()).await.unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);

    proxy.heal().await;
    assert_eq!(ask(&mut connect(&proxy).await, 9).await.unwrap(), 9);
}

#[tokio::test]
async fn a_stall_accepts_and_forwards_nothing_until_it_is_healed() {
    let (server, proxy) = Echo::behind_proxy().await;
    let mut old = connect(&proxy).await;
    ask(&mut old, 1).await.unwrap();

    proxy.stall().await;
    let mut new = connect(&proxy).await;
    new.write_u8(2).await.unwrap();
    assert!(timeout(SILENCE, ask(&mut old, 3)).await.is_err());
    assert!(timeout(SILENCE, new.read_u8()).await.is_err());
    assert_eq!(server.requests(), 1);

    proxy.heal().await;
    assert_eq!(timeout(PATIENCE, old.read_u8()).await.unwrap().unwrap(), 3);
    assert_eq!(timeout(PATIENCE, new.read_u8()).await.unwrap().unwrap(), 2);
}

#[tokio::test]
async fn a_delay_holds_requests_back() {
    let (_server, proxy) = Echo::behind_proxy().await;
    let mut connection = connect(&proxy).await;
    let delay = Duration::from_millis(150);
    proxy.delay(delay).await;
    let asked = Instant::now();
    ask(&mut connection, 7).await.unwrap();
    assert!(asked.elapsed() >= delay);
}

#[tokio::test]
async fn a_request_whose_answer_is_dropped_was_carried_out() {
    let (server, proxy) = Echo::behind_proxy().await;
    let mut connection = connect(&proxy).await;
    ask(&mut connection, 1).await.unwrap();

    proxy.drop_answers().await;
    assert!(timeout(PATIENCE, ask(&mut connection, 2)).await.unwrap().is_err());
    assert_eq!(server.requests(), 2);

    proxy.heal().await;
    assert_eq!(ask(&mut connect(&proxy).await, 3).await.unwrap(), 3);
}

#[tokio::test]
async fn a_target_that_is_away_closes_the_clients_connection() {
    let port = servers::ports::free_port().unwrap();
    let proxy = Proxy::start(&format!("redis://127.0.0.1:{port}/3")).await;
    let mut connection = connect(&proxy).await;
    assert!(timeout(PATIENCE, ask(&mut connection, 1)).await.unwrap().is_err());
    let url = proxy.url("redis://:secret@example.com:6379/3");
    assert_eq!(url, format!("redis://:secret@{}/3", proxy.address()));
}

#[tokio::test]
async fn a_dropped_proxy_is_gone() {
    let (_server, proxy) = Echo::behind_proxy().await;
    let address = proxy.address();
    drop(proxy);
    eventually(PATIENCE, || async { TcpStream::connect(address).await.is_err() }).await;
}
