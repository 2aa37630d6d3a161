//! One attempt to pay for a reservation, and the states it passes through. A transition takes the old state, so
//! that an attempt cannot be captured twice or voided after its capture. Not here: who calls the gateway
//! (`domain::confirm`) and how a state is stored (`store::payments`).
//!
//! ```text
//! authorising ─► authorised ─► capturing ─► captured
//!      │  │          │             │
//!      │  └─► voiding ◄────────────┘
//!      │         └─► voided | failed (there was nothing to void)
//!      └─► declined
//! ```

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use shared::money::Money;

use super::booking::Unseen;
use super::ids::{PaymentId, ReservationId};

/// The gateway's own name for a charge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayReference(pub String);

/// An attempt in the state `S`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment<S> {
    /// Names the attempt; the gateway's idempotency keys are derived from it.
    pub id: PaymentId,
    /// What is paid for.
    pub reservation: ReservationId,
    /// How many seats it is for.
    pub seats: usize,
    /// How much.
    pub amount: Money,
    /// Until when the money may be asked for; afterwards an unfinished authorisation is voided.
    pub deadline: Timestamp,
    /// Where the attempt is.
    pub state: S,
}

/// The gateway was, or is about to be, asked to authorise. Whether it did is not known yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorising;

/// The gateway holds the money for us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorised {
    /// The gateway's name for the charge.
    pub reference: GatewayReference,
    /// Whether that is recorded; if not, it is recorded with the booking, and what comes between is asked again.
    pub is_recorded: bool,
}

/// The booking is written, unseen by its buyer, and the capture was, or is about to be, asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capturing {
    /// The gateway's name for the charge.
    pub reference: GatewayReference,
    /// The booking, where this process wrote it; it does not change until the capture is recorded.
    pub booked: Option<Box<Unseen>>,
}

/// The money is ours. Final, until a refund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Captured {
    /// The gateway's name for the charge.
    pub reference: GatewayReference,
}

/// The gateway refused the card. Final.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declined {
    /// Why.
    pub decline: Decline,
}

/// The attempt is given up, and the gateway was, or is about to be, told so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voiding {
    /// Why it is given up.
    pub reason: VoidReason,
    /// The gateway's name for the charge, where it is known.
    pub reference: Option<GatewayReference>,
}

/// The attempt was given up and the gateway confirmed it: no money was taken and none will be. Final.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenUp {
    /// Why it was given up.
    pub reason: VoidReason,
    /// Whether the gateway had an authorisation to void.
    pub voided: Voided,
}

/// What a void found at the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voided {
    /// An authorisation, which is gone now.
    Authorisation,
    /// Nothing; an authorisation that arrives later under the same key will be refused.
    Nothing,
}

/// Why a gateway refused a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decline {
    /// The issuer said no, or the token means nothing to the gateway.
    Refused,
    /// The account does not hold the amount.
    InsufficientFunds,
    /// The buyer must do something first (3-D Secure).
    ActionRequired {
        /// What the gateway's script in the browser needs for it.
        client_secret: String,
    },
}

/// Why an attempt is given up after the gateway was asked to authorise it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VoidReason {
    /// The reservation does not own all of its seats any more.
    SeatsLost,
    /// The admission was spent on another booking meanwhile.
    AdmissionSpent,
    /// The gateway refused the capture for good.
    CaptureRefused,
    /// The gateway had no answer before the payment's deadline.
    DeadlinePassed,
    /// The gateway never saw the request.
    NotTaken,
}

impl Payment<Authorising> {
    /// The gateway holds the money.
    #[must_use]
    pub fn authorised(self, reference: GatewayReference) -> Payment<Authorised> {
        self.with(Authorised { reference, is_recorded: false })
    }

    /// The gateway refused the card.
    #[must_use]
    pub fn declined(self, decline: Decline) -> Payment<Declined> {
        self.with(Declined { decline })
    }

    /// The gateway never saw the request, or had no answer in time.
    #[must_use]
    pub fn given_up(self, reason: VoidReason) -> Payment<Voiding> {
        self.with(Voiding { reason, reference: None })
    }
}

