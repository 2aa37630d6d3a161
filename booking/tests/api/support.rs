//! A shop under test: the real service on stores of the test's own, with a waiting room that only has keys.

mod line;
pub mod watch;

use std::time::Duration;

use booking::Config;
use harness::actors::{Operator, Shopper};
use harness::stores::TestStores;
use jiff::SignedDuration;
use serde_json::{Value, json};
use shared::clock::{Clock, ManualClock};
use shared::config::Vars;
use shared::service::Running;
use sqlx::PgPool;

pub use line::{Admitted, Line};

pub const OPERATOR_TOKEN: &str = "the operator of a shop under test";
/// The drop that sells the shows of a test.
pub const DROP: &str = "midnight-premiere";
/// Longer than anything here takes on a busy machine.
pub const SOON: Duration = Duration::from_secs(10);

/// A shop with its line. It ends with the test.
pub struct Shop {
    pub running: Running,
    pub line: Line,
    pub clock: Clock,
    pub pool: PgPool,
    pub operator: Operator,
    /// Last, so that the service is gone when they are freed.
    pub stores: TestStores,
}

impl Shop {
    /// A shop on the shared servers, by the machine's clock.
    pub async fn open() -> Self {
        Self::on(TestStores::new().await, Clock::System).await
    }

    /// A shop on the shared servers, whose time stands still unless moved.
    pub async fn open_timeless() -> (Self, ManualClock) {
        let clock = ManualClock::at("2030-01-01T12:00:00Z".parse().unwrap());
        (Self::on(TestStores::new().await, clock.clone().into()).await, clock)
    }

