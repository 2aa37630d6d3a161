//! What happened in the shop: how often each thing that can happen to a shopper did, and which never did.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

/// Something that can happen to a shopper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Happening {
    /// Seats had gone to somebody else.
    SeatsGone,
    /// Took other seats for those in the basket.
    TookOtherSeats,
    /// Was refused other seats, and kept the basket.
    OtherSeatsGone,
    /// Never got the answer to an exchange.
    ExchangeAnswerLost,
    /// Looked at the basket after a lost answer, and found the other seats in it.
    FoundOtherSeats,
    /// Had to wait after a basket left to expire.
    CooledDown,
    /// Gave a basket back.
    Released,
    /// Walked off from a basket.
    WalkedOff,
    /// Looked at a basket that had expired.
    BasketExpired,
    /// A card was declined.
    CardDeclined,
    /// A bank wanted to know who pays.
    BankAsked,
    /// The gateway did not take a payment.
    GatewayAway,
    /// Paid with another card than the first.
    PaidWithAnotherCard,
    /// Paid with a card that takes its time.
    PaidSlowly,
    /// Paid although the gateway's answer got lost.
    PaidWithALostAnswer,
    /// Paid in the last moment of the reservation.
    PaidAtTheLastMoment,
    /// Was told that the payment is under way.
    ToldToWait,
    /// Sent a payment again that had been answered, and got the same answer.
    AnsweredTheSame,
    /// Tried to pay when the reservation was over, and was refused.
    RefusedTooLate,
    /// Gave a booking back, and got money for it.
    GaveTicketsBack,
    /// Wanted to, too late.
    TooLateToGiveBack,
    /// Lost seats while paying for them.
    SeatsLost,
}

impl Happening {
    /// All of them, in the order of a visit.
    pub const ALL: [Self; 22] = [
        Self::SeatsGone,
        Self::TookOtherSeats,
        Self::OtherSeatsGone,
        Self::ExchangeAnswerLost,
        Self::FoundOtherSeats,
        Self::CooledDown,
        Self::Released,
        Self::WalkedOff,
        Self::BasketExpired,
        Self::CardDeclined,
        Self::BankAsked,
        Self::GatewayAway,
        Self::PaidWithAnotherCard,
        Self::PaidSlowly,
        Self::PaidWithALostAnswer,
        Self::PaidAtTheLastMoment,
        Self::ToldToWait,
        Self::AnsweredTheSame,
        Self::RefusedTooLate,
        Self::GaveTicketsBack,
        Self::TooLateToGiveBack,
        Self::SeatsLost,
    ];

    /// The words of the report.
    pub const fn words(self) -> &'static str {
        match self {
            Self::SeatsGone => "seats had gone",
            Self::TookOtherSeats => "took other seats instead",
            Self::OtherSeatsGone => "kept the basket, other seats had gone",
            Self::ExchangeAnswerLost => "lost the answer to an exchange",
            Self::FoundOtherSeats => "found other seats after a lost answer",
            Self::CooledDown => "had to cool down",
            Self::Released => "gave seats back",
            Self::WalkedOff => "walked off",
            Self::BasketExpired => "saw the basket expired",
            Self::CardDeclined => "card declined",
            Self::BankAsked => "bank asked back",
            Self::GatewayAway => "gateway did not take it",
            Self::PaidWithAnotherCard => "paid with another card",
            Self::PaidSlowly => "paid slowly",
            Self::PaidWithALostAnswer => "paid with a lost answer",
            Self::PaidAtTheLastMoment => "paid at the last moment",
            Self::ToldToWait => "told to wait",
            Self::AnsweredTheSame => "asked again, same answer",
            Self::RefusedTooLate => "paid too late, refused",
            Self::GaveTicketsBack => "gave tickets back",
            Self::TooLateToGiveBack => "too late to give tickets back",
            Self::SeatsLost => "lost seats while paying",
        }
    }
}

/// What the shoppers can tell of the shop.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ShopReport {
    /// How often what happened.
    pub happenings: BTreeMap<Happening, u64>,
    /// What never happened.
    pub never: Vec<Happening>,
    /// Payments that were sent again and answered otherwise: must be none.
    pub answers_changed: u64,
    /// Reservations that were paid for when they were over: must be none.
    pub paid_too_late: u64,
    /// Baskets, bookings and exchanges with seats that nobody had asked for together: must be none.
    pub seats_mixed: u64,
}

impl ShopReport {
    /// The report of these counts.
    pub fn new(happenings: BTreeMap<Happening, u64>) -> Self {
        let never = Happening::ALL.into_iter().filter(|it| !happenings.contains_key(it)).collect();
        Self { happenings, never, ..Self::default() }
    }

    /// What must never be: a sentence each.
    pub fn findings(&self) -> impl Iterator<Item = String> {
        let counts = [
            (self.answers_changed, "a payment that was sent again was answered otherwise"),
            (self.paid_too_late, "a reservation was paid for when it was over"),
            (self.seats_mixed, "somebody was given seats that were not asked for together"),
        ];
        counts
            .into_iter()
            .filter(|(times, _)| *times > 0)
            .map(|(times, what)| format!("{times} times {what}"))
    }
}

impl fmt::Display for ShopReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n  in the shop")?;
        for (happening, times) in &self.happenings {
            writeln!(f, "  {times:>9}  {}", happening.words())?;
        }
        let never: Vec<_> = self.never.iter().map(|happening| happening.words()).collect();
        if never.is_empty() {
            return Ok(());
        }
        writeln!(f, "  {:>9}  {}", "never", never.join(", "))
    }
}
