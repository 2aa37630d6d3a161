//! A server that outlived its owner: found by its pid file, recognised by its command line, and stopped.

use std::{fs, io, path::Path, time::Duration};

use nix::{
    errno::Errno,
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::time::{Instant, sleep};

use crate::ServerError;

const PATIENCE: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Stops the server of `folder` that an earlier owner left running, and removes its pid file if it is stale.
///
/// The process named by `pid_file` is signalled only if one of its arguments is `argument`, a path that only this
/// folder's server was started with: a pid may have been given to somebody else since.
pub(crate) async fn stop(
    folder: &Path,
    pid_file: &Path,
    argument: &Path,
    politely: Signal,
) -> Result<(), ServerError> {
    let Some(pid) = read_pid(pid_file) else { return Ok(()) };
    if is_server(pid, argument) {
        tracing::info!(server.pid = pid.as_raw(), "stopping a server that its owner left behind");
        if !end(pid, argument, politely, folder)?.within(PATIENCE).await {
            end(pid, argument, Signal::SIGKILL, folder)?.within(PATIENCE).await;
        }
    }
    match fs::remove_file(pid_file) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(ServerError::io("remove", pid_file)(e)),
        _ => Ok(()),
    }
}

/// A process that was told to end.
struct Ending<'a> {
    pid: Pid,
    argument: &'a Path,
}

fn end<'a>(pid: Pid, argument: &'a Path, signal: Signal, folder: &Path) -> Result<Ending<'a>, ServerError> {
    match kill(pid, signal) {
        Ok(()) | Err(Errno::ESRCH) => Ok(Ending { pid, argument }),
        Err(_) => Err(ServerError::DataDirBusy { folder: folder.to_owned(), pid: pid.as_raw() }),
    }
}

impl Ending<'_> {
    async fn within(self, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        while is_server(self.pid, self.argument) {
            if Instant::now() >= deadline {
                return false;
            }
            sleep(LOOK_EVERY).await;
        }
        true
    }
}

fn read_pid(pid_file: &Path) -> Option<Pid> {
    let text = fs::read_to_string(pid_file).ok()?;
    let pid: i32 = text.lines().next()?.trim().parse().ok()?;
    (pid > 1).then_some(Pid::from_raw(pid))
}

fn is_server(pid: Pid, argument: &Path) -> bool {
    let command_line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    command_line.split(|byte| *byte == 0).any(|word| word == argument.as_os_str().as_encoded_bytes())
}
