//! How many watch, in all and of one identity, and how many may.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use metrics::gauge;
use shared::ids::Identity;

use crate::metrics::WATCHERS;

/// How many maps may be open at once; 0 is no limit.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// On this replica.
    pub total: usize,
    /// Of one identity: its tabs and devices.
    pub per_identity: usize,
}

/// Which limit was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// So many of this identity are open.
    Identity(usize),
    /// The replica has as many as it may.
    Full,
}

pub(super) struct Counts {
    limits: Limits,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    total: usize,
    identities: HashMap<Identity, usize>,
}

impl Counts {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, open: Mutex::default() }
    }

    pub(super) fn open(&self) -> usize {
        self.lock().total
    }

    /// Counts one more, until its ticket is dropped.
    pub(super) fn admit(counts: &Arc<Self>, identity: &Identity) -> Result<Ticket, Refused> {
        let is_reached = |limit: usize, count: usize| limit > 0 && count >= limit;
        let Limits { total, per_identity } = counts.limits;
        let mut open = counts.lock();
        if is_reached(per_identity, open.identities.get(identity).copied().unwrap_or(0)) {
            return Err(Refused::Identity(per_identity));
        }
        if is_reached(total, open.total) {
            return Err(Refused::Full);
        }
        open.total += 1;
        *open.identities.entry(identity.clone()).or_default() += 1;
        drop(open);
        gauge!(WATCHERS).increment(1.0);
        Ok(Ticket { counts: Arc::clone(counts), identity: identity.clone() })
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One watcher that is counted.
pub(super) struct Ticket {
    counts: Arc<Counts>,
    identity: Identity,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut open = self.counts.lock();
        open.total -= 1;
        // Nobody is remembered with nothing.
        if let Entry::Occupied(mut count) = open.identities.entry(self.identity.clone()) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
        drop(open);
        gauge!(WATCHERS).decrement(1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_stops_watching_makes_room_and_is_forgotten() {
        let counts = Arc::new(Counts::new(Limits { total: 3, per_identity: 2 }));
        let (ann, bob) = (Identity::device("ann"), Identity::device("bob"));
        let watch = |identity| Counts::admit(&counts, identity);
        let (one, two) = (watch(&ann).unwrap(), watch(&ann).unwrap());
        assert_eq!(watch(&ann).err(), Some(Refused::Identity(2)));
        let three = watch(&bob).unwrap();
        assert_eq!(watch(&bob).err(), Some(Refused::Full));
        drop(one);
        drop(watch(&ann).unwrap());
        assert_eq!(counts.open(), 2);
        drop((two, three));
        assert!(counts.lock().identities.is_empty());
    }
}
