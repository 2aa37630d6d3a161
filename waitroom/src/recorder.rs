//! Brings what the line did into the ledger. Whoever must be sure of an entry waits for a pass that includes it; those
//! who wait at the same time share one pass, so that a thousand claims cost a few inserts.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use shared::clock::Clock;
use shared::ids::DropSlug;
use shared::store::StoreError;

use crate::domain::line::Line as _;
use crate::metrics;
use crate::shared_pass::SharedPass;
use crate::store::ledger::Ledger;
use crate::store::line::RedisLine;

/// The most entries in one insert.
const BATCH: u32 = 1_000;

/// One pass at a time for each drop in this replica; other replicas may pass at the same time, which changes nothing.
pub struct Recorder {
    line: RedisLine,
    ledger: Ledger,
    clock: Clock,
    passes: Mutex<HashMap<DropSlug, Arc<SharedPass>>>,
}

impl Recorder {
    /// From this line into this ledger.
    pub fn new(line: RedisLine, ledger: Ledger, clock: Clock) -> Self {
        Self { line, ledger, clock, passes: Mutex::default() }
    }

    /// Returns when the ledger knows everything that happened before this was called.
    pub async fn record(&self, drop: &DropSlug) -> Result<(), StoreError> {
        self.passes_of(drop).wait_for(Box::pin(self.pass(drop))).await
    }

    fn passes_of(&self, drop: &DropSlug) -> Arc<SharedPass> {
        Arc::clone(
            self.passes.lock().unwrap_or_else(PoisonError::into_inner).entry(drop.clone()).or_default(),
        )
    }

    /// Reads from the beginning until nothing is left. An entry leaves the stream only after its commit, so what is not
    /// there was recorded by somebody.
    async fn pass(&self, drop: &DropSlug) -> Result<(), StoreError> {
        loop {
            let (epoch, entries) = self.line.unrecorded(drop, BATCH).await?;
            let Some(last) = entries.last() else { return Ok(()) };
            self.ledger.record(drop, &entries).await?;
            if self.line.mark_recorded(drop, epoch, last.id).await?.is_none() {
                return Err(StoreError::Lost);
            }
            metrics::recorded(drop, &entries, self.clock.now().as_millisecond());
            if entries.len() < BATCH as usize {
                return Ok(());
            }
        }
    }
}
