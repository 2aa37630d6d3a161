//! A demo in a process and a data folder of its own, on free ports.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};
use std::time::Duration;

use harness::TempFolder;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use servers::ports::free_port;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// Making a cluster on a busy machine takes its time.
const STARTS_WITHIN: Duration = Duration::from_secs(90);
const STOPS_WITHIN: Duration = Duration::from_secs(45);

/// Where a demo is to run.
pub struct Site {
    folder: TempFolder,
    ports: [u16; 4],
}

/// A demo that has said that it runs.
pub struct Demo {
    child: Child,
    /// What it has said so far.
    pub said: String,
}

impl Site {
    pub fn new() -> Self {
        Self { folder: TempFolder::new().unwrap(), ports: std::array::from_fn(|_| free_port().unwrap()) }
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub fn waitroom(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports[0])
    }

    pub fn booking(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports[1])
    }

    /// The port that people join the line at.
    pub fn port(&self) -> u16 {
        self.ports[0]
    }

    /// `stanchion` with this site's ports, without the stores that the tests themselves run on.
    pub fn stanchion(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stanchion"));
        command.args(arguments).arg("--data-dir").arg(self.data());
        command.env_remove("REDIS_URL").env_remove("DATABASE_URL").env_remove("RUST_LOG");
        let names = ["WAITROOM_LISTEN", "BOOKING_LISTEN", "WAITROOM_ADMIN_LISTEN", "BOOKING_ADMIN_LISTEN"];
        for (name, port) in names.iter().zip(self.ports) {
            command.env(name, format!("127.0.0.1:{port}"));
        }
        command.stdin(Stdio::null()).kill_on_drop(true);
        command
    }

    /// Runs `stanchion` to its end.
    pub async fn run(&self, arguments: &[&str]) -> Output {
        self.stanchion(arguments).output().await.unwrap()
    }

    /// Starts a demo and waits until it says that it runs.
    pub async fn start(&self) -> Demo {
        let mut child =
            self.stanchion(&["demo", "--fast", "--no-crowd"]).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut said = String::new();
        timeout(STARTS_WITHIN, async {
            while let Some(line) = lines.next_line().await.unwrap() {
                said.push_str(&line);
                said.push('\n');
                if line.starts_with("Stop it with") {
                    return;
                }
            }
            panic!("the demo ended before it ran; it said: {said}");
        })
        .await
        .unwrap_or_else(|_| panic!("the demo did not start in time"));
        Demo { child, said }
    }

    /// Processes whose command line names the data folder.
    pub fn processes(&self) -> Vec<String> {
        let needle = self.data().display().to_string();
        let lines = std::fs::read_dir("/proc").unwrap().filter_map(|entry| {
            let line = std::fs::read(entry.ok()?.path().join("cmdline")).ok()?;
            Some(String::from_utf8_lossy(&line).replace('\0', " "))
        });
        lines.filter(|line| line.contains(&needle)).collect()
    }

    pub async fn shows(&self) -> Value {
        get(&format!("{}/v1/drops/midnight-premiere/shows", self.booking())).await
    }

    pub async fn drop_status(&self) -> Value {
        get(&format!("{}/v1/drops/midnight-premiere", self.waitroom())).await
    }
}

impl Demo {
    fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().unwrap().cast_signed())
    }

    /// Asks the demo to stop and waits for its end.
    pub async fn stop(mut self, signal: Signal) -> ExitStatus {
        kill(self.pid(), signal).unwrap();
        timeout(STOPS_WITHIN, self.child.wait()).await.expect("the demo stops in time").unwrap()
    }

    /// `kill -9`.
    pub async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }
}

async fn get(address: &str) -> Value {
    let body = reqwest::get(address).await.unwrap().error_for_status().unwrap().bytes().await.unwrap();
    serde_json::from_slice(&body).unwrap()
}

/// The permission bits of a file.
pub fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}
