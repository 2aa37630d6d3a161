//! The installation under test: private stores and the two services as processes, each of which can be killed and comes
//! back at the same address.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use clap::ValueEnum;
use serde::Serialize;
use servers::ports::free_port;
use shared::config::Vars;
use url::Url;

use super::Options;
use super::process::Process;
use crate::data_dir::DataDir;
use crate::exit::Failure;
use crate::installation::Addresses;
use crate::migrate;
use crate::stores::Stores;

/// What can be killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Victim {
    /// The line
    Waitroom,
    /// The shop
    Booking,
    /// The moment
    Redis,
    /// The truth
    Postgres,
}

/// Short times, so that holds lapse and turns are missed while one looks on.
const QUICK: [(&str, &str); 3] =
    [("DROP_DEFAULT_HOLD_S", "10"), ("DROP_DEFAULT_COOLDOWN_S", "3"), ("DROP_DEFAULT_CLAIM_WINDOW_S", "15")];

/// What the sandbox gateway can do wrong.
const FAULTS: [&str; 9] = [
    "decline",
    "slow",
    "lost_answer",
    "error_after_charge",
    "down",
    "webhook_before_answer",
    "webhook_twice",
    "webhook_reordered",
    "webhook_badly_signed",
];
/// How long a slow answer of it takes, ms.
const SLOW_MS: u32 = 3_000;

/// The installation.
#[derive(Debug)]
pub struct Site {
    stores: Stores,
    waitroom: Process,
    booking: Process,
    addresses: Addresses,
    operator_token: String,
    http: reqwest::Client,
    data: DataDir,
    folder: PathBuf,
    is_ours: bool,
    gateway: Url,
}

impl Site {
    /// Starts the stores in the folder that is named, or in a new one of its own.
    pub async fn open(options: &Options) -> Result<Self, Failure> {
        let folder = options.data_dir.as_deref();
        let own = || std::env::temp_dir().join(format!("stanchion-chaos-{}", std::process::id()));
        let data = DataDir::own(&folder.map_or_else(own, Path::to_owned))?;
        let stores = Stores::start(data.path(), &Vars::default()).await?;
        migrate::migrate(&stores.database_url()).await?;
        let http = reqwest::Client::builder().timeout(Duration::from_secs(5)).no_proxy().build();
        let http = http.context("no HTTP client could be made")?;
        let ports = Ports::find().context("no free ports could be found")?;
        let addresses = Addresses { waitroom: at(ports.waitroom, ""), booking: at(ports.booking, "") };
        let operator_token = data.secret("operator.token")?;
        let mut settings = settings(&data, &stores, &ports, &operator_token)?;
        settings.push(("SANDBOX_FAULTS".to_owned(), faults(options)));
        let process =
            |name, ready: u16| Process::new(name, settings.clone(), data.path(), at(ready, "readyz"));
        Ok(Self {
            waitroom: process("waitroom", ports.waitroom_admin),
            booking: process("booking", ports.booking_admin),
            stores,
            addresses,
            operator_token,
            http,
            folder: data.path().to_owned(),
            data,
            is_ours: folder.is_none(),
            gateway: at(ports.gateway, "faults"),
        })
    }

    /// Starts both services.
    pub async fn start_services(&mut self) -> Result<(), Failure> {
        self.waitroom.launch()?;
        self.booking.start(&self.http).await?;
        self.waitroom.wait_until_ready(&self.http).await
    }

    /// Where visitors find the services.
    pub const fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// An admin's token.
    pub fn operator_token(&self) -> &str {
        &self.operator_token
    }

    /// Where Redis is.
    pub fn redis_url(&self) -> String {
        self.stores.redis_url()
    }

    /// Where Postgres is.
    pub fn database_url(&self) -> String {
        self.stores.database_url()
    }

    /// Ends the victim with SIGKILL; it is away for `away`, then it is started again.
    pub async fn kill(&mut self, victim: Victim, away: Duration) -> Result<(), Failure> {
        match victim {
            Victim::Waitroom => {
                self.waitroom.kill().await;
                tokio::time::sleep(away).await;
                self.waitroom.launch()
            }
            Victim::Booking => {
                self.booking.kill().await;
                tokio::time::sleep(away).await;
                self.booking.launch()
            }
            Victim::Redis => Ok(self.stores.crash_redis(away).await?),
            Victim::Postgres => Ok(self.stores.crash_postgres(away).await?),
        }
    }

