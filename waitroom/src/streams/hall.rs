//! The streams of one drop, and the rule by which each of them is woken.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Waker;

use futures::task::AtomicWaker;
use jiff::Timestamp;
use shared::service::Hangup;
use uuid::Uuid;

use super::lock;
use crate::domain::drop::DropState;
use crate::domain::place::PlaceId;
use crate::registry::Known;

/// A stream that was woken and does not come for so long has a client that does not read.
const PATIENCE_MS: u64 = 30_000;
/// How many are woken in one round because their place has moved: when nobody is known to wait any more, after a loss of
/// Redis, all ask it again, but not all at once.
const MOVED_A_ROUND: usize = 2_000;
/// Not woken, or has come.
const NEVER: u64 = u64::MAX;

/// The streams of one drop, by the identity behind the place, whose successors are the same visitor's.
#[derive(Default)]
pub(super) struct Hall {
    seats: Mutex<HashMap<u128, Vec<Arc<Seat>>>>,
    told: Mutex<Option<Told>>,
}

/// What all visitors of a drop are told of at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Told {
    state: DropState,
    version: i64,
    epoch: i64,
    opened: bool,
}

/// What the conductor knows of a drop in one of its rounds.
pub(super) struct News {
    told: Told,
}

impl News {
    pub(super) fn of(known: &Known, now: Timestamp) -> Self {
        let (drop, pulse) = (&known.drop, known.pulse());
        let health = pulse.health.as_ref().filter(|health| !health.is_stale(now.as_millisecond()));
        let tick = pulse.tick.as_ref();
        let told = Told {
            state: drop.state(now, health),
            version: drop.version,
            epoch: tick.map_or(drop.epoch, |tick| tick.epoch),
            opened: tick.is_some_and(|tick| tick.opened),
        };
        Self { told }
    }
}

impl Hall {
    pub(super) fn is_empty(&self) -> bool {
        lock(&self.seats).is_empty()
    }

    pub(super) fn seat(&self, place: PlaceId, hangup: Hangup) -> Arc<Seat> {
        let seat = Arc::new(Seat::new(visitor_of(place), hangup));
        lock(&self.seats).entry(seat.visitor).or_default().push(Arc::clone(&seat));
        seat
    }

    pub(super) fn leave(&self, seat: &Arc<Seat>) {
        let mut seats = lock(&self.seats);
        if let Some(own) = seats.get_mut(&seat.visitor) {
            own.retain(|other| !Arc::ptr_eq(other, seat));
            if own.is_empty() {
                seats.remove(&seat.visitor);
            }
        }
    }

    pub(super) fn wake_all(&self) {
        for seat in lock(&self.seats).values().flatten() {
            seat.waker.wake();
        }
    }

    /// Wakes who is due or has news, and hangs up on who does not come.
    pub(super) fn conduct(&self, now_ms: u64, news: &News, waits: impl Fn(PlaceId) -> bool) {
        let told = lock(&self.told).replace(news.told);
        let for_all = told.is_some_and(|told| told != news.told);
        let mut moved = 0;
        for seat in lock(&self.seats).values().flatten() {
            if moved < MOVED_A_ROUND && seat.has_moved(&waits) {
                seat.has_news.store(true, Ordering::Release);
                moved += 1;
            }
            if for_all {
                seat.has_news.store(true, Ordering::Release);
            }
            seat.conduct(now_ms);
        }
    }
}

/// A place's id without its generation.
fn visitor_of(place: PlaceId) -> u128 {
    place.of_generation(0).0.as_u128()
}

/// A stream as the conductor sees it.
pub struct Seat {
    visitor: u128,
    generation: AtomicU16,
    /// Whether the replica knew the place to wait when the stream last looked.
    waits: AtomicBool,
    waker: AtomicWaker,
    hangup: Hangup,
    /// When it wants to be woken.
    due_ms: AtomicU64,
    /// When it was woken, while it has not come.
    woken_ms: AtomicU64,
    has_news: AtomicBool,
}

impl Seat {
    fn new(visitor: u128, hangup: Hangup) -> Self {
        Self {
            visitor,
            generation: AtomicU16::new(0),
            waits: AtomicBool::new(false),
            waker: AtomicWaker::new(),
            hangup,
            due_ms: AtomicU64::new(0),
            woken_ms: AtomicU64::new(NEVER),
            has_news: AtomicBool::new(false),
        }
    }

    /// The stream has come and can be woken again.
    pub fn come(&self, waker: &Waker) {
        self.waker.register(waker);
        self.woken_ms.store(NEVER, Ordering::Release);
    }

    /// The stream waits until then, or for news.
    pub fn wake_at(&self, due_ms: u64) {
        self.due_ms.store(due_ms, Ordering::Release);
    }

    /// The stream has looked at this place, and whether this replica knows it to wait: when it no more does, that is news.
    pub fn looked(&self, place: PlaceId, waits: bool) {
        self.generation.store(place.generation(), Ordering::Release);
        self.waits.store(waits, Ordering::Release);
    }

    fn has_moved(&self, waits: impl Fn(PlaceId) -> bool) -> bool {
        let place =
            PlaceId(Uuid::from_u128(self.visitor)).of_generation(self.generation.load(Ordering::Acquire));
        let has_moved = self.waits.load(Ordering::Acquire) && !waits(place);
        if has_moved {
            self.waits.store(false, Ordering::Release);
        }
        has_moved
    }

