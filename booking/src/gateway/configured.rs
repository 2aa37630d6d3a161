//! The gateways that this shop is configured for: the one that takes new payments, and those that took earlier ones and are
//! still asked about them. A payment is finished by the gateway that has it, and by no other.

use std::sync::Arc;

use axum::Router;
use shared::clock::Clock;
use shared::service::{Tasks, bind};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::sandbox::SandboxGateway;
use super::sandbox::ledger::Ledger;
use super::sandbox::notices::Notices;
use super::sandbox::service::{Sandbox, router};
use super::signature::WebhookSecret;
use super::stripe::StripeGateway;
use super::{Gateway, GatewayKind};
use crate::config::{Config, SandboxSettings};

const SANDBOX_CONNECTIONS: u32 = 4;

/// The gateways by name. Clones share them.
#[derive(Clone)]
pub struct Gateways {
    current: Arc<dyn Gateway>,
    earlier: Vec<Arc<dyn Gateway>>,
}

impl Gateways {
    /// New payments go to `current`; `earlier` are asked about those that they have.
    pub fn new(current: Arc<dyn Gateway>, earlier: Vec<Arc<dyn Gateway>>) -> Self {
        Self { current, earlier }
    }

    /// Who takes new payments.
    pub fn current(&self) -> &Arc<dyn Gateway> {
        &self.current
    }

    /// All of them, the current one first.
    pub fn all(&self) -> impl Iterator<Item = &Arc<dyn Gateway>> {
        std::iter::once(&self.current).chain(&self.earlier)
    }

    /// The gateway of this name; `None`: it is not configured.
    pub fn named(&self, name: &str) -> Option<&Arc<dyn Gateway>> {
        self.all().find(|gateway| gateway.name() == name)
    }

    /// The names of all.
    pub fn names(&self) -> Vec<String> {
        self.all().map(|gateway| gateway.name().to_owned()).collect()
    }
}

/// The configured gateways. The sandbox gets a port of its own on the loopback interface, and is reached through it, until
/// `until` is told. Its webhooks go to the shop at `shop_url`.
pub async fn start(
    config: &Config,
    shop_url: &str,
    clock: &Clock,
    tasks: &Tasks,
    until: CancellationToken,
) -> anyhow::Result<Gateways> {
    let mut started: Vec<Arc<dyn Gateway>> = Vec::new();
    if let Some(settings) = &config.stripe {
        started.push(Arc::new(StripeGateway::new(settings, clock.clone())?));
    }
    if let Some(settings) = &config.sandbox {
        started.push(Arc::new(start_sandbox(config, settings, shop_url, clock, tasks, until).await?));
    }
    let current = started.iter().position(|gateway| gateway.name() == config.gateway.as_str());
    let current =
        started.remove(current.ok_or_else(|| anyhow::anyhow!("PAYMENT_GATEWAY is not configured"))?);
    Ok(Gateways::new(current, started))
}

async fn start_sandbox(
    config: &Config,
    settings: &SandboxSettings,
    shop_url: &str,
    clock: &Clock,
    tasks: &Tasks,
    until: CancellationToken,
) -> anyhow::Result<SandboxGateway> {
    let SandboxSettings { listen, url, faults, webhooks } = settings;
    let listener = bind("SANDBOX_GATEWAY_LISTEN", *listen).await?;
    let own_url: Url = format!("http://{}", listener.local_addr()?).parse()?;
    let pool = shared::db::pool(&config.database_url, "sandbox-gateway", SANDBOX_CONNECTIONS)?;
    let secret = WebhookSecret::new(&config.secret.derive("booking:sandbox-webhooks"));
    let name = GatewayKind::Sandbox.as_str();
    let webhooks_to =
        webhooks.then(|| format!("{shop_url}/v1/payments/webhooks/{name}").parse()).transpose()?;
    let notices = Notices::new(webhooks_to, secret.clone(), clock.clone())?;
    let routes = router(Sandbox::new(Ledger::new(pool), clock.clone(), notices, faults.clone()));
    tasks.spawn(serve(listener, routes, until));
    Ok(SandboxGateway::new(url.clone().unwrap_or(own_url), secret)?)
}

async fn serve(listener: TcpListener, routes: Router, until: CancellationToken) {
    let served = axum::serve(listener, routes).with_graceful_shutdown(until.cancelled_owned()).await;
    if let Err(error) = served {
        tracing::error!(%error, "the sandbox gateway stopped serving");
    }
}
