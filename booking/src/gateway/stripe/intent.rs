//! What a `PaymentIntent` says (<https://docs.stripe.com/payments/paymentintents/lifecycle>), and amounts as Stripe counts
//! them (<https://docs.stripe.com/currencies#minor-units>).

use jiff::Timestamp;
use serde::Deserialize;
use shared::money::{Currency, Money};

use super::call::decline;
use crate::domain::ids::PaymentId;
use crate::domain::payment::{Decline, GatewayReference};
use crate::gateway::{Authorisation, BookedCharge, BookedStatus, Charge, NoAnswer};

/// A `PaymentIntent`, as far as it is read.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Intent {
    pub(super) id: String,
    pub(super) status: Status,
    amount: i64,
    #[serde(default)]
    amount_received: i64,
    currency: String,
    created: i64,
    client_secret: Option<String>,
    last_payment_error: Option<PaymentError>,
    latest_charge: Option<LatestCharge>,
    #[serde(default)]
    pub(super) metadata: Metadata,
}

/// Where an intent is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    RequiresPaymentMethod,
    RequiresConfirmation,
    RequiresAction,
    Processing,
    RequiresCapture,
    Canceled,
    Succeeded,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct PaymentError {
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    decline_code: Option<String>,
}

/// The charge of an intent: its id, or where that was asked for the charge itself.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
enum LatestCharge {
    Id(String),
    Charge {
        #[serde(default)]
        amount_refunded: i64,
    },
}

/// What we wrote on an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub(super) struct Metadata {
    #[serde(rename = "payment_id")]
    payment: Option<String>,
    #[serde(rename = "reservation_id")]
    pub(super) reservation: Option<String>,
    #[serde(rename = "refund_id")]
    pub(super) refund: Option<String>,
}

/// A list of objects.
#[derive(Deserialize)]
pub(super) struct List<T> {
    pub(super) data: Vec<T>,
    #[serde(default)]
    pub(super) has_more: bool,
}

impl Metadata {
    /// The attempt it names.
    pub(super) fn payment(&self) -> Option<PaymentId> {
        self.payment.as_deref()?.parse().ok()
    }
}

impl Intent {
    /// Its amount in our units; `None`: not one of ours.
    pub(super) fn money(&self) -> Option<Money> {
        let currency = self.currency.to_ascii_uppercase().parse().ok()?;
        Some(Money::new(from_stripe(self.amount, currency)?, currency))
    }

    /// Whether it holds money, or held some until it was cancelled.
    pub(super) fn has_held_money(&self) -> bool {
        self.latest_charge.is_some() && self.last_payment_error.is_none()
    }

    /// The answer to a confirmation.
    pub(super) fn authorisation(self) -> Result<Authorisation, NoAnswer> {
        match self.charge() {
            Charge::Authorised(reference) | Charge::Captured(reference) => {
                Ok(Authorisation::Authorised(reference))
            }
            Charge::Declined(decline) => Ok(Authorisation::Declined(decline)),
            Charge::Voided => Ok(Authorisation::Declined(Decline::Refused)),
            Charge::Processing | Charge::NotFound => Err(NoAnswer::new("the intent is not decided yet")),
        }
    }

    /// What became of it.
    pub(super) fn charge(&self) -> Charge {
        let reference = GatewayReference(self.id.clone());
        match self.status {
            Status::RequiresPaymentMethod | Status::RequiresConfirmation => match &self.last_payment_error {
                None => Charge::NotFound,
                Some(error) => {
                    let word = |word: &Option<String>| word.clone().unwrap_or_default();
                    Charge::Declined(decline(&word(&error.code), &word(&error.decline_code)))
                }
            },
            Status::RequiresAction => Charge::Declined(Decline::ActionRequired {
                client_secret: self.client_secret.clone().unwrap_or_default(),
            }),
            Status::Processing => Charge::Processing,
            Status::RequiresCapture => Charge::Authorised(reference),
            Status::Canceled => Charge::Voided,
            Status::Succeeded => Charge::Captured(reference),
        }
    }

