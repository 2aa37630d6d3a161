//! Stripe by its HTTP API: a `PaymentIntent` an attempt, made first and confirmed with the card second, captured by hand
//! (<https://docs.stripe.com/api/payment_intents>). Making it takes nothing but what the attempt is, so anybody can find
//! it again by making it again under the same key, and a void always finds something to cancel. Not here: how a call is
//! made (`call`) and what an intent says (`intent`).

mod call;
mod intent;
mod refunds;

use std::time::Duration;

use futures::future::BoxFuture;
use http::HeaderMap;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use shared::clock::Clock;
use shared::money::Money;
use url::Url;

use self::call::{Api, Refused};
use self::intent::{Intent, List, Metadata, Status, to_stripe};
use super::event::{check, word};
use super::signature::WebhookSecret;
use super::{
    Attempt, Authorisation, BadEvent, BooksPage, Capture, Charge, Gateway, GatewayEvent, NoAnswer,
    PaymentToken,
};
use crate::domain::ids::RefundId;
use crate::domain::payment::{Decline, Voided};

pub use self::call::ApiKey;

/// How long an authorisation is waited for: two calls. With the look-up after it, it is shorter than the saga's lease.
const AUTHORISE_WITHIN: Duration = Duration::from_millis(6500);
/// How long any other operation is waited for.
const ANSWER_WITHIN: Duration = Duration::from_secs(3);
/// The header with the signature.
const SIGNATURE: &str = "Stripe-Signature";
/// Stripe forgets keys after a day at the earliest; an older attempt is searched for, which is exact by then.
const KEYS_LAST: SignedDuration = SignedDuration::from_hours(23);
/// An intent that nobody confirmed so long after it was made is not being confirmed at this moment.
const CONFIRMED_WITHIN: SignedDuration = SignedDuration::from_secs(20);

/// How Stripe is reached.
#[derive(Clone, Debug)]
pub struct StripeSettings {
    /// `STRIPE_SECRET_KEY`.
    pub secret_key: ApiKey,
    /// `STRIPE_PUBLISHABLE_KEY`.
    pub publishable_key: String,
    /// `STRIPE_WEBHOOK_SECRET`.
    pub webhook_secret: WebhookSecret,
    /// `STRIPE_API_URL`: another address than Stripe's own, for tests.
    pub api_url: Url,
}

/// Stripe.
pub struct StripeGateway {
    api: Api,
    publishable_key: String,
    webhook_secret: WebhookSecret,
    clock: Clock,
}

impl StripeGateway {
    /// An adapter with these settings.
    pub fn new(settings: &StripeSettings, clock: Clock) -> reqwest::Result<Self> {
        Ok(Self {
            api: Api::new(settings.api_url.clone(), settings.secret_key.clone())?,
            publishable_key: settings.publishable_key.clone(),
            webhook_secret: settings.webhook_secret.clone(),
            clock,
        })
    }

    /// How long ago an attempt was made: its id says when.
    fn age(&self, attempt: &Attempt) -> SignedDuration {
        let (seconds, _) = attempt.payment.0.get_timestamp().map(|time| time.to_unix()).unwrap_or_default();
        let made = i64::try_from(seconds).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
        self.clock.now().duration_since(made.unwrap_or_default())
    }

    /// The intent of an attempt, made if it was not; always with the same parameters, as the key demands. `None`: the
    /// amount cannot be expressed at Stripe.
    async fn made(&self, attempt: &Attempt) -> Result<Option<Intent>, NoAnswer> {
        let Some(amount) = to_stripe(attempt.amount) else { return Ok(None) };
        let form = [
            ("amount", amount.to_string()),
            ("currency", attempt.amount.currency.as_str().to_ascii_lowercase()),
            ("capture_method", "manual".to_owned()),
            ("payment_method_types[]", "card".to_owned()),
            ("metadata[payment_id]", attempt.payment.to_string()),
            ("metadata[reservation_id]", attempt.reservation.to_string()),
        ];
        let key = format!("{}:create", attempt.payment);
        match self.api.post("v1/payment_intents", &key, &form).await? {
            Ok(intent) => Ok(Some(intent)),
            Err(refused) => {
                tracing::error!(
                    error.kind = refused.kind,
                    error.code = refused.code,
                    "Stripe makes no intent"
                );
                Ok(None)
            }
        }
    }

    /// The intent of an attempt as it is now; `None`: there is none, and there will be none.
    async fn found(&self, attempt: &Attempt) -> Result<Option<Intent>, NoAnswer> {
        let id = if let Some(reference) = &attempt.reference {
            Some(reference.0.clone())
        } else if self.age(attempt) < KEYS_LAST {
            self.made(attempt).await?.map(|intent| intent.id)
        } else {
            self.searched(attempt).await?.map(|intent| intent.id)
        };
        match id {
            Some(id) => Ok(self.intent(&id).await?.ok()),
            None => Ok(None),
        }
    }

