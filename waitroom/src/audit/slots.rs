//! Whether Redis and the ledger agree about admissions.

use std::collections::HashSet;

use serde_json::json;
use shared::audit::Finding;
use shared::ids::DropSlug;

use super::Checked;
use super::read::{Now, Row};

pub(super) fn called_once(slug: &DropSlug, rows: &[Row], _: &Now) -> Checked {
    let mut seen = HashSet::new();
    let (mut examined, mut findings) = (0, Vec::new());
    for row in rows.iter().filter(|row| row.kind == "called") {
        examined += 1;
        if !seen.insert(row.sid) {
            findings.push(Finding::new(format!("{slug}: an admission's id was given twice"), row.shown()));
        }
    }
    (examined, findings)
}

pub(super) fn redis_within_ledger(slug: &DropSlug, rows: &[Row], now: &Now) -> Checked {
    let mut live: HashSet<String> = HashSet::new();
    for row in rows {
        match row.sid {
            Some(sid) if row.kind == "called" => drop(live.insert(sid.to_string())),
            Some(sid) if row.ends_slot() => drop(live.remove(&sid.to_string())),
            _ => {}
        }
    }
    let unknown = now.slots.iter().filter(|sid| !live.contains(*sid));
    let findings = unknown.map(|sid| {
        Finding::new(
            format!("{slug}: Redis has a slot that the ledger does not know as live"),
            json!({"sid": sid}),
        )
    });
    (now.slots.len() as u64, findings.collect())
}
