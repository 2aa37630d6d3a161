//! What a visitor does, in the model.

use super::{Claimed, GoneReason, Joined, Left, Model, Record, Slot, Spot, Standing};
use crate::domain::drop::Control;
use crate::domain::ledger::{EntryId, Fact};
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

    fn spot(&self, place: PlaceId) -> Spot {
        let current = self.current(place);
        if let Some(sid) = self.places.get(&current) {
            return Spot::Called { place: current, slot: self.slot(*sid) };
        }
        for (list, on_side) in [(&self.queue, false), (&self.side, true)] {
            if let Some((rank, (score, _))) = list.iter().enumerate().find(|(_, (_, id))| *id == current) {
                return Spot::Queued { place: current, score: *score, rank: rank as u64, on_side };
            }
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
            waiting: self.queue.len() as u64,
            spot: self.spot(place),
        }
    }

    pub(super) fn join(&mut self, place: PlaceId, drawn: Score, now_ms: i64) -> Joined {
        let settings = &self.drop.settings;
        let passed = |time: Option<jiff::Timestamp>| time.is_some_and(|time| time.as_millisecond() <= now_ms);
        let closed = self.drop.control == Control::Closed || passed(settings.closes_at);
        let (opened, has_lobby, rejoin) =
            (passed(settings.opens_at), passed(settings.lobby_opens_at), settings.rejoin);
        match self.spot(place) {
            Spot::Queued { .. } | Spot::Called { .. } => return Joined::Had(self.standing(place, now_ms)),
            _ if closed => return Joined::Closed,
            _ if !opened && !has_lobby => return Joined::NotOpen,
            Spot::Gone { place, .. } if place.generation() == u16::MAX => return Joined::Served,
            Spot::Gone { reason: GoneReason::Finished, .. } if !rejoin => return Joined::Served,
            Spot::Gone { .. } | Spot::Unknown => {}
        }
        let score = if opened { self.arrive() } else { drawn };
        self.queue.insert((score, self.current(place)));
        Joined::New(self.standing(place, now_ms))
    }

    pub(super) fn leave(&mut self, place: PlaceId, now_ms: i64) -> Left {
        match self.spot(place) {
            Spot::Called { place, slot } => {
                let finished = self.slots.remove(&slot.sid).is_none();
                self.clear(slot.sid);
                Left::Recorded(self.leave_for_good(place, Some(slot.sid), finished, now_ms))
            }
            Spot::Queued { place, score, .. } => {
                self.queue.remove(&(score, place));
                self.side.remove(&(score, place));
                if self.has_opened(now_ms) {
                    Left::Recorded(self.leave_for_good(place, None, false, now_ms))
                } else {
                    Left::Lobby
                }
            }
            Spot::Gone { .. } | Spot::Unknown => Left::Nothing,
        }
    }

    fn leave_for_good(&mut self, place: PlaceId, sid: Option<Sid>, finished: bool, now_ms: i64) -> EntryId {
        self.end(place, if finished { GoneReason::Finished } else { GoneReason::Left }, None);
        self.tell(now_ms, Fact::Ended { place, sid, finished })
    }

    pub(super) fn claim(&mut self, place: PlaceId, now_ms: i64) -> Claimed {
        let (place, sid) = match self.spot(place) {
            Spot::Queued { place, .. } => return Claimed::Waiting(place),
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

    pub(super) fn put_back(&mut self, place: PlaceId, score: Score, now_ms: i64) -> Standing {
        match (self.spot(place), self.gone.get(&place.base()).copied()) {
            (Spot::Gone { .. }, Some(past)) if place.generation() <= past.generation => {
                let successor =
                    past.successor_score.map(|score| (score, place.of_generation(past.generation + 1)));
                self.queue.extend(successor);
            }
            (Spot::Gone { .. } | Spot::Unknown, _) => {
                if let Some(before) = place.generation().checked_sub(1) {
                    self.end(place.of_generation(before), GoneReason::Left, None);
                }
                self.queue.insert((score, place));
            }
            (Spot::Queued { place: found, score: old, on_side: false, .. }, _)
                if found == place && score < old =>
            {
                self.queue.remove(&(old, place));
                self.queue.insert((score, place));
            }
            _ => {}
        }
        self.standing(place, now_ms)
    }
}
