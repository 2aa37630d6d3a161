//! The drops as this replica knows them, in memory: their rows, reread every second, how their lines were at the last
//! tick, and whom it saw there. Public status and the polls of who waits are answered from here.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use jiff::Timestamp;
use shared::drop::Health;
use shared::ids::DropSlug;
use tokio::sync::watch;

use crate::domain::drop::{Drop, DropState};
use crate::domain::estimate::{Moment, Pace, Promises};
use crate::domain::line::{RankTable, Tick};
use crate::memory::{Memory, Room};
use crate::stats::{Book, Samples};
use crate::ticker::{Following, Looks};

/// A drop and its pulse.
#[derive(Clone)]
pub struct Known {
    /// The drop's row.
    pub drop: Arc<Drop>,
    /// By how much the drop's salt turns the circle of drawn scores.
    pub turn: u64,
    live: Arc<Live>,
}

/// What outlives a change of the row.
struct Live {
    pulse: ArcSwap<Pulse>,
    beats: watch::Sender<u64>,
    memory: Memory,
    promises: Mutex<Promises>,
    looks: Mutex<Looks>,
    following: tokio::sync::Mutex<Following>,
    samples: Mutex<Samples>,
    book: tokio::sync::Mutex<Book>,
}

/// How a line was at the last tick.
#[derive(Clone, Debug, Default)]
pub struct Pulse {
    /// What the tick said; `None` before the first.
    pub tick: Option<Tick>,
    /// What booking last said.
    pub health: Option<Health>,
    /// How fast the line moves.
    pub pace: Pace,
    /// The ranks as they were last measured; `None` before the first measurement.
    pub table: Option<Arc<RankTable>>,
}

impl Known {
    fn new(drop: Drop, live: Arc<Live>) -> Self {
        Self { turn: drop.turn(), drop: Arc::new(drop), live }
    }

    /// The last tick.
    pub fn pulse(&self) -> Arc<Pulse> {
        self.live.pulse.load_full()
    }

    /// Remembers a tick, and tells who waits for news.
    pub fn beat(&self, tick: Tick, health: Option<Health>, now: Timestamp) {
        let old = self.live.pulse.load();
        let pulse = Pulse { tick: Some(tick), health, pace: old.pace.clone(), table: old.table.clone() };
        self.learn(pulse, now);
    }

    /// Remembers a measurement of ranks, and tells who waits for news.
    pub fn measured(&self, table: RankTable, now: Timestamp) {
        let old = Pulse::clone(&self.live.pulse.load());
        self.learn(Pulse { table: Some(Arc::new(table)), ..old }, now);
    }

    fn learn(&self, mut pulse: Pulse, now: Timestamp) {
        if let Some(tick) = &pulse.tick {
            let settings = &self.drop.settings;
            let is_open = self.drop.state(now, pulse.health.as_ref()) == DropState::Open;
            pulse.pace = pulse.pace.after(&Moment {
                now_ms: tick.now_ms,
                calls: tick.calls,
                frontier: tick.frontier,
                rate_per_minute: settings.rate_per_minute,
                burst: settings.burst,
                is_calling: is_open && tick.opened,
                table: pulse.table.as_ref(),
            });
        }
        self.live.pulse.store(Arc::new(pulse));
        self.stir();
    }

    /// Tells who waits for news that there are some.
    pub fn stir(&self) {
        self.live.beats.send_modify(|beats| *beats = beats.wrapping_add(1));
    }

    /// Changes with every tick, measurement and batch of moves.
    pub fn beats(&self) -> watch::Receiver<u64> {
        self.live.beats.subscribe()
    }

    /// Whom this replica saw.
    pub fn memory(&self) -> &Memory {
        &self.live.memory
    }

    /// The estimates that are to be checked.
    pub fn promises(&self) -> MutexGuard<'_, Promises> {
        lock(&self.live.promises)
    }

    /// When this replica looked for somebody to call.
    pub(crate) fn looks(&self) -> MutexGuard<'_, Looks> {
        lock(&self.live.looks)
    }

    /// How far this replica follows the line.
    pub(crate) async fn following(&self) -> tokio::sync::MutexGuard<'_, Following> {
        self.live.following.lock().await
    }

    /// What this replica has sampled.
    pub(crate) fn samples(&self) -> MutexGuard<'_, Samples> {
        lock(&self.live.samples)
    }

    /// The drop's numbers.
    pub(crate) async fn book(&self) -> tokio::sync::MutexGuard<'_, Book> {
        self.live.book.lock().await
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// All drops, by name.
#[derive(Default)]
pub struct Registry {
    drops: ArcSwap<HashMap<DropSlug, Known>>,
    room: Arc<Room>,
}

impl Registry {
    /// The drop of this name.
    pub fn get(&self, slug: &DropSlug) -> Option<Known> {
        self.drops.load().get(slug).cloned()
    }

    /// All drops, by name.
    pub fn all(&self) -> Vec<Known> {
        let mut all: Vec<Known> = self.drops.load().values().cloned().collect();
        all.sort_by(|one, other| one.drop.slug.cmp(&other.drop.slug));
        all
    }

    /// Takes over rows that were read; an older version never replaces a newer one.
    pub fn learn(&self, rows: &[Drop]) {
        let is_known =
            |row: &Drop| self.get(&row.slug).is_some_and(|known| known.drop.revision() >= row.revision());
        let news: Vec<&Drop> = rows.iter().filter(|row| !is_known(row)).collect();
        if news.is_empty() {
            return;
        }
        self.drops.rcu(|known| {
            let mut known = HashMap::clone(known);
            for row in &news {
                let live = match known.get(&row.slug) {
                    Some(old) if old.drop.revision() >= row.revision() => continue,
                    Some(old) => Arc::clone(&old.live),
                    None => Arc::new(self.new_line()),
                };
                known.insert(row.slug.clone(), Known::new(Drop::clone(row), live));
            }
            known
        });
        for row in news {
            if let Some(known) = self.get(&row.slug) {
                known.stir();
            }
        }
    }

    fn new_line(&self) -> Live {
        Live {
            pulse: ArcSwap::default(),
            beats: watch::Sender::default(),
            memory: Memory::new(Arc::clone(&self.room)),
            promises: Mutex::default(),
            looks: Mutex::default(),
            following: tokio::sync::Mutex::default(),
            samples: Mutex::default(),
            book: tokio::sync::Mutex::default(),
        }
    }
}
