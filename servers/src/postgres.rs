//! A private Postgres: 127.0.0.1 and a password, a socket in its own folder, never as root.

mod cluster;
mod home;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use nix::sys::signal::Signal;
use sqlx::{Connection, PgConnection};
use tokio::time::{Instant, sleep};

use crate::{ServerError, account::Account, folder::Folder, leftover, ports, process, process::Process};

use self::home::Home;

/// The cluster's superuser and its database.
const NAME: &str = "stanchion";
/// Replaying the log after a crash may take its time.
const START_PATIENCE: Duration = Duration::from_mins(2);
const STOP_PATIENCE: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(25);
const ATTEMPTS: u32 = 5;
/// SQLSTATE `invalid_password`.
const WRONG_PASSWORD: &str = "28P01";
/// Linux allows 107 bytes for a socket's path; Postgres adds its name.
const LONGEST_SOCKET_FOLDER: usize = 85;

/// How a private Postgres is set up.
#[derive(Clone, Copy, Debug)]
pub struct PostgresOptions {
    /// Whether a commit is on the disk when it is answered.
    pub is_durable: bool,
    /// How many connections are allowed.
    pub max_connections: u32,
}

impl PostgresOptions {
    /// For data that somebody wants to keep.
    pub const fn durable() -> Self {
        Self { is_durable: true, max_connections: 200 }
    }

    /// For tests: survives `kill`, but not a power cut.
    pub const fn for_tests() -> Self {
        Self { is_durable: false, max_connections: 400 }
    }
}

/// A running Postgres that belongs to this process. Dropping it stops it, and blocks for that moment.
#[derive(Debug)]
pub struct PrivatePostgres {
    bin: PathBuf,
    account: Option<Account>,
    options: PostgresOptions,
    password: String,
    port: u16,
    process: Option<Process>,
    folder: Folder,
}

impl PrivatePostgres {
    /// Where the programs of its package are: `psql`, `pgbench`.
    pub fn programs(&self) -> &Path {
        &self.bin
    }

    /// Starts a Postgres in `data_dir/postgres` on a free port, with what an earlier one left there.
    ///
    /// Started by root, Postgres runs as the user `postgres` or `nobody`. If that user cannot reach `data_dir` (root's
    /// home, say), the cluster is made under `/var/lib/stanchion` and `data_dir/postgres` is a link to it; without
    /// that link such a cluster belongs to a data folder that was deleted, and is replaced.
    pub async fn start(data_dir: &Path, options: PostgresOptions) -> Result<Self, ServerError> {
        let account = Account::for_postgres()?;
        let home = Home::find(data_dir, account.as_ref())?;
        let folder = Folder::open(home.path(), account.clone())?;
        let cluster = folder.join(cluster::FOLDER);
        leftover::stop(folder.path(), &cluster.join("postmaster.pid"), &cluster, Signal::SIGINT).await?;
        if home.is_orphaned() {
            cluster::remove(&cluster)?;
        }
        home.link()?;
        let password = folder.password()?;
        let bin = crate::binaries::postgres_bin(&cluster)?;
        cluster::ensure(&folder, &bin, account.as_ref(), options.is_durable).await?;
        let mut postgres = Self { bin, account, options, password, port: 0, process: None, folder };
        postgres.launch_on_a_free_port().await?;
        postgres.ensure_database().await?;
        Ok(postgres)
    }

    /// `postgres://stanchion:password@127.0.0.1:port/stanchion`
    pub fn url(&self) -> String {
        self.url_of(NAME)
    }

    /// The URL of another database of this server.
    pub fn url_of(&self, database: &str) -> String {
        format!("postgres://{NAME}:{}@127.0.0.1:{}/{database}", self.password, self.port)
    }

    /// The port on 127.0.0.1; it stays the same through `restart`.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Stops the server (a fast shutdown: sessions are ended) and keeps its data.
    pub async fn stop(mut self) {
        if let Some(process) = self.process.take() {
            process.stop(Signal::SIGINT, STOP_PATIENCE).await;
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
            process.stop(Signal::SIGINT, STOP_PATIENCE).await;
        }
        self.launch_patiently().await
    }

