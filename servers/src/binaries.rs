//! Where the servers' programs are: on `PATH`, and where Debian hides Postgres.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use crate::ServerError;

const DEBIAN_POSTGRES: &str = "/usr/lib/postgresql";

/// A program on `PATH`, or in a system folder that an ordinary user's `PATH` leaves out.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let system = ["/usr/local/sbin", "/usr/sbin", "/sbin"].map(PathBuf::from);
    env::split_paths(&path).chain(system).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// Redis's server.
pub(crate) fn redis_server() -> Result<PathBuf, ServerError> {
    find("redis-server").ok_or(ServerError::MissingBinary { name: "redis-server", package: "redis-server" })
}

/// The folder with `postgres` and `initdb`: the newest, or of the major version that made an existing cluster.
pub(crate) fn postgres_bin(cluster: &Path) -> Result<PathBuf, ServerError> {
    let installed = installed_postgres();
    let Ok(found) = fs::read_to_string(cluster.join("PG_VERSION")) else {
        return installed
            .into_iter()
            .map(|(_, bin)| bin)
            .next()
            .ok_or(ServerError::MissingBinary { name: "postgres", package: "postgresql" });
    };
    let found = found.trim().to_owned();
    let matching = installed.into_iter().find(|(version, _)| version.is_none_or(|v| v.to_string() == found));
    matching
        .map(|(_, bin)| bin)
        .ok_or_else(|| ServerError::OtherVersion { folder: cluster.to_owned(), found })
}

/// Every Postgres on this machine, the newest of Debian's first, then the one on `PATH` (version unknown).
fn installed_postgres() -> Vec<(Option<u32>, PathBuf)> {
    let mut debian: Vec<(Option<u32>, PathBuf)> = fs::read_dir(DEBIAN_POSTGRES)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let version: u32 = entry.file_name().to_str()?.parse().ok()?;
            Some((Some(version), entry.path().join("bin")))
        })
        .filter(|(_, bin)| is_complete(bin))
        .collect();
    debian.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    let on_path =
        find("initdb").and_then(|initdb| Some((None, initdb.canonicalize().ok()?.parent()?.to_owned())));
    debian.extend(on_path.filter(|(_, bin)| is_complete(bin)));
    debian
}

fn is_complete(bin: &Path) -> bool {
    ["postgres", "initdb"].iter().all(|name| bin.join(name).is_file())
}
