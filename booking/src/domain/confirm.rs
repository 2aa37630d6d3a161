//! Confirm: a buyer pays for a reservation and gets a booking. Here: what is asked, whether it may begin, and what can
//! come of it. The steps between are `domain::saga`.

use jiff::Timestamp;
use shared::money::Money;

use super::booking::{Booking, Contact};
use super::idempotency::{Keyed, StoredAnswer};
use super::ids::{BookingId, ReservationId};
use super::payment::{Decline, VoidReason};
use super::reservation::ReservationStatus;
use crate::gateway::PaymentToken;

/// How long a payment may take where nothing else is set, seconds. The hold lives as long, and an authorisation that is
/// undecided by then is voided.
pub const PAYMENT_WITHIN_S: u32 = 90;
/// The least and the most that may be set: a gateway needs a few seconds, and the seats are not to be held for ever.
pub const PAYMENT_WITHIN_BOUNDS_S: std::ops::RangeInclusive<u32> = 20..=900;

/// What a buyer asks for.
#[derive(Debug)]
pub struct Confirmation {
    /// The request under its key.
    pub keyed: Keyed,
    /// What is paid for.
    pub reservation: ReservationId,
    /// What is paid with; not needed where there is nothing to pay.
    pub token: Option<PaymentToken>,
    /// Whom the tickets are for.
    pub contact: Contact,
}

/// Why a confirm is refused, or what its payment came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The reservation ended before it was paid for.
    ReservationExpired,
    /// Somebody else owns one of its seats.
    SeatsLost,
    /// The admission was used for another booking.
    AdmissionSpent,
    /// It was paid for already.
    AlreadyBooked {
        /// The booking it became.
        booking: BookingId,
    },
    /// There is something to pay and nothing to pay with.
    TokenMissing,
    /// The gateway refused the card; the reservation stays.
    Declined(Decline),
    /// The gateway refused to take the money it had promised; the seats are free again.
    CaptureRefused,
    /// Another request pays for it at this moment.
    PaymentUnderWay,
    /// The gateway did not take the payment; nothing was charged, and the same key may be used again.
    GatewayUnavailable,
}

impl Refusal {
    /// Whether the refusal is the final answer to its key, rather than something that passes.
    pub fn is_final(&self) -> bool {
        !matches!(self, Self::PaymentUnderWay | Self::GatewayUnavailable)
    }

    /// What the buyer is told about a payment that was given up; `reservation_lives` says whether it may still be
    /// paid for.
    pub fn after(reason: VoidReason, reservation_lives: bool) -> Self {
        match reason {
            VoidReason::SeatsLost => Self::SeatsLost,
            VoidReason::AdmissionSpent => Self::AdmissionSpent,
            VoidReason::CaptureRefused => Self::CaptureRefused,
            VoidReason::NotTaken if reservation_lives => Self::GatewayUnavailable,
            VoidReason::NotTaken | VoidReason::DeadlinePassed => Self::ReservationExpired,
        }
    }
}

/// What is true of a reservation while its rows are locked.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Where it is.
    pub status: ReservationStatus,
    /// When its hold ends.
    pub expires_at: Timestamp,
    /// What it costs.
    pub total: Money,
    /// How many seats it was made for.
    pub seats: i64,
    /// How many of them it still owns. A claim that died never lives again, whatever the fence of its successor.
    pub seats_owned: i64,
    /// Whether somebody else owns one of its seats by now.
    pub seats_taken: bool,
    /// Whether its admission was used for another booking.
    pub admission_spent: bool,
    /// Its booking.
    pub booking: Option<BookingId>,
}

/// What a confirm begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beginning {
    /// The gateway is asked.
    Pay,
    /// There is nothing to pay: the booking is made at once.
    Free,
}

/// Whether a reservation may be confirmed now.
pub fn begin(facts: &Facts, has_token: bool, now: Timestamp) -> Result<Beginning, Refusal> {
    match (facts.status, facts.booking) {
        (ReservationStatus::Pending, _) => {}
        (ReservationStatus::Paying, _) => return Err(Refusal::PaymentUnderWay),
        // Whether it stands or was given back since.
        (_, Some(booking)) => return Err(Refusal::AlreadyBooked { booking }),
        // Too late either way; whose seats are gone need not try again.
        (ReservationStatus::Expired, _) if facts.seats_taken => return Err(Refusal::SeatsLost),
        _ => return Err(Refusal::ReservationExpired),
    }
    if facts.expires_at <= now {
        Err(Refusal::ReservationExpired)
    } else if facts.seats_owned < facts.seats {
        Err(Refusal::SeatsLost)
    } else if facts.admission_spent {
        Err(Refusal::AdmissionSpent)
    } else if facts.total.amount_minor == 0 {
        Ok(Beginning::Free)
    } else if has_token {
        Ok(Beginning::Pay)
    } else {
        Err(Refusal::TokenMissing)
    }
}

/// Turns what was decided into the bytes that every repetition of the request is answered with.
pub trait Answers: Send + Sync {
    /// The answer to a confirm that made this booking.
    fn booked(&self, booking: &Booking) -> StoredAnswer;

    /// The answer to a confirm that came to nothing.
    fn refused(&self, refusal: &Refusal) -> StoredAnswer;
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use shared::money::Currency;

    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_second(1_800_000_000).unwrap()
    }

    fn pending() -> Facts {
        Facts {
            status: ReservationStatus::Pending,
            expires_at: now() + SignedDuration::from_millis(1),
            total: Money::new(1250, Currency::EUR),
            seats: 2,
            seats_owned: 2,
            seats_taken: false,
            admission_spent: false,
            booking: None,
        }
    }

    #[test]
    fn a_pending_reservation_may_be_paid_for_until_it_expires() {
        assert_eq!(begin(&pending(), true, now()), Ok(Beginning::Pay));
        let late = now() + SignedDuration::from_millis(1);
        assert_eq!(begin(&pending(), true, late), Err(Refusal::ReservationExpired));
    }

    #[test]
    fn a_reservation_that_lost_a_seat_is_never_paid_for() {
        assert_eq!(begin(&Facts { seats_owned: 1, ..pending() }, true, now()), Err(Refusal::SeatsLost));
    }

    #[test]
    fn an_expired_reservation_says_whether_its_seats_are_gone() {
        let expired = Facts { status: ReservationStatus::Expired, seats_owned: 0, ..pending() };
        assert_eq!(begin(&expired, true, now()), Err(Refusal::ReservationExpired));
        assert_eq!(begin(&Facts { seats_taken: true, ..expired }, true, now()), Err(Refusal::SeatsLost));
    }

    #[test]
    fn nothing_to_pay_needs_nothing_to_pay_with() {
        let free = Facts { total: Money::new(0, Currency::EUR), ..pending() };
        assert_eq!(begin(&free, false, now()), Ok(Beginning::Free));
        assert_eq!(begin(&pending(), false, now()), Err(Refusal::TokenMissing));
    }

    #[test]
    fn only_a_pending_reservation_may_be_paid_for() {
        for status in ReservationStatus::ALL {
            let begun = begin(&Facts { status, ..pending() }, true, now());
            assert_eq!(begun.is_ok(), status == ReservationStatus::Pending, "{status:?}");
        }
    }

    #[test]
    fn what_passes_is_no_final_answer() {
        assert!(!Refusal::after(VoidReason::NotTaken, true).is_final());
        for reason in VoidReason::ALL {
            assert!(Refusal::after(reason, false).is_final(), "{reason}");
        }
    }
}