    /// Waits until both services are ready after the last kill.
    pub async fn wait_until_ready(&mut self) -> Result<(), Failure> {
        self.waitroom.wait_until_ready(&self.http).await?;
        self.booking.wait_until_ready(&self.http).await
    }

    /// Lets the gateway behave.
    pub async fn heal(&self) -> Result<(), Failure> {
        let answer = self.http.put(self.gateway.clone()).json(&serde_json::json!({})).send().await;
        answer.and_then(reqwest::Response::error_for_status).context("the gateway cannot be healed")?;
        Ok(())
    }

    /// What the services logged when they panicked.
    pub fn panics(&self) -> Vec<String> {
        [self.waitroom.panics(), self.booking.panics()].concat()
    }

    /// Stops everything. A folder of its own is removed where there is nothing in it to look at.
    pub async fn close(mut self, is_clean: bool) {
        self.booking.stop().await;
        self.waitroom.stop().await;
        self.stores.stop().await;
        drop(self.data);
        if self.is_ours && is_clean {
            if let Err(error) = std::fs::remove_dir_all(&self.folder) {
                tracing::warn!(%error, "the data folder could not be removed");
            }
        } else {
            crate::say::complain(&format!("stores and logs are kept in {}", self.folder.display()));
        }
    }
}

/// Everything that the sandbox gateway can do wrong, each as often.
fn faults(options: &Options) -> String {
    let rate = |fault| format!("{fault}={}", options.faults);
    let rates: Vec<String> = FAULTS.into_iter().map(rate).collect();
    format!("{},slow_ms={SLOW_MS},seed={}", rates.join(","), options.seed % u64::from(u32::MAX))
}

/// Where everything listens.
struct Ports {
    waitroom: u16,
    waitroom_admin: u16,
    booking: u16,
    booking_admin: u16,
    gateway: u16,
}

impl Ports {
    fn find() -> std::io::Result<Self> {
        Ok(Self {
            waitroom: free_port()?,
            waitroom_admin: free_port()?,
            booking: free_port()?,
            booking_admin: free_port()?,
            gateway: free_port()?,
        })
    }
}

fn settings(
    data: &DataDir,
    stores: &Stores,
    ports: &Ports,
    operator_token: &str,
) -> Result<Vec<(String, String)>, Failure> {
    let listen = |port: u16| format!("127.0.0.1:{port}");
    let public = |port: u16| format!("http://127.0.0.1:{port}");
    let named = [
        ("REDIS_URL", stores.redis_url()),
        ("DATABASE_URL", stores.database_url()),
        ("WAITROOM_LISTEN", listen(ports.waitroom)),
        ("WAITROOM_ADMIN_LISTEN", listen(ports.waitroom_admin)),
        ("BOOKING_LISTEN", listen(ports.booking)),
        ("BOOKING_ADMIN_LISTEN", listen(ports.booking_admin)),
        ("SANDBOX_GATEWAY_LISTEN", listen(ports.gateway)),
        ("WAITROOM_PUBLIC_URL", public(ports.waitroom)),
        ("BOOKING_PUBLIC_URL", public(ports.booking)),
        ("WAITROOM_SECRET", data.secret("waitroom.secret")?),
        ("BOOKING_SECRET", data.secret("booking.secret")?),
        ("OPERATOR_BOOTSTRAP_TOKEN", operator_token.to_owned()),
        ("RATE_LIMIT_PER_ADDRESS", "0".to_owned()),
        ("RUST_LOG", "warn".to_owned()),
    ];
    let quick = QUICK.map(|(name, value)| (name, value.to_owned()));
    Ok(named.into_iter().chain(quick).map(|(name, value)| (name.to_owned(), value)).collect())
}

fn at(port: u16, path: &str) -> Url {
    Url::parse(&format!("http://127.0.0.1:{port}/{path}")).expect("this is an address for every port")
}
