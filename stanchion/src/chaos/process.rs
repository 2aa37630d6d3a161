//! One service as a process of its own, which can be killed and started again at the same address.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, anyhow};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};
use url::Url;

use crate::exit::Failure;

/// Longer than a start takes on a machine that is busy with other things; a service that hangs is found all the same.
const READY_WITHIN: Duration = Duration::from_mins(3);
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// What a service that is asked to stop may still finish.
const STOP_WITHIN: Duration = Duration::from_secs(30);

/// A service that runs, or does not at the moment. It ends with this value.
#[derive(Debug)]
pub struct Process {
    name: &'static str,
    settings: Vec<(String, String)>,
    log: PathBuf,
    ready: Url,
    child: Option<Child>,
}

impl Process {
    /// A service with its settings that says at `ready` when it is; its output goes to a file in `folder`.
    pub fn new(name: &'static str, settings: Vec<(String, String)>, folder: &Path, ready: Url) -> Self {
        Self { name, settings, log: folder.join(format!("{name}.log")), ready, child: None }
    }

    /// Starts it, and waits until it answers.
    pub async fn start(&mut self, http: &reqwest::Client) -> Result<(), Failure> {
        self.launch()?;
        self.wait_until_ready(http).await
    }

    /// Starts it without waiting.
    pub fn launch(&mut self) -> Result<(), Failure> {
        let program = std::env::current_exe().context("this program cannot be found")?;
        let log = self.log_file().with_context(|| format!("{} cannot be written", self.log.display()))?;
        let errors = log.try_clone().context("the log cannot be shared")?;
        let child = Command::new(program)
            .args(["serve", self.name])
            .env_clear()
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{} cannot be started", self.name))?;
        self.child = Some(child);
        Ok(())
    }

    /// Waits until it answers and reaches its stores.
    pub async fn wait_until_ready(&mut self, http: &reqwest::Client) -> Result<(), Failure> {
        let deadline = Instant::now() + READY_WITHIN;
        loop {
            if http.get(self.ready.clone()).send().await.is_ok_and(|it| it.status().is_success()) {
                return Ok(());
            }
            if self.has_ended() || Instant::now() >= deadline {
                let log = self.log.display();
                return Err(anyhow!("{} did not become ready; see {log}", self.name).into());
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// Ends it with SIGKILL, as a crash would.
    pub async fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // An error means that it had ended by itself, which comes to the same.
            let _has_ended = child.kill().await;
        }
    }

    /// Asks it to stop, and kills it where it does not.
    pub async fn stop(&mut self) {
        let Some(child) = &mut self.child else { return };
        if let Some(pid) = child.id().and_then(|pid| i32::try_from(pid).ok()) {
            let pid = nix::unistd::Pid::from_raw(pid);
            let _has_ended = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM);
        }
        if tokio::time::timeout(STOP_WITHIN, child.wait()).await.is_err() {
            tracing::warn!(service = self.name, "a service did not stop when asked");
        }
        self.kill().await;
    }

    /// What it logged when it panicked, a line each.
    pub fn panics(&self) -> Vec<String> {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let panics = log.lines().filter(|line| line.contains("panicked at"));
        panics.map(|line| format!("{}: {line}", self.name)).collect()
    }

    fn has_ended(&mut self) -> bool {
        self.child.as_mut().is_none_or(|child| !matches!(child.try_wait(), Ok(None)))
    }

    fn log_file(&self) -> std::io::Result<File> {
        OpenOptions::new().create(true).append(true).open(&self.log)
    }
}
