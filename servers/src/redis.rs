//! A private Redis: append-only file on, nothing evicted, 127.0.0.1 and a password. Or a private cluster of them.

use std::{fs, io, path::Path};

use crate::{ServerError, ports};

mod cluster;
mod server;

pub use cluster::PrivateRedisCluster;

use server::Server;

/// Where Redis keeps its append-only file, below its folder, and where a copy of it is put aside.
const FILES: &str = "appendonlydir";
const COPY: &str = "copy";

/// How a private Redis is set up.
#[derive(Clone, Copy, Debug)]
pub struct RedisOptions {
    /// Whether writes are flushed to the disk every second, or left to the system.
    pub is_durable: bool,
    /// How many logical databases there are.
    pub databases: u32,
}

impl RedisOptions {
    /// For data that somebody wants to keep.
    pub const fn durable() -> Self {
        Self { is_durable: true, databases: 16 }
    }

    /// For tests: no flushing, and a logical database for each of many tests.
    pub const fn for_tests() -> Self {
        Self { is_durable: false, databases: 4096 }
    }
}

/// A running Redis that belongs to this process. Dropping it stops it, and blocks for that moment.
#[derive(Debug)]
pub struct PrivateRedis(Server);

impl PrivateRedis {
    /// Starts a Redis in `data_dir/redis` on a free port, with what an earlier one left there.
    pub async fn start(data_dir: &Path, options: RedisOptions) -> Result<Self, ServerError> {
        let settings = format!("databases {}\n", options.databases);
        let mut server = Server::open(&data_dir.join("redis"), options.is_durable, settings).await?;
        server.launch_on(ports::free_port).await?;
        Ok(Self(server))
    }

    /// `redis://:password@127.0.0.1:port/0`
    pub fn url(&self) -> String {
        self.0.url()
    }

    /// The port on 127.0.0.1; it stays the same through `restart`.
    pub fn port(&self) -> u16 {
        self.0.port()
    }

    /// Stops the server and keeps its data.
    pub async fn stop(mut self) {
        self.0.stop().await;
    }

    /// Ends the server with SIGKILL, as a crash would.
    pub async fn kill(&mut self) {
        self.0.kill().await;
    }

    /// Starts the server again on its port, after stopping it if it still runs.
    pub async fn restart(&mut self) -> Result<(), ServerError> {
        self.0.stop().await;
        self.0.launch().await
    }

    /// Puts a copy of the data aside as it is at this moment.
    pub fn copy_data(&self) -> Result<(), ServerError> {
        let folder = self.0.folder();
        replace(&folder.join(FILES), &folder.join(COPY))
    }

    /// Ends the server with SIGKILL and starts it again on its port with the data of the last [`Self::copy_data`].
    pub async fn restart_from_copy(&mut self) -> Result<(), ServerError> {
        self.0.kill().await;
        let folder = self.0.folder();
        replace(&folder.join(COPY), &folder.join(FILES))?;
        self.0.launch().await
    }

    /// Ends the server with SIGKILL and starts it again on its port without any data.
    pub async fn restart_empty(&mut self) -> Result<(), ServerError> {
        self.0.kill().await;
        remove(&self.0.folder().join(FILES))?;
        self.0.launch().await
    }
}

/// Makes the folder `to` a copy of the files in the folder `from`.
fn replace(from: &Path, to: &Path) -> Result<(), ServerError> {
    remove(to)?;
    fs::create_dir(to).map_err(ServerError::io("make", to))?;
    for entry in fs::read_dir(from).map_err(ServerError::io("read", from))? {
        let entry = entry.map_err(ServerError::io("read", from))?;
        fs::copy(entry.path(), to.join(entry.file_name())).map_err(ServerError::io("copy", &entry.path()))?;
    }
    Ok(())
}

fn remove(folder: &Path) -> Result<(), ServerError> {
    match fs::remove_dir_all(folder) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(ServerError::io("remove", folder)(e)),
        _ => Ok(()),
    }
}
