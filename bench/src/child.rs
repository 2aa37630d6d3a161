//! This program again, as a process of its own that serves: so that what it costs can be told from what the client
//! costs, and so that neither needs more descriptors than a process may have.

use std::net::SocketAddr;
use std::process::Stdio;

use anyhow::{Context as _, bail};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use shared::clock::Clock;
use shared::config::Vars;

use crate::reference::broadcast;
use crate::shop::watchers;

/// The kernel counts a process's time in hundredths of a second (`USER_HZ` of every Linux that Debian builds).
const TICKS_A_SECOND: f64 = 100.0;
const PAGE_BYTES: f64 = 4096.0;

/// What a child does.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum Role {
    /// Runs the waiting room by its environment variables.
    Waitroom,
    /// Runs the shop by its environment variables.
    Booking,
    /// Watches a seat map, as many do.
    Watchers,
    /// Sends the same events to everybody who listens.
    Broadcast,
}

/// A serving child; it ends with this value.
pub struct Serving {
    /// Where it listens.
    pub address: SocketAddr,
    process: Child,
}

impl Serving {
    /// Starts this program in a role with these settings and nothing else of the environment, and waits until it
    /// listens.
    pub async fn start(role: Role, vars: &[(&str, String)]) -> anyhow::Result<Self> {
        let role = clap::ValueEnum::to_possible_value(&role).context("every role has a name")?;
        let mut process = Command::new(std::env::current_exe()?)
            .args(["--serve", role.get_name()])
            .env_clear()
            .envs(vars.iter().map(|(name, value)| (*name, value.as_str())))
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("start this program again")?;
        let output = process.stdout.take().context("its output is a pipe")?;
        let Some(line) = BufReader::new(output).lines().next_line().await? else {
            bail!("{} ended before it listened", role.get_name());
        };
        Ok(Self { address: line.parse().with_context(|| format!("{line} is no address"))?, process })
    }

    /// The CPU time it has used, in all its threads, seconds.
    pub fn cpu(&self) -> anyhow::Result<f64> {
        cpu_of(self.pid()?)
    }

    /// The memory it has in use, bytes.
    pub fn memory(&self) -> anyhow::Result<f64> {
        let statm = std::fs::read_to_string(format!("/proc/{}/statm", self.pid()?))?;
        let resident = statm.split_whitespace().nth(1).context("the second field is the resident set")?;
        Ok(resident.parse::<f64>()? * PAGE_BYTES)
    }

    fn pid(&self) -> anyhow::Result<u32> {
        self.process.id().context("it runs")
    }
}

/// The CPU time that a process has used, in all its threads, seconds.
pub fn cpu_of(pid: u32) -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The second field may have spaces; it ends with a parenthesis. utime and stime are the 14th and 15th (proc(5)).
    let (_, fields) = stat.rsplit_once(')').context("a command's name is in parentheses")?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let ticks: f64 = fields[11].parse::<f64>()? + fields[12].parse::<f64>()?;
    Ok(ticks / TICKS_A_SECOND)
}

/// Serves in this role until the process ends. The address is the first line of output.
pub async fn serve(role: Role) -> anyhow::Result<()> {
    match role {
        Role::Broadcast => broadcast::serve().await,
        Role::Watchers => watchers::serve().await,
        Role::Waitroom => {
            let config = configured(waitroom::config::Config::from_vars)?;
            let running = waitroom::start(config, Clock::System).await?;
            println!("{}", running.address);
            std::future::pending().await
        }
        Role::Booking => {
            let config = configured(booking::Config::from_vars)?;
            let running = booking::start(config, Clock::System).await?;
            println!("{}", running.address);
            std::future::pending().await
        }
    }
}

fn configured<C>(from_vars: impl Fn(&mut Vars) -> C) -> anyhow::Result<C> {
    let mut vars = Vars::from_env();
    shared::telemetry::start_logging(&mut vars);
    let config = from_vars(&mut vars);
    vars.finish()?;
    Ok(config)
}
