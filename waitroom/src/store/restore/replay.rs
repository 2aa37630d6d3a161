//! What the ledger's entries, gone through in their order, say of a line: how far it was called, who has a slot, who is
//! aside or waits in the side list, who is gone.

use std::collections::HashMap;

use jiff_sqlx::Timestamp;
use shared::ids::Sid;
use uuid::Uuid;

use crate::domain::place::{FIRST_ARRIVAL, PlaceId};

/// A row of the ledger, as far as it matters here.
#[derive(Debug, Default)]
pub(super) struct Row {
    pub epoch: i64,
    pub stream_ms: i64,
    pub stream_seq: i64,
    pub stream_index: i32,
    pub kind: String,
    pub at_ms: i64,
    pub place: Option<Uuid>,
    pub sid: Option<Uuid>,
    pub score: Option<i64>,
    pub source: Option<String>,
    pub lives_until_ms: Option<i64>,
    pub reason: Option<String>,
    pub outcome: Option<String>,
    pub successor_score: Option<i64>,
}

/// What Redis is filled from.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// The highest score that the main line was called to.
    pub frontier: Option<i64>,
    /// Recorded calls without a recorded end.
    pub slots: HashMap<Sid, LiveSlot>,
    /// Places that wait in the side list: with their scores.
    pub side: HashMap<PlaceId, i64>,
    /// Places that were set aside, and whose visitors have not come back.
    pub aside: HashMap<PlaceId, Aside>,
    /// The last place that ended, of each identity by its first place.
    pub gone: HashMap<PlaceId, Gone>,
    /// Places that the draw gave and that have left the queue: with their scores.
    pub drawn: HashMap<PlaceId, i64>,
    /// How many rows were gone through.
    pub rows: u64,
}

/// A recorded call without a recorded end.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct LiveSlot {
    pub place: PlaceId,
    pub score: i64,
    pub source: String,
    pub called_ms: i64,
    pub claimed_ms: Option<i64>,
    pub last_token_ms: Option<i64>,
    pub lives_until_ms: i64,
}

/// A place that was set aside.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Aside {
    pub score: i64,
    pub until_ms: i64,
}

/// A place that ended.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Gone {
    pub generation: u16,
    /// As the `gone` hash says it.
    pub reason: &'static str,
    pub successor_score: Option<i64>,
}

impl Memory {
    /// Takes the next row into account.
    pub(super) fn replay(&mut self, row: &Row) {
        self.rows += 1;
        let place = row.place.map(PlaceId);
        match (row.kind.as_str(), place, row.sid.map(Sid)) {
            ("called", Some(place), Some(sid)) => self.called(row, place, sid),
            ("claimed" | "renewed", _, Some(sid)) => self.token(row, sid),
            ("freed", place, Some(sid)) => self.freed(row, place, sid),
            ("finished", place, Some(sid)) => {
                let slot = self.slots.remove(&sid);
                if let Some(place) = place.or(slot.map(|slot| slot.place)) {
                    self.ended(place, "finished", None);
                }
            }
            ("ended", Some(place), sid) => {
                sid.and_then(|sid| self.slots.remove(&sid));
                self.ended(place, reason_of_end(row), None);
            }
            ("aside", Some(place), _) => {
                let (score, until_ms) = (row.score.unwrap_or(0), row.lives_until_ms.unwrap_or(0));
                self.left_the_queue(place, score);
                self.side.remove(&place);
                self.aside.insert(place, Aside { score, until_ms });
            }
            ("returned", Some(place), _) => self.returned(row, place),
            ("passed", Some(place), _) => {
                let score = row.score.unwrap_or(0);
                self.left_the_queue(place, score);
                self.aside.remove(&place);
                self.side.insert(place, score);
            }
            ("rejoined", Some(place), _) => self.rejoined(place),
            _ => {}
        }
    }

    fn called(&mut self, row: &Row, place: PlaceId, sid: Sid) {
        let (score, source) = (row.score.unwrap_or(0), row.source.clone().unwrap_or_default());
        if source == "front" {
            self.frontier = self.frontier.max(Some(score));
        }
        self.left_the_queue(place, score);
        self.side.remove(&place);
        self.aside.remove(&place);
        let slot = LiveSlot {
            place,
            score,
            source,
            called_ms: row.at_ms,
            claimed_ms: None,
            last_token_ms: None,
            lives_until_ms: row.lives_until_ms.unwrap_or(row.at_ms),
        };
        self.slots.insert(sid, slot);
    }

