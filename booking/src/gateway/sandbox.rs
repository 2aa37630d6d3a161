//! The sandbox gateway, in the box for demos, rehearsals and tests: the adapter that reaches it over HTTP like any
//! foreign gateway. The service it reaches is `sandbox::service`, its books are `sandbox::ledger`.

mod books;
mod challenge;
mod conduct;
pub mod faults;
pub mod ledger;
pub mod notices;
pub mod service;

use std::time::Duration;

use futures::future::BoxFuture;
use http::{HeaderMap, Method, StatusCode};
use jiff::Timestamp;
use reqwest::RequestBuilder;
use serde::{Deserialize, Serialize};
use shared::money::Money;
use url::Url;
use uuid::Uuid;

use super::signature::WebhookSecret;
use super::{
    Attempt, Authorisation, BadEvent, BooksPage, Capture, Charge, Gateway, GatewayEvent, Heard, NoAnswer,
    PaymentToken, PlayedBank,
};
use crate::domain::ids::{PaymentId, RefundId, ReservationId};
use crate::domain::payment::{Decline, GatewayReference, Voided};

/// A gateway that has not answered by then has given no answer.
const CALL_TIMEOUT: Duration = Duration::from_secs(4);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// The sandbox gateway behind its HTTP interface.
pub struct SandboxGateway {
    base: Url,
    http: reqwest::Client,
    secret: WebhookSecret,
}

/// A charge as the sandbox shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChargeView {
    /// The sandbox's name for it.
    pub reference: String,
    /// Where it is.
    pub status: ChargeStatus,
    /// The amount asked for.
    pub amount: Money,
    /// How much of it was captured.
    pub captured_minor: i64,
    /// How much of that was given back.
    pub refunded_minor: i64,
    /// Why the card was refused.
    pub decline_code: Option<String>,
    /// For `action_required`: what the browser needs.
    pub client_secret: Option<String>,
}

/// Where a charge is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChargeStatus {
    /// Not decided yet.
    Processing,
    /// The money is held.
    Authorised,
    /// The card was refused.
    Declined,
    /// The buyer must do something first.
    ActionRequired,
    /// The money was taken.
    Captured,
    /// Nothing is held and nothing will be.
    Voided,
    /// All of it was given back.
    Refunded,
}

/// What to charge.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewCharge {
    /// The card's token.
    pub token: String,
    /// How much.
    pub amount: Money,
    /// What for: a charge that its buyer approves later goes on for that alone.
    #[serde(default)]
    pub reservation: Option<ReservationId>,
}

/// How much of a charge to capture or to give back.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// How much.
    pub amount: Money,
}

/// What a void found.
#[derive(Debug, Serialize, Deserialize)]
pub struct VoidView {
    /// Whether there was an authorisation to void.
    pub voided_authorisation: bool,
}

impl SandboxGateway {
    /// An adapter to the sandbox at `base`, whose webhooks are signed with `secret`.
    pub fn new(base: Url, secret: WebhookSecret) -> reqwest::Result<Self> {
        let client =
            reqwest::Client::builder().timeout(CALL_TIMEOUT).connect_timeout(CONNECT_TIMEOUT).no_proxy();
        Ok(Self { base, http: client.build()?, secret })
    }

    fn request(&self, method: Method, path: &str) -> Result<RequestBuilder, NoAnswer> {
        let url = self.base.join(path).map_err(|error| NoAnswer::new(error.to_string()))?;
        Ok(self.http.request(method, url))
    }

    fn operation(&self, charge: PaymentId, verb: &str, key: &str) -> Result<RequestBuilder, NoAnswer> {
        let path = format!("v1/charges/{}/{verb}", authorise_key(charge));
        Ok(self.request(Method::POST, &path)?.header("Idempotency-Key", key))
    }

