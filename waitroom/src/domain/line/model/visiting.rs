//! What a visitor does, in the model.

use super::{Claimed, GoneReason, Joined, Left, Model, Past, Record, Slot, Spot, Standing, What};
use crate::domain::drop::Control;
use crate::domain::ledger::{EndReason, EntryId, Fact};
use crate::domain::line::Grant;
use crate::domain::place::{PlaceId, Score};
use shared::ids::Sid;

const TOKEN_MS: i64 = shared::admission::LIFETIME_S * 1_000;

impl Model {
    /// The only place of this identity that can live.
    fn current(&self, place: PlaceId) -> PlaceId {
        match self.gone.get(&place.base()) {
            Some(past) => place.of_generation(past.generation.wrapping_add(1)),
            None => place.of_generation(0),
        }
    }

    pub(super) fn spot(&self, place: PlaceId) -> Spot {
        let current = self.current(place);
        if let Some(sid) = self.places.get(&current) {
            return Spot::Called { place: current, slot: self.slot(*sid) };
        }
        for (list, on_side) in [(&self.queue, false), (&self.side, true)] {
            if let Some((score, rank)) = list.find(current) {
                return Spot::Queued { place: current, score, rank, on_side };
            }
        }
        if let Some(aside) = self.aside.get(&current) {
            return Spot::Aside { place: current, score: aside.score, until_ms: aside.until_ms };
        }
        match self.gone.get(&place.base()) {
            Some(past) => Spot::Gone { place: place.of_generation(past.generation), reason: past.reason },
            None => Spot::Unknown,
        }
    }

    fn slot(&self, sid: Sid) -> Slot {
        let record = &self.admissions[&sid];
        Slot {
            sid,
            score: record.score,
            due_ms: record.due_ms,
            claimed_ms: record.claimed_ms,
            lives_until_ms: self.slots.get(&sid).copied(),
        }
    }

    pub(super) fn standing(&self, place: PlaceId, now_ms: i64) -> Standing {
        Standing {
            now_ms,
            epoch: self.epoch,
            opened: self.has_opened(now_ms),
            waiting: self.queue.len(),
            side: self.side.len(),
            turn: self.turn,
            spot: self.spot(place),
        }
    }

    pub(super) fn join(&mut self, place: PlaceId, drawn: Score, now_ms: i64) -> Joined {
        self.sight(place, now_ms);
        let settings = &self.drop.settings;
        let passed = |time: Option<jiff::Timestamp>| time.is_some_and(|time| time.as_millisecond() <= now_ms);
        let closed = self.drop.control == Control::Closed || passed(settings.closes_at);
        let (opened, has_lobby, rejoin) =
            (self.has_opened(now_ms), passed(settings.lobby_opens_at), settings.rejoin);
        let mut new = self.current(place);
        match self.spot(place) {
            Spot::Queued { .. } | Spot::Called { .. } | Spot::Aside { .. } => {
                return Joined::Had(self.standing(place, now_ms));
            }
            _ if closed => return Joined::Closed,
            _ if !opened && !has_lobby => return Joined::NotOpen,
            Spot::Gone { reason: GoneReason::LeftLobby, place } if !opened => {
                self.rejoin_lobby(place, now_ms);
                new = place;
            }
            Spot::Gone { place, .. } if place.generation() == u16::MAX => return Joined::Served,
            Spot::Gone { reason: GoneReason::Finished, .. } if !rejoin => return Joined::Served,
            Spot::Gone { .. } | Spot::Unknown => {}
        }
        let score = if opened { self.arrive() } else { drawn.turned(self.turn) };
        self.queue.insert(new, score);
        if self.is_tracked(score) {
            self.presence.seen.insert(new, now_ms);
        }
        if self.passes.contains_key(&new.base()) {
            self.passes_due.insert(new.base());
        }
        Joined::New(self.standing(place, now_ms))
    }

    /// The place that was left may live again.
    fn rejoin_lobby(&mut self, place: PlaceId, now_ms: i64) {
        match place.generation().checked_sub(1) {
            Some(generation) => {
                let past = Past { generation, reason: GoneReason::Left, successor_score: None };
                self.gone.insert(place.base(), past);
            }
            None => drop(self.gone.remove(&place.base())),
        }
        self.tell(now_ms, Fact::Rejoined { place });
        self.moved(What::Back, &[place]);
    }

