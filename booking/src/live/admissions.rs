//! With which admissions people watch, so that a map that is open is closed soon after its admission has ended: finished,
//! or taken back. The end of a token is the watcher's own to see.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use shared::clock::Clock;
use shared::drop::{MAX_SLOTS_ASKED, ended_slots};
use shared::ids::{DropSlug, Sid};
use shared::redis::Redis;
use tokio_util::sync::CancellationToken;

/// The admissions of the open maps of this replica.
#[derive(Default)]
pub(super) struct Admissions(Mutex<HashMap<Sid, Watched>>);

struct Watched {
    drop: DropSlug,
    maps: usize,
    ended: CancellationToken,
}

impl Admissions {
    /// Counts one more map of an admission, until what is returned is dropped.
    pub(super) fn watch(admissions: &Arc<Self>, drop: &DropSlug, sid: Sid) -> Admitted {
        let mut open = admissions.lock();
        let watched = open.entry(sid).or_insert_with(|| Watched {
            drop: drop.clone(),
            maps: 0,
            ended: CancellationToken::new(),
        });
        watched.maps += 1;
        Admitted { admissions: Arc::clone(admissions), sid, ended: watched.ended.clone() }
    }

    /// Asks Redis which of them have ended, and says so to their watchers. What cannot be asked is asked the next time.
    pub(super) async fn look(&self, redis: &Redis, clock: &Clock) {
        for (drop, sids) in self.by_drop() {
            for sids in sids.chunks(MAX_SLOTS_ASKED) {
                match ended_slots(redis, clock, &drop, sids).await {
                    Ok(ended) => self.end(&ended),
                    Err(error) => tracing::debug!(%error, "watchers' admissions could not be looked at"),
                }
            }
        }
    }

    fn by_drop(&self) -> BTreeMap<DropSlug, Vec<Sid>> {
        let mut drops: BTreeMap<DropSlug, Vec<Sid>> = BTreeMap::new();
        for (sid, watched) in self.lock().iter() {
            drops.entry(watched.drop.clone()).or_default().push(*sid);
        }
        drops
    }

    fn end(&self, ended: &[Sid]) {
        let open = self.lock();
        for watched in ended.iter().filter_map(|sid| open.get(sid)) {
            watched.ended.cancel();
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Sid, Watched>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The admission of one open map.
pub(super) struct Admitted {
    admissions: Arc<Admissions>,
    sid: Sid,
    pub(super) ended: CancellationToken,
}

impl Drop for Admitted {
    fn drop(&mut self) {
        if let Entry::Occupied(mut watched) = self.admissions.lock().entry(self.sid) {
            watched.get_mut().maps -= 1;
            if watched.get().maps == 0 {
                watched.remove();
            }
        }
    }
}
