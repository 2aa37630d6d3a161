//! The open streams of this replica: how many there may be, and who is woken when. A stream has no timer of its own:
//! one conductor looks at all of them a few times a second, wakes those that are due or have news, and hangs up on
//! those that do not read. What a stream tells its visitor is `http/streams.rs`.

mod hall;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use shared::http::{OpenStreams, StreamLimits, StreamTicket, StreamsFull};
use shared::ids::{DropSlug, Identity};
use shared::service::{Hangup, Tasks};

pub use hall::Seat;

use self::hall::{Hall, News};
use crate::app::AppState;
use crate::domain::place::PlaceId;

/// How often the conductor looks.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// All streams of this replica.
pub struct Streams {
    began: Instant,
    is_closing: AtomicBool,
    counts: OpenStreams,
    halls: Mutex<HashMap<DropSlug, Arc<Hall>>>,
}

impl Streams {
    /// None yet, and no more than these.
    pub fn new(limits: StreamLimits) -> Self {
        Self {
            began: Instant::now(),
            is_closing: AtomicBool::new(false),
            counts: OpenStreams::new(limits),
            halls: Mutex::default(),
        }
    }

    /// Milliseconds since this replica began, by the monotonic clock.
    pub fn now_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Whether the replica stops: every stream says good-bye.
    pub fn is_closing(&self) -> bool {
        self.is_closing.load(Ordering::Acquire)
    }

    /// How many are open.
    pub fn open(&self) -> usize {
        self.counts.open()
    }

    /// A seat for a stream of this place; giving the seat up makes room.
    ///
    /// Errors: too many of this identity, of this address, or in all.
    pub fn enter(
        &self,
        drop: &DropSlug,
        place: PlaceId,
        identity: &Identity,
        address: Option<IpAddr>,
        hangup: Hangup,
    ) -> Result<Taken, StreamsFull> {
        let ticket = self.counts.admit(identity, address)?;
        let mut halls = lock(&self.halls);
        let hall = match halls.get(drop) {
            Some(hall) => Arc::clone(hall),
            None => Arc::clone(halls.entry(drop.clone()).or_default()),
        };
        // While `halls` is locked, no conductor can take the hall for an empty one and forget it.
        let seat = hall.seat(place, hangup);
        Ok(Taken { seat, hall, _ticket: ticket })
    }

    /// One round of the conductor.
    fn conduct(&self, app: &AppState) {
        let now_ms = self.now_ms();
        let halls: Vec<_> = {
            let mut halls = lock(&self.halls);
            halls.retain(|_, hall| !hall.is_empty());
            halls.iter().map(|(drop, hall)| (drop.clone(), Arc::clone(hall))).collect()
        };
        for (drop, hall) in halls {
            if let Some(known) = app.registry.get(&drop) {
                let news = News::of(&known, app.clock.now());
                hall.conduct(now_ms, &news, |place| known.memory().knows_waiting(place));
            }
        }
    }

    /// Lets every stream say good-bye, and admits no more.
    fn close(&self) {
        self.is_closing.store(true, Ordering::Release);
        for hall in lock(&self.halls).values() {
            hall.wake_all();
        }
    }
}

/// Starts the conductor.
pub fn start(app: &AppState, tasks: &Tasks) {
    let conducting = app.clone();
    tasks.repeat(LOOK_EVERY, move || {
        conducting.streams.conduct(&conducting);
        std::future::ready(())
    });
    let (closing, stopping) = (app.clone(), tasks.stopping());
    tasks.spawn(async move {
        stopping.cancelled().await;
        closing.streams.close();
    });
}

/// A seat that is taken; dropping it gives it up.
pub struct Taken {
    seat: Arc<Seat>,
    hall: Arc<Hall>,
    _ticket: StreamTicket,
}

impl std::ops::Deref for Taken {
    type Target = Seat;

    fn deref(&self) -> &Seat {
        &self.seat
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.hall.leave(&self.seat);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
