//! Waitroom's public keys, fetched and kept: fresh for a while, fetched again when a token names a key that is not
//! known, and used stale for a bounded time when waitroom cannot be reached.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;
use url::Url;

use crate::keys::{JwkSet, PublicKeys};

/// Keys younger than this are used without asking.
const FRESH: SignedDuration = SignedDuration::from_mins(5);
/// Keys older than this are never used.
const MAX_STALE: SignedDuration = SignedDuration::from_hours(24);
/// However many unknown keys tokens name, waitroom is not asked more often.
const MIN_BETWEEN_FETCHES: SignedDuration = SignedDuration::from_secs(1);
const FETCH_TIMEOUT: Duration = Duration::from_secs(1);

/// Fetches and keeps a JWKS.
pub struct JwksClient {
    url: Url,
    http: reqwest::Client,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    keys: Option<Arc<PublicKeys>>,
    fetched_at: Option<Timestamp>,
    asked_at: Option<Timestamp>,
}

impl State {
    fn age(&self, now: Timestamp) -> SignedDuration {
        self.fetched_at.map_or(SignedDuration::MAX, |at| now.duration_since(at))
    }

    fn asked_just_now(&self, now: Timestamp) -> bool {
        self.asked_at.is_some_and(|at| now.duration_since(at) < MIN_BETWEEN_FETCHES)
    }
}

impl JwksClient {
    /// Fetches from this URL when keys are first needed.
    pub fn new(url: Url, http: reqwest::Client) -> Self {
        Self { url, http, state: Mutex::default() }
    }

    /// Keys among which `kid` is, if waitroom publishes it; `None` where there are none young enough.
    pub async fn keys_with(&self, kid: &str, now: Timestamp) -> Option<PublicKeys> {
        let mut state = self.state.lock().await;
        let known = state.keys.as_ref().is_some_and(|keys| keys.get(kid).is_some());
        let wanted = !known || state.age(now) > FRESH;
        if wanted && !state.asked_just_now(now) {
            state.asked_at = Some(now);
            match self.fetch().await {
                Ok(set) => {
                    state.keys = Some(Arc::new(PublicKeys::from(&set)));
                    state.fetched_at = Some(now);
                }
                Err(error) => {
                    tracing::warn!(error = %error.without_url(), "waitroom's public keys could not be fetched");
                }
            }
        }
        let usable = state.age(now) <= MAX_STALE;
        state.keys.as_deref().filter(|_| usable).cloned()
    }

    async fn fetch(&self) -> reqwest::Result<JwkSet> {
        let response = self.http.get(self.url.clone()).timeout(FETCH_TIMEOUT).send().await?;
        response.error_for_status()?.json().await
    }
}
