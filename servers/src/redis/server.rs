//! One Redis process in a folder of its own: configured, started, watched, ended.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use nix::sys::signal::Signal;
use tokio::time::{Instant, sleep};

use crate::{ServerError, binaries, folder::Folder, leftover, process, process::Process};

const START_PATIENCE: Duration = Duration::from_mins(1);
const STOP_PATIENCE: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(15);
const PORT_ATTEMPTS: u32 = 5;

/// A Redis that runs, or does not at the moment.
#[derive(Debug)]
pub(super) struct Server {
    binary: PathBuf,
    /// Whether it is given the time to write everything down when it is dropped.
    is_durable: bool,
    /// What its configuration says besides the common part.
    settings: String,
    password: String,
    port: u16,
    process: Option<Process>,
    folder: Folder,
}

impl Server {
    /// Takes ownership of the folder, and stops what an earlier owner left running there.
    pub(super) async fn open(path: &Path, is_durable: bool, settings: String) -> Result<Self, ServerError> {
        let binary = binaries::redis_server()?;
        let folder = Folder::open(path, None)?;
        let pid_file = folder.join("redis.pid");
        leftover::stop(folder.path(), &pid_file, &folder.join("redis.conf"), Signal::SIGTERM).await?;
        let password = folder.password()?;
        Ok(Self { binary, is_durable, settings, password, port: 0, process: None, folder })
    }

    /// A member of a cluster, whose nodes share one password.
    pub(super) fn in_cluster(mut self, password: &str, settings: String) -> Self {
        password.clone_into(&mut self.password);
        self.settings = settings;
        self
    }

    pub(super) fn url(&self) -> String {
        format!("redis://:{}@127.0.0.1:{}/0", self.password, self.port)
    }

    pub(super) fn password(&self) -> &str {
        &self.password
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn folder(&self) -> &Folder {
        &self.folder
    }

    pub(super) fn is_running(&self) -> bool {
        self.process.as_ref().is_some_and(Process::is_running)
    }

    /// Starts it on a port that `free_port` finds.
    pub(super) async fn launch_on(
        &mut self,
        free_port: fn() -> std::io::Result<u16>,
    ) -> Result<(), ServerError> {
        let mut attempt = 1;
        loop {
            self.port = free_port().map_err(ServerError::io("find a port for", self.folder.path()))?;
            match self.launch().await {
                Err(ServerError::StartFailed { log_tail, .. })
                    if attempt < PORT_ATTEMPTS && log_tail.contains("Address already in use") => {}
                outcome => return outcome,
            }
            attempt += 1;
        }
    }

    /// Starts it on its port, and waits until it answers.
    pub(super) async fn launch(&mut self) -> Result<(), ServerError> {
        let config = self.folder.write_private("redis.conf", &self.config())?;
        let mut command = process::command(&self.binary, self.last_signal(), None);
        command.arg(config);
        let process = Process::spawn(command, self.folder.new_log()?)
            .map_err(ServerError::io("start", &self.binary))?;
        self.wait_until_ready(&process).await?;
        self.process = Some(process);
        Ok(())
    }

    /// Stops it politely, if it runs.
    pub(super) async fn stop(&mut self) {
        if let Some(process) = self.process.take() {
            process.stop(Signal::SIGTERM, STOP_PATIENCE).await;
        }
    }

    /// Ends it with SIGKILL, as a crash would, if it runs.
    pub(super) async fn kill(&mut self) {
        if let Some(process) = self.process.take() {
            process.kill().await;
        }
    }

    /// Stops its clock, or lets it go on: connections stay open, and nothing is answered.
    pub(super) fn freeze(&self, is_frozen: bool) {
        if let Some(process) = &self.process {
            process.signal(if is_frozen { Signal::SIGSTOP } else { Signal::SIGCONT });
        }
    }

    /// How it ends with its owner. What nobody wants to keep need not be written down, and a frozen process only hears
    /// SIGKILL.
    fn last_signal(&self) -> Signal {
        if self.is_durable { Signal::SIGTERM } else { Signal::SIGKILL }
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
             appendonly yes\n\
             appendfsync {appendfsync}\n\
             save \"\"\n\
             maxmemory-policy noeviction\n\
             {settings}",
            port = self.port,
            password = self.password,
            appendfsync = if self.is_durable { "everysec" } else { "no" },
            settings = self.settings,
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

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(process) = &self.process {
            process.stop_blocking(self.last_signal(), STOP_PATIENCE);
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
