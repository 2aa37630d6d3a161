//! What visitors do while they wait, by their habit: look, follow, go away and come back, sleep, leave.

use std::time::Duration;

use serde::Serialize;

use super::super::habit::Kind;
use super::super::script::{Answer, Ask, Place, PlaceState, Text};
use super::super::watch::Sights;
use super::{BACKOFF_FIRST, Ending, LOOK_AGAIN, Next, Visitor};

/// A stream that broke this often without telling anything is not opened again.
const STREAMS_BROKEN_AT_MOST: u32 = 3;

/// Somebody who does not look.
#[derive(Debug)]
pub(super) struct Absence {
    since: Duration,
    place_id: Option<Text>,
}

/// What became of the places of those who did not look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Absences {
    /// Times somebody came back, or woke.
    pub came_back: u64,
    /// Those who were away no longer than the grace.
    pub within_grace: u64,
    /// Of those, the ones whose place was gone: must be none.
    pub places_lost: u64,
    /// Those who were away for longer, and had their place all the same.
    pub kept_beyond_grace: u64,
}

/// What a visitor can tell of the line.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// What kind of visitor.
    pub kind: Kind,
    /// What was shown.
    pub sights: Sights,
    /// Being away.
    pub absences: Absences,
    /// Left the line and was still in it: must not be.
    pub is_still_in_line: bool,
}

impl Visitor {
    /// The browser of this visitor, once it has a place: its cookie, its place, and the token of it. Other tabs of it
    /// are opened where the habit says so.
    pub fn browser(&self) -> Option<(Text, Text, Text)> {
        let is_shared = self.habit.kind == Kind::Tabs;
        let browser = (self.device.clone()?, self.watch.place_id()?, self.watch.token()?);
        is_shared.then_some(browser)
    }

    pub(super) fn look_at_the_line(&self, after: Duration) -> Next {
        let last_position = self.watch.last_position();
        match self.watch.token() {
            Some(place_token) => {
                let is_hidden = self.habit.kind == Kind::Sleeper;
                Next::Ask(Ask::LookUpPlace { place_token, last_position, is_hidden }, after)
            }
            None => Next::Ask(Ask::Join, after),
        }
    }

    /// In line: looks again, or does what the habit says.
    pub(super) fn wait_on(&mut self, poll_after: Duration) -> Next {
        self.looks += 1;
        let is_time = self.looks >= self.habit.after_looks;
        match self.habit.kind {
            Kind::Leaver if is_time => self.leave_the_line(),
            Kind::Away if is_time && self.absences.came_back == 0 => self.look_away(),
            Kind::Sleeper => self.look_away(),
            _ if self.habit.follows && self.streams_broken < STREAMS_BROKEN_AT_MOST => self.follow(),
            _ => self.look_at_the_line(poll_after),
        }
    }

    /// The stream told something: it may break again.
    pub fn was_told(&mut self) {
        self.streams_broken = 0;
    }

    /// The stream ended: looks at once, and opens it again.
    pub fn stream_ended(&mut self) -> Next {
        self.streams_broken += 1;
        self.look_at_the_line(BACKOFF_FIRST * self.streams_broken)
    }

    /// The stream was not opened. A refusal is believed, and asking again and again does as well.
    pub fn cannot_follow(&mut self, answer: &Answer) -> Next {
        self.streams_broken += if matches!(answer, Answer::Lost) { 1 } else { STREAMS_BROKEN_AT_MOST };
        let after = match answer {
            Answer::Refused(refusal) => refusal.retry_after.unwrap_or(LOOK_AGAIN),
            _ => LOOK_AGAIN,
        };
        self.look_at_the_line(after)
    }

    fn follow(&self) -> Next {
        let last_position = self.watch.last_position();
        match self.watch.token() {
            Some(place_token) => Next::Ask(Ask::FollowPlace { place_token, last_position }, Duration::ZERO),
            None => Next::Ask(Ask::Join, Duration::ZERO),
        }
    }

    fn look_away(&mut self) -> Next {
        self.absence = Some(Absence { since: self.now, place_id: self.watch.place_id() });
        self.look_at_the_line(self.habit.absence)
    }

    /// Looks again for the first time: is the place still there?
    pub(super) fn come_back(&mut self, place: &Place) {
        let Some(absence) = self.absence.take() else { return };
        let is_gone = matches!(place.state, PlaceState::Lapsed | PlaceState::Left);
        let is_kept = place.place_id == absence.place_id && !is_gone;
        let is_within_grace = self.now.saturating_sub(absence.since) <= self.habit.grace;
        self.absences.came_back += 1;
        self.absences.within_grace += u64::from(is_within_grace);
        self.absences.places_lost += u64::from(is_within_grace && !is_kept);
        self.absences.kept_beyond_grace += u64::from(!is_within_grace && is_kept);
    }

    fn leave_the_line(&mut self) -> Next {
        let Some(place_token) = self.watch.token() else { return Next::Finish(Ending::Refused) };
        (self.has_left, self.ending) = (true, Ending::LeftTheLine);
        Next::Ask(Ask::Leave { place_token }, Duration::ZERO)
    }

    /// Who left looks once more: the line must not wait for them.
    pub(super) fn see_that_it_left(&mut self, place: &Place) -> Next {
        self.is_still_in_line = !matches!(place.state, PlaceState::Left | PlaceState::Closed);
        Next::Finish(self.ending)
    }
}
