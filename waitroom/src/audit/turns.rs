//! Whether turns were given as they must be: from the side list only with a reason, never again after the end, by one
//! score, and without letting anybody wait while nobody looked.

use std::collections::HashMap;

use serde_json::json;
use shared::audit::Finding;
use shared::ids::DropSlug;
use uuid::Uuid;

use super::Checked;
use super::read::{Now, Row};
use crate::domain::place::PlaceId;

/// A place is called from the side list because it came back in time, was kept after a lapse, or its visitor has a pass;
/// and a place that was set aside is not called before it came back.
pub(super) fn side(slug: &DropSlug, rows: &[Row], _: &Now) -> Checked {
    let mut state: HashMap<Uuid, &str> = HashMap::new();
    let (mut examined, mut findings) = (0, Vec::new());
    for row in rows {
        let Some(place) = row.place else { continue };
        match (row.kind.as_str(), row.outcome.as_deref()) {
            ("aside", _) => drop(state.insert(place, "aside")),
            ("passed", _) | ("returned", Some("side")) | ("freed", Some("kept")) => {
                state.insert(place, "side");
            }
            ("called", _) => {
                examined += 1;
                let is_from_side = row.source.as_deref() == Some("side");
                let sentence = match state.remove(&place) {
                    Some("aside") => "a place was called that had been set aside and had not come back",
                    None if is_from_side => "a place was called from the side list without a reason",
                    _ => continue,
                };
                findings.push(Finding::new(format!("{slug}: {sentence}"), row.shown()));
            }
            _ => {}
        }
    }
    (examined, findings)
}

/// Of an identity's places only the generation after the last that ended is ever called, also after a loss.
pub(super) fn ended_for_good(slug: &DropSlug, rows: &[Row], _: &Now) -> Checked {
    let mut ended: HashMap<String, u16> = HashMap::new();
    let mut called: HashMap<Uuid, Uuid> = HashMap::new();
    let (mut examined, mut findings) = (0, Vec::new());
    for row in rows {
        if let (Some(sid), Some(place)) = (row.sid, row.place) {
            called.insert(sid, place);
        }
        let known = row.place.or_else(|| row.sid.and_then(|sid| called.get(&sid).copied()));
        let Some(place) = known.map(PlaceId) else { continue };
        let is_end = match row.kind.as_str() {
            "ended" | "finished" => true,
            "freed" => row.outcome.as_deref() != Some("kept"),
            "returned" => row.outcome.as_deref() != Some("side"),
            _ => false,
        };
        if is_end {
            let last = ended.entry(place.base()).or_insert(place.generation());
            *last = place.generation().max(*last);
        } else if row.kind == "rejoined" {
            ended.remove(&place.base());
        } else if matches!(row.kind.as_str(), "called" | "aside" | "passed") {
            examined += 1;
            if ended.get(&place.base()).is_some_and(|last| place.generation() <= *last) {
                findings.push(Finding::new(format!("{slug}: a place lived on after its end"), row.shown()));
            }
        }
    }
    (examined, findings)
}

/// A place's score never changes.
pub(super) fn one_score(slug: &DropSlug, rows: &[Row], _: &Now) -> Checked {
    let mut scores: HashMap<Uuid, i64> = HashMap::new();
    let (mut examined, mut findings) = (0, Vec::new());
    for row in rows {
        let (Some(place), Some(score)) = (row.place, row.score) else { continue };
        examined += 1;
        let first = *scores.entry(place).or_insert(score);
        if first != score {
            findings.push(Finding::new(format!("{slug}: a place's score was {first} before"), row.shown()));
        }
    }
    (examined, findings)
}

/// Where somebody could be called, somebody looked within a second. Away stores, no replica at all and a clock that was
/// set are told apart by the replica that looked next; only an overdue tick breaks the promise.
pub(super) fn idle(slug: &DropSlug, rows: &[Row], _: &Now) -> Checked {
    let calls = rows.iter().filter(|row| row.kind == "called").count();
    let overdue = rows.iter().filter(|row| row.kind == "idle" && row.reason.as_deref() == Some("overdue"));
    let findings = overdue.map(|row| {
        let since_ms = row.since.map_or(0, jiff::Timestamp::as_millisecond);
        let sentence =
            format!("{slug}: nobody looked for {} ms, and somebody could be called", row.at_ms() - since_ms);
        Finding::new(sentence, json!(row))
    });
    (calls as u64, findings.collect())
}
