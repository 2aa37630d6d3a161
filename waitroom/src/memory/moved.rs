//! Which places moved in the last seconds.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::domain::place::PlaceId;

/// Moves are kept at least this long, and at most twice.
const KEPT: Duration = Duration::from_secs(5);

/// The last batch of moves in which each place was, for those of the last seconds.
pub(super) struct Moved {
    recent: HashMap<PlaceId, u64>,
    older: HashMap<PlaceId, u64>,
    turned_at: Instant,
}

impl Default for Moved {
    fn default() -> Self {
        Self { recent: HashMap::new(), older: HashMap::new(), turned_at: Instant::now() }
    }
}

impl Moved {
    /// The place moved in this batch.
    pub(super) fn note(&mut self, batch: u64, place: PlaceId) {
        if self.turned_at.elapsed() >= KEPT {
            self.older = std::mem::take(&mut self.recent);
            self.turned_at = Instant::now();
        }
        self.recent.insert(place, batch);
    }

    /// Whether the place moved after this batch.
    pub(super) fn since(&self, batch: u64, place: PlaceId) -> bool {
        let moved_in = self.recent.get(&place).or_else(|| self.older.get(&place));
        moved_in.is_some_and(|moved_in| *moved_in > batch)
    }
}