    pub(super) fn leave(&mut self, place: PlaceId, now_ms: i64) -> Left {
        let (place, sid, reason) = match self.spot(place) {
            Spot::Called { place, slot } => {
                let finished = self.slots.remove(&slot.sid).is_none();
                self.clear(slot.sid);
                (place, Some(slot.sid), if finished { EndReason::Finished } else { EndReason::Left })
            }
            Spot::Queued { place, score, .. } => {
                self.take_out(place, score, now_ms);
                self.side.remove(place);
                let opened = self.has_opened(now_ms);
                (place, None, if opened { EndReason::Left } else { EndReason::LeftLobby })
            }
            Spot::Aside { place, .. } => {
                self.aside.remove(&place);
                (place, None, EndReason::Left)
            }
            Spot::Gone { .. } | Spot::Unknown => return Left::Nothing,
        };
        let gone = match reason {
            EndReason::Left => GoneReason::Left,
            EndReason::Finished => GoneReason::Finished,
            EndReason::LeftLobby => GoneReason::LeftLobby,
        };
        self.end(place, gone, None);
        Left::Recorded(self.tell(now_ms, Fact::Ended { place, sid, reason }))
    }

    pub(super) fn claim(&mut self, place: PlaceId, now_ms: i64) -> Claimed {
        self.sight(place, now_ms);
        let (place, sid) = match self.spot(place) {
            Spot::Queued { place, .. } | Spot::Aside { place, .. } => return Claimed::Waiting(place),
            Spot::Called { place, slot } if slot.lives_until_ms.is_none_or(|lives| lives <= now_ms) => {
                return Claimed::Over(Some(place));
            }
            Spot::Called { place, slot } if slot.due_ms.is_none() => return Claimed::Waiting(place),
            Spot::Called { place, slot } => (place, slot.sid),
            Spot::Gone { place, .. } => return Claimed::Over(Some(place)),
            Spot::Unknown => return Claimed::Over(Some(place.of_generation(0))),
        };
        if self.admissions[&sid].expires_ms <= now_ms && !self.issue(sid, now_ms) {
            return Claimed::Over(Some(place));
        }
        self.grant(sid)
    }

    pub(super) fn renew(&mut self, sid: Sid, now_ms: i64) -> Claimed {
        let lives = self.slots.get(&sid).is_some_and(|lives_until| *lives_until > now_ms);
        let claimed = self.admissions.get(&sid).is_some_and(|record| record.claimed_ms.is_some());
        if lives && claimed && self.issue(sid, now_ms) { self.grant(sid) } else { Claimed::Over(None) }
    }

    fn grant(&self, sid: Sid) -> Claimed {
        let Record { issued_ms, expires_ms, .. } = self.admissions[&sid];
        Claimed::Admitted(Grant { sid, issued_ms, expires_ms, entry: None })
    }

    /// A token from now on, as long as the session allows; says whether there is any time left.
    fn issue(&mut self, sid: Sid, now_ms: i64) -> bool {
        let session_ms = i64::from(self.drop.settings.session_max_s) * 1_000;
        let (Some(record), Some(lives_until)) = (self.admissions.get_mut(&sid), self.slots.get_mut(&sid))
        else {
            return false;
        };
        let first = record.claimed_ms.is_none();
        let session_ends_ms = record.claimed_ms.unwrap_or(now_ms) + session_ms;
        let issued_ms = now_ms - now_ms % 1_000;
        let expires_ms = (issued_ms + TOKEN_MS).min(session_ends_ms - session_ends_ms % 1_000);
        if expires_ms <= now_ms {
            return false;
        }
        *lives_until = (*lives_until).max(expires_ms);
        let lives_until_ms = *lives_until;
        (record.issued_ms, record.expires_ms) = (issued_ms, expires_ms);
        let place = record.place;
        if first {
            record.claimed_ms = Some(now_ms);
            record.unused_until_ms = lives_until_ms;
            self.tell(now_ms, Fact::Claimed { place, sid, lives_until_ms });
        } else {
            self.tell(now_ms, Fact::Renewed { place, sid, lives_until_ms });
        }
        true
    }

    pub(super) fn finish(&mut self, sid: Sid, now_ms: i64) -> Option<EntryId> {
        self.slots.remove(&sid)?;
        let place = self.clear(sid).map(|record| record.place);
        if let Some(place) = place {
            self.end(place, GoneReason::Finished, None);
        }
        Some(self.tell(now_ms, Fact::Finished { sid, place }))
    }
}
