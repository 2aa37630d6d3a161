//! The model as a line: each operation is one step of one model.

use shared::ids::{DropSlug, Sid};
use shared::store::StoreError;
use uuid::Uuid;

use super::{Model, ModelLine};
use crate::domain::drop::Drop;
use crate::domain::ledger::{Entry, EntryId, IdleReason};
use crate::domain::line::{
    Claimed, Joined, Left, Line, MoveId, Moves, RankTable, Remembered, Standing, Tick,
};
use crate::domain::place::{PlaceId, Score};

impl Line for ModelLine {
    async fn stands(&self, drop: &DropSlug, place: PlaceId) -> Result<Standing, StoreError> {
        Ok(self.with(drop, |model, now_ms| model.standing(place, now_ms)))
    }

    async fn look(&self, drop: &DropSlug, place: PlaceId) -> Result<Standing, StoreError> {
        Ok(self.with(drop, |model, now_ms| {
            model.sight(place, now_ms);
            model.standing(place, now_ms)
        }))
    }

    async fn see(&self, drop: &DropSlug, places: &[PlaceId]) -> Result<(), StoreError> {
        self.with(drop, |model, now_ms| model.see(places, now_ms));
        Ok(())
    }

    async fn join(&self, drop: &DropSlug, place: PlaceId, drawn: Score) -> Result<Joined, StoreError> {
        Ok(self.with(drop, |model, now_ms| model.join(place, drawn, now_ms)))
    }

    async fn leave(&self, drop: &DropSlug, place: PlaceId) -> Result<Left, StoreError> {
        Ok(self.with(drop, |model, now_ms| model.leave(place, now_ms)))
    }

    async fn claim(&self, drop: &DropSlug, place: PlaceId) -> Result<Claimed, StoreError> {
        Ok(self.with(drop, |model, now_ms| model.claim(place, now_ms)))
    }

    async fn renew(&self, drop: &DropSlug, sid: Sid) -> Result<Claimed, StoreError> {
        Ok(self.with(drop, |model, now_ms| model.renew(sid, now_ms)))
    }

    async fn end(&self, drop: &DropSlug, sid: Sid) -> Result<Option<EntryId>, StoreError> {
        Ok(self.with(drop, |model, now_ms| model.finish(sid, now_ms)))
    }

    async fn put_back(&self, drop: &DropSlug, place: PlaceId, score: Score) -> Result<Standing, StoreError> {
        Ok(self.with(drop, |model, now_ms| {
            model.put_back(&[Remembered { place, score, seen_ms: now_ms }], now_ms);
            model.standing(place, now_ms)
        }))
    }

    async fn put_back_all(&self, drop: &DropSlug, places: &[Remembered]) -> Result<(), StoreError> {
        self.with(drop, |model, now_ms| model.put_back(places, now_ms));
        Ok(())
    }

    async fn call_next(&self, drop: &DropSlug, sids: Sid, idle: IdleReason) -> Result<Tick, StoreError> {
        Ok(self.with(drop, |model, now_ms| model.call_next(sids, idle, now_ms)))
    }

    async fn measure(&self, drop: &DropSlug, known: u64) -> Result<Option<RankTable>, StoreError> {
        Ok(self.with(drop, |model, now_ms| model.measure(known, now_ms)))
    }

    async fn moves(&self, drop: &DropSlug, after: Option<MoveId>) -> Result<Moves, StoreError> {
        Ok(self.with(drop, |model, _| model.moves_after(after)))
    }

    async fn give_pass(&self, drop: &DropSlug, place: PlaceId, pass: Uuid) -> Result<(), StoreError> {
        self.with(drop, |model, _| {
            model.passes.insert(place.base(), pass);
            model.passes_due.insert(place.base());
        });
        Ok(())
    }

    async fn take_pass(&self, drop: &DropSlug, place: PlaceId) -> Result<(), StoreError> {
        self.with(drop, |model, _| {
            model.passes.remove(&place.base());
            model.passes_due.remove(&place.base());
        });
        Ok(())
    }

    async fn unrecorded(&self, drop: &DropSlug, most: u32) -> Result<(i64, Vec<Entry>), StoreError> {
        let page = |model: &mut Model, _| {
            let steps = model.unrecorded.chunk_by(|one, other| one.id == other.id);
            (model.epoch, steps.take(most as usize).flatten().cloned().collect())
        };
        Ok(self.with(drop, page))
    }

    async fn mark_recorded(
        &self,
        drop: &DropSlug,
        epoch: i64,
        last: EntryId,
    ) -> Result<Option<u64>, StoreError> {
        Ok(self.with(drop, |model, now_ms| (model.epoch == epoch).then(|| model.mark_recorded(last, now_ms))))
    }

    async fn write_settings(&self, drop: &Drop) -> Result<(), StoreError> {
        self.with(&drop.slug, |model, now_ms| model.write_settings(drop, now_ms));
        Ok(())
    }
}
