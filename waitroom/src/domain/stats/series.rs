//! The counts by minute.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::joins::JoinedMinute;
use super::{ByMinute, minute_of, time};

/// How many minutes are told: a day.
const MOST: usize = 1_440;

/// What happened in a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Minute {
    /// When it began.
    pub at: Timestamp,
    /// Places taken.
    pub joined: u64,
    /// Places called.
    pub called: u64,
    /// Admissions picked up.
    pub admitted: u64,
    /// Turns that were had.
    pub finished: u64,
    /// Slots that lapsed unclaimed or unused.
    pub lapsed: u64,
    /// Places given up.
    pub left: u64,
    /// Places set aside.
    pub set_aside: u64,
    /// How many waited at its end; null where nobody looked.
    pub waiting: Option<u64>,
    /// How many slots were taken at its end; null where nobody looked.
    pub active: Option<u64>,
}

/// The minutes in which something happened.
#[derive(Clone, Debug, Default)]
pub(super) struct Minutes(ByMinute<Minute>);

impl Minutes {
    /// The minute of this time.
    pub(super) fn at(&mut self, at_ms: i64) -> &mut Minute {
        at(&mut self.0, minute_of(at_ms))
    }

    /// The last minutes, with what was sampled in them.
    pub(super) fn with(&self, sampled: &ByMinute<JoinedMinute>) -> Vec<Minute> {
        let mut all = self.0.clone();
        for (minute_ms, sample) in sampled {
            let minute = at(&mut all, *minute_ms);
            minute.joined = sample.joined;
            minute.waiting = Some(sample.waiting);
            minute.active = Some(sample.active);
        }
        let surplus = all.len().saturating_sub(MOST);
        all.into_values().skip(surplus).collect()
    }
}

fn at(minutes: &mut ByMinute<Minute>, minute_ms: i64) -> &mut Minute {
    minutes.entry(minute_ms).or_insert_with(|| Minute {
        at: time(minute_ms),
        joined: 0,
        called: 0,
        admitted: 0,
        finished: 0,
        lapsed: 0,
        left: 0,
        set_aside: 0,
        waiting: None,
        active: None,
    })
}
