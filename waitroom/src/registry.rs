//! The drops as this replica knows them, in memory: their rows, reread every second, and how their lines were at the
//! last tick. Public status is answered from here.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use shared::drop::Health;
use shared::ids::DropSlug;

use crate::domain::drop::Drop;
use crate::domain::estimate::Pace;
use crate::domain::line::Tick;

/// A drop and its pulse.
#[derive(Clone)]
pub struct Known {
    /// The drop's row.
    pub drop: Arc<Drop>,
    pulse: Arc<ArcSwap<Pulse>>,
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
}

impl Known {
    /// The last tick.
    pub fn pulse(&self) -> Arc<Pulse> {
        self.pulse.load_full()
    }

    /// Remembers a tick.
    pub fn beat(&self, tick: Tick, health: Option<Health>) {
        let rate = self.drop.settings.rate_per_minute;
        let pace = self.pulse.load().pace.after(tick.now_ms, tick.calls, tick.frontier, rate);
        self.pulse.store(Arc::new(Pulse { tick: Some(tick), health, pace }));
    }
}

/// All drops, by name.
#[derive(Default)]
pub struct Registry(ArcSwap<HashMap<DropSlug, Known>>);

impl Registry {
    /// The drop of this name.
    pub fn get(&self, slug: &DropSlug) -> Option<Known> {
        self.0.load().get(slug).cloned()
    }

    /// All drops, by name.
    pub fn all(&self) -> Vec<Known> {
        let mut all: Vec<Known> = self.0.load().values().cloned().collect();
        all.sort_by(|one, other| one.drop.slug.cmp(&other.drop.slug));
        all
    }

    /// Takes over rows that were read; an older version never replaces a newer one.
    pub fn learn(&self, rows: &[Drop]) {
        self.0.rcu(|known| {
            let mut known = HashMap::clone(known);
            for row in rows {
                let pulse = match known.get(&row.slug) {
                    Some(old) if old.drop.revision() >= row.revision() => continue,
                    Some(old) => Arc::clone(&old.pulse),
                    None => Arc::default(),
                };
                known.insert(row.slug.clone(), Known { drop: Arc::new(row.clone()), pulse });
            }
            known
        });
    }
}
