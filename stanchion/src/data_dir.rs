//! The data folder of a demo: its secrets, the note about where it runs, and the lock that gives it one owner.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rand::RngExt;
use serde::{Deserialize, Serialize};

use crate::exit::Failure;
use crate::installation::Addresses;

/// The data folder where none is named.
pub const DEFAULT: &str = "data";
const ONLY_OWNER: u32 = 0o600;
const LOCK: &str = "demo.lock";
const NOTE: &str = "running.json";

/// Where a running demo is. Contains passwords of its private stores, hence readable by its owner alone.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Note {
    /// Public addresses.
    #[serde(flatten)]
    pub addresses: Addresses,
    /// Its Redis.
    pub redis_url: String,
    /// Its Postgres.
    pub database_url: String,
    /// Its process.
    pub pid: u32,
}

/// A data folder that this process owns until it is dropped.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    _lock: File,
}

impl DataDir {
    /// Makes the folder where it is missing and takes ownership of it.
    ///
    /// # Errors
    /// When another process owns it, or it cannot be made or written to.
    pub fn own(path: &Path) -> Result<Self, Failure> {
        let refused = |error: io::Error| {
            Failure::configuration(format!("the data folder {} cannot be used: {error}", path.display()))
        };
        DirBuilder::new().recursive(true).mode(0o755).create(path).map_err(refused)?;
        let path = fs::canonicalize(path).map_err(refused)?;
        let lock = private_file().truncate(false).open(path.join(LOCK)).map_err(refused)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(Failure::configuration(format!(
                "a demo is already running in {}; stop it or choose another folder with --data-dir",
                path.display()
            ))),
            Err(TryLockError::Error(error)) => Err(refused(error)),
        }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A secret of this name, made once and kept: 64 hexadecimal digits.
    ///
    /// # Errors
    /// When it can be neither read nor written.
    pub fn secret(&self, name: &str) -> Result<String, Failure> {
        let path = self.path.join(name);
        let kept = match fs::read_to_string(&path) {
            Ok(kept) => kept.trim().to_owned(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(unusable(&path, &error)),
        };
        if !kept.is_empty() {
            return Ok(kept);
        }
        let secret = shared::digest::hex(&rand::rng().random::<[u8; 32]>());
        self.write(name, secret.as_bytes())?;
        Ok(secret)
    }

    /// Tells `rehearse` and `audit` where this demo runs.
    ///
    /// # Errors
    /// When the note cannot be written.
    pub fn leave_note(&self, note: &Note) -> Result<(), Failure> {
        let note = serde_json::to_vec_pretty(note).map_err(anyhow::Error::new)?;
        self.write(NOTE, &note)
    }

    /// The demo no longer runs.
    pub fn remove_note(&self) {
        if let Err(error) = fs::remove_file(self.path.join(NOTE))
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "the note about the running demo could not be removed");
        }
    }

    /// Written beside and renamed, so that nobody reads half of it.
    fn write(&self, name: &str, content: &[u8]) -> Result<(), Failure> {
        let (path, beside) = (self.path.join(name), self.path.join(format!("{name}.new")));
        let write = || {
            let mut file = private_file().truncate(true).open(&beside)?;
            file.write_all(content)?;
            file.sync_all()?;
            fs::rename(&beside, &path)
        };
        write().map_err(|error| unusable(&path, &error))
    }
}

/// The note of the demo that runs in `dir`; `None` where there is none.
///
/// # Errors
/// When there is a note that cannot be read.
pub fn read_note(dir: &Path) -> Result<Option<Note>, Failure> {
    let path = dir.join(NOTE);
    match fs::read(&path) {
        Ok(text) => serde_json::from_slice(&text).map(Some).map_err(|error| {
            Failure::configuration(format!("{} cannot be understood: {error}", path.display()))
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unusable(&path, &error)),
    }
}

fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create(true).mode(ONLY_OWNER);
    options
}

fn unusable(path: &Path, error: &io::Error) -> Failure {
    Failure::configuration(format!("{} cannot be used: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_secret_is_made_once_and_is_nobody_elses_business() {
        let folder = tempfile::tempdir().unwrap();
        let first = DataDir::own(folder.path()).unwrap().secret("booking.secret").unwrap();
        let second = DataDir::own(folder.path()).unwrap().secret("booking.secret").unwrap();
        assert_eq!(first, second);
        assert_eq!(first.len(), 64);
        let mode = fs::metadata(folder.path().join("booking.secret")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, ONLY_OWNER);
    }

    #[test]
    fn a_folder_has_one_owner() {
        let folder = tempfile::tempdir().unwrap();
        let owner = DataDir::own(folder.path()).unwrap();
        let refusal = DataDir::own(folder.path()).unwrap_err();
        assert!(refusal.sentence().starts_with("a demo is already running in "), "{}", refusal.sentence());
        drop(owner);
        DataDir::own(folder.path()).unwrap();
    }

    #[test]
    fn a_note_is_read_back_and_goes_away() {
        let folder = tempfile::tempdir().unwrap();
        let owner = DataDir::own(folder.path()).unwrap();
        assert!(read_note(folder.path()).unwrap().is_none());
        let addresses = Addresses {
            waitroom: "http://127.0.0.1:1".parse().unwrap(),
            booking: "http://127.0.0.1:2".parse().unwrap(),
        };
        let note = Note { addresses, redis_url: "r".into(), database_url: "d".into(), pid: 3 };
        owner.leave_note(&note).unwrap();
        assert_eq!(read_note(folder.path()).unwrap().unwrap().addresses, note.addresses);
        owner.remove_note();
        assert!(read_note(folder.path()).unwrap().is_none());
    }
}
