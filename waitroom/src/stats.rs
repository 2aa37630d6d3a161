//! The numbers of drops: samples of their lines, which every replica takes, and the counts, which are brought up to now
//! when an operator asks.

use std::time::{Duration, Instant};

use shared::store::StoreError;

use crate::app::AppState;
use crate::domain::estimate::Checked;
use crate::domain::stats::{Joins, Sample, Summary, Tally};
use crate::metrics;
use crate::registry::Known;
use crate::store::stats::{Cursor, PAGE, Sampled};

/// How far apart samples are, ms.
const STEP_MS: i64 = 10_000;
/// How many pages of the ledger one question reads: a million rows.
const MOST_PAGES: usize = 200;
/// A sample is written to for so long, ms: until then it is read again.
const SETTLED_MS: i64 = 3 * STEP_MS;
/// How many samples a replica keeps of a drop.
const MOST_SAMPLES: usize = 20_000;

/// What this replica has sampled of a drop.
#[derive(Debug, Default)]
pub struct Samples {
    step: Option<i64>,
    last: Option<Sample>,
    checked: Checked,
}

/// A drop's numbers up to some row of the ledger.
#[derive(Debug, Default)]
pub struct Book {
    cursor: Cursor,
    tally: Tally,
    samples: Vec<Sample>,
    read_at: Option<Instant>,
}

impl AppState {
    /// Takes the samples that are due, of lines that have changed.
    pub(crate) async fn sample_all(&self) {
        let mut sampled = Vec::new();
        for known in self.registry.all() {
            match self.sample(&known).await {
                Ok(sample) => sampled.extend(sample),
                Err(error) => {
                    tracing::debug!(drop = %known.drop.slug, %error, "a line could not be sampled");
                    if matches!(error, StoreError::Unavailable { .. }) {
                        // The others would wait for the same silence.
                        break;
                    }
                }
            }
        }
        if sampled.is_empty() {
            return;
        }
        if let Err(error) = self.stats.add_samples(&sampled).await {
            tracing::warn!(%error, "samples of the line could not be stored");
            self.keep_checked(&sampled);
        }
    }

    async fn sample(&self, known: &Known) -> Result<Option<Sampled>, StoreError> {
        let step = self.clock.now().as_millisecond().div_euclid(STEP_MS);
        let pulse = known.pulse();
        let Some(tick) = pulse.tick.as_ref().filter(|_| known.samples().step != Some(step)) else {
            return Ok(None);
        };
        let arrivals = self.stats.arrivals(&known.drop.slug).await?;
        let checked = known.promises().take();
        metrics::estimates_checked(&known.drop.slug, checked);
        let mut samples = known.samples();
        samples.step = Some(step);
        let earlier = std::mem::take(&mut samples.checked);
        let line = Sample {
            at_ms: step * STEP_MS,
            epoch: tick.epoch,
            arrivals,
            gathered: if tick.opened { 0 } else { tick.waiting },
            waiting: tick.waiting,
            active: tick.active,
            estimates_held: checked.held + earlier.held,
            estimates_missed: checked.missed + earlier.missed,
        };
        let is_news = samples.last.is_none_or(|last| !is_same(&last, &line));
        samples.last = Some(line);
        Ok(is_news.then(|| Sampled { drop: known.drop.slug.clone(), sample: line }))
    }

    /// What could not be stored is with the next sample.
    fn keep_checked(&self, sampled: &[Sampled]) {
        for Sampled { drop, sample } in sampled {
            let Some(known) = self.registry.get(drop) else { continue };
            let mut samples = known.samples();
            samples.checked.held += sample.estimates_held;
            samples.checked.missed += sample.estimates_missed;
            samples.last = None;
        }
    }

    /// The numbers of a drop, not older than `max_age`.
    pub(crate) async fn summary(&self, known: &Known, max_age: Duration) -> Result<Summary, StoreError> {
        let slug = &known.drop.slug;
        let mut book = known.book().await;
        let is_due = book.read_at.is_none_or(|read_at| read_at.elapsed() >= max_age);
        if is_due {
            let settled = book.samples.last().map_or(0, |last| last.at_ms - SETTLED_MS);
            let fresh = self.stats.samples_since(slug, settled).await?;
            book.samples.retain(|sample| sample.at_ms < settled);
            book.samples.extend(fresh);
            let surplus = book.samples.len().saturating_sub(MOST_SAMPLES);
            book.samples.drain(..surplus);
        }
        let opened_ms = known.drop.opening().map(jiff::Timestamp::as_millisecond);
        let lobby = known.drop.roster.map(|roster| roster.count);
        let joins = Joins::of(book.samples.clone(), opened_ms, lobby);
        for _ in 0..if is_due { MOST_PAGES } else { 0 } {
            let rows = self.stats.rows_after(slug, book.cursor).await?;
            for row in &rows {
                if let Some(what) = row.what {
                    book.tally.count(row.at_ms, what, &joins);
                }
                book.cursor = row.cursor;
            }
            if rows.len() < PAGE {
                book.read_at = Some(Instant::now());
                break;
            }
        }
        Ok(book.tally.summary(&joins))
    }
}

/// Whether a line has not changed between two samples, and nothing was checked.
fn is_same(last: &Sample, line: &Sample) -> bool {
    let checked = line.estimates_held + line.estimates_missed;
    let as_before = Sample { at_ms: line.at_ms, estimates_held: 0, estimates_missed: 0, ..*last };
    checked == 0 && as_before == *line
}
