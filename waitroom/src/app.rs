//! Wires the waiting room together: configuration into connections, connections into state.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use axum::extract::FromRef;
use shared::clock::Clock;
use shared::http::Limiter;
use shared::ids::DropSlug;
use shared::mail::Mailer;
use shared::operator::OperatorAuth;
use shared::redis::Redis;
use shared::service::Readiness;
use shared::store::StoreError;
use sqlx::PgPool;
use tokio::sync::Semaphore;

use crate::accounts::Accounts;
use crate::config::Config;
use crate::http::drops::Statuses;
use crate::http::limits::Action;
use crate::memory::Proofs;
use crate::pings::Pings;
use crate::recorder::Recorder;
use crate::registry::{Known, Registry};
use crate::store::drops::{Drops, Logos};
use crate::store::ledger::Ledger;
use crate::store::line::RedisLine;
use crate::store::passes::Passes;
use crate::store::reminders::Reminders;
use crate::store::restore::Restorer;
use crate::store::roster::Rosters;
use crate::store::stats::StatsStore;
use crate::store::support::SupportCodes;
use crate::streams::Streams;
use crate::tokens::Tokens;

/// How many operators' pages may watch the numbers of a replica.
const STATS_STREAMS: usize = 100;

/// What a request can reach. Clones share it.
#[derive(Clone)]
pub struct AppState(Arc<App>);

/// The parts of a running waiting room.
pub struct App {
    /// The settings.
    pub config: Config,
    /// The time.
    pub clock: Clock,
    /// The drops in memory.
    pub registry: Registry,
    /// The drops in Postgres.
    pub drops: Drops,
    /// The drops' logos.
    pub logos: Logos,
    /// Calls and ends in Postgres.
    pub ledger: Ledger,
    /// What the statistics are made of.
    pub stats: StatsStore,
    /// The line in Redis.
    pub line: RedisLine,
    /// Brings what the line did into the ledger.
    pub recorder: Recorder,
    /// Short names of places, for support.
    pub support_codes: SupportCodes,
    /// Who wants mail when their turn is near.
    pub reminders: Reminders,
    /// Sends it; none where the settings name no way.
    pub mailer: Option<Mailer>,
    /// Who is called first.
    pub passes: Passes,
    /// Fills Redis again.
    pub restorer: Restorer,
    /// Who was in which lobby.
    pub rosters: Rosters,
    /// Signs and checks.
    pub tokens: Tokens,
    /// Whose accounts may join.
    pub accounts: Accounts,
    /// Place tokens that were checked before.
    pub(crate) proofs: Proofs,
    /// Who runs drops.
    pub operators: OperatorAuth,
    /// Who asks too often.
    pub limiter: Limiter<Action>,
    /// Whether the last ticks failed.
    pub(crate) is_stalled: AtomicBool,
    /// What everybody may know, as bytes.
    pub(crate) statuses: Statuses,
    /// Who follows their place.
    pub streams: Streams,
    pings: Pings,
    /// Room for operators who watch the numbers.
    pub(crate) stats_streams: Arc<Semaphore>,
    pool: PgPool,
    redis: Redis,
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

impl AppState {
    /// Connects lazily: the stores may be away.
    ///
    /// Errors: a store's URL that is none.
    pub fn new(config: Config, clock: Clock) -> anyhow::Result<Self> {
        let pool = shared::db::pool(&config.database_url, "waitroom", config.database_connections)?;
        let redis = Redis::connect(&config.redis_url)?;
        let line = RedisLine::new(redis.clone(), clock.clone());
        let ledger = Ledger::new(pool.clone());
        Ok(Self(Arc::new(App {
            registry: Registry::default(),
            drops: Drops::new(pool.clone()),
            logos: Logos::new(pool.clone()),
            recorder: Recorder::new(line.clone(), ledger.clone(), clock.clone()),
            tokens: Tokens::new(&config.secret, config.issuer(), clock.clone()),
            proofs: Proofs::default(),
            accounts: Accounts::new(&config, clock.clone()),
            operators: OperatorAuth::new(config.operator_bootstrap_token.as_deref()),
            limiter: Limiter::new(config.rate_limit_per_identity, config.rate_limit_per_address),
            support_codes: SupportCodes::new(pool.clone()),
            reminders: Reminders::new(pool.clone()),
            mailer: config.mail.as_ref().map(Mailer::new),
            passes: Passes::new(pool.clone()),
            restorer: Restorer::new(pool.clone(), redis.clone(), clock.clone()),
            rosters: Rosters::new(pool.clone(), redis.clone(), clock.clone()),
            stats: StatsStore::new(pool.clone(), redis.clone()),
            is_stalled: AtomicBool::new(false),
            pings: Pings::default(),
            stats_streams: Arc::new(Semaphore::new(STATS_STREAMS)),
            statuses: Statuses::default(),
            streams: Streams::new(config.streams),
            ledger,
            line,
            pool,
            redis,
            config,
            clock,
        })))
    }

    /// The drop of this name: from memory, or, where it is not known yet, from Postgres.
    pub async fn drop(&self, slug: &DropSlug) -> Result<Option<Known>, StoreError> {
        if let Some(known) = self.registry.get(slug) {
            return Ok(Some(known));
        }
        // Boxed: every request that names a drop comes through here, and hardly any goes on.
        if let Some(row) = Box::pin(self.drops.find(slug)).await? {
            self.registry.learn(&[row]);
        }
        Ok(self.registry.get(slug))
    }

    /// Whether Postgres can be reached: no place is given in a line that nobody could be called from.
    pub(crate) async fn postgres_answers(&self) -> Result<(), StoreError> {
        self.pings.answers(&self.pool).await
    }

    /// Ready when both stores answer.
    pub fn readiness(&self) -> Readiness {
        let (pool, redis) = (self.pool.clone(), self.redis.clone());
        let postgres = move || {
            let pool = pool.clone();
            async move {
                sqlx::query("SELECT 1").execute(&pool).await.map(drop).map_err(|error| error.to_string())
            }
        };
        let redis = move || {
            let mut redis = redis.clone();
            async move { redis::cmd("PING").exec_async(&mut redis).await.map_err(|error| error.to_string()) }
        };
        Readiness::new().needs("postgres", postgres).needs("redis", redis)
    }
}
