//! Measures what no request measures: what is held, unfinished or unsent at this moment, for how long, and how quickly the
//! stores answer.

use std::collections::BTreeMap;
use std::time::Instant;

use shared::store::{Dependency, StoreError, within};

use crate::app::AppState;
use crate::metrics::{self, UNFINISHED};
use crate::store::unfinished::{Unfinished, unfinished};

/// One round; whether both stores answered.
pub async fn run(app: &AppState) -> bool {
    let redis = probe("redis", ping(app)).await;
    let postgres = probe("postgres", select_one(app)).await;
    let counted = count(app).await;
    if let Err(error) = &counted {
        tracing::debug!(%error, "what is unfinished could not be counted");
    }
    redis && postgres && counted.is_ok()
}

async fn probe(store: &'static str, asked: impl Future<Output = Result<(), StoreError>>) -> bool {
    let started = Instant::now();
    let answered = asked.await.is_ok();
    metrics::store_answered(store, answered, started.elapsed());
    answered
}

async fn ping(app: &AppState) -> Result<(), StoreError> {
    let mut redis = app.redis.clone();
    within(Dependency::Redis, redis::cmd("PING").exec_async(&mut redis)).await
}

async fn select_one(app: &AppState) -> Result<(), StoreError> {
    within(Dependency::Postgres, sqlx::query("SELECT 1").execute(&app.pool)).await.map(drop)
}

/// What there is none of is told as well: a gauge keeps what it was told last.
async fn count(app: &AppState) -> Result<(), StoreError> {
    let now = app.clock.now();
    let found: BTreeMap<(String, String), Unfinished> = unfinished(&app.pool)
        .await?
        .into_iter()
        .map(|row| ((row.what.clone(), row.state.clone()), row))
        .collect();
    for (what, state) in UNFINISHED {
        let row = found.get(&(what.to_owned(), state.to_owned()));
        let age =
            row.and_then(|row| row.oldest).map(|oldest| now.duration_since(oldest).as_secs_f64().max(0.0));
        metrics::unfinished(what, state, row.map_or(0, |row| row.count), age.unwrap_or_default());
    }
    Ok(())
}