    /// A shop with these settings, by the machine's clock.
    pub async fn with_settings(settings: &[(&'static str, &str)]) -> Self {
        Self::with_settings_on(TestStores::new().await, Clock::System, settings).await
    }

    /// A shop with these settings on these stores.
    pub async fn with_settings_on(
        stores: TestStores,
        clock: Clock,
        settings: &[(&'static str, &str)],
    ) -> Self {
        let shop = Self::on(stores, clock).await;
        let Self { running, line, clock, pool, stores, .. } = shop;
        running.stop().await;
        let running = Self::start(&line, &clock, &stores.redis_url, &stores.database_url, settings).await;
        let operator = Operator::new(&running.url(), OPERATOR_TOKEN);
        Self { running, line, clock, pool, operator, stores }
    }

    /// A shop on these stores.
    pub async fn on(stores: TestStores, clock: Clock) -> Self {
        let (redis_url, database_url) = (stores.redis_url.clone(), stores.database_url.clone());
        Self::reaching(stores, clock, &redis_url, &database_url).await
    }

    /// A shop that reaches its stores at these addresses: through proxies.
    pub async fn reaching(stores: TestStores, clock: Clock, redis_url: &str, database_url: &str) -> Self {
        let line = Line::form(&stores.redis_url, clock.clone()).await;
        let running = Self::start(&line, &clock, redis_url, database_url, &[]).await;
        let pool = PgPool::connect(&stores.database_url).await.unwrap();
        let operator = Operator::new(&running.url(), OPERATOR_TOKEN);
        let shop = Self { running, line, clock, pool, operator, stores };
        shop.line.open_drop(DROP, 600, 10, 300).await;
        shop
    }

    /// Another replica on the same stores.
    pub async fn replica(&self) -> Running {
        let Self { line, clock, stores, .. } = self;
        Self::start(line, clock, &stores.redis_url, &stores.database_url, &[]).await
    }

    async fn start(
        line: &Line,
        clock: &Clock,
        redis_url: &str,
        database_url: &str,
        settings: &[(&'static str, &str)],
    ) -> Running {
        let vars = Vars::default()
            // Everybody in a test has one address.
            .with("RATE_LIMIT_PER_ADDRESS", "0")
            .with("RATE_LIMIT_PER_IDENTITY", "0")
            .with("REDIS_URL", redis_url)
            .with("DATABASE_URL", database_url)
            .with("BOOKING_LISTEN", "127.0.0.1:0")
            .with("BOOKING_ADMIN_LISTEN", "127.0.0.1:0")
            .with("WAITROOM_PUBLIC_URL", line.url())
            .with("BOOKING_SECRET", "the secret of a shop under test, long enough")
            .with("OPERATOR_BOOTSTRAP_TOKEN", OPERATOR_TOKEN);
        let mut vars = settings.iter().fold(vars, |vars, (name, value)| vars.with(name, *value));
        let config = Config::from_vars(&mut vars);
        vars.finish().unwrap();
        booking::start(config, clock.clone()).await.unwrap()
    }

    /// Where the shop is.
    pub fn url(&self) -> String {
        self.running.url()
    }

    /// A show of `rows` rows of ten seats at 12.50 EUR, in three days, sold by [`DROP`].
    pub async fn show(&self, rows: usize) -> String {
        let show = self.show_body(rows).await;
        self.operator.create_show(show).await.expect(201).text("show_id").to_owned()
    }

    /// What such a show is made from.
    pub async fn show_body(&self, rows: usize) -> Value {
        let movie = json!({"title": "The Long Night", "duration_minutes": 120});
        let movie = self.operator.create_movie(movie).await.expect(201);
        let theatre = json!({"name": "Astor", "city": "Berlin", "time_zone": "Europe/Berlin"});
        let theatre = self.operator.create_theatre(theatre).await.expect(201);
        let screen = json!({"theatre_id": theatre.text("theatre_id"), "name": "1", "rows": layout(rows)});
        let screen = self.operator.create_screen(screen).await.expect(201);
        json!({
            "movie_id": movie.text("movie_id"),
            "screen_id": screen.text("screen_id"),
            "starts_at": self.clock.now() + SignedDuration::from_hours(72),
            "drop": DROP,
            "prices": {"standard": {"amount_minor": 1250, "currency": "EUR"}},
        })
    }

    /// Somebody new who was let in.
    pub async fn shopper(&self) -> Shopper {
        Shopper::new(&self.url(), &self.line.admit(DROP).await.token)
    }

    /// Seats of a show by status.
    pub async fn stats(&self, show: &str) -> Value {
        Shopper::without_token(&self.url())
            .get(&format!("/v1/shows/{show}/seat-stats"))
            .await
            .expect(200)
            .json
    }

    /// A connection to the shop's Redis, past any proxy.
    pub async fn redis(&self) -> redis::aio::MultiplexedConnection {
        let client = redis::Client::open(self.stores.redis_url.as_str()).unwrap();
        client.get_multiplexed_async_connection().await.unwrap()
    }

    /// What the audit of the seats finds, as the names of the checks that do not hold.
    pub async fn broken_seat_checks(&self) -> Vec<&'static str> {
        let redis = shared::redis::Redis::connect(&self.stores.redis_url).unwrap();
        let checks = booking::audit::seats(&self.pool, &redis, self.clock.now()).await.unwrap();
        let broken = checks.iter().filter(|check| !check.holds());
        broken.map(|check| check.name).collect()
    }
}

/// A, B, C… Z, AA, AB…
pub fn row_name(index: usize) -> String {
    let letter = |number: usize| char::from(b'A' + u8::try_from(number).unwrap());
    match index / 26 {
        0 => letter(index).to_string(),
        more => format!("{}{}", letter(more - 1), letter(index % 26)),
    }
}

/// Rows A, B, C… of ten seats.
pub fn layout(rows: usize) -> Value {
    let row = |index: usize| {
        let name = row_name(index);
        let seats: Vec<Value> = (1..=10).map(|number| json!({"number": number, "x": number})).collect();
        json!({"row": name, "y": index + 1, "seats": seats})
    };
    (0..rows).map(row).collect()
}
