//! A private Redis: append-only file on, nothing evicted, 127.0.0.1 and a password.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use nix::sys::signal::Signal;
use tokio::time::{Instant, sleep};

use crate::{ServerError, binaries, folder::Folder, leftover, ports, process, process::Process};

const START_PATIENCE: Duration = Duration::from_mins(1);
const STOP_PATIENCE: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(15);
const PORT_ATTEMPTS: u32 = 5;

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
pub struct PrivateRedis {
    binary: PathBuf,
    options: RedisOptions,
    password: String,
    port: u16,
    process: Option<Process>,
    folder: Folder,
}

impl PrivateRedis {
    /// Starts a Redis in `data_dir/redis` on a free port, with what an earlier one left there.
    pub async fn start(data_dir: &Path, options: RedisOptions) -> Result<Self, ServerError> {
        let binary = binaries::redis_server()?;
        let folder = Folder::open(&data_dir.join("redis"), None)?;
        let pid_file = folder.join("redis.pid");
        leftover::stop(folder.path(), &pid_file, &folder.join("redis.conf"), Signal::SIGTERM).await?;
        let password = folder.password()?;
        let mut redis = Self { binary, options, password, port: 0, process: None, folder };
        redis.launch_on_a_free_port().await?;
        Ok(redis)
    }

    /// `redis://:password@127.0.0.1:port/0`
    pub fn url(&self) -> String {
        format!("redis://:{}@127.0.0.1:{}/0", self.password, self.port)
    }

    /// The port on 127.0.0.1; it stays the same through `restart`.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Stops the server and keeps its data.
    pub async fn stop(mut self) {
        if let Some(process) = self.process.take() {
            process.stop(Signal::SIGTERM, STOP_PATIENCE).await;
        }
    }

    /// Ends the server with SIGKILL, as a crash would.
    pub async fn kill(&mut self) {
        if let Some(process) = self.process.take() {
            process.kill().await;
        }
    }

    /// Starts the server again on its port, after stopping it if it still runs.
    pub async fn restart(&mut self) -> Result<(), ServerError> {
        if let Some(process) = self.process.take() {
            process.stop(Signal::SIGTERM, STOP_PATIENCE).await;
        }
        self.launch().await
    }

    async fn launch_on_a_free_port(&mut self) -> Result<(), ServerError> {
        let mut attempt = 1;
        loop {
            self.port = ports::free_port().map_err(ServerError::io("find a port for", self.folder.path()))?;
            match self.launch().await {
                Err(ServerError::StartFailed { log_tail, .. })
                    if attempt < PORT_ATTEMPTS && log_tail.contains("Address already in use") => {}
                outcome => return outcome,
            }
            attempt += 1;
        }
    }

    async fn launch(&mut self) -> Result<(), ServerError> {
        let config = self.folder.write_private("redis.conf", &self.config())?;
        let mut command = process::command(&self.binary, Signal::SIGTERM, None);
        command.arg(config);
        let process = Process::spawn(command, self.folder.new_log()?)
            .map_err(ServerError::io("start", &self.binary))?;
        self.wait_until_ready(&process).await?;
        self.process = Some(process);
        Ok(())
    }

    fn config(&self) -> String {
        let folder = self.folder.path().display();
        // Without a title of its own the process is recognised by its command line.
        format!(
            "bind 127.0.0.1\n\
             port {port}\n\
             requirepass {password}\n\
             dir \"{folder}\"\n\
             pidfile \"{folder}/redis.pid\"\n\
             daemonize no\n\
             set-proc-title no\n\
             databases {databases}\n\
             appendonly yes\n\
             appendfsync {appendfsync}\n\
             save \"\"\n\
             maxmemory-policy noeviction\n",
            port = self.port,
            password = self.password,
            databases = self.options.databases,
            appendfsync = if self.options.is_durable { "everysec" } else { "no" },
        )
    }

    async fn wait_until_ready(&self, process: &Process) -> Result<(), ServerError> {
        let deadline = Instant::now() + START_PATIENCE;
        while !answers(&self.url()).await {
            if !process.is_running() {
                return Err(ServerError::from_log("Redis", self.folder.path(), self.folder.log_tail()));
            }
            if Instant::now() >= deadline {
                process.kill().await;
                let log_tail = self.folder.log_tail();
                return Err(ServerError::Timeout {
                    server: "Redis",
                    seconds: START_PATIENCE.as_secs(),
                    log_tail,
                });
            }
            sleep(LOOK_EVERY).await;
        }
        Ok(())
    }
}

impl Drop for PrivateRedis {
    fn drop(&mut self) {
        if let Some(process) = &self.process {
            let signal = if self.options.is_durable { Signal::SIGTERM } else { Signal::SIGKILL };
            process.stop_blocking(signal, STOP_PATIENCE);
        }
    }
}

/// Whether Redis answers, which it does not while it still loads its data.
async fn answers(url: &str) -> bool {
    let ping = async {
        let client = redis::Client::open(url)?;
        let mut connection = client.get_multiplexed_async_connection().await?;
        redis::cmd("PING").query_async::<String>(&mut connection).await
    };
    ping.await.is_ok()
}
