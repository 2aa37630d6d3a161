//! Keys that change: no token is refused in its time, whatever a verifier has kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use jiff::SignedDuration;

use super::*;
use crate::keys::MAX_STALE;

const ROTATION: Duration = Duration::from_hours(24 * 30);

/// Several replicas of a waiting room with one secret, behind one address.
#[derive(Clone)]
struct Replicas {
    rings: Arc<[KeyRing]>,
    clock: ManualClock,
    next: Arc<AtomicU64>,
    is_away: Arc<AtomicBool>,
}

impl Replicas {
    fn new(replicas: usize) -> Self {
        let secret = Secret::new(&"r".repeat(40)).unwrap();
        let ring = |_| KeyRing::new(secret.clone(), "admission", ROTATION);
        // The first moment of a period.
        let period = NOW / 86_400 / 30;
        Self {
            rings: (0..replicas).map(ring).collect(),
            clock: ManualClock::at(Timestamp::from_second(period * 86_400 * 30).unwrap()),
            next: Arc::default(),
            is_away: Arc::default(),
        }
    }

    fn ring(&self) -> &KeyRing {
        let next = usize::try_from(self.next.fetch_add(1, Ordering::Relaxed)).unwrap();
        &self.rings[next % self.rings.len()]
    }

    fn token(&self) -> String {
        let now = self.clock.now();
        let drop: DropSlug = "midnight-premiere".parse().unwrap();
        let claims = AdmissionClaims::new(ISSUER, Identity::device("abc"), drop, Sid::at(now), now);
        claims.sign(&self.ring().signing(now)).unwrap()
    }

    async fn serve(&self) -> String {
        let _already_installed = rustls::crypto::ring::default_provider().install_default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/jwks", listener.local_addr().unwrap());
        let routes = Router::new().route("/jwks", get(jwks)).with_state(self.clone());
        tokio::spawn(async { axum::serve(listener, routes).await.unwrap() });
        address
    }

    fn verifier(&self, url: &str) -> Verifier {
        let client = JwksClient::new(url.parse().unwrap(), reqwest::Client::new());
        Verifier::fetching(ISSUER, client, self.clock.clone().into())
    }
}

async fn jwks(State(replicas): State<Replicas>) -> Response {
    if replicas.is_away.load(Ordering::Relaxed) {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    Json(replicas.ring().jwks(replicas.clock.now())).into_response()
}

/// Four rotations, looked at a second before, at, and after each: five replicas sign in turn; one verifier is asked all
/// the time, one only every other day, so that its keys are always from before the rotation.
#[tokio::test]
async fn no_valid_token_is_refused_over_several_rotations() {
    let replicas = Replicas::new(5);
    let url = replicas.serve().await;
    let (busy, rare) = (replicas.verifier(&url), replicas.verifier(&url));
    let start = replicas.clock.now();
    let mut kids = std::collections::HashSet::new();
    for rotation in 1..=4 {
        let at = start + SignedDuration::from_hours(24 * 30 * rotation);
        replicas.clock.set(at - SignedDuration::from_secs(3_600));
        assert!(rare.verify(&replicas.token()).await.is_ok(), "learns the keys before the rotation");
        let mut living: Vec<String> = Vec::new();
        for second in (-310..=310).step_by(5) {
            replicas.clock.set(at + SignedDuration::from_secs(second));
            let token = replicas.token();
            kids.insert(Unverified::read(&token, 2_048).unwrap().kid().unwrap().to_owned());
            living.push(token);
            // A token lives for 300 s: the last 59 of them are still in their time.
            living.drain(..living.len().saturating_sub(59));
            for token in [living.first(), living.last()].into_iter().flatten() {
                for (name, verifier) in [("busy", &busy), ("rare", &rare)] {
                    let verdict = verifier.verify(token).await;
                    assert!(verdict.is_ok(), "{name}, rotation {rotation}, second {second}: {verdict:?}");
                }
            }
        }
    }
    assert_eq!(kids.len(), 5, "every period has its own key");
}

#[tokio::test]
async fn a_replica_whose_clock_is_ahead_signs_with_a_key_that_is_published() {
    let replicas = Replicas::new(1);
    let url = replicas.serve().await;
    let verifier = replicas.verifier(&url);
    let end = replicas.clock.now() + SignedDuration::from_hours(24 * 30);
    replicas.clock.set(end + SignedDuration::from_secs(2));
    let early = replicas.token();
    replicas.clock.set(end - SignedDuration::from_secs(2));
    assert!(verifier.verify(&early).await.is_ok());
}

#[tokio::test]
async fn tokens_are_taken_while_waitroom_is_away_as_long_as_keys_may_be_stale() {
    let replicas = Replicas::new(2);
    let url = replicas.serve().await;
    let verifier = replicas.verifier(&url);
    assert!(verifier.verify(&replicas.token()).await.is_ok());
    replicas.is_away.store(true, Ordering::Relaxed);
    replicas.clock.advance(MAX_STALE.unsigned_abs());
    assert!(verifier.verify(&replicas.token()).await.is_ok(), "also one that was never seen before");
    replicas.clock.advance(Duration::from_secs(1));
    assert_eq!(verifier.verify(&replicas.token()).await, Err(AdmissionError::KeysUnavailable));
    replicas.is_away.store(false, Ordering::Relaxed);
    replicas.clock.advance(Duration::from_secs(1));
    assert!(verifier.verify(&replicas.token()).await.is_ok());
}

#[tokio::test]
async fn a_verifier_that_never_saw_keys_says_that_it_cannot_say() {
    let replicas = Replicas::new(1);
    replicas.is_away.store(true, Ordering::Relaxed);
    let verifier = replicas.verifier(&replicas.serve().await);
    assert_eq!(verifier.verify(&replicas.token()).await, Err(AdmissionError::KeysUnavailable));
    assert_eq!(verifier.verify("a.b.c").await, Err(AdmissionError::Invalid), "no key could make it valid");
}
