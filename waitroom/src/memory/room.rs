//! How many places a replica remembers at most, of all drops together.

use std::sync::atomic::{AtomicUsize, Ordering};

/// About 100 bytes each.
const MOST: usize = 2_000_000;

/// The places that can still be remembered.
pub struct Room(AtomicUsize);

impl Default for Room {
    fn default() -> Self {
        Self(AtomicUsize::new(MOST))
    }
}

impl Room {
    /// Room for this many.
    #[cfg(test)]
    pub(super) fn of(most: usize) -> Self {
        Self(AtomicUsize::new(most))
    }

    /// Room for one more, if there is: who finds none is not remembered, and Redis is asked each time.
    pub(super) fn take(&self) -> bool {
        self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, |left| left.checked_sub(1)).is_ok()
    }

    /// These are forgotten.
    pub(super) fn give_back(&self, places: usize) {
        self.0.fetch_add(places, Ordering::AcqRel);
    }
}
