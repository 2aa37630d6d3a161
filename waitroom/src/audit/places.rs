//! Whether places were treated as places must be: one live one an identity, and called in their order.

use std::collections::HashMap;

use serde_json::json;
use shared::audit::Finding;
use shared::ids::DropSlug;
use uuid::Uuid;

use super::Checked;
use super::read::{Now, Row};
use crate::domain::place::PlaceId;

/// Where a place lives: called or set aside and not ended by the ledger, or in a list of Redis.
pub(super) fn one_live_place(slug: &DropSlug, rows: &[Row], now: &Now) -> Checked {
    let mut called: HashMap<Uuid, Uuid> = HashMap::new();
    let mut findings = Vec::new();
    let mut live: HashMap<String, Vec<(Uuid, &str)>> = HashMap::new();
    for row in rows {
        match (row.kind.as_str(), row.sid, row.place) {
            ("called", Some(sid), Some(place)) => {
                let base = PlaceId(place).base();
                if live.get(&base).is_some_and(|places| !places.is_empty()) {
                    let sentence =
                        format!("{slug}: an identity was called while it had a slot, or was set aside");
                    findings.push(Finding::new(sentence, row.shown()));
                }
                called.insert(sid, place);
                live.entry(base).or_default().push((place, "called"));
            }
            ("aside", _, Some(place)) => {
                live.entry(PlaceId(place).base()).or_default().push((place, "aside"));
            }
            ("returned" | "ended", None, Some(place)) => {
                live.entry(PlaceId(place).base()).or_default().retain(|(other, _)| *other != place);
            }
            (_, Some(sid), _) if row.ends_slot() => {
                if let Some(place) = called.remove(&sid) {
                    live.entry(PlaceId(place).base()).or_default().retain(|(other, _)| *other != place);
                }
            }
            _ => {}
        }
    }
    for (list, members) in [("queue", &now.queue), ("side", &now.side)] {
        for place in members.iter().filter_map(|member| member.parse().ok()) {
            live.entry(PlaceId(place).base()).or_default().push((place, list));
        }
    }
    let examined = live.values().map(|places| places.len() as u64).sum();
    for places in live.values().filter(|places| places.len() > 1) {
        let rows = json!(
            places.iter().map(|(place, list)| json!({"place": place, "where": list})).collect::<Vec<_>>()
        );
        findings.push(Finding::new(format!("{slug}: an identity has {} live places", places.len()), rows));
    }
    (examined, findings)
}

/// The frontier only moves forward. Places put back after a loss may be called behind it, but no loss, no such call.
pub(super) fn order(slug: &DropSlug, rows: &[Row], _: &Now) -> Checked {
    let mut frontier: Option<(i64, i64)> = None;
    let (mut examined, mut findings) = (0, Vec::new());
    let first_epoch = rows.first().map_or(0, |row| row.epoch);
    for row in rows.iter().filter(|row| row.kind == "called") {
        let Some(score) = row.score else { continue };
        examined += 1;
        match row.source.as_deref() {
            Some("front") => {
                let before = frontier.filter(|(epoch, _)| *epoch == row.epoch);
                if before.is_some_and(|(_, frontier)| score < frontier) {
                    findings.push(Finding::new(format!("{slug}: a place was overtaken"), row.shown()));
                }
                frontier = Some((row.epoch, score));
            }
            Some("late") if row.epoch == first_epoch => {
                let sentence =
                    format!("{slug}: a place was called behind the frontier, though nothing had been lost");
                findings.push(Finding::new(sentence, row.shown()));
            }
            _ => {}
        }
    }
    (examined, findings)
}