    async fn intent(&self, id: &str) -> Result<Result<Intent, Refused>, NoAnswer> {
        self.api.get(&format!("v1/payment_intents/{id}"), &[]).await
    }

    async fn searched(&self, attempt: &Attempt) -> Result<Option<Intent>, NoAnswer> {
        let query = [("query", format!("metadata['payment_id']:'{}'", attempt.payment))];
        let found: Result<List<Intent>, _> = self.api.get("v1/payment_intents/search", &query).await?;
        let found = found.map_err(|refused| NoAnswer::new(format!("no search: {}", refused.kind)))?;
        Ok(found.data.into_iter().next())
    }

    async fn confirm(&self, attempt: &Attempt, token: &PaymentToken) -> Result<Authorisation, NoAnswer> {
        let Some(intent) = self.made(attempt).await? else {
            return Ok(Authorisation::Declined(Decline::Refused));
        };
        let form = match token.0.strip_prefix("tok_") {
            Some(_) => vec![
                ("payment_method_data[type]", "card".to_owned()),
                ("payment_method_data[card][token]", token.0.clone()),
            ],
            None => vec![("payment_method", token.0.clone())],
        };
        let path = format!("v1/payment_intents/{}/confirm", intent.id);
        match self.api.post(&path, &format!("{}:confirm", attempt.payment), &form).await? {
            Ok(intent) => Intent::authorisation(intent),
            Err(refused) => refused.decline().map(Authorisation::Declined),
        }
    }

    /// Goes on with an intent whose buyer has shown the bank who they are. It must be of the same reservation: nobody
    /// pays with somebody else's intent, or twice with one.
    async fn go_on(&self, attempt: &Attempt, id: &str) -> Result<Authorisation, NoAnswer> {
        let refused = Ok(Authorisation::Declined(Decline::Refused));
        if !id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return refused;
        }
        let Ok(intent) = self.intent(id).await? else { return refused };
        let is_ours = intent.metadata.reservation.as_deref() == Some(&*attempt.reservation.to_string());
        if !is_ours || intent.money() != Some(attempt.amount) || intent.status == Status::Succeeded {
            return refused;
        }
        if intent.status == Status::RequiresCapture {
            // The books name the attempt that took the money.
            let form = [("metadata[payment_id]", attempt.payment.to_string())];
            let path = format!("v1/payment_intents/{id}");
            let told: Result<Intent, _> =
                self.api.post(&path, &format!("{}:continue", attempt.payment), &form).await?;
            told.map_err(|refused| NoAnswer::new(format!("not continued: {}", refused.kind)))?;
        }
        Intent::authorisation(intent)
    }

    async fn take(&self, attempt: &Attempt) -> Result<Capture, NoAnswer> {
        let Some(before) = self.found(attempt).await? else { return Ok(Capture::Refused) };
        let Some(amount) = to_stripe(attempt.amount) else { return Ok(Capture::Refused) };
        let form = [("amount_to_capture", amount.to_string())];
        let path = format!("v1/payment_intents/{}/capture", before.id);
        let answer: Result<Intent, Refused> =
            self.api.post(&path, &format!("{}:capture", attempt.payment), &form).await?;
        let (now, is_expired) = match answer {
            Ok(intent) => (intent, false),
            Err(refused) => match self.intent(&before.id).await? {
                Ok(intent) => (intent, refused.code == "charge_expired_for_capture"),
                Err(_) => return Ok(Capture::Refused),
            },
        };
        match now.status {
            Status::Succeeded => Ok(Capture::Captured),
            Status::Canceled | Status::RequiresPaymentMethod => Ok(Capture::Refused),
            _ if is_expired => Ok(Capture::Refused),
            _ => Err(NoAnswer::new("the capture is not decided")),
        }
    }

    async fn cancel(&self, attempt: &Attempt) -> Result<Voided, NoAnswer> {
        let Some(before) = self.found(attempt).await? else { return Ok(Voided::Nothing) };
        let after = if before.status == Status::Canceled {
            before
        } else {
            let path = format!("v1/payment_intents/{}/cancel", before.id);
            let answer: Result<Intent, Refused> =
                self.api.post(&path, &format!("{}:void", attempt.payment), &[]).await?;
            answer.map_err(|refused| NoAnswer::new(format!("not cancelled: {}", refused.code)))?
        };
        Ok(if after.has_held_money() { Voided::Authorisation } else { Voided::Nothing })
    }

    async fn seen(&self, attempt: &Attempt) -> Result<Charge, NoAnswer> {
        let Some(intent) = self.found(attempt).await? else { return Ok(Charge::NotFound) };
        let charge = intent.charge();
        // The confirmation may be on its way: voided now, a good payment would be lost.
        let is_young = self.age(attempt) < CONFIRMED_WITHIN;
        Ok(if charge == Charge::NotFound && is_young { Charge::Processing } else { charge })
    }

    async fn page(
        &self,
        since: Timestamp,
        until: Timestamp,
        after: Option<&str>,
    ) -> Result<BooksPage, NoAnswer> {
        let mut query = vec![
            ("created[gte]", ceil_s(since).to_string()),
            ("created[lt]", ceil_s(until).to_string()),
            ("limit", "100".to_owned()),
            ("expand[]", "data.latest_charge".to_owned()),
        ];
        query.extend(after.map(|after| ("starting_after", after.to_owned())));
        let list: Result<List<Intent>, _> = self.api.get("v1/payment_intents", &query).await?;
        let list = list.map_err(|refused| NoAnswer::new(format!("no list: {}", refused.kind)))?;
        let next = list.data.last().filter(|_| list.has_more).map(|last| last.id.clone());
        Ok(BooksPage { charges: list.data.iter().filter_map(Intent::booked).collect(), next })
    }
}

