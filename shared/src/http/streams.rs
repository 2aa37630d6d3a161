//! How many streams are open, in all, by identity and by client address, and how many may be.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::limit::{block_of, digest_of};
use crate::ids::Identity;

/// How many streams may be open at once; 0 is no limit.
#[derive(Clone, Copy, Debug)]
pub struct StreamLimits {
    /// On this replica.
    pub total: usize,
    /// Of one identity: its tabs and devices.
    pub per_identity: usize,
    /// Of one client address.
    pub per_address: usize,
}

/// Which limit was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamsFull {
    /// So many of this identity are open.
    Identity(usize),
    /// So many of this address are open.
    Address(usize),
    /// The replica has as many as it may.
    Replica,
}

/// The streams that are open. Clones share them.
#[derive(Clone)]
pub struct OpenStreams(Arc<Mutex<Counts>>);

struct Counts {
    limits: StreamLimits,
    open: usize,
    identities: HashMap<u64, usize>,
    addresses: HashMap<IpAddr, usize>,
}

impl OpenStreams {
    /// None yet, and no more than these.
    pub fn new(limits: StreamLimits) -> Self {
        let counts = Counts { limits, open: 0, identities: HashMap::new(), addresses: HashMap::new() };
        Self(Arc::new(Mutex::new(counts)))
    }

    /// How many are open.
    pub fn open(&self) -> usize {
        self.lock().open
    }

    /// Counts one more stream, until its ticket is dropped.
    ///
    /// Errors: too many of this identity, of this address, or in all.
    pub fn admit(&self, identity: &Identity, address: Option<IpAddr>) -> Result<StreamTicket, StreamsFull> {
        let (identity, address) = (digest_of(identity), address.map(block_of));
        let mut own = self.lock();
        let StreamLimits { total, per_identity, per_address } = own.limits;
        let of_identity = own.identities.get(&identity).copied().unwrap_or(0);
        let of_address = address.and_then(|address| own.addresses.get(&address).copied()).unwrap_or(0);
        if is_reached(per_identity, of_identity) {
            return Err(StreamsFull::Identity(per_identity));
        }
        if is_reached(per_address, of_address) {
            return Err(StreamsFull::Address(per_address));
        }
        if is_reached(total, own.open) {
            return Err(StreamsFull::Replica);
        }
        own.open += 1;
        *own.identities.entry(identity).or_default() += 1;
        if let Some(address) = address {
            *own.addresses.entry(address).or_default() += 1;
        }
        Ok(StreamTicket { streams: self.clone(), identity, address })
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_reached(limit: usize, count: usize) -> bool {
    limit > 0 && count >= limit
}

/// One stream that is counted.
pub struct StreamTicket {
    streams: OpenStreams,
    identity: u64,
    address: Option<IpAddr>,
}

impl Drop for StreamTicket {
    fn drop(&mut self) {
        let mut counts = self.streams.lock();
        counts.open -= 1;
        one_less(&mut counts.identities, self.identity);
        if let Some(address) = self.address {
            one_less(&mut counts.addresses, address);
        }
    }
}

/// Nobody is remembered with nothing.
fn one_less<K: Eq + Hash>(counts: &mut HashMap<K, usize>, key: K) {
    if let Entry::Occupied(mut count) = counts.entry(key) {
        *count.get_mut() -= 1;
        if *count.get() == 0 {
            count.remove();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn streams(total: usize, per_identity: usize, per_address: usize) -> OpenStreams {
        OpenStreams::new(StreamLimits { total, per_identity, per_address })
    }

    #[test]
    fn a_stream_that_ends_makes_room_for_another() {
        let streams = streams(3, 2, 0);
        let (ann, bob) = (Identity::device("ann"), Identity::device("bob"));
        let address = Some(IpAddr::from([192, 0, 2, 1]));
        let open = |identity| streams.admit(identity, address);
        let (one, _two) = (open(&ann).unwrap(), open(&ann).unwrap());
        assert_eq!(open(&ann).err(), Some(StreamsFull::Identity(2)));
        let _three = open(&bob).unwrap();
        assert_eq!(open(&bob).err(), Some(StreamsFull::Replica));
        drop(one);
        assert!(open(&ann).is_ok());
        assert_eq!(streams.open(), 2, "what was not kept is not counted");
    }

    #[test]
    fn an_address_is_limited_across_identities_and_then_forgotten() {
        let streams = streams(0, 0, 2);
        let open =
            |name: &str, last| streams.admit(&Identity::device(name), Some(IpAddr::from([192, 0, 2, last])));
        let both = (open("ann", 1).unwrap(), open("bob", 1).unwrap());
        assert_eq!(open("cid", 1).err(), Some(StreamsFull::Address(2)));
        assert!(open("cid", 2).is_ok());
        drop(both);
        let counts = streams.lock();
        assert!(counts.identities.is_empty() && counts.addresses.is_empty());
    }
}
