//! Replicas of the waiting room for a test, and who acts on them.

use std::sync::LazyLock;
use std::time::Duration;

use harness::actors::{Operator, Reply, Shopper, Visitor};
use harness::stores::TestStores;
use http::HeaderMap;
use http::header::SET_COOKIE;
use serde_json::{Value, json};
use shared::clock::{Clock, ManualClock};
use shared::config::Vars;
use shared::redis::Redis;
use shared::service::Running;
use sqlx::PgPool;
use waitroom::audit::AuditOptions;
use waitroom::config::Config;

/// How long a condition may take to hold on a busy machine.
pub const SOON: Duration = Duration::from_secs(10);
/// The drop of most tests.
pub const DROP: &str = "premiere";

/// The bootstrap token of all replicas.
pub const OPERATOR_TOKEN: &str = "an operator's token for tests";

/// What the keys of all replicas are derived from.
pub const SECRET: &str = "a secret of waitroom for its tests";

/// Some replicas over one pair of stores.
pub struct Room {
    pub stores: TestStores,
    pub replicas: Vec<Running>,
}

impl Room {
    /// One replica by the system's clock.
    pub async fn new() -> Self {
        Self::with(TestStores::new().await, 1, Clock::System).await
    }

    /// One replica by a clock that the test moves.
    pub async fn with_manual_clock() -> (Self, ManualClock) {
        let clock = ManualClock::at("2026-03-01T12:00:00Z".parse().unwrap());
        (Self::with(TestStores::new().await, 1, clock.clone().into()).await, clock)
    }

    pub async fn with(stores: TestStores, replicas: usize, clock: Clock) -> Self {
        let (redis_url, database_url) = (stores.redis_url.clone(), stores.database_url.clone());
        Self::reached(stores, replicas, clock, &redis_url, &database_url).await
    }

    /// Replicas that reach their stores at these URLs.
    pub async fn reached(
        stores: TestStores,
        replicas: usize,
        clock: Clock,
        redis_url: &str,
        database_url: &str,
    ) -> Self {
        let config = config(redis_url, database_url);
        let mut running = Vec::new();
        for _ in 0..replicas {
            running.push(waitroom::start(config.clone(), clock.clone()).await.expect("a replica starts"));
        }
        Self { stores, replicas: running }
    }

    /// The URL of the first replica.
    pub fn url(&self) -> String {
        self.replicas[0].url()
    }

    pub fn operator(&self) -> Operator {
        Operator::new(&self.url(), OPERATOR_TOKEN)
    }

    pub fn visitor(&self) -> Visitor {
        Visitor::new(&self.url(), DROP)
    }

    /// Makes the drop of most tests, with these settings besides.
    pub async fn create(&self, settings: Value) -> Reply {
        let mut drop = json!({"slug": DROP, "title": "Premiere"});
        drop.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        self.operator().create_drop(drop).await.expect(201)
    }

    /// Makes and opens it.
    pub async fn create_open(&self, settings: Value) {
        self.create(settings).await;
        self.operator().open(DROP).await.expect(200);
    }

    /// What anybody can read.
    pub async fn get(&self, path: &str) -> Reply {
        Shopper::without_token(&self.url()).get(path).await
    }

    /// A request of a kind that no actor makes.
    pub async fn post(
        &self,
        path: &str,
        bearer: Option<&str>,
        cookie: Option<&str>,
        body: Option<Value>,
    ) -> Answer {
        post(&self.url(), path, bearer, cookie, body).await
    }

    /// What the audit finds, by the names of its checks.
    pub async fn findings(&self) -> Vec<String> {
        let pool = self.pool();
        let redis = Redis::connect(&self.stores.redis_url).unwrap();
        let checks = waitroom::audit::run(&pool, &redis, &AuditOptions::default()).await.unwrap();
        pool.close().await;
        checks
            .iter()
            .flat_map(|check| {
                check.findings.iter().map(|found| format!("{}: {}", check.name, found.sentence))
            })
            .collect()
    }

    /// The test's own look into the database.
    pub fn pool(&self) -> PgPool {
        shared::db::pool(&self.stores.database_url, "test", 2).unwrap()
    }

    /// The first replica's name for a visitor that has joined nothing yet, as a cookie.
    pub async fn device_cookie(&self) -> String {
        self.operator()
            .create_drop(json!({"slug": "other", "title": "Other", "mode": "safety_net"}))
            .await
            .expect(201);
        let joined = self.post("/v1/drops/other/places", None, None, None).await;
        let cookies = joined.headers.get_all(SET_COOKIE).iter().filter_map(|cookie| cookie.to_str().ok());
        let device = cookies
            .filter_map(|cookie| cookie.split(';').next())
            .find(|cookie| cookie.starts_with("device="));
        device.expect("a join sets the device cookie").to_owned()
    }
}

/// The settings of a replica under test.
pub fn config(redis_url: &str, database_url: &str) -> Config {
    let mut vars = Vars::default()
        .with("WAITROOM_LISTEN", "127.0.0.1:0")
        .with("WAITROOM_ADMIN_LISTEN", "127.0.0.1:0")
        .with("WAITROOM_PUBLIC_URL", "http://waitroom.test")
        .with("WAITROOM_SECRET", SECRET)
        .with("WAITROOM_TICK_MS", "50")
        .with("BOOKING_PUBLIC_URL", "http://booking.test")
        .with("OPERATOR_BOOTSTRAP_TOKEN", OPERATOR_TOKEN)
        .with("RATE_LIMIT_PER_IDENTITY", "0")
        .with("RATE_LIMIT_PER_ADDRESS", "0")
        .with("REDIS_URL", redis_url)
        .with("DATABASE_URL", database_url);
    let config = Config::from_vars(&mut vars);
    vars.finish().expect("the tests' settings are right");
    config
}

/// What a service answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub json: Value,
}

impl Answer {
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.json);
        self
    }

    pub fn code(&self) -> &str {
        self.json["code"].as_str().unwrap_or_default()
    }
}

/// Posts without a browser's cookie store.
pub async fn post(
    url: &str,
    path: &str,
    bearer: Option<&str>,
    cookie: Option<&str>,
    body: Option<Value>,
) -> Answer {
    let mut request = CLIENT.post(format!("{url}{path}")).header("Sec-Fetch-Site", "same-origin");
    if let Some(bearer) = bearer {
        request = request.bearer_auth(bearer);
    }
    if let Some(cookie) = cookie {
        request = request.header("Cookie", cookie);
    }
    if let Some(body) = body {
        request = request.json(&body);
    }
    let response = request.send().await.expect("an answer");
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let json = serde_json::from_str(&response.text().await.expect("a body")).unwrap_or_default();
    Answer { status, headers, json }
}

/// For requests of a kind that no actor makes: it keeps no cookies.
pub static CLIENT: LazyLock<reqwest::Client> = LazyLock::new(|| {
    let _already_installed = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
});
