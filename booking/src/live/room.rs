//! The watchers of one show on this replica: what they have been told, and where they hear more. What there is to tell
//! is `teller`'s.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use shared::redis::{Heard, Listener};
use shared::store::{Dependency, STORE_TIMEOUT, StoreError};
use tokio::sync::{broadcast, mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::frame::Frame;
use super::teller::Teller;
use crate::domain::catalogue::ShowPlan;
use crate::domain::ids::ShowId;
use crate::domain::live::History;
use crate::store::Store;

/// Messages that wait for the task; what finds no room is found by the next look.
const INBOX: usize = 1024;
/// Frames that a watcher may be behind before it is told them as one.
const BEHIND: usize = 16;

/// A show that somebody watches.
pub(super) struct Room {
    pub(super) show: ShowId,
    pub(super) plan: Arc<ShowPlan>,
    watchers: AtomicUsize,
    inbox: mpsc::Sender<Heard>,
    history: Mutex<History>,
    pub(super) frames: broadcast::Sender<Frame>,
    pub(super) opened: watch::Sender<bool>,
    /// The show was cancelled, or is over: nothing changes any more.
    pub(super) over: CancellationToken,
}

impl Room {
    /// Opens a room; its task ends when the room is dropped.
    pub(super) fn open(
        plan: &Arc<ShowPlan>,
        store: &Store,
        listener: &Arc<Listener>,
        heartbeat: Duration,
    ) -> Arc<Self> {
        let (inbox, heard) = mpsc::channel(INBOX);
        let room = Arc::new(Self {
            show: plan.show.show_id,
            plan: Arc::clone(plan),
            watchers: AtomicUsize::new(0),
            inbox,
            history: Mutex::new(History::at(0)),
            frames: broadcast::Sender::new(BEHIND),
            opened: watch::Sender::new(false),
            over: CancellationToken::new(),
        });
        tokio::spawn(Teller::new(&room, store, listener, heartbeat).run(heard));
        room
    }

    pub(super) fn hear(&self, heard: Heard) {
        let _found_by_the_next_look = self.inbox.try_send(heard);
    }

    /// Only under the lock of all rooms.
    pub(super) fn come(&self) {
        self.watchers.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether that was the last. Only under the lock of all rooms.
    pub(super) fn leave(&self) -> bool {
        self.watchers.fetch_sub(1, Ordering::Relaxed) == 1
    }

    /// Waits until the show's version is known.
    pub(super) async fn is_open(&self) -> Result<(), StoreError> {
        let mut opened = self.opened.subscribe();
        let opened = opened.wait_for(|is_open| *is_open);
        match tokio::time::timeout(STORE_TIMEOUT, opened).await {
            Ok(Ok(_)) => Ok(()),
            _ => Err(StoreError::Unavailable {
                dependency: Dependency::Redis,
                reason: "the changes of the show cannot be read".to_owned(),
            }),
        }
    }

    /// What follows, and before it what somebody has to be told who knows this version: nothing is lost between them.
    pub(super) fn join(&self, since: Option<i64>, at: Timestamp) -> (Vec<Frame>, broadcast::Receiver<Frame>) {
        let history = self.history();
        let frames = self.frames.subscribe();
        let told = history.told();
        let first = match since.map(|known| (known, history.since(known))) {
            None => vec![Frame::version(told)],
            Some((_, None)) => vec![Frame::reload(told)],
            Some((known, Some(merged))) => {
                let mut first = vec![Frame::version(known)];
                if merged.version > known {
                    first.push(Frame::changes(&self.plan, &merged, at));
                }
                first
            }
        };
        (first, frames)
    }

    pub(super) fn history(&self) -> MutexGuard<'_, History> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
