//! The user that Postgres runs as: ourselves, or, because Postgres refuses to run as root, a user made for it.

use std::{
    os::unix::process::CommandExt,
    path::Path,
    process::{Command, Stdio},
};

use nix::unistd::{Gid, Uid, User, chown};

use crate::ServerError;

/// A user other than root, whom only root can become.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) name: String,
    uid: Uid,
    gid: Gid,
}

impl Account {
    /// `None` when this process is not root and therefore runs Postgres as itself.
    pub(crate) fn for_postgres() -> Result<Option<Self>, ServerError> {
        if !Uid::effective().is_root() {
            return Ok(None);
        }
        ["postgres", "nobody"]
            .into_iter()
            .find_map(|name| User::from_name(name).ok().flatten())
            .map(|user| Some(Self { name: user.name, uid: user.uid, gid: user.gid }))
            .ok_or(ServerError::NoAccount)
    }

    /// Makes a command run as this user, without any other group.
    pub(crate) fn apply(&self, command: &mut Command) {
        command.uid(self.uid.as_raw()).gid(self.gid.as_raw());
    }

    /// Gives a file or folder to this user.
    pub(crate) fn own(&self, path: &Path) -> Result<(), ServerError> {
        chown(path, Some(self.uid), Some(self.gid)).map_err(|e| ServerError::io("give away", path)(e.into()))
    }

    /// Whether this user can enter a folder: tried out, because modes alone do not tell (access lists, mounts).
    pub(crate) fn can_enter(&self, folder: &Path) -> bool {
        let mut command = Command::new("test");
        command.arg("-x").arg(folder).current_dir("/").stdin(Stdio::null()).stderr(Stdio::null());
        self.apply(&mut command);
        command.status().is_ok_and(|status| status.success())
    }
}