/// The first whole second from a time on: Stripe's times are whole seconds, rounded down.
fn ceil_s(time: Timestamp) -> i64 {
    time.as_second() + i64::from(time.subsec_nanosecond() > 0)
}

/// Bounds an operation in time.
fn within<'a, T: 'a>(
    span: Duration,
    operation: impl Future<Output = Result<T, NoAnswer>> + Send + 'a,
) -> BoxFuture<'a, Result<T, NoAnswer>> {
    Box::pin(async move {
        let answer = tokio::time::timeout(span, operation).await;
        answer.unwrap_or_else(|_| Err(NoAnswer::new("Stripe took too long")))
    })
}

impl Gateway for StripeGateway {
    fn name(&self) -> &'static str {
        "stripe"
    }

    fn publishable_key(&self) -> &str {
        &self.publishable_key
    }

    fn authorise<'a>(
        &'a self,
        attempt: &'a Attempt,
        token: &'a PaymentToken,
    ) -> BoxFuture<'a, Result<Authorisation, NoAnswer>> {
        within(AUTHORISE_WITHIN, async move {
            if token.0.starts_with("pi_") {
                self.go_on(attempt, &token.0).await
            } else {
                self.confirm(attempt, token).await
            }
        })
    }

    fn capture<'a>(&'a self, attempt: &'a Attempt) -> BoxFuture<'a, Result<Capture, NoAnswer>> {
        within(ANSWER_WITHIN, self.take(attempt))
    }

    fn void<'a>(&'a self, attempt: &'a Attempt) -> BoxFuture<'a, Result<Voided, NoAnswer>> {
        within(ANSWER_WITHIN, self.cancel(attempt))
    }

    fn refund<'a>(
        &'a self,
        attempt: &'a Attempt,
        refund: RefundId,
        amount: Money,
    ) -> BoxFuture<'a, Result<bool, NoAnswer>> {
        within(ANSWER_WITHIN, self.give_back(attempt, refund, amount))
    }

    fn look_up_refund<'a>(
        &'a self,
        attempt: &'a Attempt,
        refund: RefundId,
    ) -> BoxFuture<'a, Result<bool, NoAnswer>> {
        within(ANSWER_WITHIN, self.was_given_back(attempt, refund))
    }

    fn look_up<'a>(&'a self, attempt: &'a Attempt) -> BoxFuture<'a, Result<Charge, NoAnswer>> {
        within(ANSWER_WITHIN, self.seen(attempt))
    }

    fn books<'a>(
        &'a self,
        since: Timestamp,
        until: Timestamp,
        after: Option<&'a str>,
    ) -> BoxFuture<'a, Result<BooksPage, NoAnswer>> {
        within(ANSWER_WITHIN, self.page(since, until, after))
    }

    fn event(&self, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Result<GatewayEvent, BadEvent> {
        check(&self.webhook_secret, SIGNATURE, headers, body, now)?;
        let event: EventView =
            serde_json::from_slice(body).map_err(|error| BadEvent::Malformed(error.to_string()))?;
        let payment = event.data.object.metadata.payment();
        Ok(GatewayEvent { id: word(event.id)?, kind: word(event.kind)?, payment })
    }
}

/// An event, as far as it is read: whatever it is about carries our metadata, or is none of ours.
#[derive(Deserialize)]
struct EventView {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    data: EventData,
}

#[derive(Deserialize)]
struct EventData {
    object: EventObject,
}

#[derive(Deserialize)]
struct EventObject {
    #[serde(default)]
    metadata: Metadata,
}
