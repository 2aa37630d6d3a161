//! A server's process: it ends when its owner ends, does not see the terminal's Ctrl-C, and is told to stop politely
//! before it is killed.

use std::{
    fs::File,
    io,
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{OnceLock, mpsc},
    thread,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::{sync::watch, time::timeout};

use crate::{account::Account, binaries};

/// A running child process, watched by a thread of its own.
#[derive(Debug)]
pub(crate) struct Process {
    pid: Pid,
    has_ended: watch::Receiver<bool>,
}

/// A command with a bare environment that is sent `at_death` when the thread that starts it ends. Without util-linux's
/// `setpriv` the process outlives a killed owner; the next start on its folder stops it.
pub(crate) fn command(program: &Path, at_death: Signal, account: Option<&Account>) -> Command {
    let mut command = if knows_parent_death() {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", at_death.as_str().trim_start_matches("SIG"), "--"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    // The account may be unable to enter the folder we happen to be in.
    command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("LC_ALL", "C.UTF-8").current_dir("/");
    command.stdin(Stdio::null()).process_group(0);
    if let Some(account) = account {
        account.apply(&mut command);
    }
    command
}

/// Whether `setpriv` is here and of the kind that can set the parent-death signal (`BusyBox`'s cannot).
fn knows_parent_death() -> bool {
    static ANSWER: OnceLock<bool> = OnceLock::new();
    *ANSWER.get_or_init(|| {
        let Some(setpriv) = binaries::find("setpriv") else { return false };
        let mut probe = Command::new(setpriv);
        probe.args(["--pdeathsig", "TERM", "--", "true"]).stderr(Stdio::null());
        probe.status().is_ok_and(|status| status.success())
    })
}

impl Process {
    /// Starts the command with its output in `log`.
    ///
    /// The parent-death signal comes when the *thread* that forked ends, so that thread is one that does nothing but
    /// wait for the child.
    pub(crate) fn spawn(mut command: Command, log: File) -> io::Result<Self> {
        command.stdout(log.try_clone()?).stderr(log);
        let (started, child) = mpsc::sync_channel(1);
        let (ended, has_ended) = watch::channel(false);
        thread::Builder::new().name("server-watch".to_owned()).spawn(move || match command.spawn() {
            Ok(child) => {
                if started.send(Ok(child.id())).is_ok() {
                    wait_for_end(child, &ended);
                }
            }
            Err(e) => drop(started.send(Err(e))),
        })?;
        let pid = child.recv().map_err(io::Error::other)??;
        Ok(Self { pid: Pid::from_raw(pid.cast_signed()), has_ended })
    }

    pub(crate) fn is_running(&self) -> bool {
        !*self.has_ended.borrow()
    }

    /// Waits until the process has ended.
    pub(crate) async fn ended(&self) {
        // An error means that the watching thread is gone, and it goes only when the process has.
        let _ = self.has_ended.clone().wait_for(|ended| *ended).await;
    }

    /// Asks the process to end and kills it when it has not within `patience`.
    pub(crate) async fn stop(&self, politely: Signal, patience: Duration) {
        self.signal(politely);
        if timeout(patience, self.ended()).await.is_err() {
            self.kill().await;
        }
    }

    /// Ends the process as a power cut would.
    pub(crate) async fn kill(&self) {
        self.signal(Signal::SIGKILL);
        self.ended().await;
    }

    /// As `stop`, for a destructor: blocks the thread.
    pub(crate) fn stop_blocking(&self, politely: Signal, patience: Duration) {
        self.signal(politely);
        let deadline = Instant::now() + patience;
        while self.is_running() && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(2));
        }
        self.signal(Signal::SIGKILL);
    }

    pub(crate) fn signal(&self, signal: Signal) {
        if self.is_running() {
            // It may have ended this moment, which is what the signal is for.
            let _ = kill(self.pid, signal);
        }
    }
}

impl Drop for Process {
    /// Whoever lets go of a running process did not get to stop it: a start that was given up.
    fn drop(&mut self) {
        self.signal(Signal::SIGKILL);
    }
}

fn wait_for_end(mut child: Child, ended: &watch::Sender<bool>) {
    if let Err(e) = child.wait() {
        tracing::error!(error = %e, "a server's process cannot be waited for");
    }
    ended.send_replace(true);
}
