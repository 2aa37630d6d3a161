//! The open seat maps of this replica. Each show that somebody watches has a room: it listens to the show's channel in
//! Redis, gathers changes for a moment and says them once, in bytes that all its watchers share. What a watcher is told
//! over which protocol is `http/seats`'.

mod admissions;
mod frame;
mod room;
mod teller;
mod watcher;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use shared::admission::Admission;
use shared::clock::Clock;
use shared::http::{OpenStreams, StreamLimits, StreamsFull};
use shared::redis::{Heard, Listener};
use shared::service::Tasks;
use shared::store::StoreError;
use tokio_util::sync::CancellationToken;

pub use frame::Frame;
pub use watcher::{End, News, Watcher};

use self::admissions::Admissions;
use self::room::Room;
use crate::domain::catalogue::ShowPlan;
use crate::store::Store;
use crate::store::holds::Holds;

/// How often it is looked whether watchers' admissions have ended.
const LOOK_AT_ADMISSIONS_EVERY: Duration = Duration::from_secs(2);
/// At a stop, watchers have so long to hear the good-bye.
const FAREWELL: Duration = Duration::from_secs(5);

/// Why somebody cannot watch.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// As many watch as may.
    #[error("too many watch")]
    Refused(StreamsFull),
    /// A store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// All open seat maps of this replica.
pub struct Live {
    store: Store,
    clock: Clock,
    heartbeat: Duration,
    rooms: Arc<Rooms>,
    listener: Arc<Listener>,
    counts: OpenStreams,
    admissions: Arc<Admissions>,
    closing: CancellationToken,
}

/// The rooms, by their channels.
#[derive(Default)]
struct Rooms(Mutex<HashMap<String, Arc<Room>>>);

impl Rooms {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Room>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hear(&self, heard: Heard) {
        let (Heard::Listening { channel } | Heard::Message { channel, .. }) = &heard;
        if let Some(room) = self.lock().get(channel) {
            room.hear(heard);
        }
    }
}

impl Live {
    /// No maps are open yet; `heartbeat` is how often something is said where nothing changes.
    ///
    /// Errors: the URL is none of Redis.
    pub fn open(
        store: &Store,
        redis_url: &str,
        limits: StreamLimits,
        heartbeat: Duration,
    ) -> redis::RedisResult<Self> {
        let rooms = Arc::new(Rooms::default());
        let hearing = Arc::clone(&rooms);
        Ok(Self {
            store: store.clone(),
            clock: store.clock.clone(),
            heartbeat,
            rooms,
            listener: Arc::new(Listener::open(redis_url, move |heard| hearing.hear(heard))?),
            counts: OpenStreams::new(limits),
            admissions: Arc::default(),
            closing: CancellationToken::new(),
        })
    }

    /// Says good-bye to watchers whose admissions have ended, and to every watcher when the service stops.
    pub fn start(self: &Arc<Self>, tasks: &Tasks) {
        let live = Arc::clone(self);
        tasks.repeat(LOOK_AT_ADMISSIONS_EVERY, move || {
            let live = Arc::clone(&live);
            async move { live.admissions.look(&live.store.redis, &live.clock).await }
        });
        let (live, stopping) = (Arc::clone(self), tasks.stopping());
        tasks.spawn(async move {
            stopping.cancelled().await;
            live.closing.cancel();
            let all_gone = async {
                while live.watchers() > 0 {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            };
            let _gone_or_cut_off = tokio::time::timeout(FAREWELL, all_gone).await;
        });
    }

    /// How many watch.
    pub fn watchers(&self) -> usize {
        self.counts.open()
    }

    /// Watches a show, for as long as the admission's token is good; `since` is the version of the map that the watcher
    /// has.
    pub async fn watch(
        &self,
        plan: &Arc<ShowPlan>,
        admission: &Admission,
        since: Option<i64>,
    ) -> Result<Watcher, WatchError> {
        let ticket = self.counts.admit(&admission.identity, None).map_err(WatchError::Refused)?;
        let seat = self.enter(plan);
        seat.room.is_open().await?;
        let admitted = Admissions::watch(&self.admissions, &admission.drop, admission.sid);
        let until = admission.expires_at;
        Ok(Watcher::new(seat, (ticket, admitted), since, self.clock.clone(), until, self.closing.clone()))
    }

    /// A seat in the show's room, which is opened for the first.
    fn enter(&self, plan: &Arc<ShowPlan>) -> Seat {
        let channel = Holds::channel(plan.show.show_id);
        let mut rooms = self.rooms.lock();
        let room = rooms.entry(channel.clone()).or_insert_with(|| {
            self.listener.listen(&channel);
            Room::open(plan, &self.store, &self.listener, self.heartbeat)
        });
        room.come();
        Seat {
            room: Arc::clone(room),
            channel,
            rooms: Arc::clone(&self.rooms),
            listener: Arc::clone(&self.listener),
        }
    }
}

/// A seat in a room; with the last of them the room is closed.
pub(crate) struct Seat {
    room: Arc<Room>,
    channel: String,
    rooms: Arc<Rooms>,
    listener: Arc<Listener>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut rooms = self.rooms.lock();
        if self.room.leave() {
            rooms.remove(&self.channel);
            self.listener.ignore(&self.channel);
        }
    }
}
