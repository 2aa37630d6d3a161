//! The table that a run prints, and the same as JSON.

use serde::Serialize;

use crate::load::Measured;

/// One row: what was measured, against what.
#[derive(Serialize)]
pub struct Row {
    section: &'static str,
    what: &'static str,
    per_second: f64,
    reference: &'static str,
    reference_per_second: f64,
    ratio: f64,
    bar: Option<f64>,
    p50_us: u64,
    p99_us: u64,
    unexpected: usize,
}

impl Row {
    /// Sets what was measured beside its reference, measured in the same run by the same client.
    pub fn new(
        section: &'static str,
        what: &'static str,
        measured: &Measured,
        reference: (&'static str, f64),
        bar: Option<f64>,
    ) -> Self {
        let per_second = measured.per_second();
        Self {
            section,
            what,
            per_second,
            reference: reference.0,
            reference_per_second: reference.1,
            ratio: per_second / reference.1,
            bar,
            p50_us: measured.latency_us.value_at_quantile(0.5),
            p99_us: measured.latency_us.value_at_quantile(0.99),
            unexpected: measured.unexpected,
        }
    }

    /// The row as a line of the table.
    pub fn line(&self) -> String {
        let bar = self.bar.map_or(String::new(), |bar| {
            format!("  bar {bar:.2}{}", if self.ratio < bar { " MISSED" } else { "" })
        });
        let unexpected = if self.unexpected > 0 {
            format!("  {} unexpected answers", self.unexpected)
        } else {
            String::new()
        };
        format!(
            "{:<34} {:>8.0}/s  {:.3} of {} ({:.0}/s)  p50 {:.1} ms  p99 {:.1} ms{bar}{unexpected}",
            self.what,
            self.per_second,
            self.ratio,
            self.reference,
            self.reference_per_second,
            millis(self.p50_us),
            millis(self.p99_us),
        )
    }
}

fn millis(us: u64) -> f64 {
    f64::from(u32::try_from(us).unwrap_or(u32::MAX)) / 1000.0
}
