//! One server's folder: made for its user alone, owned by one process at a time, with the server's secret and log.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use nix::sys::statvfs::statvfs;

use crate::{ServerError, account::Account};

/// Free space below which no server is started, in megabytes: a new Postgres cluster with its first log segments.
pub(crate) const NEEDED_MB: u64 = 150;
const LOG_TAIL_LINES: usize = 8;
const PRIVATE_FILE: u32 = 0o600;
const PRIVATE_FOLDER: u32 = 0o700;

/// A folder that this process owns until it is dropped.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    account: Option<Account>,
    /// Locked (`flock`) as long as it is open; the system lets go of it however the process ends.
    _lock: File,
}

impl Folder {
    /// Makes the folder where it is missing and takes ownership of it.
    pub(crate) fn open(path: &Path, account: Option<Account>) -> Result<Self, ServerError> {
        create(path)?;
        let path = path.canonicalize().map_err(ServerError::io("find", path))?;
        fs::set_permissions(&path, Permissions::from_mode(PRIVATE_FOLDER))
            .map_err(ServerError::io("protect", &path))?;
        if let Some(account) = &account {
            account.own(&path)?;
        }
        let lock = lock(&path)?;
        require_space(&path, NEEDED_MB)?;
        Ok(Self { path, account, _lock: lock })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// A subfolder for the server alone.
    pub(crate) fn subfolder(&self, name: &str) -> Result<PathBuf, ServerError> {
        let path = self.join(name);
        create(&path)?;
        if let Some(account) = &self.account {
            account.own(&path)?;
        }
        Ok(path)
    }

    /// The folder's random password: made at first use, complete or absent whenever the process dies.
    pub(crate) fn password(&self) -> Result<String, ServerError> {
        let path = self.join("password");
        match fs::read_to_string(&path) {
            Ok(password) => return Ok(password),
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => return Err(ServerError::io("read", &path)(e)),
        }
        let password = format!("{:032x}", rand::random::<u128>());
        self.write_private("password", &password)?;
        Ok(password)
    }

    /// Replaces a file that only the server's user may read.
    pub(crate) fn write_private(&self, name: &str, text: &str) -> Result<PathBuf, ServerError> {
        let path = self.join(name);
        let draft = self.join(&format!("{name}.new"));
        write_private(&draft, text).map_err(ServerError::io("write", &draft))?;
        if let Some(account) = &self.account {
            account.own(&draft)?;
        }
        fs::rename(&draft, &path).map_err(ServerError::io("write", &path))?;
        Ok(path)
    }

    /// A fresh log; the one of the last run stays beside it.
    pub(crate) fn new_log(&self) -> Result<File, ServerError> {
        let path = self.log_path();
        match fs::rename(&path, self.join("server.log.1")) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(ServerError::io("move", &path)(e)),
            _ => {}
        }
        private().create(true).append(true).open(&path).map_err(ServerError::io("write", &path))
    }

    /// The last lines of the log, in one line.
    pub(crate) fn log_tail(&self) -> String {
        let log = fs::read(self.log_path()).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<&str> = log.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        lines[lines.len().saturating_sub(LOG_TAIL_LINES)..].join(" | ")
    }

    fn log_path(&self) -> PathBuf {
        self.join("server.log")
    }
}

/// Makes a folder, and those above it where they are missing.
fn create(path: &Path) -> Result<(), ServerError> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(ServerError::io("make", parent))?;
    }
    match DirBuilder::new().mode(PRIVATE_FOLDER).create(path) {
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made.map_err(ServerError::io("make", path)),
    }
}

fn lock(folder: &Path) -> Result<File, ServerError> {
    let path = folder.join("owner.lock");
    let mut file = private()
        .read(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(ServerError::io("open", &path))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut pid = String::new();
            file.read_to_string(&mut pid).map_err(ServerError::io("read", &path))?;
            let pid = pid.trim().parse().unwrap_or(0);
            return Err(ServerError::DataDirBusy { folder: folder.to_owned(), pid });
        }
        Err(TryLockError::Error(e)) => return Err(ServerError::io("lock", &path)(e)),
    }
    file.set_len(0).map_err(ServerError::io("write", &path))?;
    writeln!(file, "{}", std::process::id()).map_err(ServerError::io("write", &path))?;
    Ok(file)
}

fn require_space(folder: &Path, needed_mb: u64) -> Result<(), ServerError> {
    let disk = statvfs(folder).map_err(|e| ServerError::io("measure", folder)(e.into()))?;
    let free_mb = disk.blocks_available() * disk.fragment_size() / 1_000_000;
    if free_mb < needed_mb {
        return Err(ServerError::NoDiskSpace { folder: folder.to_owned(), needed_mb });
    }
    Ok(())
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut file = private().create(true).truncate(true).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).mode(PRIVATE_FILE);
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_owner_at_a_time() {
        let data = tempfile::tempdir().unwrap();
        let path = data.path().join("redis");
        let owned = Folder::open(&path, None).unwrap();

        let refused = Folder::open(&path, None).unwrap_err();
        let own_pid = i32::try_from(std::process::id()).unwrap();
        assert!(matches!(refused, ServerError::DataDirBusy { pid, .. } if pid == own_pid), "{refused}");

        drop(owned);
        Folder::open(&path, None).unwrap();
    }

    #[test]
    fn the_password_stays_and_only_the_owner_can_read_it() {
        let data = tempfile::tempdir().unwrap();
        let folder = Folder::open(&data.path().join("redis"), None).unwrap();
        let password = folder.password().unwrap();
        assert_eq!(password.len(), 32);
        assert_eq!(folder.password().unwrap(), password);
        let mode = fs::metadata(folder.join("password")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, PRIVATE_FILE);
    }

    #[test]
    fn too_little_free_space_is_refused() {
        let data = tempfile::tempdir().unwrap();
        let refused = require_space(data.path(), u64::MAX).unwrap_err();
        assert!(matches!(refused, ServerError::NoDiskSpace { .. }), "{refused}");
    }
}
