//! One call of Stripe's API: who asks, under which key, and which answers are answers.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use reqwest::{RequestBuilder, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::super::NoAnswer;
use crate::domain::payment::Decline;

/// The version of the API whose shapes are read here (<https://docs.stripe.com/api/versioning>).
const VERSION: &str = "2024-06-20";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
const CALL_TIMEOUT: Duration = Duration::from_secs(6);
/// How many keys an operation may have: Stripe answers a key for ever as it did first, with a failure of its own too.
const MAX_KEYS: usize = 3;

/// The secret key of an account. It never prints.
#[derive(Clone)]
pub struct ApiKey(Arc<str>);

impl ApiKey {
    /// A key as Stripe gave it.
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(…)")
    }
}

/// Stripe's API with an account's key.
pub(super) struct Api {
    base: Url,
    key: ApiKey,
    http: reqwest::Client,
}

/// Stripe understood and said no. The message is not kept: it may name a card.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub(super) struct Refused {
    /// `card_error`, `invalid_request_error`, `idempotency_error`, …
    #[serde(rename = "type", default)]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) code: String,
    #[serde(default)]
    pub(super) decline_code: String,
    #[serde(default)]
    param: String,
}

#[derive(Deserialize)]
struct ErrorBody {
    error: Refused,
}

/// What came of one call.
enum Answered<T> {
    Done(T),
    Refused(Refused),
    /// The first call under this key failed at Stripe, and this is that failure again.
    FailedForGood(StatusCode),
}

impl Api {
    pub(super) fn new(base: Url, key: ApiKey) -> reqwest::Result<Self> {
        let client = reqwest::Client::builder().timeout(CALL_TIMEOUT).connect_timeout(CONNECT_TIMEOUT);
        Ok(Self { base, key, http: client.redirect(reqwest::redirect::Policy::none()).build()? })
    }

    /// Reads something.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, String)],
    ) -> Result<Result<T, Refused>, NoAnswer> {
        match self.send(self.http.get(self.url(path)?).query(query)).await? {
            Answered::Done(found) => Ok(Ok(found)),
            Answered::Refused(refused) => Ok(Err(refused)),
            Answered::FailedForGood(status) => Err(NoAnswer::new(format!("status {status}"))),
        }
    }

    /// Changes something, once a key. Where a key is spoilt by a failure of Stripe's own the next one is used, in an
    /// order that is the same for everybody who asks.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        key: &str,
        form: &[(&str, String)],
    ) -> Result<Result<T, Refused>, NoAnswer> {
        let mut failure = StatusCode::INTERNAL_SERVER_ERROR;
        for number in 0..MAX_KEYS {
            let key = if number == 0 { key.to_owned() } else { format!("{key}:{number}") };
            let request = self.http.post(self.url(path)?).form(form).header("Idempotency-Key", key);
            match self.send(request).await? {
                Answered::Done(done) => return Ok(Ok(done)),
                Answered::Refused(refused) => return Ok(Err(refused)),
                Answered::FailedForGood(status) => failure = status,
            }
        }
        Err(NoAnswer::new(format!("status {failure}, again and again")))
    }

    fn url(&self, path: &str) -> Result<Url, NoAnswer> {
        self.base.join(path).map_err(|error| NoAnswer::new(error.to_string()))
    }

    async fn send<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<Answered<T>, NoAnswer> {
        let request = request.bearer_auth(&self.key.0).header("Stripe-Version", VERSION);
        let response = request.send().await.map_err(lost)?;
        let status = response.status();
        if status.is_success() {
            return Ok(Answered::Done(response.json().await.map_err(lost)?));
        }
        if status.is_server_error() && is_replayed(&response) {
            return Ok(Answered::FailedForGood(status));
        }
        let is_decision = status.is_client_error()
            && ![StatusCode::TOO_MANY_REQUESTS, StatusCode::CONFLICT].contains(&status);
        if !is_decision {
            return Err(NoAnswer::new(format!("status {status}")));
        }
        if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            tracing::error!(%status, "Stripe does not accept STRIPE_SECRET_KEY");
            return Err(NoAnswer::new(format!("status {status}")));
        }
        let ErrorBody { error } = response.json().await.map_err(lost)?;
        // The same key with other parameters: something is wrong with us, and nothing is known of the payment.
        if error.kind == "idempotency_error" {
            return Err(NoAnswer::new("the key was used for something else"));
        }
        Ok(Answered::Refused(error))
    }
}

fn is_replayed(response: &Response) -> bool {
    response.headers().get("Idempotent-Replayed").is_some_and(|value| value == "true")
}

fn lost(error: reqwest::Error) -> NoAnswer {
    NoAnswer::new(error.without_url().to_string())
}

impl Refused {
    /// What a refused confirmation means for the card. Where the intent was in another state than expected, only the
    /// intent tells.
    pub(super) fn decline(&self) -> Result<Decline, NoAnswer> {
        match (self.kind.as_str(), self.code.as_str()) {
            ("card_error", _) => Ok(decline(&self.code, &self.decline_code)),
            (_, "payment_intent_unexpected_state") => Err(NoAnswer::new("the intent is in another state")),
            ("invalid_request_error", _) if self.param.starts_with("payment_method") => Ok(Decline::Refused),
            (_, "resource_missing" | "token_already_used") => Ok(Decline::Refused),
            (kind, code) => Err(NoAnswer::new(format!("{kind} {code}"))),
        }
    }
}

/// Why the card was refused, in our words.
pub(super) fn decline(code: &str, decline_code: &str) -> Decline {
    if code == "insufficient_funds" || decline_code == "insufficient_funds" {
        Decline::InsufficientFunds
    } else {
        Decline::Refused
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(kind: &str, code: &str, decline_code: &str, param: &str) -> Refused {
        let words = [kind, code, decline_code, param].map(str::to_owned);
        let [kind, code, decline_code, param] = words;
        Refused { kind, code, decline_code, param }
    }

    #[test]
    fn a_key_never_prints_itself() {
        assert_eq!(format!("{:?}", ApiKey::new("sk_live_1")), "ApiKey(…)");
    }

    #[test]
    fn the_card_is_refused_only_where_the_card_is_at_fault() {
        let funds = refused("card_error", "card_declined", "insufficient_funds", "").decline();
        assert_eq!(funds.unwrap(), Decline::InsufficientFunds);
        assert_eq!(refused("card_error", "expired_card", "", "").decline().unwrap(), Decline::Refused);
        let unknown = refused("invalid_request_error", "resource_missing", "", "payment_method").decline();
        assert_eq!(unknown.unwrap(), Decline::Refused);
        let state = refused("invalid_request_error", "payment_intent_unexpected_state", "", "").decline();
        assert!(state.is_err());
        assert!(refused("api_error", "", "", "").decline().is_err());
    }
}