    fn token(&mut self, row: &Row, sid: Sid) {
        if let Some(slot) = self.slots.get_mut(&sid) {
            slot.claimed_ms.get_or_insert(row.at_ms);
            slot.last_token_ms = Some(row.at_ms);
            // The first bound of a call leaves room for the recording; from the claim on the token's end counts.
            slot.lives_until_ms = row.lives_until_ms.unwrap_or(slot.lives_until_ms);
        }
    }

    fn freed(&mut self, row: &Row, place: Option<PlaceId>, sid: Sid) {
        let slot = self.slots.remove(&sid);
        let Some(place) = place.or(slot.as_ref().map(|slot| slot.place)) else { return };
        match row.outcome.as_deref() {
            Some("kept") => {
                self.side.insert(place, slot.map_or(0, |slot| slot.score));
            }
            Some("requeued") => self.ended(place, "requeued", row.successor_score),
            _ if row.reason.as_deref() == Some("expired") => self.ended(place, "finished", None),
            _ => self.ended(place, "lapsed", None),
        }
    }

    fn returned(&mut self, row: &Row, place: PlaceId) {
        let aside = self.aside.remove(&place);
        match row.outcome.as_deref() {
            Some("side") => {
                self.side.insert(place, aside.map_or(0, |aside| aside.score));
            }
            Some("requeued") => self.ended(place, "requeued", row.successor_score),
            _ => self.ended(place, "lapsed", None),
        }
    }

    /// The same place is live again: what ended last is the generation before it.
    fn rejoined(&mut self, place: PlaceId) {
        match place.generation().checked_sub(1) {
            Some(before) => {
                let gone = Gone { generation: before, reason: "left", successor_score: None };
                self.gone.insert(place.of_generation(0), gone);
            }
            None => drop(self.gone.remove(&place)),
        }
    }

    fn ended(&mut self, place: PlaceId, reason: &'static str, successor_score: Option<i64>) {
        self.side.remove(&place);
        self.aside.remove(&place);
        let generation = place.generation();
        let gone = Gone { generation, reason, successor_score };
        let known = self.gone.entry(place.of_generation(0)).or_insert_with(|| gone.clone());
        if known.generation <= generation {
            *known = gone;
        }
    }

    fn left_the_queue(&mut self, place: PlaceId, score: i64) {
        if u64::try_from(score).is_ok_and(|score| score < FIRST_ARRIVAL.0) {
            self.drawn.insert(place, score);
        }
    }
}

fn reason_of_end(row: &Row) -> &'static str {
    match row.reason.as_deref() {
        Some("finished") => "finished",
        Some("left_lobby") => "left_lobby",
        _ => "left",
    }
}

impl Row {
    /// Milliseconds of a column that is a time.
    pub(super) fn ms(time: Timestamp) -> i64 {
        time.to_jiff().as_millisecond()
    }
}

#[cfg(test)]
mod tests {
    use shared::ids::Identity;

    use super::*;

    fn place(name: &str) -> PlaceId {
        PlaceId::first(&[7; 32], &Identity::device(name))
    }

    fn sid(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    fn row(kind: &str, place: Option<PlaceId>, sid: Option<Uuid>) -> Row {
        Row { kind: kind.to_owned(), place: place.map(|place| place.0), sid, ..Row::default() }
    }

    fn call(place: PlaceId, number: u128, score: i64) -> Row {
        let called = row("called", Some(place), Some(sid(number)));
        Row { score: Some(score), source: Some("front".to_owned()), ..called }
    }

    fn replayed(rows: &[Row]) -> Memory {
        let mut memory = Memory::default();
        for row in rows {
            memory.replay(row);
        }
        memory
    }

    fn ended<'a>(memory: &'a Memory, name: &str) -> Option<(u16, &'a str, Option<i64>)> {
        memory.gone.get(&place(name)).map(|gone| (gone.generation, gone.reason, gone.successor_score))
    }

