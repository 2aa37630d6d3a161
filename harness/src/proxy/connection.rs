//! One connection through the proxy: two directions, each under the fault in force.

use std::io;

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

/// Forwards both ways until one side is gone. A target that cannot be reached closes the client's connection.
pub(super) async fn serve(client: TcpStream, target: String, faults: watch::Receiver<Fault>) {
    let Ok(server) = TcpStream::connect(&target).await else { return };
    // Small answers must not wait for more; a refusal of the option changes nothing but speed.
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    // The first side that breaks takes the other one with it.
    let _ = tokio::try_join!(
        forward(from_client, to_server, Direction::Request, faults.clone()),
        forward(from_server, to_client, Direction::Answer, faults),
    );
}

async fn forward(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    direction: Direction,
    mut faults: watch::Receiver<Fault>,
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
            (Fault::Delay(delay), Direction::Request) => sleep(delay).await,
            _ => {}
        }
        to.write_all(&buffer[..length]).await?;
    }
}
