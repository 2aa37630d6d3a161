//! Proof after the fact: reads Postgres, Redis and the sandbox gateway's books and looks for what must never be.

mod acknowledged;
mod gate;
mod happened;
mod money;
mod seats;

pub use acknowledged::acknowledged;
pub use gate::gate;
pub use happened::happened;
pub use money::money;
pub use seats::seats;

use shared::audit::Check;
use shared::clock::Clock;
use shared::redis::Redis;
use sqlx::PgPool;

/// Checks every invariant of the shop on these stores.
pub async fn run(database_url: &str, redis_url: &str) -> anyhow::Result<Vec<Check>> {
    let pool = shared::db::pool(database_url, "audit", 4)?;
    let redis = Redis::connect(redis_url)?;
    let checks = every(&pool, &redis).await;
    pool.close().await;
    checks
}

async fn every(pool: &PgPool, redis: &Redis) -> anyhow::Result<Vec<Check>> {
    let now = Clock::System.now();
    let mut checks = seats(pool, redis, now).await?;
    checks.extend(money(pool, now).await?);
    checks.extend(gate(pool).await?);
    Ok(checks)
}