    async fn launch_on_a_free_port(&mut self) -> Result<(), ServerError> {
        let mut attempt = 1;
        loop {
            self.port = ports::free_port().map_err(ServerError::io("find a port for", self.folder.path()))?;
            match self.launch_patiently().await {
                Err(ServerError::StartFailed { log_tail, .. })
                    if attempt < ATTEMPTS && log_tail.contains("Address already in use") => {}
                outcome => return outcome,
            }
            attempt += 1;
        }
    }

    /// Sessions of a killed server end a moment after it, and until then hold its shared memory.
    async fn launch_patiently(&mut self) -> Result<(), ServerError> {
        let mut attempt = 1;
        loop {
            match self.launch().await {
                Err(ServerError::StartFailed { log_tail, .. })
                    if attempt < ATTEMPTS && log_tail.contains("is still in use") =>
                {
                    sleep(Duration::from_millis(500)).await;
                }
                outcome => return outcome,
            }
            attempt += 1;
        }
    }

    async fn launch(&mut self) -> Result<(), ServerError> {
        let binary = self.bin.join("postgres");
        let mut command = process::command(&binary, Signal::SIGINT, self.account.as_ref());
        command.arg("-D").arg(self.folder.join(cluster::FOLDER));
        for (name, value) in self.settings()? {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        let process =
            Process::spawn(command, self.folder.new_log()?).map_err(ServerError::io("start", &binary))?;
        self.wait_until_ready(&process).await?;
        self.process = Some(process);
        Ok(())
    }

    fn settings(&self) -> Result<Vec<(&'static str, String)>, ServerError> {
        let socket = self.folder.subfolder("socket")?;
        let is_short = socket.as_os_str().len() <= LONGEST_SOCKET_FOLDER;
        let sockets = if is_short { socket.display().to_string() } else { String::new() };
        // Without fsync a commit still reaches the system before it is answered, so that `kill` loses nothing.
        let on_disk = if self.options.is_durable { "on" } else { "off" };
        Ok(vec![
            ("listen_addresses", "127.0.0.1".to_owned()),
            ("port", self.port.to_string()),
            ("unix_socket_directories", sockets),
            ("max_connections", self.options.max_connections.to_string()),
            ("timezone", "UTC".to_owned()),
            ("log_timezone", "UTC".to_owned()),
            ("logging_collector", "off".to_owned()),
            ("fsync", on_disk.to_owned()),
            ("synchronous_commit", "on".to_owned()),
            ("full_page_writes", on_disk.to_owned()),
            // A connection that stalls while it logs in holds up everybody who makes or removes a database.
            ("authentication_timeout", "5s".to_owned()),
        ])
    }

    async fn wait_until_ready(&self, process: &Process) -> Result<(), ServerError> {
        let deadline = Instant::now() + START_PATIENCE;
        let url = self.url_of("postgres");
        while let Err(e) = PgConnection::connect(&url).await {
            if e.as_database_error().is_some_and(|e| e.code().as_deref() == Some(WRONG_PASSWORD)) {
                return Err(ServerError::StartFailed { server: "Postgres", log_tail: e.to_string() });
            }
            if !process.is_running() {
                return Err(ServerError::from_log("Postgres", self.folder.path(), self.folder.log_tail()));
            }
            if Instant::now() >= deadline {
                process.kill().await;
                return Err(self.timed_out());
            }
            sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    async fn ensure_database(&self) -> Result<(), ServerError> {
        let made = async {
            let mut connection = PgConnection::connect(&self.url_of("postgres")).await?;
            let exists: bool =
                sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = 'stanchion')")
                    .fetch_one(&mut connection)
                    .await?;
            if !exists {
                sqlx::query("CREATE DATABASE stanchion").execute(&mut connection).await?;
            }
            connection.close().await
        };
        made.await.map_err(|e: sqlx::Error| ServerError::StartFailed {
            server: "Postgres",
            log_tail: e.to_string(),
        })
    }

    fn timed_out(&self) -> ServerError {
        let log_tail = self.folder.log_tail();
        ServerError::Timeout { server: "Postgres", seconds: START_PATIENCE.as_secs(), log_tail }
    }
}

impl Drop for PrivatePostgres {
    fn drop(&mut self) {
        if let Some(process) = &self.process {
            let signal = if self.options.is_durable { Signal::SIGINT } else { Signal::SIGQUIT };
            process.stop_blocking(signal, STOP_PATIENCE);
        }
    }
}
