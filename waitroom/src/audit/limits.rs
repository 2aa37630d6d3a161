//! Whether the limits were kept: the rate, the slots, and that there were any.

use std::collections::HashSet;

use shared::audit::Finding;
use shared::ids::DropSlug;
use uuid::Uuid;

use super::Checked;
use super::read::{Now, Row};
use crate::domain::drop::one_seconds_worth;

/// A rate a minute times milliseconds is exact in this unit.
const UNITS_A_CALL: i64 = 60_000;

/// The limits in force from `from_ms` on.
#[derive(Clone, Copy)]
struct Limits<'a> {
    row: &'a Row,
    rate_per_minute: i64,
    burst: i64,
    max_active: i64,
}

impl<'a> Limits<'a> {
    fn of(row: &'a Row) -> Self {
        let rate = row.rate_per_minute.unwrap_or_default();
        let least = one_seconds_worth(u32::try_from(rate).unwrap_or_default());
        Self {
            row,
            rate_per_minute: i64::from(rate),
            burst: i64::from(row.burst.unwrap_or_default()).max(i64::from(least)),
            max_active: i64::from(row.max_active.unwrap_or_default()),
        }
    }

    /// For how long between two moments the drop was open by these limits, ms.
    fn open_ms(&self, from_ms: i64, to_ms: i64) -> i64 {
        let Some(opens_at) = self.row.opens_at.filter(|_| self.row.control.as_deref() == Some("open")) else {
            return 0;
        };
        let from_ms = from_ms.max(opens_at.as_millisecond());
        let to_ms = self.row.closes_at.map_or(to_ms, |closes_at| to_ms.min(closes_at.as_millisecond()));
        (to_ms - from_ms).max(0)
    }

    fn allow_calls(&self, at_ms: i64) -> bool {
        self.open_ms(at_ms - 1, at_ms + 1) > 0
    }
}

/// The most that calls can have run ahead of the rate is the largest excess over all windows that end now: it falls
/// by the rate, never below nothing, and rises by one a call. It may not exceed the largest burst since it last began.
pub(super) fn rate(slug: &DropSlug, rows: &[Row], _: &Now) -> Checked {
    let (mut limits, mut excess, mut burst, mut last_ms): (Option<Limits<'_>>, i64, i64, i64) =
        (None, 0, 0, i64::MIN);
    let (mut examined, mut findings) = (0, Vec::new());
    for row in rows {
        let at_ms = row.at_ms().max(last_ms);
        if let Some(limits) = limits {
            excess -= limits.open_ms(last_ms.max(0), at_ms) * limits.rate_per_minute;
            if excess <= 0 {
                (excess, burst) = (0, limits.burst);
            }
        }
        last_ms = at_ms;
        match row.kind.as_str() {
            "limits" => {
                let new = Limits::of(row);
                burst = if excess == 0 { new.burst } else { burst.max(new.burst) };
                limits = Some(new);
            }
            "called" => {
                examined += 1;
                excess += UNITS_A_CALL;
                if excess > burst * UNITS_A_CALL {
                    let sentence =
                        format!("{slug}: a call more than the rate and one burst of {burst} allow");
                    findings.push(Finding::new(sentence, row.shown()));
                    excess = burst * UNITS_A_CALL;
                }
            }
            _ => {}
        }
    }
    (examined, findings)
}

/// Lowering `max_active` ends nobody's session; it is the next call that must fit.
pub(super) fn slots(slug: &DropSlug, rows: &[Row], _: &Now) -> Checked {
    let mut taken: HashSet<Uuid> = HashSet::new();
    let mut limits: Option<Limits<'_>> = None;
    let (mut examined, mut findings) = (0, Vec::new());
    for row in rows {
        match (row.kind.as_str(), row.sid, limits) {
            ("limits", ..) => limits = Some(Limits::of(row)),
            ("called", Some(sid), limits) => {
                examined += 1;
                taken.insert(sid);
                let most = limits.map_or(0, |limits| limits.max_active);
                if i64::try_from(taken.len()).is_ok_and(|taken| taken > most) {
                    let sentence =
                        format!("{slug}: {} slots were taken where {most} are allowed", taken.len());
                    findings.push(Finding::new(sentence, row.shown()));
                }
            }
            (_, Some(sid), _) if row.ends_slot() => {
                taken.remove(&sid);
            }
            _ => {}
        }
    }
    (examined, findings)
}

pub(super) fn in_force(slug: &DropSlug, rows: &[Row], _: &Now) -> Checked {
    let mut limits: Option<Limits<'_>> = None;
    let (mut examined, mut findings) = (0, Vec::new());
    for row in rows {
        match row.kind.as_str() {
            "limits" => limits = Some(Limits::of(row)),
            "called" => {
                examined += 1;
                if !limits.is_some_and(|limits| limits.allow_calls(row.at_ms())) {
                    let sentence = format!("{slug}: a call while the drop was not open");
                    findings.push(Finding::new(sentence, row.shown()));
                }
            }
            _ => {}
        }
    }
    (examined, findings)
}
