//! Which folder a data folder's Postgres lives in, when the user it runs as cannot reach the data folder.

use std::{
    fs, io,
    os::unix::fs::symlink,
    path::{Component, Path, PathBuf},
};

use crate::{ServerError, account::Account};

/// Where root keeps clusters that the Postgres user could not reach elsewhere.
const ELSEWHERE: &str = "/var/lib/stanchion";

/// The server's folder, and how the data folder leads to it.
#[derive(Debug, PartialEq)]
pub(super) struct Home {
    path: PathBuf,
    /// Where a link to the home belongs, when the home is not in the data folder.
    link: Option<PathBuf>,
    is_linked: bool,
}

impl Home {
    /// `data_dir/postgres`, or a folder elsewhere if `account` cannot enter `data_dir`.
    pub(super) fn find(data_dir: &Path, account: Option<&Account>) -> Result<Self, ServerError> {
        Self::find_with(data_dir, account, Path::new(ELSEWHERE))
    }

    fn find_with(data_dir: &Path, account: Option<&Account>, elsewhere: &Path) -> Result<Self, ServerError> {
        fs::create_dir_all(data_dir).map_err(ServerError::io("make", data_dir))?;
        let data_dir = data_dir.canonicalize().map_err(ServerError::io("find", data_dir))?;
        let inside = data_dir.join("postgres");
        let Some(account) = account.filter(|account| !account.can_enter(&data_dir)) else {
            return Ok(Self { path: inside, link: None, is_linked: false });
        };
        let path = elsewhere.join(flat_name(&data_dir));
        fs::create_dir_all(elsewhere).map_err(ServerError::io("make", elsewhere))?;
        if !account.can_enter(elsewhere) || inside.is_dir() && !inside.is_symlink() {
            return Err(ServerError::NotReachable { folder: data_dir, user: account.name.clone() });
        }
        let is_linked = fs::read_link(&inside).is_ok_and(|target| target == path);
        tracing::info!(
            postgres.folder = %path.display(),
            "the data folder cannot be reached by the user Postgres runs as: its cluster is kept elsewhere"
        );
        Ok(Self { path, link: Some(inside), is_linked })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether a cluster found in this home belonged to a data folder that was deleted since.
    pub(super) fn is_orphaned(&self) -> bool {
        self.link.is_some() && !self.is_linked
    }

    /// Leaves a link to the home in the data folder.
    pub(super) fn link(&self) -> Result<(), ServerError> {
        let Some(link) = self.link.as_ref().filter(|_| !self.is_linked) else { return Ok(()) };
        match fs::remove_file(link) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(ServerError::io("replace", link)(e)),
            _ => {}
        }
        symlink(&self.path, link).map_err(ServerError::io("link", link))
    }
}

/// `/root/stanchion/data` as one file name: `root+stanchion+data`.
fn flat_name(folder: &Path) -> String {
    let names = folder.components().filter_map(|component| match component {
        Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
        _ => None,
    });
    names.collect::<Vec<_>>().join("+")
}
