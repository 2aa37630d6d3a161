//! When this replica last looked whether somebody could be called, for the reason that the ledger is told where nobody
//! looked for more than a second.

use std::time::{Duration, Instant};

use crate::domain::ledger::IdleReason;

/// Somebody who can be called is called within this time.
const PROMISED: Duration = Duration::from_secs(1);
/// A store that takes longer holds the replica up.
const HELD_UP: Duration = Duration::from_millis(500);

/// This replica's looks at one drop.
#[derive(Debug, Default)]
pub struct Looks {
    last: Option<Instant>,
    has_failed_since: bool,
}

impl Looks {
    /// Why nobody may have looked for more than a second, as far as this replica knows; `began` is when this look did,
    /// with what must be done before.
    pub fn idle_reason(&self, began: Instant) -> IdleReason {
        match self.last {
            None => IdleReason::NoReplica,
            Some(_) if self.has_failed_since || began.elapsed() > HELD_UP => IdleReason::StoresAway,
            Some(last) if last.elapsed() < PROMISED => IdleReason::ClockSet,
            Some(_) => IdleReason::Overdue,
        }
    }

    /// A look ended.
    pub fn note(&mut self, succeeded: bool) {
        if succeeded {
            self.last = Some(Instant::now());
        }
        self.has_failed_since = !succeeded;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replica_says_why_nobody_looked() {
        let mut looks = Looks::default();
        let now = Instant::now;
        assert_eq!(looks.idle_reason(now()), IdleReason::NoReplica);
        looks.note(true);
        assert_eq!(looks.idle_reason(now()), IdleReason::ClockSet);
        looks.note(false);
        assert_eq!(looks.idle_reason(now()), IdleReason::StoresAway);
        looks.note(true);
        let held_up = now().checked_sub(HELD_UP * 2).unwrap();
        assert_eq!(looks.idle_reason(held_up), IdleReason::StoresAway);
        looks.last = now().checked_sub(PROMISED * 2);
        assert_eq!(looks.idle_reason(now()), IdleReason::Overdue);
    }
}
