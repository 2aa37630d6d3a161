//! Replicas of the waiting room for a test, and who acts on them.

use std::time::Duration;

use harness::actors::{Operator, Reply, Shopper, Visitor};
use harness::stores::TestStores;
use jiff::Timestamp;
use serde_json::{Value, json};
use shared::clock::{Clock, ManualClock};
use shared::config::Vars;
use shared::service::Running;
use waitroom::config::Config;

/// How long a condition may take to hold on a busy machine.
pub const SOON: Duration = Duration::from_secs(10);
/// The drop of most tests.
pub const DROP: &str = "premiere";

const OPERATOR_TOKEN: &str = "an operator's token for tests";

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
        let mut vars = Vars::default()
            .with("WAITROOM_LISTEN", "127.0.0.1:0")
            .with("WAITROOM_ADMIN_LISTEN", "127.0.0.1:0")
            .with("WAITROOM_PUBLIC_URL", "http://waitroom.test")
            .with("WAITROOM_SECRET", "a secret of waitroom for its tests")
            .with("WAITROOM_TICK_MS", "50")
            .with("BOOKING_PUBLIC_URL", "http://booking.test")
            .with("OPERATOR_BOOTSTRAP_TOKEN", OPERATOR_TOKEN)
            .with("RATE_LIMIT_PER_IDENTITY", "0")
            .with("RATE_LIMIT_PER_ADDRESS", "0")
            .with("REDIS_URL", redis_url)
            .with("DATABASE_URL", database_url);
        let config = Config::from_vars(&mut vars);
        vars.finish().expect("the tests' settings are right");
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

    /// Ends the replicas in order.
    pub async fn stop(self) -> TestStores {
        for replica in self.replicas {
            replica.stop().await;
        }
        self.stores
    }
}

/// A field that is a time.
pub fn time(reply: &Reply, field: &str) -> Timestamp {
    reply.text(field).parse().expect("a time")
}
