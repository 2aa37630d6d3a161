//! The sandbox's webhooks: signed, sent beside the answer, tried a few times, and given up. Nobody may depend on them.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared::clock::Clock;
use tokio::sync::Semaphore;
use url::Url;
use uuid::Uuid;

use super::conduct::Done;
use super::faults::{Fault, Mishaps};
use super::payment_of;
use crate::gateway::event::{BadEvent, GatewayEvent, check, word};
use crate::gateway::signature::WebhookSecret;

/// The header with the signature.
const SIGNATURE: &str = "Sandbox-Signature";
const SEND_TIMEOUT: Duration = Duration::from_secs(3);
/// How long after a failure a webhook is sent again.
const PAUSES: [Duration; 3] = [Duration::ZERO, Duration::from_secs(1), Duration::from_secs(5)];
/// How much later a reordered webhook is sent than those that follow it.
const OVERTAKEN_AFTER: Duration = Duration::from_millis(1500);
/// Webhooks on their way at once; more are not sent.
const MAX_UNDER_WAY: usize = 256;

/// Sends webhooks to the shop.
#[derive(Clone)]
pub struct Notices {
    to: Option<Url>,
    secret: WebhookSecret,
    http: reqwest::Client,
    clock: Clock,
    room: Arc<Semaphore>,
}

/// An event as it is sent.
#[derive(Serialize, Deserialize)]
struct EventView {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    created_at: Timestamp,
    charge: String,
}

impl Notices {
    /// Webhooks to this address, signed with this secret; none where there is no address.
    pub fn new(to: Option<Url>, secret: WebhookSecret, clock: Clock) -> reqwest::Result<Self> {
        let http = reqwest::Client::builder().timeout(SEND_TIMEOUT).no_proxy().build()?;
        Ok(Self { to, secret, http, clock, room: Arc::new(Semaphore::new(MAX_UNDER_WAY)) })
    }

    /// Tells what was done, before the answer only where that goes wrong.
    pub(super) async fn tell(&self, done: &Done, mishaps: &Mishaps) {
        let Some(to) = self.to.clone() else { return };
        let Ok(permit) = self.room.clone().try_acquire_owned() else { return };
        let event = EventView {
            id: format!("evt_{}", Uuid::new_v4().simple()),
            kind: done.kind.to_owned(),
            created_at: self.clock.now(),
            charge: done.charge.clone(),
        };
        let (notices, mishaps) = (self.clone(), mishaps.clone());
        let is_awaited = mishaps.has(Fault::WebhookBeforeAnswer);
        let sending = tokio::spawn(async move {
            notices.send(to, &event, &mishaps).await;
            drop(permit);
        });
        if is_awaited {
            // A panic is reported by the runtime.
            let _ = sending.await;
        }
    }

    async fn send(&self, to: Url, event: &EventView, mishaps: &Mishaps) {
        if mishaps.has(Fault::WebhookReordered) {
            tokio::time::sleep(OVERTAKEN_AFTER).await;
        }
        let forger = WebhookSecret::new(b"somebody else");
        let signer = if mishaps.has(Fault::WebhookBadlySigned) { &forger } else { &self.secret };
        let times = if mishaps.has(Fault::WebhookTwice) { 2 } else { 1 };
        for _ in 0..times {
            self.deliver(to.clone(), event, signer).await;
        }
    }

    async fn deliver(&self, to: Url, event: &EventView, signer: &WebhookSecret) {
        let body = serde_json::to_vec(event).expect("an event is representable as JSON");
        for pause in PAUSES {
            tokio::time::sleep(pause).await;
            let signature = signer.sign(&body, self.clock.now());
            let request = self.http.post(to.clone()).header(SIGNATURE, signature);
            let sent = request.header("Content-Type", "application/json").body(body.clone()).send().await;
            match sent {
                Ok(response) if !response.status().is_server_error() => return,
                Ok(response) => tracing::debug!(status = %response.status(), "a webhook was not taken"),
                Err(error) => tracing::debug!(error = %error.without_url(), "a webhook was not sent"),
            }
        }
    }
}

/// Reads a webhook of the sandbox.
pub(super) fn read(
    secret: &WebhookSecret,
    headers: &HeaderMap,
    body: &[u8],
    now: Timestamp,
) -> Result<GatewayEvent, BadEvent> {
    check(secret, SIGNATURE, headers, body, now)?;
    let event: EventView =
        serde_json::from_slice(body).map_err(|error| BadEvent::Malformed(error.to_string()))?;
    Ok(GatewayEvent { payment: payment_of(&event.charge), id: word(event.id)?, kind: word(event.kind)? })
}
