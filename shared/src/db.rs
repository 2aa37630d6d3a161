//! Connections to Postgres.

use std::str::FromStr;
use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use crate::store::STORE_TIMEOUT;

/// The migrations of both schemas, in the binary.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("../migrations");

/// A pool that connects when it is first used, so that a service can start, and say that it is not ready, while
/// Postgres is away. Statements and waits for locks end on the server before the client stops waiting.
pub fn pool(url: &str, service: &str, max_connections: u32) -> Result<PgPool, sqlx::Error> {
    let options = PgConnectOptions::from_str(url)?.application_name(service).options([
        ("statement_timeout", "1100ms"),
        ("lock_timeout", "900ms"),
        ("idle_in_transaction_session_timeout", "5s"),
    ]);
    let pool = PgPoolOptions::new()
        .max_connections(max_connections)
        .acquire_timeout(STORE_TIMEOUT.mul_f32(0.8))
        .idle_timeout(Duration::from_mins(5))
        .connect_lazy_with(options);
    Ok(pool)
}

/// Brings both schemas up to date. Only one process at a time does it; the others wait.
pub async fn migrate(url: &str) -> Result<(), sqlx::migrate::MigrateError> {
    let pool = PgPoolOptions::new().max_connections(1).connect_lazy(url)?;
    let outcome = MIGRATOR.run(&pool).await;
    pool.close().await;
    outcome
}
