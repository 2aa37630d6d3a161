use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::State as Shared;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use serde_json::json;

use super::*;
use crate::clock::ManualClock;
use crate::keys::KeyRing;
use crate::secret::Secret;

/// Publishes the keys of whatever secret it is told, and counts how often it is asked.
#[derive(Clone)]
struct Publisher {
    clock: ManualClock,
    answer: Arc<Mutex<Answer>>,
    asked: Arc<AtomicU64>,
    url: Arc<str>,
}

#[derive(Clone)]
enum Answer {
    KeysOf(char),
    Away,
    Page,
    Endless,
    Nothing,
}

impl Publisher {
    async fn start() -> Self {
        let _already_installed = rustls::crypto::ring::default_provider().install_default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let publisher = Self {
            clock: ManualClock::at("2026-03-01T12:00:00Z".parse().unwrap()),
            answer: Arc::new(Mutex::new(Answer::KeysOf('a'))),
            asked: Arc::default(),
            url: format!("http://{}", listener.local_addr().unwrap()).into(),
        };
        let discovery = async |Shared(it): Shared<Self>| {
            Json(json!({"issuer": *it.url, "jwks_uri": format!("{}/keys", it.url)}))
        };
        let routes = Router::new()
            .route("/keys", get(keys))
            .route("/.well-known/openid-configuration", get(discovery))
            .with_state(publisher.clone());
        tokio::spawn(async { axum::serve(listener, routes).await.unwrap() });
        publisher
    }

    fn client(&self) -> JwksClient {
        JwksClient::new(format!("{}/keys", self.url).parse().unwrap(), reqwest::Client::new())
    }

    fn answers(&self, answer: Answer) {
        *self.answer.lock().unwrap() = answer;
    }

    fn asked(&self) -> u64 {
        self.asked.load(Ordering::SeqCst)
    }

    fn kid(&self, letter: char) -> String {
        ring(letter).signing(self.clock.now()).kid
    }

    fn pass(&self, time: SignedDuration) {
        self.clock.advance(time.unsigned_abs());
    }
}

fn ring(letter: char) -> KeyRing {
    KeyRing::new(Secret::new(&letter.to_string().repeat(32)).unwrap(), "test", Duration::from_hours(24 * 30))
}

async fn keys(Shared(it): Shared<Publisher>) -> Response {
    it.asked.fetch_add(1, Ordering::SeqCst);
    let answer = it.answer.lock().unwrap().clone();
    match answer {
        Answer::KeysOf(letter) => Json(ring(letter).jwks(it.clock.now())).into_response(),
        Answer::Away => StatusCode::BAD_GATEWAY.into_response(),
        Answer::Page => "<html>".into_response(),
        Answer::Endless => {
            format!("{{\"keys\": [{}{{}}]}}", "{},".repeat(MAX_ANSWER_BYTES / 3)).into_response()
        }
        Answer::Nothing => Json(json!({"keys": []})).into_response(),
    }
}

impl JwksClient {
    async fn knows(&self, publisher: &Publisher, letter: char) -> Result<(), KeyError> {
        self.key(&publisher.kid(letter), publisher.clock.now()).await.map(drop)
    }
}

#[tokio::test]
async fn known_keys_are_used_without_asking_until_they_are_not_fresh() {
    let publisher = Publisher::start().await;
    let client = publisher.client();
    for _ in 0..100 {
        assert_eq!(client.knows(&publisher, 'a').await, Ok(()));
    }
    assert_eq!(publisher.asked(), 1);
    publisher.pass(FRESH + SignedDuration::from_secs(1));
    assert_eq!(client.knows(&publisher, 'a').await, Ok(()));
    while publisher.asked() < 2 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_thousand_unknown_keys_a_second_are_one_question() {
    let publisher = Publisher::start().await;
    let client = publisher.client();
    let asks = (0..1_000).map(|n| {
        let (client, now) = (client.clone(), publisher.clock.now());
        async move { client.key(&format!("../../etc/passwd'; DROP TABLE keys; -- {n}"), now).await.map(drop) }
    });
    let answers = futures::future::join_all(asks).await;
    assert!(answers.iter().all(|answer| *answer == Err(KeyError::Unknown)));
    assert_eq!(publisher.asked(), 1);
}

#[tokio::test]
async fn a_new_key_is_learnt_within_a_second_of_its_first_token() {
    let publisher = Publisher::start().await;
    let client = publisher.client();
    assert_eq!(client.knows(&publisher, 'a').await, Ok(()));
    publisher.answers(Answer::KeysOf('b'));
    assert_eq!(client.knows(&publisher, 'b').await, Err(KeyError::Unknown), "asked just now");
    publisher.pass(BETWEEN_FETCHES);
    assert_eq!(client.knows(&publisher, 'b').await, Ok(()));
    assert_eq!(client.knows(&publisher, 'a').await, Err(KeyError::Unknown), "no longer published");
}

#[tokio::test]
async fn old_keys_serve_while_their_publisher_is_away_and_not_for_ever() {
    let publisher = Publisher::start().await;
    let client = publisher.client();
    assert_eq!(client.knows(&publisher, 'a').await, Ok(()));
    for away in [Answer::Away, Answer::Page, Answer::Endless, Answer::Nothing] {
        publisher.answers(away);
        publisher.pass(MAX_STALE / 5);
        assert_eq!(client.knows(&publisher, 'a').await, Ok(()));
        assert_eq!(client.knows(&publisher, 'b').await, Err(KeyError::Unavailable), "nobody can say");
    }
    publisher.pass(MAX_STALE / 5);
    assert_eq!(client.knows(&publisher, 'a').await, Ok(()), "to the last moment");
    publisher.pass(SignedDuration::from_secs(1));
    assert_eq!(client.knows(&publisher, 'a').await, Err(KeyError::Unavailable));
    publisher.answers(Answer::KeysOf('a'));
    publisher.pass(BETWEEN_FETCHES);
    assert_eq!(client.knows(&publisher, 'a').await, Ok(()));
}

#[tokio::test]
async fn nobody_waits_for_keys_that_are_known_while_their_publisher_is_silent() {
    let publisher = Publisher::start().await;
    let client = publisher.client();
    assert_eq!(client.knows(&publisher, 'a').await, Ok(()));
    let turn = Arc::clone(&client.0.fetching).lock_owned().await;
    publisher.pass(MAX_STALE);
    assert_eq!(client.knows(&publisher, 'a').await, Ok(()));
    drop(turn);
}

#[tokio::test]
async fn an_issuer_says_where_its_keys_are_and_only_its_own() {
    let publisher = Publisher::start().await;
    let client = JwksClient::discovering(&publisher.url, reqwest::Client::new());
    assert_eq!(client.knows(&publisher, 'a').await, Ok(()));
    let other = JwksClient::discovering(&format!("{}/", publisher.url), reqwest::Client::new());
    assert_eq!(other.knows(&publisher, 'a').await, Err(KeyError::Unavailable), "another issuer's document");
}