impl Payment<Authorised> {
    /// The booking is written.
    #[must_use]
    pub fn booked(self, booked: Unseen) -> Payment<Capturing> {
        let reference = self.state.reference.clone();
        self.with(Capturing { reference, booked: Some(Box::new(booked)) })
    }

    /// The booking cannot be written.
    #[must_use]
    pub fn given_up(self, reason: VoidReason) -> Payment<Voiding> {
        let reference = Some(self.state.reference.clone());
        self.with(Voiding { reason, reference })
    }
}

impl Payment<Capturing> {
    /// The money is ours.
    #[must_use]
    pub fn captured(self) -> Payment<Captured> {
        let reference = self.state.reference.clone();
        self.with(Captured { reference })
    }

    /// The gateway refused the capture for good.
    #[must_use]
    pub fn refused(self) -> Payment<Voiding> {
        let reference = Some(self.state.reference.clone());
        self.with(Voiding { reason: VoidReason::CaptureRefused, reference })
    }
}

impl Payment<Voiding> {
    /// The gateway confirmed that no money was taken and none will be.
    #[must_use]
    pub fn voided(self, voided: Voided) -> Payment<GivenUp> {
        let reason = self.state.reason;
        self.with(GivenUp { reason, voided })
    }
}

impl<S> Payment<S> {
    fn with<T>(self, state: T) -> Payment<T> {
        Payment {
            id: self.id,
            reservation: self.reservation,
            seats: self.seats,
            amount: self.amount,
            deadline: self.deadline,
            state,
        }
    }
}

/// An attempt that has not reached a final state: what the saga's worker takes up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfinished {
    /// Whether the gateway authorised is not known.
    Authorising(Payment<Authorising>),
    /// The booking is to be written.
    Authorised(Payment<Authorised>),
    /// Whether the gateway captured is not known.
    Capturing(Payment<Capturing>),
    /// Whether the gateway voided is not known.
    Voiding(Payment<Voiding>),
}

impl Unfinished {
    /// The attempt's id, whichever state it is in.
    pub fn id(&self) -> PaymentId {
        match self {
            Self::Authorising(payment) => payment.id,
            Self::Authorised(payment) => payment.id,
            Self::Capturing(payment) => payment.id,
            Self::Voiding(payment) => payment.id,
        }
    }

    /// The step's name in logs and metrics.
    pub fn step(&self) -> &'static str {
        match self {
            Self::Authorising(_) => "authorise",
            Self::Authorised(_) => "book",
            Self::Capturing(_) => "capture",
            Self::Voiding(_) => "void",
        }
    }
}

impl Decline {
    /// The word for it in the database and at the gateway.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Refused => "declined",
            Self::InsufficientFunds => "insufficient_funds",
            Self::ActionRequired { .. } => "action_required",
        }
    }
}

impl VoidReason {
    /// Every reason.
    pub const ALL: [Self; 5] =
        [Self::SeatsLost, Self::AdmissionSpent, Self::CaptureRefused, Self::DeadlinePassed, Self::NotTaken];

    /// The word for it in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SeatsLost => "seats_lost",
            Self::AdmissionSpent => "admission_spent",
            Self::CaptureRefused => "capture_refused",
            Self::DeadlinePassed => "deadline_passed",
            Self::NotTaken => "not_taken",
        }
    }
}

impl fmt::Display for VoidReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text is no reason for giving a payment up.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is no reason for giving a payment up")]
pub struct UnknownVoidReason(String);

impl FromStr for VoidReason {
    type Err = UnknownVoidReason;

    fn from_str(text: &str) -> Result<Self, UnknownVoidReason> {
        let known = Self::ALL.into_iter().find(|reason| reason.as_str() == text);
        known.ok_or_else(|| UnknownVoidReason(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_void_reason_is_read_back_from_its_word() {
        for reason in VoidReason::ALL {
            assert_eq!(reason.as_str().parse::<VoidReason>().unwrap(), reason);
        }
        assert!("boredom".parse::<VoidReason>().is_err());
    }
}
