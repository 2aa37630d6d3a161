//! A list of places in the order of their scores, in the model.

use std::collections::{BTreeSet, HashMap};

use crate::domain::place::{PlaceId, Score};

/// Places by score; of one score, by id.
#[derive(Default)]
pub(super) struct List {
    order: BTreeSet<(Score, PlaceId)>,
    scores: HashMap<PlaceId, Score>,
}

impl List {
    pub(super) fn insert(&mut self, place: PlaceId, score: Score) {
        self.remove(place);
        self.order.insert((score, place));
        self.scores.insert(place, score);
    }

    /// Whether it was there.
    pub(super) fn remove(&mut self, place: PlaceId) -> bool {
        let score = self.scores.remove(&place);
        score.is_some_and(|score| self.order.remove(&(score, place)))
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(super) fn first(&self) -> Option<(Score, PlaceId)> {
        self.order.first().copied()
    }

    pub(super) fn len(&self) -> u64 {
        self.order.len() as u64
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Score, PlaceId)> {
        self.order.iter().copied()
    }

    /// The place's score, and how many are before it.
    pub(super) fn find(&self, place: PlaceId) -> Option<(Score, u64)> {
        let score = *self.scores.get(&place)?;
        Some((score, self.order.range(..(score, place)).count() as u64))
    }
}
