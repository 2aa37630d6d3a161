//! What must leave the service, or reach its own Redis, because of something that was committed. A row names where it
//! goes and what it is about; whoever delivers it reads the state of that moment, so a row may be delivered late or
//! twice.

use std::str::FromStr;

use shared::ids::{DropSlug, Sid};
use uuid::Uuid;

use super::ids::ReservationId;

/// Where a row goes, and what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// To the waiting room, through Redis: an admission is used up, its slot is free.
    SlotEnd {
        /// The drop.
        drop: DropSlug,
        /// The admission.
        sid: Sid,
    },
    /// To the show's map in Redis: the seats of a reservation have changed hands.
    SeatMap {
        /// The reservation.
        reservation: ReservationId,
    },
}

/// Where rows go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Destination {
    /// See [`Message::SlotEnd`].
    SlotEnd,
    /// See [`Message::SeatMap`].
    SeatMap,
}

impl Destination {
    /// The word for it in the database and in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SlotEnd => "slot_end",
            Self::SeatMap => "seat_map",
        }
    }
}

/// The text names no destination.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is no destination of the outbox")]
pub struct UnknownDestination(String);

impl FromStr for Destination {
    type Err = UnknownDestination;

    fn from_str(text: &str) -> Result<Self, UnknownDestination> {
        match text {
            "slot_end" => Ok(Self::SlotEnd),
            "seat_map" => Ok(Self::SeatMap),
            _ => Err(UnknownDestination(text.to_owned())),
        }
    }
}

impl Message {
    /// Where it goes.
    pub fn destination(&self) -> Destination {
        match self {
            Self::SlotEnd { .. } => Destination::SlotEnd,
            Self::SeatMap { .. } => Destination::SeatMap,
        }
    }
}

/// A row of the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its number.
    pub id: i64,
    /// What it belongs to: only the oldest unsent row of an aggregate and destination is taken.
    pub aggregate: Uuid,
    /// What it says.
    pub message: Message,
    /// How often it was tried before.
    pub attempts: i32,
}
