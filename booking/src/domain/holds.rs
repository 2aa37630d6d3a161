//! A show's holds, as facts: what can be asked of them and what the answer can be. [`model`] is the executable
//! specification; the scripts in `lua/` do the same in Redis, and one contract suite runs against both.

#[cfg(test)]
pub mod model;

use jiff::Timestamp;
use shared::ids::Identity;

use super::ids::ReservationId;

/// A seat's place in its screen's order, from 0; its byte in the show's string.
pub type SeatIndex = u32;

/// What a seat's byte says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SeatState {
    /// On sale.
    Free,
    /// In somebody's basket.
    Held,
    /// Sold.
    Booked,
    /// Taken out of sale by an operator.
    Blocked,
}

impl SeatState {
    /// The byte.
    pub fn byte(self) -> u8 {
        match self {
            Self::Free => 0,
            Self::Held => 1,
            Self::Booked => 2,
            Self::Blocked => 3,
        }
    }

    /// The state a byte stands for; `None` for any other byte.
    pub fn from_byte(byte: u8) -> Option<Self> {
        [Self::Free, Self::Held, Self::Booked, Self::Blocked].into_iter().find(|state| state.byte() == byte)
    }
}

/// A hold as it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldRequest {
    /// The reservation it is for.
    pub id: ReservationId,
    /// Whose.
    pub buyer: Identity,
    /// How long, seconds.
    pub hold_s: u32,
    /// How long the buyer waits after leaving it to expire, seconds.
    pub cooldown_s: u32,
    /// Which seats: ascending, none twice.
    pub seats: Vec<SeatIndex>,
    /// How many holds of the show there may be from the buyer's address; `None`: as many as there are buyers.
    pub address: Option<AddressBound>,
}

/// How many reservations of a show there may be from one client address at a time, whoever the buyers say they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressBound {
    /// A keyed digest of the address.
    pub digest: String,
    /// How many; at least one.
    pub reservations: u32,
}

/// A hold that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The reservation it is for.
    pub id: ReservationId,
    /// Grows with every hold of the show; its upper part is the show's epoch.
    pub fence: i64,
    /// When it was looked at, by the store's clock.
    pub at: Timestamp,
    /// When it lapses.
    pub expires_at: Timestamp,
}

impl Hold {
    /// A hold that may have been taken, though no answer said so. Its fence is one that no hold can have.
    pub fn unseen(id: ReservationId, at: Timestamp, hold_s: u32) -> Self {
        let (upper, lower) = id.0.as_u64_pair();
        let fence = i64::MIN | (upper ^ lower).cast_signed();
        Self { id, fence, at, expires_at: at + jiff::SignedDuration::from_secs(hold_s.into()) }
    }

    /// The show's epoch in which it was taken.
    pub fn epoch(&self) -> i64 {
        self.fence >> 32
    }
}

/// What became of asking for a hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// The seats are held.
    New(Hold),
    /// The buyer holds exactly these seats already.
    Same(Hold),
    /// The buyer holds other seats of this show.
    Limit {
        /// The hold that stands in the way.
        id: ReservationId,
        /// When it was looked at.
        at: Timestamp,
        /// When it lapses.
        expires_at: Timestamp,
    },
    /// There are as many holds from this address as there may be.
    AddressLimit {
        /// When it was looked at.
        at: Timestamp,
        /// When the first of them lapses.
        expires_at: Timestamp,
    },
    /// The buyer left a hold to expire and must wait.
    Cooling {
        /// When it was looked at.
        at: Timestamp,
        /// Until when.
        until: Timestamp,
    },
    /// These seats are not free.
    Unavailable(Vec<SeatIndex>),
}

/// What became of giving a hold other seats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exchanged {
    /// It has them, and a new fence.
    Held(Hold),
    /// There is no such hold.
    Gone,
    /// It is booked, and stays so.
    Booked,
    /// These seats are neither free nor its own.
    Unavailable(Vec<SeatIndex>),
}

/// What became of giving a hold back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Released {
    /// Its seats are on sale again.
    Released,
    /// There was no such hold.
    Gone,
    /// It is booked, and stays so.
    Booked,
}

/// A reservation's seats, as Postgres knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedSeats {
    /// The reservation.
    pub id: ReservationId,
    /// Whose.
    pub buyer: Identity,
    /// Its fence.
    pub fence: i64,
    /// When it lapses; `None` where it is booked.
    pub expires_at: Option<Timestamp>,
    /// How long its buyer waits after leaving it to expire, seconds.
    pub cooldown_s: u32,
    /// Its seats, ascending.
    pub seats: Vec<SeatIndex>,
}

/// The whole map of a show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeatMap {
    /// Grows with every change.
    pub version: i64,
    /// The states, in seat order; overdue holds count as free.
    pub states: Vec<SeatState>,
    /// How many seats count as free because their hold is overdue and nobody has lapsed it yet.
    pub overdue: usize,
}

impl SeatMap {
    /// How many seats are in this state.
    pub fn count(&self, state: SeatState) -> usize {
        self.states.iter().filter(|known| **known == state).count()
    }
}
