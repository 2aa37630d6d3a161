//! Webhooks of a gateway, as far as the shop believes them: that something happened to an attempt. What happened is
//! asked, because webhooks come early, late, twice, out of order and from anybody.

use http::HeaderMap;
use jiff::Timestamp;

use super::signature::{BadSignature, WebhookSecret};
use crate::domain::ids::PaymentId;

/// The longest id or kind of an event that is stored.
const MAX_WORD: usize = 255;

/// A signed event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayEvent {
    /// The gateway's name for it; sent again, it has the same.
    pub id: String,
    /// What the gateway says has happened.
    pub kind: String,
    /// The attempt it is about; `None` where it is about nothing of ours.
    pub payment: Option<PaymentId>,
}

/// Why a webhook is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadEvent {
    /// The header with the signature is missing.
    #[error("a webhook needs exactly one header {0}")]
    NotSigned(&'static str),
    /// The signature does not count.
    #[error(transparent)]
    Signature(#[from] BadSignature),
    /// It is signed, and still not an event.
    #[error("the body is not an event: {0}")]
    Malformed(String),
}

/// Whether the one signature in this header signs the body.
pub(super) fn check(
    secret: &WebhookSecret,
    name: &'static str,
    headers: &HeaderMap,
    body: &[u8],
    now: Timestamp,
) -> Result<(), BadEvent> {
    let mut values = headers.get_all(name).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return Err(BadEvent::NotSigned(name)) };
    let value = value.to_str().map_err(|_| BadSignature::Malformed)?;
    Ok(secret.check(value, body, now)?)
}

/// An id or kind that can be stored.
pub(super) fn word(text: String) -> Result<String, BadEvent> {
    let fits = (1..=MAX_WORD).contains(&text.len()) && !text.contains('\0');
    if fits { Ok(text) } else { Err(BadEvent::Malformed("an id or a type is empty or too long".to_owned())) }
}
