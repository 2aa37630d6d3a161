//! `redis-benchmark` running one of our scripts: the most that Redis gives to a client that does nothing else.

use anyhow::{Context as _, bail};
use tokio::process::Command;

use super::CONNECTIONS;

/// Stands for a random number of 12 digits in an argument.
pub const RANDOM: &str = "__rand_int__";
/// Random numbers are below this: the most that the program takes.
const RANDOM_BELOW: &str = "1000000000";

/// A script as it is called: loaded already.
pub struct ScriptCall<'a> {
    /// The SHA-1 by which Redis knows it.
    pub sha: &'a str,
    /// Its keys.
    pub keys: &'a [String],
    /// Its arguments.
    pub arguments: &'a [String],
}

/// Calls a second at the concurrency of every measurement.
pub async fn benchmark(url: &url::Url, call: &ScriptCall<'_>, requests: usize) -> anyhow::Result<f64> {
    let mut command = Command::new("redis-benchmark");
    command
        .args(["-h", url.host_str().context("the URL has a host")?])
        .args(["-p", &url.port().context("the URL has a port")?.to_string()])
        .args(["-a", url.password().unwrap_or_default(), "--dbnum", url.path().trim_start_matches('/')])
        .args(["-c", &CONNECTIONS.to_string(), "-n", &requests.to_string(), "-r", RANDOM_BELOW, "--csv"])
        .args(["EVALSHA", call.sha, &call.keys.len().to_string()])
        .args(call.keys)
        .args(call.arguments);
    let output = command.output().await.context("run redis-benchmark (Debian: redis-tools)")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let Some(per_second) = text.lines().last().and_then(per_second) else {
        bail!("redis-benchmark said: {text}{}", String::from_utf8_lossy(&output.stderr));
    };
    Ok(per_second)
}

/// The second column of a line of its CSV.
fn per_second(line: &str) -> Option<f64> {
    // The first column holds the command, and whatever characters it has: counted from the end.
    line.rsplit("\",\"").nth(6)?.trim_matches('"').parse().ok()
}