    /// Whether there was news since the last time.
    pub fn take_news(&self) -> bool {
        self.has_news.swap(false, Ordering::AcqRel)
    }

    fn conduct(&self, now_ms: u64) {
        if now_ms < self.due_ms.load(Ordering::Acquire) && !self.has_news.load(Ordering::Acquire) {
            return;
        }
        match self.woken_ms.load(Ordering::Acquire) {
            NEVER => {
                self.woken_ms.store(now_ms, Ordering::Release);
                self.waker.wake();
            }
            woken_ms if now_ms.saturating_sub(woken_ms) > PATIENCE_MS => self.hangup.hang_up(),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::task::Wake;

    use futures::FutureExt as _;

    use super::*;

    #[derive(Default)]
    struct Bell(AtomicUsize);

    impl Wake for Bell {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    struct Listener {
        seat: Arc<Seat>,
        bell: Arc<Bell>,
    }

    impl Listener {
        fn of(hall: &Hall, place: u128, due_ms: u64) -> Self {
            let own = Self {
                seat: hall.seat(PlaceId(Uuid::from_u128(place)), Hangup::default()),
                bell: Arc::default(),
            };
            own.come(due_ms);
            own
        }

        fn come(&self, due_ms: u64) {
            self.seat.come(&Waker::from(Arc::clone(&self.bell)));
            self.seat.wake_at(due_ms);
        }

        fn rings(&self) -> usize {
            self.bell.0.load(Ordering::SeqCst)
        }
    }

    fn news(state: DropState) -> News {
        News { told: Told { state, version: 1, epoch: 0, opened: true } }
    }

    #[test]
    fn a_stream_is_woken_once_when_it_is_due() {
        let hall = Hall::default();
        let listener = Listener::of(&hall, 1 << 16, 1_000);
        for now_ms in [0, 900, 1_100, 1_300] {
            hall.conduct(now_ms, &news(DropState::Open), |_| true);
        }
        assert_eq!(listener.rings(), 1);
        listener.come(2_000);
        hall.conduct(2_100, &news(DropState::Open), |_| true);
        assert_eq!(listener.rings(), 2);
    }

    #[test]
    fn a_change_of_the_drop_wakes_everybody() {
        let hall = Hall::default();
        let both = [Listener::of(&hall, 1 << 16, 9_000), Listener::of(&hall, 2 << 16, 9_000)];
        hall.conduct(0, &news(DropState::Open), |_| true);
        hall.conduct(200, &news(DropState::Paused), |_| true);
        hall.conduct(400, &news(DropState::Paused), |_| true);
        for listener in both {
            assert_eq!(listener.rings(), 1);
            assert!(listener.seat.take_news() && !listener.seat.take_news());
        }
    }

    #[test]
    fn a_place_that_moves_wakes_its_own_stream_once() {
        let hall = Hall::default();
        let both = [Listener::of(&hall, 1 << 16, 9_000), Listener::of(&hall, 2 << 16, 9_000)];
        for (listener, place) in both.iter().zip([(1 << 16) + 3, 2 << 16]) {
            listener.seat.looked(PlaceId(Uuid::from_u128(place)), true);
        }
        let only_the_second = |place: PlaceId| place.0.as_u128() == 2 << 16;
        hall.conduct(0, &news(DropState::Open), only_the_second);
        hall.conduct(200, &news(DropState::Open), only_the_second);
        assert_eq!(both.map(|listener| listener.rings()), [1, 0]);
    }

    #[test]
    fn when_all_have_moved_they_are_woken_one_crowd_after_the_other() {
        let hall = Hall::default();
        let all: Vec<Listener> =
            (1..=MOVED_A_ROUND as u128 + 1).map(|n| Listener::of(&hall, n << 16, 9_000)).collect();
        for listener in &all {
            listener.seat.looked(PlaceId(Uuid::from_u128(listener.seat.visitor)), true);
        }
        let woken = || all.iter().map(Listener::rings).sum::<usize>();
        hall.conduct(0, &news(DropState::Open), |_| false);
        assert_eq!(woken(), MOVED_A_ROUND);
        hall.conduct(200, &news(DropState::Open), |_| false);
        assert_eq!(woken(), all.len());
    }

    #[test]
    fn who_does_not_come_is_hung_up_on() {
        let hall = Hall::default();
        let listener = Listener::of(&hall, 1 << 16, 1_000);
        let is_hung_up = || listener.seat.hangup.hung_up().now_or_never().is_some();
        hall.conduct(1_000, &news(DropState::Open), |_| true);
        hall.conduct(PATIENCE_MS, &news(DropState::Open), |_| true);
        assert!(!is_hung_up());
        hall.conduct(PATIENCE_MS + 1_200, &news(DropState::Open), |_| true);
        assert!(is_hung_up());
    }

    #[test]
    fn a_hall_is_empty_when_the_last_stream_has_left() {
        let hall = Hall::default();
        let both = [Listener::of(&hall, 1 << 16, 0), Listener::of(&hall, (1 << 16) + 1, 0)];
        for listener in &both {
            assert!(!hall.is_empty());
            hall.leave(&listener.seat);
        }
        assert!(hall.is_empty());
    }
}
