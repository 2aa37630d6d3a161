//! Errors of the use cases as problems. Only here do they get their statuses.

use std::time::Duration;

use http::HeaderName;
use shared::http::StreamsFull;
use shared::problem::{Problem, codes};
use shared::store::StoreError;

use super::codes as own;
use crate::domain::catalogue::InvalidField;
use crate::domain::exchange::ExchangeError;
use crate::domain::exchange::booked::BookedExchangeError;
use crate::domain::refund::{CancelError, RefundError};
use crate::domain::reservation::ReservationStatus;
use crate::domain::reserve::{BasketError, ReserveError};
use crate::live::WatchError;
use crate::store::blocking::BlockError;
use crate::store::catalogue::CatalogueError;

/// When somebody may look whether another map was closed.
const WATCHERS_RETRY: Duration = Duration::from_secs(10);

impl From<InvalidField> for Problem {
    fn from(error: InvalidField) -> Self {
        Self::from(&codes::INVALID_FIELDS).detail(error.to_string()).with("field", error.field)
    }
}

impl From<CatalogueError> for Problem {
    fn from(error: CatalogueError) -> Self {
        match error {
            CatalogueError::Invalid(error) => error.into(),
            CatalogueError::Overlaps => Self::from(&own::SHOW_OVERLAPS),
            CatalogueError::NameTaken => Self::from(&own::NAME_TAKEN),
            CatalogueError::ScreenInUse => Self::from(&own::SCREEN_IN_USE),
            CatalogueError::ShowInUse => Self::from(&own::SHOW_IN_USE),
            CatalogueError::Store(error) => error.into(),
        }
    }
}

impl From<BasketError> for Problem {
    fn from(error: BasketError) -> Self {
        let sentence = error.to_string();
        match error {
            BasketError::Empty => Self::from(&codes::INVALID_FIELDS).with("field", "seats"),
            BasketError::TooMany { max } => Self::from(&own::TOO_MANY_SEATS).with("max_seats", max),
            BasketError::Duplicates(seats) => {
                Self::from(&own::DUPLICATE_SEATS).with("duplicate_seats", seats)
            }
            BasketError::Unknown(seats) => Self::from(&own::UNKNOWN_SEATS).with("unknown_seats", seats),
            BasketError::UnknownFares(fares) => Self::from(&own::UNKNOWN_FARE).with("unknown_fares", fares),
        }
        .detail(sentence)
    }
}

impl From<ReserveError> for Problem {
    fn from(error: ReserveError) -> Self {
        match error {
            ReserveError::Basket(error) => error.into(),
            ReserveError::NotOnSale => Self::from(&own::SHOW_NOT_ON_SALE),
            ReserveError::AdmissionEnded => Self::from(&own::ADMISSION_ENDED),
            ReserveError::AdmissionSpent => Self::from(&own::ADMISSION_SPENT),
            ReserveError::SeatsUnavailable(seats) => {
                Self::from(&own::SEATS_UNAVAILABLE).with("unavailable_seats", seats)
            }
            ReserveError::Stranded(seats) => Self::from(&own::STRANDED_SEAT)
                .detail(format!(
                    "{} would be left alone with nobody beside; take it too, or move your choice by a seat",
                    seats.join(", ")
                ))
                .with("stranded_seats", seats),
            ReserveError::ReservationLimit { id, retry_after } => {
                let problem =
                    Self::from(&own::RESERVATION_LIMIT).with("limit", "buyer").retry_after(retry_after);
                match id {
                    Some(id) => problem.with("reservation_id", id.to_string()),
                    None => problem,
                }
            }
            ReserveError::AddressLimit { most, retry_after } => Self::from(&own::RESERVATION_LIMIT)
                .detail("others from your network have as many reservations of this show as it may have")
                .with("limit", "address")
                .with("max_reservations", most)
                .retry_after(retry_after),
            ReserveError::CoolingDown { retry_after } => {
                Self::from(&own::COOLING_DOWN).retry_after(retry_after)
            }
            ReserveError::Store(error) => error.into(),
        }
    }
}

