//! The latest changes of a show's map, numbered: what watchers are told, and whether one who was away can go on from
//! where it was. Pure: no clock, no store.

use std::collections::{BTreeMap, VecDeque};

use super::holds::{SeatIndex, SeatState};

/// More versions than this are not kept; Redis keeps about as many.
const MAX_VERSIONS: usize = 1024;
/// More changed seats than this are not kept.
const MAX_SEATS: usize = 65_536;

/// One version's changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The version they made.
    pub version: i64,
    /// The seats and what became of them.
    pub seats: Vec<(SeatIndex, SeatState)>,
}

/// Several versions' changes as one: the last state of each seat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// The version before them.
    pub since: i64,
    /// The version after them.
    pub version: i64,
    /// The seats, ascending, and their states at that version.
    pub seats: Vec<(SeatIndex, SeatState)>,
}

/// What a change means to a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fits {
    /// It is the next one, and was taken.
    Next,
    /// It is known already.
    Known,
    /// Others are missing before it.
    Gap,
}

/// The latest changes, without gaps.
#[derive(Debug)]
pub struct History {
    version: i64,
    told: i64,
    changes: VecDeque<Change>,
    seats: usize,
}

impl History {
    /// Nothing is known before this version.
    pub fn at(version: i64) -> Self {
        Self { version, told: version, changes: VecDeque::new(), seats: 0 }
    }

    /// A history that ends at this version, of changes that end there without gaps; earlier ones are left out.
    pub fn of(version: i64, changes: Vec<Change>) -> Self {
        let mut kept = Vec::new();
        let mut expected = version;
        for change in changes.into_iter().rev() {
            if change.version != expected {
                break;
            }
            expected -= 1;
            kept.push(change);
        }
        let mut history = Self::at(expected);
        for change in kept.into_iter().rev() {
            history.add(change);
        }
        history.told = history.version;
        history
    }

    /// The version it ends at.
    pub fn version(&self) -> i64 {
        self.version
    }

    /// The version that watchers have been told.
    pub fn told(&self) -> i64 {
        self.told
    }

    /// Takes a change, if it is the next one.
    pub fn add(&mut self, change: Change) -> Fits {
        if change.version <= self.version {
            return Fits::Known;
        }
        if change.version != self.version + 1 {
            return Fits::Gap;
        }
        self.version = change.version;
        self.seats += change.seats.len();
        self.changes.push_back(change);
        while self.changes.len() > MAX_VERSIONS || self.seats > MAX_SEATS {
            let Some(oldest) = self.changes.pop_front() else { break };
            self.seats -= oldest.seats.len();
        }
        Fits::Next
    }

    /// What watchers have yet to be told, which counts as told from now on; `None` where there is nothing. Where it is
    /// not known any more, `Err` says so: they must load the map again.
    pub fn tell(&mut self) -> Option<Result<Merged, i64>> {
        if self.told == self.version {
            return None;
        }
        let merged = self.between(self.told, self.version);
        self.told = self.version;
        Some(merged.ok_or(self.version))
    }

    /// What somebody who knows this version has yet to be told, up to what all have been told; `None` where that cannot
    /// be said: the map must be loaded again. Somebody may know more than was told to all.
    pub fn since(&self, known: i64) -> Option<Merged> {
        if known > self.told {
            let nothing = Merged { since: known, version: known, seats: Vec::new() };
            return (known >> 32 == self.told >> 32).then_some(nothing);
        }
        self.between(known, self.told)
    }

    /// The changes after one version and up to another.
    fn between(&self, since: i64, version: i64) -> Option<Merged> {
        let oldest = self.version - i64::try_from(self.changes.len()).unwrap_or(i64::MAX);
        if since < oldest {
            return None;
        }
        let of_interest = self.changes.iter().filter(|it| it.version > since && it.version <= version);
        let last: BTreeMap<SeatIndex, SeatState> =
            of_interest.flat_map(|change| change.seats.iter().copied()).collect();
        Some(Merged { since, version, seats: last.into_iter().collect() })
    }
}

