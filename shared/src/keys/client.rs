//! Somebody's public keys, fetched and kept: fresh for a while, then used while they are fetched again, fetched at once
//! when a token names a key that is not known, and used stale for a bounded time when their publisher is away.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use tokio::sync::OwnedMutexGuard;
use tokio::task::JoinHandle;
use url::Url;

use super::{PublicKey, PublicKeys};

/// Keys younger than this are used without asking.
const FRESH: SignedDuration = SignedDuration::from_mins(5);
/// Keys older than this are never used.
pub const MAX_STALE: SignedDuration = SignedDuration::from_hours(24);
/// However many unknown keys tokens name, the publisher is not asked more often.
const BETWEEN_FETCHES: SignedDuration = SignedDuration::from_secs(1);
const FETCH_TIMEOUT: Duration = Duration::from_secs(1);
/// No honest answer is larger.
const MAX_ANSWER_BYTES: usize = 256 * 1024;

/// Why there is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Its publisher does not publish it.
    #[error("no key of this id is published")]
    Unknown,
    /// It cannot be said: the publisher is away.
    #[error("the public keys cannot be had")]
    Unavailable,
}

#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error("{0}")]
    Http(#[from] reqwest::Error),
    #[error("the answer is longer than {MAX_ANSWER_BYTES} bytes")]
    TooLong,
    #[error("the answer is no key set with usable keys")]
    NoKeys,
    #[error("the discovery document is not one of this issuer")]
    NotTheIssuers,
}

/// Fetches and keeps a JWKS. Clones share it.
#[derive(Clone)]
pub struct JwksClient(Arc<Inner>);

struct Inner {
    source: Source,
    http: reqwest::Client,
    between_fetches: SignedDuration,
    state: Mutex<State>,
    fetching: Arc<tokio::sync::Mutex<()>>,
}

enum Source {
    /// The key set is here.
    Keys(Url),
    /// The discovery document of this issuer says where it is (`OpenID` Connect Discovery 1.0, section 4).
    Issuer(String),
}

#[derive(Default)]
struct State {
    keys: PublicKeys,
    fetched_at: Option<Timestamp>,
    asked_at: Option<Timestamp>,
    last_failed: bool,
}

impl State {
    fn age(&self, now: Timestamp) -> SignedDuration {
        self.fetched_at.map_or(SignedDuration::MAX, |at| now.duration_since(at))
    }

    /// The key, if the keys are young enough to be used.
    fn usable(&self, kid: &str, now: Timestamp) -> Option<Arc<PublicKey>> {
        self.keys.get(kid).filter(|_| self.age(now) <= MAX_STALE).cloned()
    }
}

impl JwksClient {
    /// Fetches from this URL when keys are first needed.
    pub fn new(url: Url, http: reqwest::Client) -> Self {
        Self::of(Source::Keys(url), http)
    }

    /// Fetches from where the discovery document of an `OpenID` issuer says, when keys are first needed.
    pub fn discovering(issuer: &str, http: reqwest::Client) -> Self {
        Self::of(Source::Issuer(issuer.to_owned()), http)
    }

    fn of(source: Source, http: reqwest::Client) -> Self {
        let between_fetches = BETWEEN_FETCHES;
        Self(Arc::new(Inner {
            source,
            http,
            between_fetches,
            state: Mutex::default(),
            fetching: Arc::default(),
        }))
    }

    /// The key of this id. Where it is known it is given at once, and fetched again beside that when it is not fresh.
    pub async fn key(&self, kid: &str, now: Timestamp) -> Result<Arc<PublicKey>, KeyError> {
        let (known, age) = self.0.look(|state| (state.usable(kid, now), state.age(now)));
        if let Some(key) = known {
            if age > FRESH
                && let Ok(turn) = Arc::clone(&self.0.fetching).try_lock_owned()
            {
                self.ask(turn, now);
            }
            return Ok(key);
        }
        let turn = Arc::clone(&self.0.fetching).lock_owned().await;
        if let Some(asked) = self.ask(turn, now) {
            let _ended_badly_is_a_failure = asked.await;
        }
        self.0.look(|state| match state.usable(kid, now) {
            Some(key) => Ok(key),
            None if state.last_failed || state.age(now) > MAX_STALE => Err(KeyError::Unavailable),
            None => Err(KeyError::Unknown),
        })
    }

    /// Fetches in a task of its own, which goes on when the asker goes away; not at all where that was done just now.
    fn ask(&self, turn: OwnedMutexGuard<()>, now: Timestamp) -> Option<JoinHandle<()>> {
        let inner = Arc::clone(&self.0);
        let just_now = |at: Timestamp| now.duration_since(at).abs() < inner.between_fetches;
        let asked_just_now = inner.look(|state| {
            let asked_just_now = state.asked_at.is_some_and(just_now);
            if !asked_just_now {
                // Until the answer is there: a task that is killed has failed.
                (state.asked_at, state.last_failed) = (Some(now), true);
            }
            asked_just_now
        });
        (!asked_just_now).then(|| {
            tokio::spawn(async move {
                let _turn = turn;
                inner.refresh(now).await;
            })
        })
    }
}

impl Inner {
    fn look<T>(&self, with: impl FnOnce(&mut State) -> T) -> T {
        with(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn refresh(&self, now: Timestamp) {
        match self.fetch().await {
            Ok(keys) => self.look(|state| {
                (state.keys, state.fetched_at, state.last_failed) = (keys, Some(now), false);
            }),
            Err(error) => {
                let publisher = match &self.source {
                    Source::Keys(url) => url.as_str(),
                    Source::Issuer(issuer) => issuer,
                };
                tracing::warn!(%error, keys.publisher = publisher, "public keys could not be fetched");
            }
        }
    }

    async fn fetch(&self) -> Result<PublicKeys, FetchError> {
        let document = match &self.source {
            Source::Keys(url) => self.get(url.clone()).await?,
            Source::Issuer(issuer) => self.get(self.discover(issuer).await?).await?,
        };
        PublicKeys::read(&document).filter(|keys| !keys.is_empty()).ok_or(FetchError::NoKeys)
    }

    async fn discover(&self, issuer: &str) -> Result<Url, FetchError> {
        #[derive(Deserialize)]
        struct Discovery {
            issuer: String,
            jwks_uri: Url,
        }
        let address = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let address = address.parse().map_err(|_| FetchError::NotTheIssuers)?;
        let found: Option<Discovery> = serde_json::from_slice(&self.get(address).await?).ok();
        let found = found.filter(|found| {
            let stays_secret = found.jwks_uri.scheme() == "https" || !issuer.starts_with("https:");
            found.issuer == issuer && stays_secret
        });
        found.map(|found| found.jwks_uri).ok_or(FetchError::NotTheIssuers)
    }

    async fn get(&self, url: Url) -> Result<Vec<u8>, FetchError> {
        let response = self.http.get(url).timeout(FETCH_TIMEOUT).send().await?;
        let mut response = response.error_for_status()?;
        let mut document = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if document.len() + chunk.len() > MAX_ANSWER_BYTES {
                return Err(FetchError::TooLong);
            }
            document.extend_from_slice(&chunk);
        }
        Ok(document)
    }
}

#[cfg(test)]
mod tests;
