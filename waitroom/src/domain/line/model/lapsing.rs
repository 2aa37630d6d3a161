//! What becomes of slots whose time is over, in the model.

use shared::ids::Sid;

use super::{GoneReason, Model, Record, What};
use crate::domain::drop::OnLapse;
use crate::domain::ledger::{Fact, Lapse, Outcome};
use crate::domain::line::BATCH;

impl Model {
    pub(super) fn free_lapsed(&mut self, now_ms: i64) -> u64 {
        let mut lapsed: Vec<(i64, Sid)> =
            self.slots.iter().map(|(sid, lives_until)| (*lives_until, *sid)).collect();
        lapsed.retain(|(lives_until, _)| *lives_until <= now_ms);
        lapsed.sort_unstable();
        lapsed.truncate(usize::try_from(BATCH).unwrap_or(usize::MAX));
        for (lives_until, sid) in &lapsed {
            self.slots.remove(sid);
            let Some(record) = self.clear(*sid) else { continue };
            let lapse = match record.claimed_ms {
                None => Lapse::Unclaimed,
                Some(_) if *lives_until > record.unused_until_ms => Lapse::Expired,
                Some(_) => Lapse::Unused,
            };
            let outcome = self.outcome(&record, lapse);
            self.tell(now_ms, Fact::Freed { place: Some(record.place), sid: *sid, lapse, outcome });
        }
        lapsed.len() as u64
    }

    fn outcome(&mut self, record: &Record, lapse: Lapse) -> Outcome {
        let place = record.place;
        match self.drop.settings.on_lapse {
            _ if lapse == Lapse::Expired => self.end(place, GoneReason::Finished, None),
            OnLapse::Requeue if place.generation() < u16::MAX => {
                let (successor, score) = (place.of_generation(place.generation() + 1), self.arrive());
                self.end(place, GoneReason::Requeued, Some(score));
                self.queue.insert(successor, score);
                // Who is seen with the old place is there for the new one.
                if let Some(seen_ms) =
                    self.presence.seen.get(&place).copied().filter(|_| self.is_tracked(score))
                {
                    let known = self.presence.seen.entry(successor).or_insert(seen_ms);
                    *known = seen_ms.max(*known);
                }
                return Outcome::Requeued { successor, score };
            }
            OnLapse::Keep if !record.from_side => {
                self.side.insert(place, record.score);
                self.moved(What::Side, &[place]);
                return Outcome::Kept;
            }
            _ => self.end(place, GoneReason::Lapsed, None),
        }
        Outcome::Ended
    }
}