    /// Goes on with a charge whose buyer has told the bank who they are. The sandbox refuses one of another reservation.
    async fn go_on(&self, attempt: &Attempt, charge: Uuid) -> Result<Authorisation, NoAnswer> {
        let request = self.request(Method::POST, &format!("v1/charges/{charge}/continue"))?;
        let request = request.header("Idempotency-Key", authorise_key(attempt.payment));
        let asked = challenge::Continuation { amount: attempt.amount, reservation: attempt.reservation };
        let (_, charge): (_, ChargeView) = answer(request.json(&asked), &[StatusCode::OK]).await?;
        authorisation(charge)
    }
}

/// The key a charge is made, and found again, under.
pub fn authorise_key(payment: PaymentId) -> String {
    format!("{payment}:authorise")
}

/// The attempt that a charge under this key was made for.
fn payment_of(key: &str) -> Option<PaymentId> {
    key.strip_suffix(":authorise")?.parse().ok()
}

impl Gateway for SandboxGateway {
    fn name(&self) -> &'static str {
        "sandbox"
    }

    fn publishable_key(&self) -> &'static str {
        "pk_sandbox"
    }

    fn authorise<'a>(
        &'a self,
        attempt: &'a Attempt,
        token: &'a PaymentToken,
    ) -> BoxFuture<'a, Result<Authorisation, NoAnswer>> {
        Box::pin(async move {
            if let Some(charge) = challenge::continued(&token.0) {
                return self.go_on(attempt, charge).await;
            }
            let key = authorise_key(attempt.payment);
            let request = self.request(Method::POST, "v1/charges")?.header("Idempotency-Key", key);
            let (token, amount) = (token.0.clone(), attempt.amount);
            let charge = NewCharge { token, amount, reservation: Some(attempt.reservation) };
            let (_, charge): (_, ChargeView) = answer(request.json(&charge), &[StatusCode::OK]).await?;
            authorisation(charge)
        })
    }

    fn capture<'a>(&'a self, attempt: &'a Attempt) -> BoxFuture<'a, Result<Capture, NoAnswer>> {
        Box::pin(async move {
            let (payment, amount) = (attempt.payment, attempt.amount);
            let request =
                self.operation(payment, "capture", &format!("{payment}:capture"))?.json(&Part { amount });
            let decided = [StatusCode::OK, StatusCode::CONFLICT, StatusCode::NOT_FOUND];
            let (status, _): (_, serde_json::Value) = answer(request, &decided).await?;
            Ok(if status == StatusCode::OK { Capture::Captured } else { Capture::Refused })
        })
    }

    fn void<'a>(&'a self, attempt: &'a Attempt) -> BoxFuture<'a, Result<Voided, NoAnswer>> {
        Box::pin(async move {
            let payment = attempt.payment;
            let request = self.operation(payment, "void", &format!("{payment}:void"))?;
            let (_, found): (_, VoidView) = answer(request, &[StatusCode::OK]).await?;
            Ok(if found.voided_authorisation { Voided::Authorisation } else { Voided::Nothing })
        })
    }

    fn refund<'a>(
        &'a self,
        attempt: &'a Attempt,
        refund: RefundId,
        amount: Money,
    ) -> BoxFuture<'a, Result<bool, NoAnswer>> {
        Box::pin(async move {
            let request = self
                .operation(attempt.payment, "refund", &format!("{refund}:refund"))?
                .json(&Part { amount });
            let decided = [StatusCode::OK, StatusCode::CONFLICT, StatusCode::NOT_FOUND];
            let (status, _): (_, serde_json::Value) = answer(request, &decided).await?;
            Ok(status == StatusCode::OK)
        })
    }

    fn look_up_refund<'a>(
        &'a self,
        _: &'a Attempt,
        refund: RefundId,
    ) -> BoxFuture<'a, Result<bool, NoAnswer>> {
        Box::pin(async move {
            let request = self.request(Method::GET, &format!("v1/refunds/{refund}:refund"))?;
            let (status, _): (_, serde_json::Value) =
                answer(request, &[StatusCode::OK, StatusCode::NOT_FOUND]).await?;
            Ok(status == StatusCode::OK)
        })
    }

    fn look_up<'a>(&'a self, attempt: &'a Attempt) -> BoxFuture<'a, Result<Charge, NoAnswer>> {
        Box::pin(async move {
            let path = format!("v1/charges/{}", authorise_key(attempt.payment));
            let request = self.request(Method::GET, &path)?;
            let (status, body): (_, serde_json::Value) =
                answer(request, &[StatusCode::OK, StatusCode::NOT_FOUND]).await?;
            if status == StatusCode::NOT_FOUND {
                return Ok(Charge::NotFound);
            }
            let charge = serde_json::from_value(body).map_err(|error| NoAnswer::new(error.to_string()))?;
            Ok(seen(charge))
        })
    }

    fn books<'a>(
        &'a self,
        since: Timestamp,
        until: Timestamp,
        after: Option<&'a str>,
    ) -> BoxFuture<'a, Result<BooksPage, NoAnswer>> {
        Box::pin(async move {
            let asked = books::Asked { since, until, after: after.map(str::to_owned) };
            let request = self.request(Method::GET, "v1/charges")?.query(&asked);
            let (_, page): (_, books::PageView) = answer(request, &[StatusCode::OK]).await?;
            Ok(page.into())
        })
    }

    fn bank(&self) -> Option<&dyn PlayedBank> {
        Some(self)
    }

    fn event(&self, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Result<GatewayEvent, BadEvent> {
        notices::read(&self.secret, headers, body, now)
    }
}

