//! Making a cluster at first use: complete or absent, whenever the process dies.

use std::{fs, io, path::Path, process::Output};

use nix::sys::signal::Signal;

use super::NAME;
use crate::{ServerError, account::Account, folder::Folder, process};

/// The cluster's folder within the server's.
pub(super) const FOLDER: &str = "cluster";
const DRAFT: &str = "cluster.new";

/// Makes the cluster unless it is there. Its superuser's password is the folder's.
pub(super) async fn ensure(
    folder: &Folder,
    bin: &Path,
    account: Option<&Account>,
    is_durable: bool,
) -> Result<(), ServerError> {
    let cluster = folder.join(FOLDER);
    if cluster.join("PG_VERSION").is_file() {
        return Ok(());
    }
    let draft = folder.join(DRAFT);
    remove(&draft)?;
    let output = initdb(folder, bin, account, is_durable).await?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).trim().replace('\n', " | ");
        return Err(ServerError::from_log("Postgres", folder.path(), said));
    }
    fs::rename(&draft, &cluster).map_err(ServerError::io("make", &cluster))
}

/// Removes a cluster that is not to be used.
pub(super) fn remove(cluster: &Path) -> Result<(), ServerError> {
    match fs::remove_dir_all(cluster) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(ServerError::io("remove", cluster)(e)),
        _ => Ok(()),
    }
}

async fn initdb(
    folder: &Folder,
    bin: &Path,
    account: Option<&Account>,
    is_durable: bool,
) -> Result<Output, ServerError> {
    let program = bin.join("initdb");
    let mut command = process::command(&program, Signal::SIGKILL, account);
    command.arg("-D").arg(folder.join(DRAFT)).arg("--pwfile").arg(folder.join("password"));
    command.args([
        "--username",
        NAME,
        "--auth",
        "scram-sha-256",
        "--encoding",
        "UTF8",
        "--locale",
        "C.UTF-8",
    ]);
    if !is_durable {
        command.arg("--no-sync");
    }
    // The thread that starts it waits for it, as the parent-death signal wants.
    let ran = tokio::task::spawn_blocking(move || command.output()).await;
    ran.map_err(io::Error::other).and_then(|output| output).map_err(ServerError::io("run", &program))
}