    /// The intent in the books; `None` where its amount is none that we could have asked for.
    pub(super) fn booked(&self) -> Option<BookedCharge> {
        let amount = self.money()?;
        let refunded = match &self.latest_charge {
            Some(LatestCharge::Charge { amount_refunded }) => *amount_refunded,
            _ => 0,
        };
        Some(BookedCharge {
            payment: self.metadata.payment(),
            reference: GatewayReference(self.id.clone()),
            amount,
            captured_minor: from_stripe(self.amount_received, amount.currency)?,
            refunded_minor: from_stripe(refunded, amount.currency)?,
            status: match self.charge() {
                Charge::NotFound | Charge::Processing | Charge::Declined(Decline::ActionRequired { .. }) => {
                    BookedStatus::Open
                }
                Charge::Declined(_) => BookedStatus::Declined,
                Charge::Authorised(_) => BookedStatus::Authorised,
                Charge::Captured(_) => BookedStatus::Captured,
                Charge::Voided => BookedStatus::Voided,
            },
            created_at: Timestamp::from_second(self.created).ok()?,
        })
    }
}

/// How many digits Stripe counts behind the point. It differs from ISO 4217 for the króna and the Ugandan shilling, which
/// it counts in hundredths, and for the ariary, which it counts in whole ones.
fn digits(currency: Currency) -> u32 {
    match currency.as_str() {
        "BIF" | "CLP" | "DJF" | "GNF" | "JPY" | "KMF" | "KRW" | "MGA" | "PYG" | "RWF" | "VND" | "VUV"
        | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "JOD" | "KWD" | "OMR" | "TND" => 3,
        _ => 2,
    }
}

/// An amount as Stripe counts it; `None` where it cannot be charged exactly: Stripe takes no thousandths.
pub(super) fn to_stripe(money: Money) -> Option<i64> {
    let theirs = digits(money.currency);
    let amount = rescale(money.amount_minor, own_digits(money.currency), theirs)?;
    (theirs < 3 || amount % 10 == 0).then_some(amount)
}

/// An amount of Stripe's as we count it.
pub(super) fn from_stripe(amount: i64, currency: Currency) -> Option<i64> {
    rescale(amount, digits(currency), own_digits(currency))
}

fn own_digits(currency: Currency) -> u32 {
    u32::try_from(currency.exponent()).unwrap_or(2)
}

fn rescale(amount: i64, from: u32, to: u32) -> Option<i64> {
    if to >= from {
        amount.checked_mul(10_i64.checked_pow(to - from)?)
    } else {
        let factor = 10_i64.checked_pow(from - to)?;
        (amount % factor == 0).then_some(amount / factor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_counted_as_stripe_counts_them() {
        let stripe = |amount, currency: &str| to_stripe(Money::new(amount, currency.parse().unwrap()));
        assert_eq!(stripe(1250, "EUR"), Some(1250));
        assert_eq!(stripe(1250, "JPY"), Some(1250), "the yen has no minor unit, here and there");
        assert_eq!(stripe(1250, "ISK"), Some(125_000), "whole krónur here, hundredths there");
        assert_eq!(stripe(5120, "KWD"), Some(5120));
        assert_eq!(stripe(5123, "KWD"), None, "the last digit of a thousandth must be zero");
        assert_eq!(stripe(1200, "MGA"), Some(12));
        assert_eq!(stripe(1250, "MGA"), None);
    }

    #[test]
    fn amounts_come_back_as_they_went() {
        for currency in ["EUR", "JPY", "ISK", "UGX", "KWD", "MGA"] {
            let money = Money::new(12_300, currency.parse().unwrap());
            let there = to_stripe(money).unwrap();
            assert_eq!(from_stripe(there, money.currency), Some(12_300), "{currency}");
        }
    }

    #[test]
    fn an_intent_with_fields_nobody_here_knows_is_read() {
        let text = r#"{"id": "pi_1", "object": "payment_intent", "amount": 2500, "amount_received": 0,
            "currency": "eur", "created": 1800000000, "status": "requires_action", "client_secret": "pi_1_secret_2",
            "last_payment_error": null, "latest_charge": null, "livemode": false,
            "metadata": {"payment_id": "not ours"}, "next_action": {"type": "use_stripe_sdk"}}"#;
        let intent: Intent = serde_json::from_str(text).unwrap();
        let action = Decline::ActionRequired { client_secret: "pi_1_secret_2".to_owned() };
        assert_eq!(intent.charge(), Charge::Declined(action));
        assert_eq!(intent.booked().unwrap().payment, None);
    }
}
