//! One connection through the proxy: two directions, each under the fault in force.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    time::sleep,
};

use super::Fault;

const BUFFER_BYTES: usize = 16 * 1024;

#[derive(Clone, Copy, PartialEq)]
enum Direction {
    Request,
    Answer,
}

/// What both directions of a connection know.
#[derive(Clone)]
struct Noted {
    /// How many bytes of requests were forwarded, on all connections.
    forwarded: Arc<AtomicU64>,
    /// Whether the next answer is to be lost.
    loses_answer: Arc<AtomicBool>,
}

fn contains(bytes: &[u8], words: &str) -> bool {
    bytes.windows(words.len()).any(|window| window == words.as_bytes())
}

/// Forwards both ways until one side is gone. A target that cannot be reached closes the client's connection.
pub(super) async fn serve(
    client: TcpStream,
    target: String,
    faults: watch::Receiver<Fault>,
    forwarded: Arc<AtomicU64>,
) {
    let Ok(server) = TcpStream::connect(&target).await else { return };
    // Small answers must not wait for more; a refusal of the option changes nothing but speed.
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let noted = Noted { forwarded, loses_answer: Arc::default() };
    // The first side that breaks takes the other one with it.
    let _ = tokio::try_join!(
        forward(from_client, to_server, Direction::Request, faults.clone(), noted.clone()),
        forward(from_server, to_client, Direction::Answer, faults, noted),
    );
}

async fn forward(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    direction: Direction,
    mut faults: watch::Receiver<Fault>,
    noted: Noted,
) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        let length = from.read(&mut buffer).await?;
        let fault = *faults.wait_for(|fault| *fault != Fault::Stall).await.map_err(io::Error::other)?;
        if length == 0 {
            return to.shutdown().await;
        }
        match (fault, direction) {
            (Fault::DropAnswers, Direction::Answer) => return Err(io::ErrorKind::ConnectionReset.into()),
            (Fault::DropAnswersTo(words), Direction::Request) if contains(&buffer[..length], words) => {
                noted.loses_answer.store(true, Ordering::SeqCst);
            }
            (Fault::DropAnswersTo(_), Direction::Answer) if noted.loses_answer.load(Ordering::SeqCst) => {
                return Err(io::ErrorKind::ConnectionReset.into());
            }
            (Fault::Delay(delay), Direction::Request) => sleep(delay).await,
            _ => {}
        }
        if direction == Direction::Request {
            noted.forwarded.fetch_add(length as u64, Ordering::SeqCst);
        }
        to.write_all(&buffer[..length]).await?;
    }
}
