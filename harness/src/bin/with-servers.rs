//! `with-servers -- COMMAND…`: runs a command, usually all tests, beside a private Redis and Postgres, and passes its
//! exit code on. The servers and their folder are gone afterwards, however it ends.

use std::{
    io::Write as _,
    process::{ExitCode, ExitStatus},
    time::Duration,
};

use anyhow::{Context as _, bail};
use harness::{DATABASE_URL, REDIS_URL, TempFolder};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use servers::{
    install::{Package, ensure_installed},
    postgres::{PostgresOptions, PrivatePostgres},
    redis::{PrivateRedis, RedisOptions},
};
use tokio::{
    process::{Child, Command},
    signal::unix::{SignalKind, signal},
    time::timeout,
};

/// How long the command may take to end after a signal.
const PATIENCE: Duration = Duration::from_secs(10);

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    run().await.unwrap_or_else(|error| {
        // Where even this cannot be said, the exit code still tells.
        let _ = writeln!(std::io::stderr(), "with-servers: {error:#}");
        ExitCode::FAILURE
    })
}

async fn run() -> anyhow::Result<ExitCode> {
    let mut words = std::env::args_os().skip(1).skip_while(|word| word == "--");
    let Some(program) = words.next() else { bail!("usage: with-servers -- COMMAND [ARGUMENT…]") };
    let (mut interrupted, mut terminated) =
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);

    ensure_installed(&[Package::Redis, Package::Postgres]).await?;
    let folder = TempFolder::new().context("cannot make a temporary folder")?;
    let redis = PrivateRedis::start(folder.path(), RedisOptions::for_tests()).await?;
    let postgres = PrivatePostgres::start(folder.path(), PostgresOptions::for_tests()).await?;

    let mut command = Command::new(&program);
    command.args(words).env(REDIS_URL, redis.url()).env(DATABASE_URL, postgres.url()).kill_on_drop(true);
    let mut child = command.spawn().with_context(|| format!("cannot run {}", program.to_string_lossy()))?;
    let status = tokio::select! {
        status = child.wait() => status?,
        // A terminal has sent Ctrl-C to the command as well.
        _ = interrupted.recv() => end(&mut child, None).await?,
        _ = terminated.recv() => end(&mut child, Some(Signal::SIGTERM)).await?,
    };
    drop((redis, postgres, folder));
    Ok(exit_code(status))
}

async fn end(child: &mut Child, politely: Option<Signal>) -> anyhow::Result<ExitStatus> {
    if let (Some(signal), Some(pid)) = (politely, child.id()) {
        kill(Pid::from_raw(pid.cast_signed()), signal).context("cannot signal the command")?;
    }
    if let Ok(status) = timeout(PATIENCE, child.wait()).await {
        return Ok(status?);
    }
    child.kill().await?;
    Ok(child.wait().await?)
}

/// The command's own code; 1 when a signal ended it.
fn exit_code(status: ExitStatus) -> ExitCode {
    status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from)
}
