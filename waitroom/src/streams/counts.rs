//! How many streams are open, in all, by identity and by client address, and how many may be.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use shared::ids::Identity;

use super::lock;
use shared::http::{block_of, digest_of};

/// How many streams may be open at once; 0 is no limit.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// On this replica.
    pub total: usize,
    /// Of one identity: its tabs and devices.
    pub per_identity: usize,
    /// Of one client address.
    pub per_address: usize,
}

/// Which limit was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// So many of this identity are open.
    Identity(usize),
    /// So many of this address are open.
    Address(usize),
    /// The replica has as many as it may.
    Full,
}

/// The streams that are open.
pub(super) struct Counts {
    limits: Limits,
    open: usize,
    identities: HashMap<u64, usize>,
    addresses: HashMap<IpAddr, usize>,
}

impl Counts {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, open: 0, identities: HashMap::new(), addresses: HashMap::new() }
    }

    pub(super) fn open(&self) -> usize {
        self.open
    }

    /// Counts one more stream, until its ticket is dropped.
    pub(super) fn admit(
        counts: &Arc<Mutex<Self>>,
        identity: &Identity,
        address: Option<IpAddr>,
    ) -> Result<Ticket, Refused> {
        let (identity, address) = (digest_of(identity), address.map(block_of));
        let mut own = lock(counts);
        let Limits { total, per_identity, per_address } = own.limits;
        let of_identity = own.identities.get(&identity).copied().unwrap_or(0);
        let of_address = address.and_then(|address| own.addresses.get(&address).copied()).unwrap_or(0);
        if is_reached(per_identity, of_identity) {
            return Err(Refused::Identity(per_identity));
        }
        if is_reached(per_address, of_address) {
            return Err(Refused::Address(per_address));
        }
        if is_reached(total, own.open) {
            return Err(Refused::Full);
        }
        own.open += 1;
        *own.identities.entry(identity).or_default() += 1;
        if let Some(address) = address {
            *own.addresses.entry(address).or_default() += 1;
        }
        Ok(Ticket { counts: Arc::clone(counts), identity, address })
    }
}

fn is_reached(limit: usize, count: usize) -> bool {
    limit > 0 && count >= limit
}

/// One stream that is counted.
pub(super) struct Ticket {
    counts: Arc<Mutex<Counts>>,
    identity: u64,
    address: Option<IpAddr>,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut counts = lock(&self.counts);
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

    #[test]
    fn a_stream_that_ends_makes_room_for_another() {
        let counts = Arc::new(Mutex::new(Counts::new(Limits { total: 3, per_identity: 2, per_address: 0 })));
        let (ann, bob) = (Identity::device("ann"), Identity::device("bob"));
        let address = Some(IpAddr::from([192, 0, 2, 1]));
        let open = |identity| Counts::admit(&counts, identity, address);
        let (one, _two) = (open(&ann).unwrap(), open(&ann).unwrap());
        assert_eq!(open(&ann).err(), Some(Refused::Identity(2)));
        let _three = open(&bob).unwrap();
        assert_eq!(open(&bob).err(), Some(Refused::Full));
        drop(one);
        assert!(open(&ann).is_ok());
        assert_eq!(lock(&counts).open(), 2, "what was not kept is not counted");
    }

    #[test]
    fn an_address_is_limited_across_identities_and_then_forgotten() {
        let counts = Arc::new(Mutex::new(Counts::new(Limits { total: 0, per_identity: 0, per_address: 2 })));
        let open = |name: &str, last| {
            Counts::admit(&counts, &Identity::device(name), Some(IpAddr::from([192, 0, 2, last])))
        };
        let both = (open("ann", 1).unwrap(), open("bob", 1).unwrap());
        assert_eq!(open("cid", 1).err(), Some(Refused::Address(2)));
        assert!(open("cid", 2).is_ok());
        drop(both);
        let counts = lock(&counts);
        assert!(counts.identities.is_empty() && counts.addresses.is_empty());
    }
}
