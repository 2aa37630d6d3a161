//! The words between a visitor and an installation: what a visitor asks, and what can come back.
//!
//! Knows nothing of HTTP; `api.rs` carries an [`Ask`] out and brings the [`Answer`] home.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::purchase::{Card, Timing};

/// A token or an id that many requests repeat, cheap to clone.
pub type Text = Arc<str>;

/// One request with everything it needs, so that the same one can be sent again after a lost answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    /// Takes a place in the line.
    Join,
    /// Takes a place as a browser that was here before, from another of its tabs.
    JoinAgain {
        /// The browser's cookie.
        device: Text,
    },
    /// How far is the line?
    LookUpPlace {
        /// Proof of the place.
        place_token: Text,
        /// The position that was last shown, if any.
        last_position: Option<u64>,
        /// Whether nobody looks at the page: the server asks such a one to come back later.
        is_hidden: bool,
    },
    /// How far is the line, from now on?
    FollowPlace {
        /// Proof of the place.
        place_token: Text,
        /// The position that was last shown, if any.
        last_position: Option<u64>,
    },
    /// Picks up the admission of a called place.
    Claim {
        /// Proof of the place.
        place_token: Text,
    },
    /// What does the drop sell?
    LookUpShows,
    /// The seat map of a show.
    LookUpSeats {
        /// Proof of the admission.
        admission_token: Text,
        /// The show looked at.
        show_id: Text,
    },
    /// Asks for these seats, all or none.
    Reserve {
        /// Proof of the admission.
        admission_token: Text,
        /// The show they belong to.
        show_id: Text,
        /// Labels.
        seats: Vec<String>,
    },
    /// Asks for other seats in the place of those of a reservation, all or none.
    Exchange {
        /// Which reservation.
        reservation: Reservation,
        /// Labels.
        seats: Vec<String>,
        /// Whether the visitor hangs up before the answer.
        hangs_up: bool,
    },
    /// Pays for a reservation.
    Confirm {
        /// Which reservation, with the token that suffices for it.
        reservation: Reservation,
        /// With what, and when.
        payment: Payment,
    },
    /// What became of a reservation?
    LookUpReservation {
        /// Which reservation.
        reservation: Reservation,
    },
    /// Gives a booking back.
    Cancel {
        /// Which booking.
        booking_id: Text,
        /// The token of its private link.
        manage_token: Text,
    },
    /// Gives a reservation back.
    Release {
        /// Which reservation.
        reservation: Reservation,
    },
    /// Done shopping: frees the slot.
    EndAdmission {
        /// Proof of the admission.
        admission_token: Text,
    },
    /// Leaves the line.
    Leave {
        /// Proof of the place.
        place_token: Text,
    },
}

/// The kinds of [`Ask`], for counting and timing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// [`Ask::Join`], [`Ask::JoinAgain`]
    Join,
    /// [`Ask::LookUpPlace`]
    Place,
    /// [`Ask::FollowPlace`], until the first answer
    Follow,
    /// [`Ask::Claim`]
    Claim,
    /// [`Ask::LookUpShows`]
    Shows,
    /// [`Ask::LookUpSeats`]
    Seats,
    /// [`Ask::Reserve`]
    Reserve,
    /// [`Ask::Exchange`]
    Exchange,
    /// [`Ask::Confirm`]
    Confirm,
    /// [`Ask::LookUpReservation`]
    Basket,
    /// [`Ask::Cancel`]
    Cancel,
    /// [`Ask::Release`]
    Release,
    /// [`Ask::EndAdmission`]
    End,
    /// [`Ask::Leave`]
    Leave,
}

impl Step {
    /// All steps, in the order of a visit.
    pub const ALL: [Self; 14] = [
        Self::Join,
        Self::Place,
        Self::Follow,
        Self::Claim,
        Self::Shows,
        Self::Seats,
        Self::Reserve,
        Self::Exchange,
        Self::Confirm,
        Self::Basket,
        Self::Cancel,
        Self::Release,
        Self::End,
        Self::Leave,
    ];

    /// The name used in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Join => "join",
            Self::Place => "place",
            Self::Follow => "follow",
            Self::Claim => "claim",
            Self::Shows => "shows",
            Self::Seats => "seats",
            Self::Reserve => "reserve",
            Self::Exchange => "exchange",
            Self::Confirm => "confirm",
            Self::Basket => "basket",
            Self::Cancel => "cancel",
            Self::Release => "release",
            Self::End => "end",
            Self::Leave => "leave",
        }
    }
}

