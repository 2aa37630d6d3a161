//! `with-servers` as its users know it: exit code, signals, and nothing left behind.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use harness::{DATABASE_URL, REDIS_URL, eventually};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use sqlx::{Connection, PgConnection};

const PATIENCE: Duration = Duration::from_secs(20);

fn with_servers(script: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_with-servers"));
    command.args(["--", "sh", "-c", script]).env_remove(REDIS_URL).env_remove(DATABASE_URL);
    command
}

/// A command that sleeps beside running servers.
struct Sleeping {
    runner: Child,
    redis_url: String,
    database_url: String,
    sleeper: Pid,
}

impl Sleeping {
    fn start(data: &std::path::Path) -> Self {
        let script = format!("echo \"${REDIS_URL}\"; echo \"${DATABASE_URL}\"; echo $$; exec sleep 60");
        let mut runner = with_servers(&script).env("TMPDIR", data).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(runner.stdout.take().unwrap()).lines().map(Result::unwrap);
        let (redis_url, database_url) = (lines.next().unwrap(), lines.next().unwrap());
        let sleeper = Pid::from_raw(lines.next().unwrap().parse().unwrap());
        Self { runner, redis_url, database_url, sleeper }
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.runner.id().cast_signed()), signal).unwrap();
    }

    async fn servers_end(&self) {
        let client = redis::Client::open(self.redis_url.as_str()).unwrap();
        eventually(PATIENCE, || async { client.get_multiplexed_async_connection().await.is_err() }).await;
        eventually(PATIENCE, || async { PgConnection::connect(&self.database_url).await.is_err() }).await;
    }
}

/// A place for the temporary folder, which the user Postgres runs as can come through.
fn place() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt;
    let place = tempfile::tempdir().unwrap();
    std::fs::set_permissions(place.path(), std::fs::Permissions::from_mode(0o711)).unwrap();
    place
}

fn is_empty(place: &tempfile::TempDir) -> bool {
    std::fs::read_dir(place.path())
        .unwrap()
        .flatten()
        .map(|entry| entry.path())
        .collect::<Vec<PathBuf>>()
        .is_empty()
}

#[tokio::test]
async fn the_commands_exit_code_is_passed_on() {
    let place = place();
    let script = format!("test -n \"${REDIS_URL}\" && test -n \"${DATABASE_URL}\" && exit 7");
    let status = with_servers(&script).env("TMPDIR", place.path()).status().unwrap();
    assert_eq!(status.code(), Some(7));
    assert!(is_empty(&place));
}

#[tokio::test]
async fn sigterm_stops_the_command_and_the_servers() {
    let place = place();
    let mut sleeping = Sleeping::start(place.path());
    sleeping.signal(Signal::SIGTERM);
    assert!(!sleeping.runner.wait().unwrap().success());
    assert!(kill(sleeping.sleeper, None).is_err());
    sleeping.servers_end().await;
    assert!(is_empty(&place));
}

#[tokio::test]
async fn servers_and_folder_do_not_outlive_a_killed_owner() {
    let place = place();
    let mut sleeping = Sleeping::start(place.path());
    sleeping.signal(Signal::SIGKILL);
    sleeping.runner.wait().unwrap();
    kill(sleeping.sleeper, Signal::SIGKILL).unwrap();
    sleeping.servers_end().await;
    eventually(PATIENCE, || async { is_empty(&place) }).await;
}

#[test]
fn what_cannot_be_started_is_said_in_one_line() {
    let place = place();
    let output = with_servers("true").env("TMPDIR", place.path()).env("PATH", "/nowhere").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.starts_with("with-servers: ") && said.contains("apt-get install redis-server"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}
