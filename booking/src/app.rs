//! Wires the shop together: configuration into connections, connections into state, state into routes and tasks.

use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRef;
use shared::admission::{JwksClient, Verifier};
use shared::clock::Clock;
use shared::operator::OperatorAuth;
use shared::redis::Redis;
use shared::service::{Ports, Readiness, Running, Tasks};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::domain::manage::ManageKey;
use crate::domain::ticket::TicketKey;
use crate::gateway::{self, Gateways};
use crate::health::LoadMeter;
use crate::http::Statuses;
use crate::http::limits::Limits;
use crate::live::Live;
use crate::store::Store;
use crate::store::gateway_events::GatewayEvents;
use crate::till::Till;

/// What a request can reach. Clones share it.
#[derive(Clone)]
pub struct AppState(Arc<App>);

/// The parts of a running shop.
pub struct App {
    /// The settings.
    pub config: Config,
    /// The time.
    pub clock: Clock,
    /// The truth.
    pub pool: PgPool,
    /// The moment.
    pub redis: Redis,
    /// Both stores.
    pub store: Store,
    /// Takes the money.
    pub till: Till,
    /// How much one buyer and one address may ask for.
    pub limits: Limits,
    /// The statuses of shows that were just asked for.
    pub statuses: Statuses,
    /// Who watches seat maps.
    pub live: Arc<Live>,
    /// How this replica is doing.
    pub load: LoadMeter,
    /// Who was let in.
    pub verifier: Verifier,
    /// Who runs the shop.
    pub operators: OperatorAuth,
    /// Makes and checks the tokens of private links.
    pub manage: ManageKey,
    /// Signs the codes on tickets.
    pub tickets: TicketKey,
    /// Who takes the money, and who took it before.
    pub gateways: Gateways,
    /// What they say by themselves.
    pub gateway_events: GatewayEvents,
    /// Asks waitroom.
    pub http: reqwest::Client,
    /// Where browsers find this shop. No slash at the end.
    pub public_url: String,
}

impl Deref for AppState {
    type Target = App;

    fn deref(&self) -> &App {
        &self.0
    }
}

impl FromRef<AppState> for OperatorAuth {
    fn from_ref(state: &AppState) -> Self {
        state.operators.clone()
    }
}

/// Starts the shop: binds its ports, then serves until stopped. The stores may be away; then `/readyz` says so.
pub async fn start(config: Config, clock: Clock) -> anyhow::Result<Running> {
    crate::metrics::describe();
    let ports =
        Ports::bind(("BOOKING_LISTEN", config.listen), ("BOOKING_ADMIN_LISTEN", config.admin_listen)).await?;
    let tasks = Tasks::new();
    let pool = shared::db::pool(&config.database_url, "booking", config.database_connections)?;
    let redis = Redis::connect(&config.redis_url)?;
    let http = http_client()?;
    let gateway_stop = CancellationToken::new();
    let gateways = gateway::start(&config, &ports.url(), &clock, &tasks, gateway_stop.clone()).await?;
    let jwks = format!("{}/.well-known/jwks.json", config.waitroom_internal_url).parse()?;
    let verifier =
        Verifier::fetching(&config.waitroom_public_url, JwksClient::new(jwks, http.clone()), clock.clone());
    let public_url = config.public_url.as_ref().map_or_else(|| ports.url(), ToString::to_string);
    let store = Store::new(pool.clone(), redis.clone(), clock.clone());
    let till = Till::open(&store, &gateways, &config);
    let live = Arc::new(Live::open(&store, &config.redis_url, config.watchers, config.watch_heartbeat)?);
    live.start(&tasks);
    let state = AppState(Arc::new(App {
        live,
        statuses: Statuses::default(),
        store,
        till,
        limits: Limits::of(&config),
        load: LoadMeter::default(),
        operators: OperatorAuth::new(config.operator_bootstrap_token.as_deref()),
        manage: ManageKey::derive(&config.secret),
        tickets: TicketKey::derive(&config.secret),
        public_url: public_url.trim_end_matches('/').to_owned(),
        config,
        clock,
        redis,
        verifier,
        gateways,
        gateway_events: GatewayEvents::new(pool.clone()),
        pool,
        http,
    }));
    crate::worker::start(&state, &tasks, gateway_stop);
    Ok(Running::start(ports, crate::http::routes(state.clone()), readiness(&state), tasks))
}

fn http_client() -> anyhow::Result<reqwest::Client> {
    // A second service in one process finds the provider installed: fine.
    let _already_installed = rustls::crypto::ring::default_provider().install_default();
    Ok(reqwest::Client::builder()
        .timeout(std::time::Duration::from_millis(1500))
        .redirect(reqwest::redirect::Policy::none())
        .build()?)
}

fn readiness(state: &AppState) -> Readiness {
    let (pool, redis) = (state.pool.clone(), state.redis.clone());
    Readiness::new()
        .needs("postgres", move || {
            let pool = pool.clone();
            async move {
                sqlx::query("SELECT 1").execute(&pool).await.map(drop).map_err(|error| error.to_string())
            }
        })
        .needs("redis", move || {
            let mut redis = redis.clone();
            async move { redis::cmd("PING").exec_async(&mut redis).await.map_err(|error| error.to_string()) }
        })
}