impl Ask {
    /// Which step of a visit this is.
    pub const fn step(&self) -> Step {
        match self {
            Self::Join | Self::JoinAgain { .. } => Step::Join,
            Self::LookUpPlace { .. } => Step::Place,
            Self::FollowPlace { .. } => Step::Follow,
            Self::Claim { .. } => Step::Claim,
            Self::LookUpShows => Step::Shows,
            Self::LookUpSeats { .. } => Step::Seats,
            Self::Reserve { .. } => Step::Reserve,
            Self::Exchange { .. } => Step::Exchange,
            Self::Confirm { .. } => Step::Confirm,
            Self::LookUpReservation { .. } => Step::Basket,
            Self::Cancel { .. } => Step::Cancel,
            Self::Release { .. } => Step::Release,
            Self::EndAdmission { .. } => Step::End,
            Self::Leave { .. } => Step::Leave,
        }
    }
}

/// What came back.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// A place, after joining or looking.
    Place(Place),
    /// The admission token.
    Admitted(Text),
    /// Shows of the drop that are still to come.
    Shows(Vec<Show>),
    /// The seat map.
    Seats(Vec<Seat>),
    /// The reservation stands, with these seats.
    Reserved(Reservation),
    /// How a reservation stands.
    Basket {
        /// Its status.
        status: String,
        /// Labels of its seats.
        seats: Vec<String>,
    },
    /// Paid: these tickets are promised.
    Booked(Booking),
    /// Given back, with so much of the price, in percent.
    Cancelled(u8),
    /// The payment is under way; ask again with the same key after this long.
    Processing(Duration),
    /// Done, nothing to say.
    Done,
    /// A refusal, with its code.
    Refused(Refusal),
    /// No answer, or none that could be read: whether the request was carried out is unknown.
    Lost,
}

/// A status other than success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// `code` of the problem document, or empty.
    pub code: String,
    /// `Retry-After`, where the server sent one.
    pub retry_after: Option<Duration>,
}

/// A visitor's place as the waiting room tells it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Place {
    /// Names the place: another place has another.
    #[serde(default)]
    pub place_id: Option<Text>,
    /// Where the place is in its life.
    pub state: PlaceState,
    /// 1 is called next.
    #[serde(default)]
    pub position: Option<u64>,
    /// How long it may take.
    #[serde(default)]
    pub eta: Option<Eta>,
    /// When to ask again.
    #[serde(default = "a_second_in_ms")]
    pub poll_after_ms: u64,
    /// Sent on joining, and again when the place got a new one.
    #[serde(default)]
    pub place_token: Option<Text>,
    /// The cookie by which the server knows this browser, where it has just set one.
    #[serde(skip)]
    pub device: Option<Text>,
}

/// How long the wait may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Eta {
    /// At least, seconds.
    pub low_s: u64,
    /// At most, seconds.
    pub high_s: u64,
}

const fn a_second_in_ms() -> u64 {
    1_000
}

/// The states of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlaceState {
    /// Before opening.
    Lobby,
    /// In the line.
    Waiting,
    /// May claim.
    Called,
    /// Has claimed.
    Admitted,
    /// Did not claim in time.
    Lapsed,
    /// Left the line.
    Left,
    /// Is done shopping.
    Finished,
    /// The drop stands still.
    Paused,
    /// Nothing left to buy.
    SoldOut,
    /// The drop is over.
    Closed,
}

/// A show of the drop.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Show {
    /// Its id.
    pub show_id: Text,
    /// `scheduled` shows are on sale.
    pub status: String,
    /// Seats that nobody holds; unknown while the shop has lost sight of its map.
    #[serde(default)]
    pub available_seats: Option<u64>,
}

/// A seat on the map.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Seat {
    /// Label, such as `C7`.
    pub seat: String,
    /// Row label.
    pub row: String,
    /// Number in the row.
    pub number: u32,
    /// Across the hall.
    #[serde(default)]
    pub x: f64,
    /// Away from the screen.
    #[serde(default)]
    pub y: f64,
    /// Whether it can be had.
    pub status: SeatStatus,
    /// Such as `wheelchair` or `companion`.
    #[serde(default)]
    pub features: Vec<String>,
}

/// The states of a seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeatStatus {
    /// Free.
    Available,
    /// In somebody's basket.
    Reserved,
    /// Sold.
    Booked,
    /// Not for sale.
    Unavailable,
}

/// A reservation with the token that suffices to pay for it or release it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    /// Its id.
    pub reservation_id: Text,
    /// Its token.
    pub manage_token: Text,
    /// How long from its answer until it is over, as far as that is known.
    pub holds_for: Option<Duration>,
    /// Labels of its seats.
    pub seats: Vec<String>,
}

/// One attempt to pay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// The card.
    pub card: Card,
    /// How many cards were refused before.
    pub cards_before: u32,
    /// When it is made.
    pub timing: Timing,
    /// The same for every repetition of this attempt.
    pub idempotency_key: Text,
}

/// A booking as acknowledged to the buyer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Booking {
    /// Its id.
    pub booking_id: String,
    /// The show.
    pub show_id: String,
    /// Labels of its seats.
    pub seats: Vec<String>,
    /// The answer as it came, in short: a repetition must be answered with the same bytes.
    #[serde(skip)]
    pub answer_digest: u64,
}
