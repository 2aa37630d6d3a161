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
use super::breakpoint::{Breakpoint, Moment, Progress};

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
    (forwarded, breakpoint): (Arc<AtomicU64>, Arc<Breakpoint>),
) {
    let Ok(server) = TcpStream::connect(&target).await else { return };
    // Small answers must not wait for more; a refusal of the option changes nothing but speed.
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let noted = Noted { forwarded, loses_answer: Arc::default() };
    let pause = Pause { breakpoint, answer_is_held: AtomicBool::new(false) };
    // The first side that breaks takes the other one with it.
    let _ = tokio::try_join!(
        forward(from_client, to_server, Direction::Request, faults.clone(), (noted.clone(), &pause)),
        forward(from_server, to_client, Direction::Answer, faults, (noted, &pause)),
    );
}

/// Where this connection stands still.
struct Pause {
    breakpoint: Arc<Breakpoint>,
    answer_is_held: AtomicBool,
}

impl Pause {
    /// Stands still where it must, and then breaks off.
    async fn before(&self, direction: Direction, bytes: &[u8], progress: &mut Progress) -> io::Result<()> {
        let stands_still = match direction {
            Direction::Answer => self.answer_is_held.load(Ordering::SeqCst),
            Direction::Request => match self.breakpoint.is_reached_by(bytes, progress) {
                Some(Moment::BeforeTheRequest) => true,
                Some(Moment::BeforeTheAnswer) => {
                    self.answer_is_held.store(true, Ordering::SeqCst);
                    false
                }
                None => false,
            },
        };
        if !stands_still {
            return Ok(());
        }
        self.breakpoint.stand_still().await;
        Err(io::ErrorKind::ConnectionReset.into())
    }
}

async fn forward(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    direction: Direction,
    mut faults: watch::Receiver<Fault>,
    (noted, pause): (Noted, &Pause),
) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut progress = Progress::default();
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
        pause.before(direction, &buffer[..length], &mut progress).await?;
        if direction == Direction::Request {
            noted.forwarded.fetch_add(length as u64, Ordering::SeqCst);
        }
        to.write_all(&buffer[..length]).await?;
    }
}
