//! How a replica's memory follows the line: what moved is heard with every tick; once a second the ranks are measured
//! and sightings reported; and in a new epoch everybody who is remembered is put back.

use std::time::{Duration, Instant};

use shared::store::StoreError;

use crate::app::AppState;
use crate::domain::line::{Line as _, Move, MoveId, Moves, PUT_BACKS, Remembered, SEEN_MS, SIGHTINGS, What};
use crate::domain::place::{PlaceId, Score};
use crate::metrics;
use crate::registry::Known;

/// How often ranks are measured and sightings reported.
const SECOND: Duration = Duration::from_secs(1);
/// How long one tick puts places back, so that the other drops' ticks are not held up.
const PUTTING_BACK: Duration = Duration::from_millis(500);

/// What a replica has heard of a line.
#[derive(Debug, Default)]
pub struct Following {
    last_move: Option<MoveId>,
    second: Option<Instant>,
    /// Who is still to be put back, the last in line first.
    returning: Vec<Remembered>,
}

impl AppState {
    /// Brings what is remembered of a line up to now.
    pub(super) async fn follow(&self, known: &Known) -> Result<(), StoreError> {
        let mut following = known.following().await;
        self.hear(known, &mut following).await?;
        self.put_back_some(known, &mut following).await?;
        if following.second.is_none_or(|second| second.elapsed() >= SECOND) {
            following.second = Some(Instant::now());
            self.measure(known).await?;
            self.report(known).await?;
        }
        Ok(())
    }

    async fn hear(&self, known: &Known, following: &mut Following) -> Result<(), StoreError> {
        let moves = self.line.moves(&known.drop.slug, following.last_move).await?;
        let memory = known.memory();
        if moves.last.epoch != memory.epoch() {
            // Before the first epoch is heard somebody may have joined already, and in an epoch that is lost by now.
            if !memory.is_empty() {
                let since_ms = self.clock.now().as_millisecond() - SEEN_MS;
                following.returning = memory.everybody();
                // Putting back is a sighting: who was set aside for being away does not return by it.
                following.returning.retain(|place| place.seen_ms >= since_ms);
                following
                    .returning
                    .sort_unstable_by_key(|place| std::cmp::Reverse(place.score.turned(known.turn)));
                known.promises().release_all();
            }
            memory.begin_epoch(moves.last.epoch);
        } else if moves.missed {
            metrics::moves_missed(&known.drop.slug);
            memory.doubt_all();
        }
        following.last_move = Some(moves.last);
        let news = !moves.moves.is_empty();
        memory.hear(&moved(&moves));
        self.check_estimates(known, &moves.moves);
        if news {
            known.stir();
        }
        Ok(())
    }

    /// Compares the estimates of who was called with what they were told.
    fn check_estimates(&self, known: &Known, moves: &[Move]) {
        let now_ms = self.clock.now().as_millisecond();
        let mut promises = known.promises();
        for moved in moves {
            match moved.what {
                What::Called => promises.called(moved.place, now_ms),
                What::Aside | What::Ended | What::Side => promises.release(moved.place),
                What::Claimable { .. } | What::Back => {}
            }
        }
    }

    /// Whoever this replica remembers comes back at once, and the first in line first.
    async fn put_back_some(&self, known: &Known, following: &mut Following) -> Result<(), StoreError> {
        let began = Instant::now();
        while !following.returning.is_empty() && began.elapsed() < PUTTING_BACK {
            let rest = following.returning.len().saturating_sub(PUT_BACKS);
            let mut batch = following.returning.split_off(rest);
            batch.reverse();
            if let Err(error) = self.line.put_back_all(&known.drop.slug, &batch).await {
                following.returning.extend(batch.into_iter().rev());
                return Err(error);
            }
            metrics::put_back(&known.drop.slug, batch.len());
        }
        Ok(())
    }

    async fn measure(&self, known: &Known) -> Result<(), StoreError> {
        let began = Instant::now();
        let newest = known.pulse().table.as_ref().map_or(0, |table| table.number);
        if let Some(table) = self.line.measure(&known.drop.slug, newest).await? {
            metrics::measured(began.elapsed());
            known.measured(table, self.clock.now());
        }
        Ok(())
    }

    /// Tells Redis who was seen, as far as anybody can be called soon, and forgets who was not seen for long.
    async fn report(&self, known: &Known) -> Result<(), StoreError> {
        let (slug, memory) = (&known.drop.slug, known.memory());
        let now_ms = self.clock.now().as_millisecond();
        known.promises().expire(now_ms);
        let track_below = known.pulse().table.as_ref().map(|table| table.track_below);
        let is_tracked =
            |score: Score| track_below.is_none_or(|track_below| score.turned(known.turn) < track_below);
        let seen = memory.sweep(now_ms - SEEN_MS, is_tracked);
        metrics::remembered(slug, memory.len());
        for (batch, places) in seen.chunks(SIGHTINGS).enumerate() {
            if let Err(error) = self.line.see(slug, places).await {
                memory.unreported(&seen[batch * SIGHTINGS..]);
                return Err(error);
            }
            metrics::sighted(slug, places.len());
        }
        Ok(())
    }
}

/// Each move of a place out of plain waiting, and whether the place ended. A call's becoming claimable is no other
/// place to stand.
fn moved(moves: &Moves) -> Vec<(PlaceId, bool)> {
    let out = moves.moves.iter().filter(|moved| !matches!(moved.what, What::Claimable { .. }));
    out.map(|moved| (moved.place, moved.what == What::Ended)).collect()
}