    #[test]
    fn a_slot_lives_until_its_end_is_recorded_by_whomever() {
        let (ann, bob, cid) = (place("ann"), place("bob"), place("cid"));
        let memory = replayed(&[
            call(ann, 1, 10),
            call(bob, 2, 20),
            call(cid, 3, 30),
            Row { at_ms: 5, lives_until_ms: Some(300), ..row("claimed", Some(ann), Some(sid(1))) },
            Row { at_ms: 9, lives_until_ms: Some(400), ..row("renewed", Some(ann), Some(sid(1))) },
            // Booking knows the admission alone.
            row("finished", None, Some(sid(2))),
        ]);
        assert_eq!(memory.frontier, Some(30));
        assert_eq!(memory.slots.len(), 2);
        let slot = &memory.slots[&Sid(sid(1))];
        assert_eq!((slot.claimed_ms, slot.last_token_ms, slot.lives_until_ms), (Some(5), Some(9), 400));
        assert_eq!(ended(&memory, "bob"), Some((0, "finished", None)));
    }

    #[test]
    fn a_lapse_goes_by_its_outcome() {
        let (ann, bob, cid, dot) = (place("ann"), place("bob"), place("cid"), place("dot"));
        let freed = |place, number, reason: &str, outcome: &str, successor_score| Row {
            reason: Some(reason.to_owned()),
            outcome: Some(outcome.to_owned()),
            successor_score,
            ..row("freed", Some(place), Some(sid(number)))
        };
        let memory = replayed(&[
            call(ann, 1, 10),
            call(bob, 2, 20),
            call(cid, 3, 30),
            call(dot, 4, 40),
            freed(ann, 1, "unclaimed", "requeued", Some(77)),
            freed(bob, 2, "unclaimed", "kept", None),
            freed(cid, 3, "unused", "ended", None),
            freed(dot, 4, "expired", "ended", None),
        ]);
        assert!(memory.slots.is_empty());
        assert_eq!(ended(&memory, "ann"), Some((0, "requeued", Some(77))));
        assert_eq!(memory.side, HashMap::from([(bob, 20)]));
        assert_eq!(ended(&memory, "cid"), Some((0, "lapsed", None)));
        assert_eq!(ended(&memory, "dot"), Some((0, "finished", None)));
    }

    #[test]
    fn who_was_set_aside_is_there_until_they_come_back() {
        let (ann, bob, cid) = (place("ann"), place("bob"), place("cid"));
        let aside =
            |place| Row { score: Some(10), lives_until_ms: Some(900), ..row("aside", Some(place), None) };
        let returned = |place, outcome: &str| Row {
            outcome: Some(outcome.to_owned()),
            successor_score: (outcome == "requeued").then_some(88),
            ..row("returned", Some(place), None)
        };
        let memory =
            replayed(&[aside(ann), aside(bob), aside(cid), returned(bob, "side"), returned(cid, "requeued")]);
        assert_eq!(memory.aside, HashMap::from([(ann, Aside { score: 10, until_ms: 900 })]));
        assert_eq!(memory.side, HashMap::from([(bob, 10)]));
        assert_eq!(ended(&memory, "cid"), Some((0, "requeued", Some(88))));
    }

    #[test]
    fn who_left_the_lobby_is_gone_until_they_join_again() {
        let (ann, bob) = (place("ann"), place("bob"));
        let left = |place| Row { reason: Some("left_lobby".to_owned()), ..row("ended", Some(place), None) };
        let memory = replayed(&[left(ann), left(bob), row("rejoined", Some(bob), None)]);
        assert_eq!(ended(&memory, "ann"), Some((0, "left_lobby", None)));
        assert_eq!(ended(&memory, "bob"), None);
    }

    #[test]
    fn the_place_that_ended_last_counts() {
        let ann = place("ann");
        let second = ann.of_generation(1);
        let memory = replayed(&[
            row("ended", Some(second), None),
            // A step of an older epoch that was recorded late.
            Row { reason: Some("finished".to_owned()), ..row("ended", Some(ann), None) },
        ]);
        assert_eq!(ended(&memory, "ann"), Some((1, "left", None)));
    }

    #[test]
    fn a_pass_puts_a_place_on_the_side_list_until_it_is_called() {
        let (ann, bob) = (place("ann"), place("bob"));
        let passed = |place, score| Row { score: Some(score), ..row("passed", Some(place), None) };
        let memory = replayed(&[passed(ann, 10), passed(bob, 20), call(ann, 1, 10)]);
        assert_eq!(memory.side, HashMap::from([(bob, 20)]));
        assert_eq!(memory.drawn, HashMap::from([(ann, 10), (bob, 20)]));
    }
}
