//! What the visitors could tell of the line.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::super::grace::Grace;
use super::super::habit::Kind;
use super::super::script::PlaceState;
use super::super::visitor::Absences;

/// The line, seen from outside.
#[derive(Debug, Clone, Serialize)]
pub struct LineReport {
    /// From the first look at the moving line to the call, of everybody.
    pub waits: Waits,
    /// The same by kind of visitor.
    pub kinds: Vec<KindReport>,
    /// The ranges of waiting that were shown.
    pub promises: Promises,
    /// Those who did not look for a while.
    pub absences: Absences,
    /// How long they were allowed to, where that was judged.
    pub grace: Option<Grace>,
    /// Visitors who had left and were still in line: must be none.
    pub still_in_line: u64,
    /// Tabs besides the first.
    pub tabs: Tabs,
    /// Streams that were followed.
    pub streams: Streams,
    /// New places and epochs: times a visitor was given another token.
    pub tokens_changed: u64,
    /// How often each state was shown.
    pub states: BTreeMap<PlaceState, u64>,
}

/// Visitors of one kind.
#[derive(Debug, Clone, Serialize)]
pub struct KindReport {
    /// Which.
    pub kind: Kind,
    /// How many.
    pub visitors: u64,
    /// Their waits.
    #[serde(flatten)]
    pub waits: Waits,
}

/// Waits of those who were called; the times are 0 where nobody was.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Waits {
    /// How many.
    pub called: u64,
    /// Half waited no longer.
    pub p50_s: f64,
    /// One in ten waited longer.
    pub p90_s: f64,
}

/// The first range that a visitor was shown, and some later ones, held against the wait that came.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Promises {
    /// Ranges whose truth is known.
    pub checked: u64,
    /// Those that contained it.
    pub held: u64,
    /// Their share: in a line that moves steadily, what an estimate is worth. None where nothing was shown.
    pub held_share: Option<f64>,
}

impl Promises {
    /// So many held of so many.
    #[expect(clippy::cast_precision_loss, reason = "counts of promises are far below 2^52")]
    pub fn new(checked: u64, held: u64) -> Self {
        Self { checked, held, held_share: (checked > 0).then(|| held as f64 / checked as f64) }
    }
}

/// Tabs that were opened besides the first.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Tabs {
    /// How many joined.
    pub opened: u64,
    /// Those that were given another place than the first tab: must be none.
    pub second_places: u64,
}

/// Streams of places.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Streams {
    /// How many were opened.
    pub opened: u64,
    /// What they told.
    pub events: u64,
}

impl LineReport {
    /// What must never be: a sentence each.
    pub(super) fn findings(&self) -> Vec<String> {
        let counts = [
            (self.tabs.second_places, "another tab of a visitor was given a second place"),
            (self.absences.places_lost, "somebody who came back within the grace had lost the place"),
            (self.still_in_line, "somebody who had left was still in line"),
        ];
        let found = counts.into_iter().filter(|(times, _)| *times > 0);
        found.map(|(times, what)| format!("{times} times {what}")).collect()
    }
}

impl fmt::Display for LineReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Promises { checked, held, held_share } = self.promises;
        let held = match held_share {
            Some(share) => format!("{held} of {checked} held ({:.0} %)", share * 100.0),
            None => "none was shown".to_owned(),
        };
        writeln!(f, "  {:<17} {held}", "promised waits")?;
        if self.absences.came_back > 0 {
            let Absences { came_back, within_grace, places_lost, kept_beyond_grace } = self.absences;
            let kept = within_grace - places_lost;
            let grace = self.grace.map(|grace| format!(" ({})", grace.words())).unwrap_or_default();
            writeln!(
                f,
                "  {:<17} {came_back}, {kept} of {within_grace} within the grace{grace} to their place, {kept_beyond_grace} later",
                "came back"
            )?;
        }
        if self.tabs.opened > 0 {
            writeln!(
                f,
                "  {:<17} {}, {} with a place of their own",
                "more tabs", self.tabs.opened, self.tabs.second_places
            )?;
        }
        if self.streams.opened > 0 {
            writeln!(
                f,
                "  {:<17} {}, which told {} places",
                "streams", self.streams.opened, self.streams.events
            )?;
        }
        writeln!(f, "\n  {:<10} {:>9} {:>9} {:>9} {:>9}", "waited", "visitors", "called", "p50 s", "p90 s")?;
        for KindReport { kind, visitors, waits } in &self.kinds {
            let Waits { called, p50_s, p90_s } = waits;
            writeln!(f, "  {:<10} {visitors:>9} {called:>9} {p50_s:>9.1} {p90_s:>9.1}", kind.name())?;
        }
        Ok(())
    }
}
