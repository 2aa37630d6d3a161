//! What a chaos run came to, how often the rare things happened, and what must not have been.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use shared::audit::Check;

use super::Options;
use super::drain::Drained;
use super::site::Victim;
use crate::audit::page;
use crate::rehearse::report::{Happening, Report};

/// What happens to nobody as long as holds and claims are right and shows are days ahead.
const NEVER_EXPECTED: [Happening; 2] = [Happening::SeatsLost, Happening::TooLateToGiveBack];
/// What happens behind the counter in every long run.
const EXPECTED_BEHIND: [&str; 6] = [
    "payments captured",
    "payments given up: not_taken",
    "payments in flight when the reservation was over",
    "payments taken up again",
    "refunds refunded",
    "reservations expired",
];

/// The outcome of a run.
#[derive(Serialize)]
pub struct Outcome {
    seconds: u64,
    seed: u64,
    kills: BTreeMap<Victim, u64>,
    behind_the_counter: Vec<(String, u64)>,
    drained_after_s: f64,
    checks: Vec<Check>,
    panics: Vec<String>,
    never: Vec<String>,
    rehearsal: Report,
}

impl Outcome {
    /// The outcome of a run with these options.
    pub fn new(
        options: &Options,
        kills: BTreeMap<Victim, u64>,
        rehearsal: Report,
        drained: Drained,
        panics: Vec<String>,
    ) -> Self {
        let mut outcome = Self {
            seconds: options.seconds,
            seed: options.seed,
            kills,
            behind_the_counter: drained.behind_the_counter,
            drained_after_s: drained.took_s,
            checks: drained.checks,
            panics,
            never: Vec::new(),
            rehearsal,
        };
        if options.is_long() {
            outcome.never = outcome.what_never_happened();
        }
        outcome
    }

    /// What must not be: a sentence each.
    pub fn findings(&self) -> Vec<String> {
        let mut findings = self.rehearsal.findings();
        findings.extend(self.panics.iter().map(|panic| format!("a service panicked: {panic}")));
        findings.extend(self.never.iter().map(|what| format!("it never happened that {what}")));
        let bugs = self.rehearsal.errors.iter().filter(|(error, _)| error.contains(" 500 "));
        findings.extend(bugs.map(|(error, times)| format!("{times} times {error}")));
        let broken = self.checks.iter().filter(|check| !check.holds());
        findings.extend(broken.map(|check| format!("{} does not hold: {}", check.name, check.invariant)));
        if self.rehearsal.booked == 0 {
            findings.push("nobody bought anything".to_owned());
        }
        findings
    }

    fn what_never_happened(&self) -> Vec<String> {
        let spared = self.kills.iter().filter(|(_, times)| **times == 0);
        let mut never: Vec<String> = spared.map(|(victim, _)| format!("{victim:?} was killed")).collect();
        let in_the_shop = self.rehearsal.shop.never.iter().filter(|it| !NEVER_EXPECTED.contains(it));
        never.extend(in_the_shop.map(|happening| format!("somebody: {}", happening.words())));
        let happened =
            |name: &str| self.behind_the_counter.iter().any(|(it, times)| it == name && *times > 0);
        let missing = EXPECTED_BEHIND.into_iter().filter(|name| !happened(name));
        never.extend(missing.map(|name| format!("there were {name}")));
        never
    }

    /// As a document.
    pub fn to_json(&self) -> anyhow::Result<String> {
        #[derive(Serialize)]
        struct Document<'a> {
            #[serde(flatten)]
            outcome: &'a Outcome,
            findings: Vec<String>,
        }
        Ok(serde_json::to_string_pretty(&Document { outcome: self, findings: self.findings() })?)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Chaos for {} s (seed {})\n", self.seconds, self.seed)?;
        let kills: Vec<String> =
            self.kills.iter().map(|(victim, times)| format!("{times} {victim:?}")).collect();
        writeln!(f, "  {:<17} {}", "killed", kills.join(", ").to_lowercase())?;
        writeln!(f, "  {:<17} {:.1} s", "drained after", self.drained_after_s)?;
        writeln!(f, "\n  behind the counter")?;
        for (what, times) in &self.behind_the_counter {
            writeln!(f, "  {times:>9}  {what}")?;
        }
        writeln!(f, "\n{}", self.rehearsal)?;
        writeln!(f, "{}", page::page(&self.checks))?;
        for finding in self.findings() {
            writeln!(f, "\n  FOUND: {finding}")?;
        }
        Ok(())
    }
}
