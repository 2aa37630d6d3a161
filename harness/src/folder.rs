//! A temporary folder that is removed also when its process is killed.

use std::{
    fs::{self, Permissions},
    io,
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// Waits until its input ends, which it does with the process that holds the other end, then removes the folder and
/// a Postgres cluster that had to be kept elsewhere; servers that are about to end may still write for a moment.
const REAPER: &str = r#"
read -r _
cluster=$(readlink -f "$1/postgres")
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    rm -rf "$cluster" "$1" 2> /dev/null && exit
    sleep 0.2
done
"#;

/// A temporary folder for servers. It vanishes when it is dropped, and soon after its process has ended in any way.
#[derive(Debug)]
pub struct TempFolder {
    path: PathBuf,
    reaper: Child,
}

impl TempFolder {
    /// Makes the folder.
    pub fn new() -> io::Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("stanchion-test-")
            // Postgres may run as another user, who must come through.
            .permissions(Permissions::from_mode(0o711))
            .tempdir()?;
        let path = fs::canonicalize(folder.path())?;
        let reaper = Command::new("sh")
            .args(["-c", REAPER, "sh"])
            .arg(&path)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        // From here on it is the reaper who removes it.
        let _ = folder.keep();
        Ok(Self { path, reaper })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for TempFolder {
    fn drop(&mut self) {
        drop(self.reaper.stdin.take());
        // Whatever became of the reaper, nothing is left to do here.
        let _ = self.reaper.wait();
    }
}
