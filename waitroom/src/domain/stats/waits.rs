//! How long people had waited when they were called.

use std::collections::BTreeMap;

/// Waits in whole seconds, each with how many waited so long.
#[derive(Clone, Debug, Default)]
pub(super) struct Waits {
    by_seconds: BTreeMap<u32, u64>,
    count: u64,
}

impl Waits {
    /// Somebody waited this long, ms.
    pub(super) fn add(&mut self, wait_ms: i64) {
        let seconds = u32::try_from(wait_ms.max(0) / 1_000).unwrap_or(u32::MAX);
        *self.by_seconds.entry(seconds).or_default() += 1;
        self.count += 1;
    }

    /// So many in a hundred waited this many seconds at most.
    pub(super) fn percentile(&self, percent: u64) -> Option<u64> {
        let wanted = (self.count * percent).div_ceil(100);
        let mut counted = 0;
        self.by_seconds.iter().find_map(|(seconds, count)| {
            counted += count;
            (counted >= wanted).then_some(u64::from(*seconds))
        })
    }
}
