//! Who is there, in the model: sightings, setting aside, coming back, and being put back after a loss.

use super::{Aside, GoneReason, Model, Remembered, Spot, What};
use crate::domain::ledger::{Fact, Return};
use crate::domain::line::horizon::{BLIND_MS, POLL_INTERVAL_MS, SEEN_MS};
use crate::domain::place::{PlaceId, Score};

impl Model {
    /// Who was seen since then is present.
    pub(super) fn seen_since(&self, now_ms: i64) -> i64 {
        let presence = &self.presence;
        if let Some(ticked_ms) = presence.ticked_ms.filter(|ticked_ms| now_ms - ticked_ms > BLIND_MS) {
            return ticked_ms - SEEN_MS;
        }
        let blind = presence.blind.filter(|(_, until_ms)| now_ms < *until_ms);
        blind.map_or(now_ms, |(from_ms, _)| from_ms.min(now_ms)) - SEEN_MS
    }

    /// A tick was here.
    pub(super) fn note_tick(&mut self, now_ms: i64) {
        let presence = &mut self.presence;
        if let Some(ticked_ms) = presence.ticked_ms.filter(|ticked_ms| now_ms - ticked_ms > BLIND_MS) {
            presence.blind = Some((ticked_ms, now_ms + POLL_INTERVAL_MS));
        }
        presence.ticked_ms = Some(now_ms);
    }

    /// Nobody asks for these sightings any more.
    pub(super) fn forget_sightings(&mut self, now_ms: i64) {
        let ticked_ms = self.presence.ticked_ms.unwrap_or(now_ms);
        let since_ms = self.seen_since(now_ms).min(ticked_ms - SEEN_MS);
        self.presence.seen.retain(|_, seen_ms| *seen_ms >= since_ms);
    }

    pub(super) fn is_present(&self, place: PlaceId, since_ms: i64) -> bool {
        self.presence.seen.get(&place).is_some_and(|seen_ms| *seen_ms >= since_ms)
    }

    pub(super) fn is_tracked(&self, score: Score) -> bool {
        score < self.horizon.track_below()
    }

    /// The visitor of this identity was seen.
    pub(super) fn sight(&mut self, place: PlaceId, now_ms: i64) {
        match self.spot(place) {
            Spot::Aside { place, .. } => self.come_back(place, now_ms),
            Spot::Called { place, .. } | Spot::Queued { place, on_side: true, .. } => {
                self.presence.seen.insert(place, now_ms);
            }
            Spot::Queued { place, score, .. } if self.is_tracked(score) => {
                self.presence.seen.insert(place, now_ms);
            }
            Spot::Queued { .. } | Spot::Gone { .. } | Spot::Unknown => {}
        }
    }

    /// A replica's report: these places, whatever has become of them.
    pub(super) fn see(&mut self, places: &[PlaceId], now_ms: i64) {
        for place in places {
            if self.aside.contains_key(place) {
                self.come_back(*place, now_ms);
            } else {
                self.presence.seen.insert(*place, now_ms);
            }
        }
    }

    fn come_back(&mut self, place: PlaceId, now_ms: i64) {
        let Some(Aside { score, until_ms }) = self.aside.remove(&place) else { return };
        let outcome = if now_ms <= until_ms {
            self.side.insert(place, score);
            self.presence.seen.insert(place, now_ms);
            self.moved(What::Side, &[place]);
            Return::Side
        } else if place.generation() < u16::MAX {
            let (successor, score) = (place.of_generation(place.generation() + 1), self.arrive());
            self.end(place, GoneReason::Requeued, Some(score));
            self.queue.insert(successor, score);
            if self.is_tracked(score) {
                self.presence.seen.insert(successor, now_ms);
            }
            Return::Requeued { successor, score }
        } else {
            self.end(place, GoneReason::Lapsed, None);
            Return::Ended
        };
        self.tell(now_ms, Fact::Returned { place, outcome });
    }

    /// Sets places aside: nobody was there.
    pub(super) fn set_aside(&mut self, places: &[(PlaceId, Score)], now_ms: i64) {
        let until_ms = now_ms + i64::from(self.drop.settings.return_grace_s) * 1_000;
        for (place, score) in places {
            self.aside.insert(*place, Aside { score: *score, until_ms });
        }
        if !places.is_empty() {
            let facts =
                places.iter().map(|(place, score)| Fact::Aside { place: *place, score: *score, until_ms });
            self.tell_all(now_ms, facts);
            self.moved(What::Aside, &places.iter().map(|(place, _)| *place).collect::<Vec<_>>());
        }
    }

    pub(super) fn put_back(&mut self, places: &[Remembered], now_ms: i64) {
        let mut back = Vec::new();
        for Remembered { place, score, seen_ms } in places {
            back.extend(self.put_one_back(*place, score.turned(self.turn)));
            let there = match self.spot(*place) {
                Spot::Aside { place, .. } => {
                    self.come_back(place, now_ms);
                    continue;
                }
                Spot::Queued { place, score, on_side, .. } if on_side || self.is_tracked(score) => place,
                Spot::Called { place, .. } => place,
                _ => continue,
            };
            let seen_ms = (*seen_ms).min(now_ms);
            let known = self.presence.seen.entry(there).or_insert(seen_ms);
            // A sighting of now is the newest, also where the clock was set back.
            *known = if seen_ms == now_ms { now_ms } else { seen_ms.max(*known) };
        }
        self.moved(What::Back, &back);
    }

    /// The place that is in the main line now and was not before, or has another score.
    fn put_one_back(&mut self, place: PlaceId, score: Score) -> Option<PlaceId> {
        let past = self.gone.get(&place.base()).copied();
        let (place, score) = match (self.spot(place), past) {
            (Spot::Gone { .. }, Some(past)) if place.generation() <= past.generation => {
                (place.of_generation(past.generation + 1), past.successor_score?)
            }
            (Spot::Gone { .. } | Spot::Unknown, _) => {
                if let Some(before) = place.generation().checked_sub(1) {
                    let past =
                        super::Past { generation: before, reason: GoneReason::Left, successor_score: None };
                    self.gone.insert(place.base(), past);
                }
                (place, score)
            }
            (Spot::Queued { place: found, score: old, on_side: false, .. }, _)
                if found == place && score < old =>
            {
                (place, score)
            }
            _ => return None,
        };
        self.queue.insert(place, score);
        if self.passes.contains_key(&place.base()) {
            self.passes_due.insert(place.base());
        }
        Some(place)
    }
}
