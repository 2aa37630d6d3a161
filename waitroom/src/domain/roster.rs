//! The roster of a draw: every place that was in the lobby at opening, in the order that the draw gave them, and the
//! text and digest by which everybody can check it.

use sha2::{Digest as _, Sha256};

use super::place::{PlaceId, Score, Seed};

/// A line of the text: an id of 36 characters and a newline.
pub const BYTES_A_LINE: usize = 37;

/// Places in the order of a draw, each once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrawnOrder {
    /// The places, the first to be called first.
    pub places: Vec<PlaceId>,
    /// The SHA-256 of their text.
    pub sha256: [u8; 32],
}

impl DrawnOrder {
    /// Puts places into the order of their turned scores, and of their ids where those are equal. What is given more
    /// than once counts once.
    pub fn of(seed: &Seed, turn: u64, places: impl IntoIterator<Item = PlaceId>) -> Self {
        let score = |place| (Score::drawn(seed, place).turned(turn), place);
        let mut scored: Vec<(Score, PlaceId)> = places.into_iter().map(score).collect();
        scored.sort_unstable();
        scored.dedup();
        let places: Vec<PlaceId> = scored.into_iter().map(|(_, place)| place).collect();
        let mut digest = Sha256::new();
        for some in places.chunks(1_000) {
            digest.update(text(some));
        }
        Self { places, sha256: digest.finalize().into() }
    }
}

/// The text of some places: an id a line, lower case, each line ended by a newline.
pub fn text(places: &[PlaceId]) -> Vec<u8> {
    let mut text = Vec::with_capacity(places.len() * BYTES_A_LINE);
    for place in places {
        let mut line = [b'\n'; BYTES_A_LINE];
        place.0.hyphenated().encode_lower(&mut line);
        text.extend_from_slice(&line);
    }
    text
}

#[cfg(test)]
mod tests {
    use shared::ids::Identity;

    use super::*;
    use crate::domain::place::{FIRST_ARRIVAL, hex};

    fn places(count: usize) -> Vec<PlaceId> {
        (0..count).map(|n| PlaceId::first(&[7; 32], &Identity::device(&n.to_string()))).collect()
    }

    #[test]
    fn the_order_is_that_of_the_turned_scores_and_nobody_stands_twice() {
        let (seed, places) = (Seed([3; 32]), places(500));
        for turn in [0, 1, FIRST_ARRIVAL.0 / 3, FIRST_ARRIVAL.0 - 1] {
            let twice = places.iter().chain(&places).copied();
            let order = DrawnOrder::of(&seed, turn, twice);
            assert_eq!(order.places.len(), places.len());
            let scores = order.places.iter().map(|place| Score::drawn(&seed, *place).turned(turn));
            assert!(scores.is_sorted());
        }
    }

    #[test]
    fn a_turn_moves_the_front_of_the_circle_and_nothing_else() {
        let (seed, places) = (Seed([3; 32]), places(100));
        let straight = DrawnOrder::of(&seed, 0, places.clone()).places;
        let turned = DrawnOrder::of(&seed, FIRST_ARRIVAL.0 / 2, places).places;
        let start = straight.iter().position(|place| *place == turned[0]).unwrap();
        assert!(start > 20 && start < 80, "about half of them");
        let round: Vec<PlaceId> = straight[start..].iter().chain(&straight[..start]).copied().collect();
        assert_eq!(round, turned);
    }

    #[test]
    fn the_digest_is_that_of_the_whole_text() {
        let order = DrawnOrder::of(&Seed([3; 32]), 0, places(2_500));
        assert_eq!(order.sha256, <[u8; 32]>::from(Sha256::digest(text(&order.places))));
        let whole = String::from_utf8(text(&order.places)).unwrap();
        let lines: Vec<&str> = whole.lines().collect();
        assert_eq!(lines.len(), 2_500);
        assert_eq!(lines[0], order.places[0].to_string());
        assert!(whole.ends_with('\n'));
    }

    #[test]
    fn an_empty_lobby_has_the_digest_of_nothing() {
        let order = DrawnOrder::of(&Seed([3; 32]), 0, []);
        assert_eq!(hex(&order.sha256), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
