//! The audit of the line: reads the ledger and Redis, and checks what must hold whatever happened. Positions are not in
//! the ledger, so that they never rise is for the tests to see.

use std::collections::BTreeMap;

use shared::audit::{Check, Finding};
use shared::ids::DropSlug;
use shared::redis::Redis;
use sqlx::PgPool;

mod draw;
mod limits;
mod places;
mod read;
mod slots;
mod turns;

use read::{Now, Row};

/// What to audit.
#[derive(Clone, Debug, Default)]
pub struct AuditOptions {
    /// One drop alone; all of them where there is none.
    pub drop: Option<DropSlug>,
}

/// The most contradictions that one check reports of one drop.
const MOST_FINDINGS: usize = 50;

/// A check of one drop: how much it looked at, and what contradicts.
type Checked = (u64, Vec<Finding>);
type CheckOfDrop = fn(&DropSlug, &[Row], &Now) -> Checked;

/// Every check: its name, what must hold, and how it is seen.
const CHECKS: &[(&str, &str, CheckOfDrop)] = &[
    (
        "line.rate",
        "calls in any window never exceed the integral of the rate over it plus one burst",
        limits::rate,
    ),
    ("line.slots", "a call never makes more slots taken than max_active allows", limits::slots),
    (
        "line.called_in_force",
        "nobody is called before limits are in force, or while they say paused or closed",
        limits::in_force,
    ),
    ("line.one_place", "one identity has one live place in a drop", places::one_live_place),
    ("line.called_once", "an admission's id is given once", slots::called_once),
    ("line.order", "the front is called in the order of its scores", places::order),
    (
        "line.side",
        "the side list is for those who came back in time, were kept, or have a pass; who was set aside comes back first",
        turns::side,
    ),
    ("line.ended_for_good", "a place that ended is never called again", turns::ended_for_good),
    ("line.one_score", "a place's score never changes", turns::one_score),
    ("line.idle", "where somebody could be called, somebody looked within a second", turns::idle),
    (
        "line.slots_in_ledger",
        "every slot in Redis is a recorded call without a recorded end",
        slots::redis_within_ledger,
    ),
];

/// Checks every drop, or one.
pub async fn run(pool: &PgPool, redis: &Redis, options: &AuditOptions) -> anyhow::Result<Vec<Check>> {
    let mut outcomes: BTreeMap<usize, Checked> = BTreeMap::new();
    let mut drawn = Checked::default();
    for slug in read::drops(pool, options.drop.as_ref()).await? {
        let (rows, now) = read::drop(pool, redis, &slug).await?;
        for (index, (_, _, check)) in CHECKS.iter().enumerate() {
            let (examined, mut findings) = check(&slug, &rows, &now);
            findings.truncate(MOST_FINDINGS);
            let outcome = outcomes.entry(index).or_default();
            outcome.0 += examined;
            outcome.1.append(&mut findings);
        }
        let (examined, findings) = draw::check(pool, &slug, &rows).await?;
        drawn.0 += examined;
        drawn.1.extend(findings.into_iter().take(MOST_FINDINGS));
    }
    let checks = CHECKS.iter().enumerate().map(|(index, (name, invariant, _))| {
        let (examined, findings) = outcomes.remove(&index).unwrap_or_default();
        Check::new(name, invariant, examined, findings)
    });
    let (name, invariant) = draw::CHECK;
    Ok(checks.chain([Check::new(name, invariant, drawn.0, drawn.1)]).collect())
}