/// Reads the text of a change: `seat:byte,seat:byte`; `None` where it is none.
pub fn parse_changes(text: &str) -> Option<Vec<(SeatIndex, SeatState)>> {
    let pair = |pair: &str| {
        let (seat, byte) = pair.split_once(':')?;
        Some((seat.parse().ok()?, SeatState::from_byte(byte.parse().ok()?)?))
    };
    text.split(',').map(pair).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: i64 = 7 << 32;

    fn state() -> impl Strategy<Value = SeatState> {
        (0..4_u8).prop_map(|byte| SeatState::from_byte(byte).unwrap())
    }

    fn changes() -> impl Strategy<Value = Vec<Vec<(SeatIndex, SeatState)>>> {
        prop::collection::vec(prop::collection::vec((0..20_u32, state()), 1..4), 0..60)
    }

    fn apply(map: &mut BTreeMap<SeatIndex, SeatState>, seats: &[(SeatIndex, SeatState)]) {
        map.extend(seats.iter().copied());
    }

    proptest! {
        #[test]
        fn whoever_resumes_has_the_map_of_whoever_stayed(all in changes(), from in any::<prop::sample::Index>()) {
            let (mut history, mut maps) = (History::at(START), vec![BTreeMap::new()]);
            for (version, seats) in (START + 1..).zip(all) {
                let mut map = maps.last().unwrap().clone();
                apply(&mut map, &seats);
                maps.push(map);
                prop_assert_eq!(history.add(Change { version, seats }), Fits::Next);
            }
            let at = from.index(maps.len());
            let known = START + i64::try_from(at).unwrap();
            if let Some(frame) = history.tell() {
                prop_assert_eq!(frame.unwrap().since, START);
            }
            let resumed = history.since(known).unwrap();
            prop_assert_eq!((resumed.since, resumed.version), (known, history.version()));
            let mut map = maps[at].clone();
            apply(&mut map, &resumed.seats);
            prop_assert_eq!(&map, maps.last().unwrap());
        }
    }

    fn change(version: i64) -> Change {
        Change { version, seats: vec![(1, SeatState::Held)] }
    }

    #[test]
    fn a_gap_is_noticed_and_a_repetition_changes_nothing() {
        let mut history = History::at(START);
        assert_eq!(history.add(change(START + 2)), Fits::Gap);
        assert_eq!(history.add(change(START + 1)), Fits::Next);
        assert_eq!(history.add(change(START + 1)), Fits::Known);
        assert_eq!(history.version(), START + 1);
    }

    #[test]
    fn what_is_told_is_told_once() {
        let mut history = History::at(START);
        assert!(history.tell().is_none());
        history.add(change(START + 1));
        assert_eq!(history.since(START).unwrap().version, START, "not told to all yet");
        assert_eq!(history.tell().unwrap().unwrap().version, START + 1);
        assert!(history.tell().is_none());
    }

    #[test]
    fn who_was_away_for_too_long_or_in_another_epoch_must_load_again() {
        let mut history = History::at(START);
        for version in START + 1..START + 2000 {
            history.add(change(version));
        }
        history.tell();
        assert!(history.since(START).is_none());
        assert!(history.since(START + 1500).is_some());
        assert!(history.since(START + 5000).is_some(), "it may have read a newer map than was told to all");
        assert!(history.since(8 << 32).is_none());
        assert!(history.since(6 << 32).is_none());
    }

    #[test]
    fn a_history_is_made_of_what_ends_without_gaps() {
        let mut history = History::of(START + 5, [1, 2, 4, 5].map(|n| change(START + n)).into());
        assert!(history.since(START + 2).is_none());
        assert!(history.since(START + 3).is_some());
        assert!(history.tell().is_none());
        assert_eq!(History::of(START + 5, vec![change(START + 3)]).version(), START + 5);
    }

    #[test]
    fn more_seats_than_are_kept_at_once_mean_a_reload() {
        let mut history = History::at(START);
        let seats = (0..70_000).map(|seat| (seat, SeatState::Blocked)).collect();
        history.add(Change { version: START + 1, seats });
        assert_eq!(history.tell(), Some(Err(START + 1)));
    }

    #[test]
    fn changes_are_read_as_scripts_write_them() {
        assert_eq!(parse_changes("3:1,12:0"), Some(vec![(3, SeatState::Held), (12, SeatState::Free)]));
        for bad in ["", "3", "3:9", "x:1", "3:1,"] {
            assert_eq!(parse_changes(bad), None, "{bad:?}");
        }
    }
}
