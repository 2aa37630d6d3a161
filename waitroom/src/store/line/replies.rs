//! The scripts' replies, turned into types here alone.

use std::str::FromStr;

use serde::Deserialize;
use shared::ids::{DropSlug, Identity, Sid};
use shared::store::{Dependency, StoreError};

use super::SpentCode;
use crate::domain::line::{BATCH, GoneReason, Grant, LOOKS, RankTable, Slot, Spot, Standing, Tick};
use crate::domain::place::{PlaceId, Score};

/// A status word and values.
#[derive(Debug)]
pub(super) struct Reply(Vec<String>);

/// What `admissions` keeps of a called place. Times are in milliseconds, 0 is never.
#[derive(Debug, Deserialize)]
struct Record {
    score: String,
    due: i64,
    claimed: i64,
}

#[derive(Deserialize)]
struct CodeContent {
    sid: Sid,
    identity: Identity,
    origin: String,
}

impl Reply {
    /// A reply that is not LOST.
    pub(super) fn of(words: Vec<String>) -> Result<Self, StoreError> {
        if words.first().is_some_and(|status| status == "LOST") {
            Err(StoreError::Lost)
        } else {
            Ok(Self(words))
        }
    }

    pub(super) fn status(&self) -> &str {
        self.word(0)
    }

    pub(super) fn word(&self, index: usize) -> &str {
        self.0.get(index).map(String::as_str).unwrap_or_default()
    }

    pub(super) fn expect(self, status: &str) -> Result<Self, StoreError> {
        if self.status() == status { Ok(self) } else { Err(self.unexpected()) }
    }

    pub(super) fn unexpected(&self) -> StoreError {
        StoreError::unexpected(Dependency::Redis, format!("a script replied {:?}", self.0))
    }

    /// The value at this index.
    pub(super) fn parse<T: FromStr>(&self, index: usize) -> Result<T, StoreError> {
        self.word(index).parse().map_err(|_| self.unexpected())
    }

    /// `{status, now, epoch, opened, waiting, side, turn, standing...}`
    pub(super) fn standing(&self, status: &str) -> Result<Standing, StoreError> {
        if self.status() != status {
            return Err(self.unexpected());
        }
        Ok(Standing {
            now_ms: self.parse(1)?,
            epoch: self.parse(2)?,
            opened: self.word(3) == "1",
            waiting: self.parse(4)?,
            side: self.parse(5)?,
            turn: self.parse(6)?,
            spot: self.spot()?,
        })
    }

    fn spot(&self) -> Result<Spot, StoreError> {
        let place: PlaceId = self.parse(8)?;
        match self.word(7) {
            "QUEUED" => Ok(Spot::Queued {
                place,
                score: Score(self.parse(9)?),
                rank: self.parse(10)?,
                on_side: self.word(11) == "side",
            }),
            "ASIDE" => Ok(Spot::Aside { place, score: Score(self.parse(9)?), until_ms: self.parse(10)? }),
            "SLOT" => Ok(Spot::Called { place, slot: self.slot()? }),
            "GONE" => Ok(Spot::Gone { place, reason: self.gone_reason(9)? }),
            "NONE" => Ok(Spot::Unknown),
            _ => Err(self.unexpected()),
        }
    }

    fn slot(&self) -> Result<Slot, StoreError> {
        let record: Record = serde_json::from_str(self.word(10)).map_err(|_| self.unexpected())?;
        let set = |ms: i64| (ms != 0).then_some(ms);
        Ok(Slot {
            sid: self.parse(9)?,
            score: Score(record.score.parse().map_err(|_| self.unexpected())?),
            due_ms: set(record.due),
            claimed_ms: set(record.claimed),
            lives_until_ms: if self.word(11).is_empty() { None } else { Some(self.parse(11)?) },
        })
    }

    fn gone_reason(&self, index: usize) -> Result<GoneReason, StoreError> {
        match self.word(index).split(' ').next() {
            Some("left") => Ok(GoneReason::Left),
            Some("left_lobby") => Ok(GoneReason::LeftLobby),
            Some("lapsed") => Ok(GoneReason::Lapsed),
            Some("finished") => Ok(GoneReason::Finished),
            Some("requeued") => Ok(GoneReason::Requeued),
            _ => Err(self.unexpected()),
        }
    }

    /// `{status, now, sid, issued at, expires at, entry}`
    pub(super) fn grant(&self) -> Result<Grant, StoreError> {
        Ok(Grant {
            sid: self.parse(2)?,
            issued_ms: self.parse(3)?,
            expires_ms: self.parse(4)?,
            entry: if self.word(5).is_empty() { None } else { Some(self.parse(5)?) },
        })
    }

    /// `{'SPENT', what it was good for, issued at, expires at}`
    pub(super) fn spent_code(&self, drop: DropSlug) -> Result<SpentCode, StoreError> {
        if self.status() != "SPENT" {
            return Err(self.unexpected());
        }
        let content: CodeContent = serde_json::from_str(self.word(1)).map_err(|_| self.unexpected())?;
        let grant =
            Grant { sid: content.sid, issued_ms: self.parse(2)?, expires_ms: self.parse(3)?, entry: None };
        Ok(SpentCode { drop, identity: content.identity, origin: content.origin, grant })
    }

    /// `{'CALLED', now, epoch, called, freed, set aside, looks, waiting, side, active, opened, frontier, calls so far}`
    pub(super) fn tick(&self) -> Result<Tick, StoreError> {
        if self.status() != "CALLED" {
            return Err(self.unexpected());
        }
        let (called, freed, looks): (u64, u64, u64) = (self.parse(3)?, self.parse(4)?, self.parse(6)?);
        Ok(Tick {
            now_ms: self.parse(1)?,
            epoch: self.parse(2)?,
            called,
            freed,
            set_aside: self.parse(5)?,
            has_more: called == BATCH || freed == BATCH || looks == LOOKS,
            waiting: self.parse(7)?,
            side: self.parse(8)?,
            active: self.parse(9)?,
            opened: self.word(10) == "1",
            frontier: self.word(11).parse().ok().map(Score),
            calls: self.parse(12)?,
        })
    }

    /// `{'TABLE', epoch, number, at, side, waiting, track_below, 'score rank score rank ...'}`
    pub(super) fn table(&self) -> Result<RankTable, StoreError> {
        if self.status() != "TABLE" {
            return Err(self.unexpected());
        }
        let numbers: Option<Vec<u64>> = self.word(7).split(' ').map(|word| word.parse().ok()).collect();
        let numbers = numbers.ok_or_else(|| self.unexpected())?;
        Ok(RankTable {
            epoch: self.parse(1)?,
            number: self.parse(2)?,
            at_ms: self.parse(3)?,
            side: self.parse(4)?,
            waiting: self.parse(5)?,
            track_below: Score(self.parse(6)?),
            knots: numbers.as_chunks().0.iter().map(|[score, rank]| (Score(*score), *rank)).collect(),
        })
    }
}
