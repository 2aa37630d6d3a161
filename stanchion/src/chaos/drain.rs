//! After the storm: waits until everything that was begun has come to an end, and audits.

use std::time::Duration;

use anyhow::Context;
use jiff::SignedDuration;
use shared::audit::Check;
use shared::clock::Clock;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::site::Site;
use crate::audit;
use crate::exit::Failure;
use crate::rehearse::report::Report;

/// How long everything may take to come to its end.
const DRAINED_WITHIN: Duration = Duration::from_mins(5);
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Looked at from so far ahead, nothing may be under way any more.
const FROM_AHEAD: SignedDuration = SignedDuration::from_hours(1);
/// That somebody looks within a second is no promise of the only replica of the line while it is killed and starved on
/// purpose. Everything else is promised whatever happens.
const MADE_IDLE: &str = "line.idle";
const CONNECTIONS: u32 = 4;

/// What was left when the storm was over.
pub struct Drained {
    /// How long it took until the audit was clean, or until nobody waited any longer, s.
    pub took_s: f64,
    /// The last audit.
    pub checks: Vec<Check>,
    /// What happened behind the counter, by name.
    pub behind_the_counter: Vec<(String, u64)>,
}

/// Audits until everything holds, for at most five minutes.
pub async fn drain(site: &Site, report: &Report, stop: &CancellationToken) -> Result<Drained, Failure> {
    let began = Instant::now();
    loop {
        let checks = look(site, report).await?;
        let is_clean = checks.iter().all(Check::holds);
        if is_clean || began.elapsed() >= DRAINED_WITHIN || stop.is_cancelled() {
            let behind_the_counter = behind_the_counter(site).await?;
            return Ok(Drained { took_s: began.elapsed().as_secs_f64(), checks, behind_the_counter });
        }
        tokio::select! {
            () = sleep(LOOK_EVERY) => {}
            () = stop.cancelled() => {}
        }
    }
}

/// Every invariant, without any patience for what is under way, and every booking that somebody was given.
async fn look(site: &Site, report: &Report) -> Result<Vec<Check>, Failure> {
    let mut checks = audit::checks(&site.database_url(), &site.redis_url()).await?;
    checks.retain(|check| check.name != MADE_IDLE);
    let pool = shared::db::pool(&site.database_url(), "audit", CONNECTIONS).map_err(anyhow::Error::new)?;
    let ahead = Clock::System.now() + FROM_AHEAD;
    let strict = booking::audit::money(&pool, ahead).await?;
    checks.retain(|check| strict.iter().all(|again| again.name != check.name));
    checks.extend(strict);
    let told = report.acknowledged.iter().map(|booking| booking.booking_id.parse());
    let told = told.collect::<Result<Vec<_>, _>>().context("a booking's id cannot be read")?;
    checks.push(booking::audit::acknowledged(&pool, &told).await?);
    pool.close().await;
    Ok(checks)
}

async fn behind_the_counter(site: &Site) -> Result<Vec<(String, u64)>, Failure> {
    let pool = shared::db::pool(&site.database_url(), "audit", CONNECTIONS).map_err(anyhow::Error::new)?;
    let happened = booking::audit::happened(&pool).await?;
    pool.close().await;
    Ok(happened)
}
