//! What the visitors can tell of the line, added up.

use std::collections::BTreeMap;
use std::time::Duration;

use super::super::habit::Kind;
use super::super::report::{KindReport, LineReport, Promises, Streams, Tabs, Waits};
use super::super::script::PlaceState;
use super::super::visitor::{Absences, Account};

/// The sums of one run.
#[derive(Debug, Default)]
pub(super) struct LineCounts {
    kinds: BTreeMap<Kind, OfKind>,
    promises: u64,
    promises_held: u64,
    positions_risen: u64,
    absences: Absences,
    still_in_line: u64,
    tabs: Tabs,
    streams: Streams,
    tokens_changed: u64,
    states: BTreeMap<PlaceState, u64>,
}

#[derive(Debug, Default)]
struct OfKind {
    visitors: u64,
    waits: Vec<Duration>,
}

impl LineCounts {
    pub(super) fn add(&mut self, account: &Account) {
        let sights = &account.sights;
        let kind = self.kinds.entry(account.kind).or_default();
        kind.visitors += 1;
        kind.waits.extend(sights.wait);
        self.promises += sights.promises;
        self.promises_held += sights.promises_held;
        self.positions_risen += sights.positions_risen;
        self.tokens_changed += sights.tokens_changed;
        for (state, times) in &sights.states {
            *self.states.entry(*state).or_default() += times;
        }
        self.absences.came_back += account.absences.came_back;
        self.absences.within_grace += account.absences.within_grace;
        self.absences.places_lost += account.absences.places_lost;
        self.absences.kept_beyond_grace += account.absences.kept_beyond_grace;
        self.still_in_line += u64::from(account.is_still_in_line);
    }

    pub(super) fn tab_joined(&mut self, got_a_second_place: bool) {
        self.tabs.opened += 1;
        self.tabs.second_places += u64::from(got_a_second_place);
    }

    pub(super) fn positions_rose(&mut self, times: u64) {
        self.positions_risen += times;
    }

    pub(super) fn followed(&mut self, events: u64) {
        self.streams.opened += 1;
        self.streams.events += events;
    }

    pub(super) fn positions_risen(&self) -> u64 {
        self.positions_risen
    }

    pub(super) fn report(&self) -> LineReport {
        let kind = |(kind, of): (&Kind, &OfKind)| KindReport {
            kind: *kind,
            visitors: of.visitors,
            waits: waits(of.waits.clone()),
        };
        LineReport {
            waits: waits(self.kinds.values().flat_map(|of| of.waits.iter().copied()).collect()),
            kinds: self.kinds.iter().map(kind).collect(),
            promises: Promises::new(self.promises, self.promises_held),
            absences: self.absences,
            grace: None,
            still_in_line: self.still_in_line,
            tabs: self.tabs,
            streams: self.streams,
            tokens_changed: self.tokens_changed,
            states: self.states.clone(),
        }
    }
}

/// The nearest ranks of half and of nine in ten.
fn waits(mut waits: Vec<Duration>) -> Waits {
    waits.sort_unstable();
    let at = |tenths: usize| {
        let rank = (waits.len() * tenths).div_ceil(10).saturating_sub(1);
        waits.get(rank).map_or(0.0, Duration::as_secs_f64)
    };
    Waits { called: waits.len() as u64, p50_s: at(5), p90_s: at(9) }
}
