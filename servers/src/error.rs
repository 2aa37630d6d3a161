//! What can go wrong when a private server is started, each as a sentence that tells a person what to do.

use std::{
    io,
    path::{Path, PathBuf},
};

/// Why a private server is not running.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The server's program is not installed.
    #[error("{name} was not found; install it with: apt-get install {package}")]
    MissingBinary {
        /// The program that was looked for.
        name: &'static str,
        /// Debian's package that contains it.
        package: &'static str,
    },

    /// The disk is full, or too full to begin.
    #[error("the disk that holds {} is full; free at least {needed_mb} MB or choose another data folder", folder.display())]
    NoDiskSpace {
        /// The folder that was to be used.
        folder: PathBuf,
        /// How much the server needs to start, in megabytes.
        needed_mb: u64,
    },

    /// Another living process owns the data folder.
    #[error("{} is in use by process {pid}; stop that process or choose another data folder", folder.display())]
    DataDirBusy {
        /// The folder that was to be used.
        folder: PathBuf,
        /// The process that uses it; 0 where it cannot be told.
        pid: i32,
    },

    /// The user that Postgres must run as cannot enter the data folder.
    #[error(
        "the user {user}, as whom Postgres runs because root may not, cannot enter {}; choose a data folder that \
         it can reach or start as an ordinary user",
        folder.display()
    )]
    NotReachable {
        /// The folder that was to be used.
        folder: PathBuf,
        /// The user that Postgres would run as.
        user: String,
    },

    /// Started as root, and there is no other user to run Postgres as.
    #[error(
        "Postgres may not run as root, and there is neither a user postgres nor a user nobody to run it as"
    )]
    NoAccount,

    /// The folder holds a cluster of a Postgres that is not installed.
    #[error(
        "{} was made by Postgres {found}, which is not installed; install postgresql-{found} or choose another data folder",
        folder.display()
    )]
    OtherVersion {
        /// The cluster's folder.
        folder: PathBuf,
        /// The major version that made it.
        found: String,
    },

    /// The server ended instead of becoming ready.
    #[error("{server} did not start; the end of its log says: {log_tail}")]
    StartFailed {
        /// Which server.
        server: &'static str,
        /// The last lines of its log.
        log_tail: String,
    },

    /// The server runs but does not answer.
    #[error("{server} did not answer within {seconds} s; the end of its log says: {log_tail}")]
    Timeout {
        /// Which server.
        server: &'static str,
        /// How long it was waited for, in seconds.
        seconds: u64,
        /// The last lines of its log.
        log_tail: String,
    },

    /// The operating system refused something.
    #[error("cannot {doing} {}: {source}", path.display())]
    Io {
        /// A verb: what was tried.
        doing: &'static str,
        /// With which file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl ServerError {
    /// Turns a refusal of the operating system into an error; a full disk becomes `NoDiskSpace`.
    pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::NoDiskSpace { folder: path, needed_mb: crate::folder::NEEDED_MB }
            }
            _ => Self::Io { doing, path, source },
        }
    }

    /// What a server that ended by itself died of, as far as its log tells.
    pub(crate) fn from_log(server: &'static str, folder: &Path, log_tail: String) -> Self {
        if log_tail.contains("No space left on device") {
            return Self::NoDiskSpace { folder: folder.to_owned(), needed_mb: crate::folder::NEEDED_MB };
        }
        Self::StartFailed { server, log_tail }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_from_the_log() {
        let log = "FATAL:  could not write lock file \"postmaster.pid\": No space left on device".to_owned();
        let error = ServerError::from_log("postgres", Path::new("/data/postgres"), log);
        assert!(matches!(error, ServerError::NoDiskSpace { .. }), "{error}");
        assert!(error.to_string().starts_with("the disk that holds /data/postgres is full"));
    }

    #[test]
    fn a_missing_program_comes_with_the_command_that_installs_it() {
        let error = ServerError::MissingBinary { name: "redis-server", package: "redis-server" };
        assert_eq!(
            error.to_string(),
            "redis-server was not found; install it with: apt-get install redis-server"
        );
    }
}
