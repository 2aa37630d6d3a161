//! What a client remembers of what it was shown, unsigned: it can only lower its own view. The text is the id of a
//! stream's event, which comes back as `Last-Event-ID`, and goes with a page that renews itself without script.

use std::fmt;
use std::str::FromStr;

use crate::domain::place::Place;
use crate::domain::visit::PlaceProof;

/// A position that was shown, and of what: a successor's position, or that of another epoch, is not held against it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    epoch: i64,
    generation: u16,
    position: u64,
}

impl Shown {
    /// What this place shows to the holder of this proof of it; `None` where it shows no position.
    pub(super) fn of(place: &Place, proof: &PlaceProof) -> Option<Self> {
        let generation = place.place_id.generation();
        place.position.map(|position| Self { epoch: proof.epoch, generation, position })
    }

    /// The position, where it was that of the proved place.
    pub(super) fn position_of(self, proof: &PlaceProof) -> Option<u64> {
        let same = self.epoch == proof.epoch && self.generation == proof.place.generation();
        same.then_some(self.position)
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.epoch, self.generation, self.position)
    }
}

impl FromStr for Shown {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.split('.');
        let mut next = || parts.next().ok_or(());
        let (epoch, generation, position) = (next()?, next()?, next()?);
        let shown = Self {
            epoch: epoch.parse().map_err(drop)?,
            generation: generation.parse().map_err(drop)?,
            position: position.parse().map_err(drop)?,
        };
        if parts.next().is_none() && shown.position > 0 { Ok(shown) } else { Err(()) }
    }
}

#[cfg(test)]
mod tests {
    use shared::ids::Identity;
    use uuid::Uuid;

    use super::*;
    use crate::domain::place::PlaceId;

    fn proof(epoch: i64, generation: u16) -> PlaceProof {
        let place = PlaceId(Uuid::from_u128(7 << 16)).of_generation(generation);
        PlaceProof { identity: Identity::device("ann"), place, score: None, epoch, began_behind: None }
    }

    #[test]
    fn what_was_shown_comes_back_as_it_went() {
        let shown = Shown { epoch: 3, generation: 1, position: 120 };
        assert_eq!(shown.to_string().parse(), Ok(shown));
        for bad in ["", "120", "3.1", "3.1.0", "3.1.120.7", "3.1.-5", "3.1.x", "3.70000.1"] {
            assert!(bad.parse::<Shown>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_position_counts_for_its_own_place_and_epoch_alone() {
        let shown = Shown { epoch: 3, generation: 1, position: 120 };
        assert_eq!(shown.position_of(&proof(3, 1)), Some(120));
        assert_eq!(shown.position_of(&proof(3, 2)), None);
        assert_eq!(shown.position_of(&proof(4, 1)), None);
    }
}
