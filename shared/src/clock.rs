//! Time as a parameter. Production reads the system's clock, tests move a [`ManualClock`].

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::Timestamp;

/// Where a service takes the time from.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The machine's clock for the services, Redis's own clock for the scripts.
    #[default]
    System,
    /// A clock that only moves when it is told to.
    Manual(ManualClock),
}

impl Clock {
    /// The time now.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the system's clock")]
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => Timestamp::now(),
            Self::Manual(clock) => clock.now(),
        }
    }

    /// What scripts take as `now_ms`: 0 tells them to use Redis `TIME`, so that replicas whose clocks differ
    /// agree; a manual clock gives its own milliseconds.
    pub fn script_ms(&self) -> i64 {
        match self {
            Self::System => 0,
            Self::Manual(clock) => clock.now().as_millisecond(),
        }
    }
}

/// A clock for tests. Clones share the time.
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    /// A clock that stands at `start`, to the millisecond.
    pub fn at(start: Timestamp) -> Self {
        Self(Arc::new(AtomicI64::new(start.as_millisecond())))
    }

    /// The time the clock stands at.
    pub fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.0.load(Ordering::SeqCst))
            .expect("a manual clock stays within the range of timestamps")
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        let ms = i64::try_from(by.as_millis()).expect("a test advances by less than 292 million years");
        self.0.fetch_add(ms, Ordering::SeqCst);
    }

    /// Puts the clock to `time`, which may be in the past: scripts must not let time run backwards.
    pub fn set(&self, time: Timestamp) {
        self.0.store(time.as_millisecond(), Ordering::SeqCst);
    }
}

impl From<ManualClock> for Clock {
    fn from(clock: ManualClock) -> Self {
        Self::Manual(clock)
    }
}