impl From<ExchangeError> for Problem {
    fn from(error: ExchangeError) -> Self {
        use ReservationStatus::{Confirmed, Paying};
        match error {
            ExchangeError::Reserve(error) => error.into(),
            ExchangeError::NotPending(Paying) => Self::from(&own::PAYMENT_IN_PROGRESS),
            ExchangeError::NotPending(Confirmed) => Self::from(&own::INVALID_STATE),
            ExchangeError::NotPending(_) => Self::from(&own::RESERVATION_EXPIRED),
            ExchangeError::Superseded => {
                Self::from(&own::INVALID_STATE).detail("another exchange of the reservation came first")
            }
        }
    }
}

impl From<BookedExchangeError> for Problem {
    fn from(error: BookedExchangeError) -> Self {
        let sentence = error.to_string();
        match error {
            BookedExchangeError::Reserve(error) => error.into(),
            BookedExchangeError::NotFound => Self::from(&codes::NOT_FOUND),
            BookedExchangeError::TooLate => Self::from(&own::TOO_LATE),
            BookedExchangeError::AlreadyUsed => Self::from(&own::ALREADY_USED),
            BookedExchangeError::SeatCountDiffers { seats } => {
                Self::from(&own::SEAT_COUNT_DIFFERS).with("seats", seats)
            }
            BookedExchangeError::FaresDiffer { fares } => Self::from(&own::FARES_DIFFER).with("fares", fares),
            BookedExchangeError::PriceDiffers { total, new_total } => Self::from(&own::PRICE_DIFFERS)
                .detail(sentence)
                .with("total", serde_json::json!(total))
                .with("new_total", serde_json::json!(new_total)),
            BookedExchangeError::NotConfirmed(status) => {
                Self::from(&own::INVALID_STATE).detail(sentence).with("booking_status", status.as_str())
            }
            BookedExchangeError::Superseded => Self::from(&own::INVALID_STATE).detail(sentence),
            BookedExchangeError::UnderWay { retry_after } => {
                Self::from(&own::INVALID_STATE).detail(sentence).retry_after(retry_after)
            }
        }
    }
}

impl From<BlockError> for Problem {
    fn from(error: BlockError) -> Self {
        match error {
            BlockError::Owned(seats) => Self::from(&own::SEATS_UNAVAILABLE).with("unavailable_seats", seats),
            BlockError::Unknown(seats) => Self::from(&own::UNKNOWN_SEATS).with("unknown_seats", seats),
            BlockError::Store(error) => error.into(),
        }
    }
}

impl From<CancelError> for Problem {
    fn from(error: CancelError) -> Self {
        match error {
            CancelError::TooLate => Self::from(&own::TOO_LATE),
            CancelError::AlreadyUsed => Self::from(&own::ALREADY_USED),
            CancelError::NotFound => Self::from(&codes::NOT_FOUND),
            CancelError::Store(error) => error.into(),
        }
    }
}

impl From<RefundError> for Problem {
    fn from(error: RefundError) -> Self {
        match error {
            RefundError::NotFound => Self::from(&codes::NOT_FOUND),
            RefundError::NotSoMuch { left } => {
                let refundable = serde_json::json!(left);
                Self::from(&own::REFUND_TOO_LARGE).with("refundable", refundable)
            }
            RefundError::KeyReused => Self::from(&own::IDEMPOTENCY_KEY_REUSED),
            RefundError::Store(error) => error.into(),
        }
    }
}

/// 429 `rate_limited`, where the identity has as many open seat maps as it may, or 503 `streams_full`.
impl From<WatchError> for Problem {
    fn from(error: WatchError) -> Self {
        match error {
            WatchError::Refused(StreamsFull::Identity(most) | StreamsFull::Address(most)) => {
                Self::from(&codes::RATE_LIMITED)
                    .header(HeaderName::from_static("ratelimit-policy"), &watchers_policy(most))
                    .retry_after(WATCHERS_RETRY)
                    .detail(format!("at most {most} seat maps of one client may be open at once"))
            }
            WatchError::Refused(StreamsFull::Replica) => {
                Self::from(&own::STREAMS_FULL).retry_after(WATCHERS_RETRY)
            }
            WatchError::Store(error) => error.into(),
        }
    }
}

fn watchers_policy(most: usize) -> String {
    format!("\"watchers\";q={most};qu=\"concurrent-requests\"")
}

/// What is not there.
pub fn not_found<T>(found: Option<T>) -> Result<T, Problem> {
    found.ok_or_else(|| Problem::from(&codes::NOT_FOUND))
}

/// What is not there, or a store's failure.
pub fn found<T>(found: Result<Option<T>, StoreError>) -> Result<T, Problem> {
    not_found(found?)
}