impl PlayedBank for SandboxGateway {
    fn hear<'a>(&'a self, client_secret: &'a str, approves: bool) -> BoxFuture<'a, Result<Heard, NoAnswer>> {
        Box::pin(async move {
            let said = challenge::BuyersAnswer { client_secret: client_secret.to_owned(), approves };
            let request = self.request(Method::POST, "v1/challenges")?.json(&said);
            let decided = [StatusCode::OK, StatusCode::CONFLICT, StatusCode::NOT_FOUND];
            let (status, _): (_, serde_json::Value) = answer(request, &decided).await?;
            Ok(match status {
                StatusCode::OK => Heard::Noted,
                StatusCode::CONFLICT => Heard::TooLate,
                _ => Heard::Unknown,
            })
        })
    }
}

/// Sends a request; an answer with one of the `decided` statuses is an answer, anything else is none.
async fn answer<T>(request: RequestBuilder, decided: &[StatusCode]) -> Result<(StatusCode, T), NoAnswer>
where
    T: serde::de::DeserializeOwned,
{
    let no_answer = |error: reqwest::Error| NoAnswer::new(error.without_url().to_string());
    let response = request.send().await.map_err(no_answer)?;
    let status = response.status();
    if !decided.contains(&status) {
        return Err(NoAnswer::new(format!("status {status}")));
    }
    Ok((status, response.json().await.map_err(no_answer)?))
}

fn authorisation(charge: ChargeView) -> Result<Authorisation, NoAnswer> {
    match seen(charge) {
        Charge::Authorised(reference) | Charge::Captured(reference) => {
            Ok(Authorisation::Authorised(reference))
        }
        Charge::Declined(decline) => Ok(Authorisation::Declined(decline)),
        Charge::Voided => Ok(Authorisation::Declined(Decline::Refused)),
        Charge::Processing | Charge::NotFound => Err(NoAnswer::new("the charge is not decided yet")),
    }
}

fn seen(charge: ChargeView) -> Charge {
    let reference = GatewayReference(charge.reference);
    match charge.status {
        ChargeStatus::Processing => Charge::Processing,
        ChargeStatus::Authorised => Charge::Authorised(reference),
        ChargeStatus::Declined => Charge::Declined(match charge.decline_code.as_deref() {
            Some("insufficient_funds") => Decline::InsufficientFunds,
            _ => Decline::Refused,
        }),
        ChargeStatus::ActionRequired => Charge::Declined(Decline::ActionRequired {
            client_secret: charge.client_secret.unwrap_or_default(),
        }),
        ChargeStatus::Captured | ChargeStatus::Refunded => Charge::Captured(reference),
        ChargeStatus::Voided => Charge::Voided,
    }
}
