//! The task of a room: gathers what changes, and tells it.
//!
//! What the channel says is only the fastest way: a look at the show's version, twice a second, finds what was published
//! and not heard, and reads it from the stream of changes.

use std::sync::{Arc, Weak};
use std::time::Duration;

use metrics::counter;
use shared::redis::{Heard, Listener};
use shared::store::StoreError;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior};

use super::frame::Frame;
use super::room::Room;
use crate::domain::live::{Change, Fits, History, Merged, parse_changes};
use crate::metrics::{LIVE_FRAMES, LIVE_RELOADS};
use crate::store::Store;

/// Changes are gathered for so long before they are told.
const GATHER: Duration = Duration::from_millis(100);
/// How often the version is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// So many looks in a row that found what nothing was heard of mean that the listener is deaf.
const DEAF_AFTER: u32 = 2;

/// Tells the watchers of one room.
pub(super) struct Teller {
    room: Weak<Room>,
    store: Store,
    listener: Arc<Listener>,
    heartbeat: Duration,
    /// When something was told last.
    spoke: Instant,
    /// When what is gathered is told.
    tell_at: Option<Instant>,
    has_heard: bool,
    missed: u32,
}

impl Teller {
    /// A teller for this room; it does not keep the room.
    pub(super) fn new(
        room: &Arc<Room>,
        store: &Store,
        listener: &Arc<Listener>,
        heartbeat: Duration,
    ) -> Self {
        Self {
            room: Arc::downgrade(room),
            store: store.clone(),
            listener: Arc::clone(listener),
            heartbeat,
            spoke: Instant::now(),
            tell_at: None,
            has_heard: false,
            missed: 0,
        }
    }

    /// Tells until the room is gone.
    pub(super) async fn run(mut self, mut heard: mpsc::Receiver<Heard>) {
        let mut look = tokio::time::interval(LOOK_EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                message = heard.recv() => match message {
                    Some(message) => self.hear(message).await,
                    None => return,
                },
                _ = look.tick() => self.look().await,
                () = until(self.tell_at) => self.tell(),
            }
        }
    }

    async fn hear(&mut self, heard: Heard) {
        let Some(room) = self.room.upgrade() else { return };
        let change = match &heard {
            Heard::Listening { .. } => None,
            Heard::Message { payload, .. } => {
                self.has_heard = true;
                change(payload)
            }
        };
        let fits = match change {
            Some(change) if *room.opened.borrow() => room.history().add(change),
            // Another epoch began, or something may have been missed.
            _ => Fits::Gap,
        };
        match fits {
            Fits::Next => self.gather(),
            Fits::Known => {}
            Fits::Gap => drop(self.catch_up(&room).await),
        }
    }

    /// Finds what was not heard.
    async fn look(&mut self) {
        let Some(room) = self.room.upgrade() else { return };
        self.look_at_show(&room).await;
        let is_news = matches!(self.catch_up(&room).await, Ok(true));
        self.missed = if is_news && !self.has_heard { self.missed + 1 } else { 0 };
        self.has_heard = false;
        if self.missed >= DEAF_AFTER {
            self.missed = 0;
            self.listener.doubt();
        }
        if self.spoke.elapsed() >= self.heartbeat && *room.opened.borrow() {
            let told = room.history().told();
            let nothing = Merged { since: told, version: told, seats: Vec::new() };
            self.say(&room, Frame::changes(&room.plan, &nothing, self.store.clock.now()));
        }
    }

    /// Says good-bye where the show will not be shown any more. What an operator changed is known a second later.
    async fn look_at_show(&self, room: &Room) {
        if let Ok(Some(plan)) = self.store.plans.get(room.show).await
            && !plan.show.is_on_sale(self.store.clock.now())
        {
            room.over.cancel();
        }
    }

    /// Reads what the history lacks; whether that was something.
    async fn catch_up(&mut self, room: &Room) -> Result<bool, StoreError> {
        let is_open = *room.opened.borrow();
        let known = if is_open { room.history().version() } else { 0 };
        let read = match self.store.holds.changes_after(room.show, known).await {
            Err(StoreError::Lost) if !is_open && self.store.load_show(room.show).await? => {
                self.store.holds.changes_after(room.show, known).await?
            }
            read => read?,
        };
        if !is_open {
            *room.history() = History::of(read.version, read.changes);
            room.opened.send_replace(true);
            return Ok(false);
        }
        // An older version is that of an earlier memory, which is about to be replaced.
        if read.version <= known {
            return Ok(false);
        }
        let is_complete = {
            let mut history = room.history();
            for change in read.changes.iter().cloned() {
                history.add(change);
            }
            history.version() == read.version
        };
        if is_complete {
            self.gather();
        } else {
            *room.history() = History::of(read.version, read.changes);
            self.reload(room, read.version);
        }
        Ok(true)
    }

    fn gather(&mut self) {
        self.tell_at.get_or_insert_with(|| Instant::now() + GATHER);
    }

    /// Tells what was gathered.
    fn tell(&mut self) {
        self.tell_at = None;
        let Some(room) = self.room.upgrade() else { return };
        let now = self.store.clock.now();
        // Told under the lock, so that whoever joins hears it either now or from the history.
        let mut history = room.history();
        match history.tell() {
            Some(Ok(merged)) => self.say(&room, Frame::changes(&room.plan, &merged, now)),
            Some(Err(version)) => self.reload(&room, version),
            None => {}
        }
    }

    fn reload(&mut self, room: &Room, version: i64) {
        counter!(LIVE_RELOADS).increment(1);
        self.say(room, Frame::reload(version));
    }

    fn say(&mut self, room: &Room, frame: Frame) {
        counter!(LIVE_FRAMES).increment(1);
        self.spoke = Instant::now();
        let _nobody_is_left = room.frames.send(frame);
    }
}

/// The change that a message tells of; none where another epoch began.
fn change(payload: &str) -> Option<Change> {
    let (version, changes) = payload.split_once(' ')?;
    Some(Change { version: version.parse().ok()?, seats: parse_changes(changes)? })
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
