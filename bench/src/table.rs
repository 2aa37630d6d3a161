//! The table that a run prints, and the same as JSON.

use serde::Serialize;

use crate::load::Measured;

/// What a row is compared with: measured in the same run.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Reference {
    /// What it is.
    pub what: &'static str,
    /// What it reached, in the row's unit.
    pub value: f64,
}

/// What a row must reach: of the ratio where it has a reference, else of its value.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bar {
    /// No less.
    AtLeast(f64),
    /// No more.
    AtMost(f64),
}

impl Bar {
    fn is_reached_by(self, value: f64) -> bool {
        match self {
            Self::AtLeast(least) => value >= least,
            Self::AtMost(most) => value <= most,
        }
    }
}

impl std::fmt::Display for Bar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::AtLeast(least) => write!(f, "bar ≥ {least}"),
            Self::AtMost(most) => write!(f, "bar ≤ {most}"),
        }
    }
}

/// One row: what was measured, against what.
#[derive(Debug, Serialize)]
pub struct Row {
    section: &'static str,
    what: &'static str,
    value: f64,
    unit: &'static str,
    reference: Option<Reference>,
    ratio: Option<f64>,
    bar: Option<Bar>,
    is_reached: Option<bool>,
    p50_us: Option<u64>,
    p99_us: Option<u64>,
    unexpected: usize,
    note: Option<String>,
}

impl Row {
    /// A figure of this unit.
    pub fn new(section: &'static str, what: &'static str, value: f64, unit: &'static str) -> Self {
        Self {
            section,
            what,
            value,
            unit,
            reference: None,
            ratio: None,
            bar: None,
            is_reached: None,
            p50_us: None,
            p99_us: None,
            unexpected: 0,
            note: None,
        }
    }

    /// Requests a second, and their latencies.
    pub fn throughput(section: &'static str, what: &'static str, measured: &Measured) -> Self {
        Self {
            p50_us: Some(measured.latency_us.value_at_quantile(0.5)),
            p99_us: Some(measured.latency_us.value_at_quantile(0.99)),
            unexpected: measured.unexpected,
            ..Self::new(section, what, measured.per_second(), "/s")
        }
    }

    /// Compared with a reference of the same run.
    #[must_use]
    pub fn against(self, what: &'static str, value: f64) -> Self {
        Self { ratio: Some(self.value / value), reference: Some(Reference { what, value }), ..self }
    }

    /// With what it must reach: the ratio where it has a reference, else the value.
    #[must_use]
    pub fn bar(self, bar: Bar) -> Self {
        Self { is_reached: Some(bar.is_reached_by(self.ratio.unwrap_or(self.value))), bar: Some(bar), ..self }
    }

    /// With answers that were not what was asked for.
    #[must_use]
    pub fn unexpected(self, unexpected: usize) -> Self {
        Self { unexpected, ..self }
    }

    /// With what a reader must know of how it was measured.
    #[must_use]
    pub fn note(self, note: impl Into<String>) -> Self {
        Self { note: Some(note.into()), ..self }
    }

    /// The row as a line of the table.
    pub fn line(&self) -> String {
        let figure_of = format!("{:<48} {:>12}", self.what, format!("{}{}", figure(self.value), self.unit));
        let compared = self.reference.zip(self.ratio).map(|(reference, ratio)| {
            format!("{ratio:.3} of {} ({}{})", reference.what, figure(reference.value), self.unit)
        });
        let latency = self
            .p50_us
            .zip(self.p99_us)
            .map(|(p50_us, p99_us)| format!("p50 {:.1} ms  p99 {:.1} ms", millis(p50_us), millis(p99_us)));
        let missed = (self.is_reached == Some(false)).then(|| "MISSED".to_owned());
        let unexpected = (self.unexpected > 0).then(|| format!("{} unexpected answers", self.unexpected));
        let note = self.note.as_ref().map(|note| format!("({note})"));
        let parts = [compared, latency, self.bar.map(|bar| bar.to_string()), missed, unexpected, note];
        [Some(figure_of)].into_iter().chain(parts).flatten().collect::<Vec<_>>().join("  ")
    }
}

/// As many digits as tell something.
fn figure(value: f64) -> String {
    match value.abs() {
        100.0.. => format!("{value:.0}"),
        1.0.. => format!("{value:.2}"),
        _ => format!("{value:.4}"),
    }
}

fn millis(us: u64) -> f64 {
    f64::from(u32::try_from(us).unwrap_or(u32::MAX)) / 1000.0
}
