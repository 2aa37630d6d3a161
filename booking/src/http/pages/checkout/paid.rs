//! What a confirm's answer means for the page that asked for it.

use axum::body::to_bytes;
use axum::response::Response;
use http::StatusCode;
use serde_json::Value;
use shared::problem::{Problem, codes};

use super::Ending;
use crate::domain::booking::InvalidContact;
use crate::domain::ids::BookingId;

/// No answer to a confirm is longer.
const MAX_ANSWER_BYTES: usize = 256 * 1024;

/// What became of a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Paid {
    /// It went through, now or before.
    Booked(BookingId),
    /// Its answer is not known; ask again with the same key.
    Processing,
    /// Another request pays at this moment.
    Elsewhere,
    /// It did not go through, and cannot any more.
    Over(Ending),
    /// It did not go through; the basket stays.
    Refused(PaymentProblem),
}

/// Why a payment did not go through while the basket stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PaymentProblem {
    Declined,
    InsufficientFunds,
    /// The bank asks back.
    ActionRequired {
        /// What the gateway's script finishes with.
        client_secret: String,
    },
    /// The buyer told the bank that it is not them.
    NotApproved,
    /// Whom the tickets are for cannot be read from what was entered.
    Contact(InvalidContact),
    /// What was entered cannot be used.
    Invalid {
        sentence: String,
    },
    /// The same attempt was made with other words.
    Changed,
    /// Something is away.
    Away,
}

impl PaymentProblem {
    /// Whether the same card would come to the same end.
    pub(super) fn is_the_cards(&self) -> bool {
        matches!(
            self,
            Self::Declined | Self::InsufficientFunds | Self::NotApproved | Self::ActionRequired { .. }
        )
    }
}

impl Paid {
    /// Reads the API's answer.
    pub(super) async fn read(answer: Response) -> Result<(StatusCode, Self), Problem> {
        let status = answer.status();
        let bytes = to_bytes(answer.into_body(), MAX_ANSWER_BYTES).await.unwrap_or_default();
        let document: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        Self::of(status, &document).ok_or_else(|| {
            tracing::error!(
                status = status.as_u16(),
                "a confirm was answered with what the page does not know"
            );
            Problem::from(&codes::INTERNAL)
        })
    }

    /// What an answer means, with its status; `None` where it is an error like any other.
    pub(super) fn of(status: StatusCode, document: &Value) -> Option<(StatusCode, Self)> {
        let paid = match status {
            StatusCode::CREATED => Self::Booked(booking(document)?),
            StatusCode::ACCEPTED => Self::Processing,
            _ => Self::refused(document["code"].as_str()?, document)?,
        };
        Some((status, paid))
    }

    fn refused(code: &str, document: &Value) -> Option<Self> {
        let sentence = || {
            let words = document["detail"].as_str().or(document["title"].as_str());
            words.unwrap_or_default().to_owned()
        };
        Some(match code {
            "already_booked" => Self::Booked(booking(document)?),
            "payment_under_way" => Self::Elsewhere,
            "reservation_expired" => Self::Over(Ending::Expired),
            "seats_lost" => Self::Over(Ending::SeatsLost),
            "admission_spent" => Self::Over(Ending::AdmissionSpent),
            "payment_declined" => match document["decline_code"].as_str() {
                Some("capture_refused") => Self::Over(Ending::PaymentFailed),
                Some("insufficient_funds") => Self::Refused(PaymentProblem::InsufficientFunds),
                _ => Self::Refused(PaymentProblem::Declined),
            },
            "payment_action_required" => {
                let client_secret = document["client_secret"].as_str().unwrap_or_default().to_owned();
                Self::Refused(PaymentProblem::ActionRequired { client_secret })
            }
            "invalid_fields" | "payment_token_required" => {
                Self::Refused(PaymentProblem::Invalid { sentence: sentence() })
            }
            "idempotency_key_reused" | "idempotency_key_missing" | "idempotency_key_invalid" => {
                Self::Refused(PaymentProblem::Changed)
            }
            "payment_gateway_unavailable" | "dependency_unavailable" => Self::Refused(PaymentProblem::Away),
            _ => return None,
        })
    }
}

fn booking(document: &Value) -> Option<BookingId> {
    document["booking_id"].as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    fn paid(status: u16, document: &Value) -> Option<Paid> {
        Paid::of(StatusCode::from_u16(status).unwrap(), document).map(|(_, paid)| paid)
    }

    #[test]
    fn every_answer_to_a_confirm_has_a_page() {
        let booking = BookingId(Uuid::from_u128(7));
        assert_eq!(paid(201, &json!({ "booking_id": booking })), Some(Paid::Booked(booking)));
        assert_eq!(paid(202, &json!({ "status": "processing" })), Some(Paid::Processing));
        let declined = json!({ "code": "payment_declined", "decline_code": "insufficient_funds" });
        assert_eq!(paid(402, &declined), Some(Paid::Refused(PaymentProblem::InsufficientFunds)));
        let withdrawn = json!({ "code": "payment_declined", "decline_code": "capture_refused" });
        assert_eq!(paid(402, &withdrawn), Some(Paid::Over(Ending::PaymentFailed)));
        for (status, code, expected) in [
            (402, "payment_declined", Paid::Refused(PaymentProblem::Declined)),
            (403, "admission_spent", Paid::Over(Ending::AdmissionSpent)),
            (409, "seats_lost", Paid::Over(Ending::SeatsLost)),
            (409, "payment_under_way", Paid::Elsewhere),
            (410, "reservation_expired", Paid::Over(Ending::Expired)),
            (422, "idempotency_key_reused", Paid::Refused(PaymentProblem::Changed)),
            (503, "payment_gateway_unavailable", Paid::Refused(PaymentProblem::Away)),
        ] {
            assert_eq!(paid(status, &json!({ "code": code })), Some(expected), "{code}");
        }
        let asks_back = json!({ "code": "payment_action_required", "client_secret": "pi_1_secret_2" });
        let client_secret = "pi_1_secret_2".to_owned();
        assert_eq!(
            paid(402, &asks_back),
            Some(Paid::Refused(PaymentProblem::ActionRequired { client_secret }))
        );
        let invalid = json!({ "code": "invalid_fields", "detail": "no name" });
        let sentence = "no name".to_owned();
        assert_eq!(paid(422, &invalid), Some(Paid::Refused(PaymentProblem::Invalid { sentence })));
    }

    #[test]
    fn an_error_like_any_other_stays_one() {
        assert_eq!(paid(404, &json!({ "code": "not_found" })), None);
        assert_eq!(paid(201, &json!({})), None);
        assert_eq!(paid(500, &json!(null)), None);
    }
}
