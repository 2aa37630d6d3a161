//! Place tokens whose signature was found genuine, so that each is checked once and not with every poll.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::visit::PlaceProof;

const SHARDS: usize = 16;
/// How many tokens a half of a shard has: 2 · 16 · 4,096 in all, about 300 bytes each.
const MOST: usize = 4_096;

/// Tokens by a digest that nobody outside can aim at: two `SipHash`es with keys that this process drew. Two halves, the
/// older is dropped whole when the younger is full.
pub struct Proofs {
    keys: [RandomState; 2],
    shards: Vec<Mutex<Halves>>,
}

#[derive(Default)]
struct Halves {
    young: HashMap<u128, Arc<PlaceProof>>,
    old: HashMap<u128, Arc<PlaceProof>>,
}

impl Default for Proofs {
    fn default() -> Self {
        Self {
            keys: [RandomState::new(), RandomState::new()],
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
        }
    }
}

impl Proofs {
    /// What this token proves about a drop: as remembered, or as `check` finds.
    pub fn proof(
        &self,
        drop: &str,
        token: &str,
        check: impl FnOnce() -> Option<PlaceProof>,
    ) -> Option<Arc<PlaceProof>> {
        let [one, two] = self.keys.each_ref().map(|keys| keys.hash_one((drop, token)));
        let digest = u128::from(one) << 64 | u128::from(two);
        let shard = &self.shards[usize::try_from(one % SHARDS as u64).unwrap_or_default()];
        if let Some(known) = shard.lock().unwrap_or_else(PoisonError::into_inner).get(digest) {
            return Some(known);
        }
        let proof = Arc::new(check()?);
        shard.lock().unwrap_or_else(PoisonError::into_inner).put(digest, Arc::clone(&proof));
        Some(proof)
    }
}

impl Halves {
    fn get(&mut self, digest: u128) -> Option<Arc<PlaceProof>> {
        if let Some(known) = self.young.get(&digest) {
            return Some(Arc::clone(known));
        }
        let known = self.old.remove(&digest)?;
        self.put(digest, Arc::clone(&known));
        Some(known)
    }

    fn put(&mut self, digest: u128, proof: Arc<PlaceProof>) {
        if self.young.len() >= MOST {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(digest, proof);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use shared::ids::Identity;
    use uuid::Uuid;

    use super::*;
    use crate::domain::place::PlaceId;

    fn proof(n: u128) -> PlaceProof {
        PlaceProof {
            identity: Identity::device("abc"),
            place: PlaceId(Uuid::from_u128(n)),
            score: None,
            epoch: 1,
            began_behind: None,
        }
    }

    #[test]
    fn a_token_is_checked_once_for_each_drop() {
        let (proofs, checks) = (Proofs::default(), Cell::new(0));
        let check = || {
            checks.set(checks.get() + 1);
            Some(proof(7))
        };
        for _ in 0..3 {
            assert_eq!(proofs.proof("one", "token", check).as_deref(), Some(&proof(7)));
        }
        assert_eq!(checks.get(), 1);
        assert_eq!(proofs.proof("two", "token", || None), None);
        assert_eq!(proofs.proof("one", "tokem", || None), None);
    }

    #[test]
    fn what_is_no_proof_is_not_remembered_and_what_is_remembered_is_bounded() {
        let proofs = Proofs::default();
        assert_eq!(proofs.proof("one", "forged", || None), None);
        for n in 0..200_000_u128 {
            proofs.proof("one", &n.to_string(), || Some(proof(n)));
        }
        let kept: usize = proofs
            .shards
            .iter()
            .map(|shard| shard.lock().unwrap())
            .map(|shard| shard.young.len() + shard.old.len())
            .sum();
        assert!(kept <= 2 * SHARDS * MOST, "{kept}");
    }
}
