//! Installing what is missing with Debian's package manager, where we may; else saying exactly what to install.

use std::{path::Path, process::Stdio};

use nix::unistd::Uid;
use tokio::process::Command;

use crate::binaries;

const SCRIPT: &str = include_str!("install/apt.sh");
const TAIL_LINES: usize = 8;

/// Something that must be installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Package {
    /// `redis-server`
    Redis,
    /// `postgres` and `initdb`
    Postgres,
    /// `chromium` and `chromedriver`, for the tests of the pages
    Chromium,
}

/// Why something is still missing.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// We may not install, or there is no `apt-get`.
    #[error("{missing} not found; install with: {command}")]
    NotAllowed {
        /// What was not found, as people call it.
        missing: String,
        /// The command that installs it.
        command: String,
    },
    /// `apt-get` failed.
    #[error("apt-get could not install {packages}: {output_tail}")]
    Failed {
        /// Debian's names.
        packages: String,
        /// The last lines it wrote.
        output_tail: String,
    },
}

impl Package {
    fn name(self) -> &'static str {
        match self {
            Self::Redis => "Redis",
            Self::Postgres => "Postgres",
            Self::Chromium => "Chromium",
        }
    }

    fn debian_names(self) -> &'static [&'static str] {
        match self {
            Self::Redis => &["redis-server"],
            Self::Postgres => &["postgresql"],
            Self::Chromium => &["chromium", "chromium-driver"],
        }
    }

    fn is_installed(self) -> bool {
        match self {
            Self::Redis => binaries::redis_server().is_ok(),
            Self::Postgres => binaries::postgres_bin(Path::new("")).is_ok(),
            Self::Chromium => ["chromium", "chromedriver"].iter().all(|name| binaries::find(name).is_some()),
        }
    }
}

/// Installs those of `wanted` that are missing and returns them.
pub async fn ensure_installed(wanted: &[Package]) -> Result<Vec<Package>, InstallError> {
    let missing: Vec<Package> = wanted.iter().copied().filter(|package| !package.is_installed()).collect();
    if missing.is_empty() {
        return Ok(missing);
    }
    let Some(mut command) = root_shell().await else { return Err(not_allowed(&missing)) };
    let packages = debian_names(&missing);
    tracing::info!(packages = packages.join(" "), "installing what is missing");
    let output = command.args(["-c", SCRIPT, "sh"]).args(&packages).stdin(Stdio::null()).output().await;
    let failed = |output_tail| InstallError::Failed { packages: packages.join(" "), output_tail };
    let output = output.map_err(|e| failed(e.to_string()))?;
    if !output.status.success() || !missing.iter().all(|package| package.is_installed()) {
        return Err(failed(tail(&output.stdout, &output.stderr)));
    }
    Ok(missing)
}

/// A shell with root's rights, if we can have one without asking anybody for a password.
async fn root_shell() -> Option<Command> {
    binaries::find("apt-get")?;
    if Uid::effective().is_root() {
        return Some(Command::new("sh"));
    }
    let sudo = binaries::find("sudo")?;
    let allowed = Command::new(&sudo).args(["-n", "true"]).stderr(Stdio::null()).status().await;
    allowed.is_ok_and(|status| status.success()).then(|| {
        let mut command = Command::new(sudo);
        command.args(["-n", "sh"]);
        command
    })
}

fn not_allowed(missing: &[Package]) -> InstallError {
    let names: Vec<&str> = missing.iter().map(|package| package.name()).collect();
    let verb = if names.len() == 1 { "was" } else { "were" };
    InstallError::NotAllowed {
        missing: format!("{} {verb}", names.join(" and ")),
        command: format!("apt-get install {}", debian_names(missing).join(" ")),
    }
}

fn debian_names(packages: &[Package]) -> Vec<&'static str> {
    packages.iter().flat_map(|package| package.debian_names()).copied().collect()
}

fn tail(stdout: &[u8], stderr: &[u8]) -> String {
    let text = [String::from_utf8_lossy(stdout), String::from_utf8_lossy(stderr)].join("\n");
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines[lines.len().saturating_sub(TAIL_LINES)..].join(" | ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_installed_is_named_with_the_command_that_installs_it() {
        assert_eq!(
            not_allowed(&[Package::Redis, Package::Postgres]).to_string(),
            "Redis and Postgres were not found; install with: apt-get install redis-server postgresql"
        );
        assert_eq!(
            not_allowed(&[Package::Chromium]).to_string(),
            "Chromium was not found; install with: apt-get install chromium chromium-driver"
        );
    }
}
