//! A shop whose gateway can be cut off, and reservations made directly in Postgres, so that tests of payments begin in
//! any state they like.

use std::sync::atomic::{AtomicI32, AtomicI64, Ordering};

use booking::Config;
use booking::domain::ids::{PaymentId, ReservationId};
use booking::domain::manage::ManageKey;
use booking::gateway::signature::WebhookSecret;
use harness::actors::{Operator, Shopper};
use harness::proxy::Proxy;
use harness::stores::TestStores;
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx as _;
use servers::ports::free_port;
use shared::clock::{Clock, ManualClock};
use shared::config::Vars;
use shared::secret::Secret;
use shared::service::Running;
use sqlx::PgPool;
use uuid::Uuid;

const SECRET: &str = "the secret of a shop that only tests visit";
const OPERATOR_TOKEN: &str = "the operator of a shop that only tests visit";
const DROP: &str = "premiere";
const SEATS: i32 = 200;

/// A shop on stores of its own.
pub struct Till {
    pub stores: TestStores,
    pub pool: PgPool,
    /// Between the shop and its gateway.
    pub gateway: Proxy,
    /// Where the gateway really listens.
    gateway_address: String,
    pub clock: Option<ManualClock>,
    pub show: Uuid,
    running: Option<Running>,
    manage: ManageKey,
    seat: AtomicI32,
    fence: AtomicI64,
}

/// How a shop is set up.
#[derive(Default)]
pub struct Setup {
    /// The time stands still until it is moved.
    pub manual_clock: bool,
    /// What the shop thinks its Postgres is.
    pub database_url: Option<String>,
    /// What the shop thinks its Redis is.
    pub redis_url: Option<String>,
    /// How much is given back.
    pub policy: Option<&'static str>,
    /// How long a payment may take.
    pub payment_within_s: Option<u32>,
    /// The gateway in the box is not configured.
    pub without_sandbox: bool,
    /// Settings beside the usual ones.
    pub more: Vec<(&'static str, String)>,
}

impl Till {
    /// An open shop.
    pub async fn open() -> Self {
        Self::with(TestStores::new().await, Setup::default()).await
    }

    /// An open shop where the time stands still.
    pub async fn timeless() -> Self {
        Self::with(TestStores::new().await, Setup { manual_clock: true, ..Setup::default() }).await
    }

    /// An open shop on these stores.
    pub async fn with(stores: TestStores, setup: Setup) -> Self {
        let port = free_port().unwrap();
        let gateway_address = format!("127.0.0.1:{port}");
        let gateway = Proxy::start(&gateway_address).await;
        let pool = PgPool::connect(&stores.database_url).await.unwrap();
        let clock = setup.manual_clock.then(|| ManualClock::at(system_now()));
        let mut till = Self {
            show: Uuid::new_v4(),
            manage: ManageKey::derive(&Secret::new(SECRET).unwrap()),
            running: None,
            seat: AtomicI32::new(0),
            fence: AtomicI64::new(1),
            stores,
            pool,
            gateway,
            gateway_address,
            clock,
        };
        till.make_show().await;
        till.mark_drop(1).await;
        till.start(&setup).await;
        till
    }

    async fn start(&mut self, setup: &Setup) {
        let database_url = setup.database_url.as_ref().unwrap_or(&self.stores.database_url);
        let redis_url = setup.redis_url.as_ref().unwrap_or(&self.stores.redis_url);
        let mut vars = Vars::default()
            .with("DATABASE_URL", database_url)
            .with("REDIS_URL", redis_url)
            .with("BOOKING_SECRET", SECRET)
            .with("OPERATOR_BOOTSTRAP_TOKEN", OPERATOR_TOKEN)
            .with("BOOKING_LISTEN", "127.0.0.1:0")
            .with("BOOKING_ADMIN_LISTEN", "127.0.0.1:0");
        if !setup.without_sandbox {
            vars = vars
                .with("SANDBOX_GATEWAY_LISTEN", &self.gateway_address)
                .with("SANDBOX_GATEWAY_URL", format!("http://{}", self.gateway.address()));
        }
        if let Some(policy) = setup.policy {
            vars = vars.with("CANCELLATION_POLICY", policy);
        }
        if let Some(seconds) = setup.payment_within_s {
            vars = vars.with("PAYMENT_WITHIN_S", seconds.to_string());
        }
        for (name, value) in &setup.more {
            vars = vars.with(name, value);
        }
        let config = Config::from_vars(&mut vars);
        vars.finish().unwrap();
        let clock = self.clock.clone().map_or(Clock::System, Clock::Manual);
        self.running = Some(booking::start(config, clock).await.unwrap());
    }

    /// Where the shop is.
    pub fn url(&self) -> String {
        self.running.as_ref().expect("the shop is open").url()
    }

    /// Where the gateway in the shop's process is, past the proxy.
    pub fn sandbox(&self) -> String {
        format!("http://{}", self.gateway_address)
    }

    /// What the gateway signs its webhooks with.
    pub fn webhook_secret() -> WebhookSecret {
        WebhookSecret::new(&Secret::new(SECRET).unwrap().derive("booking:sandbox-webhooks"))
    }

    /// Stops the shop; what it left is in the stores.
    pub async fn close(&mut self) {
        self.running.take().expect("the shop is open").stop().await;
    }

    /// Opens the shop again.
    pub async fn reopen(&mut self) {
        self.start(&Setup::default()).await;
    }

    /// Opens the shop again, set up in another way.
    pub async fn reopen_with(&mut self, setup: Setup) {
        self.start(&setup).await;
    }

    /// What the shop says of itself on its admin port.
    pub async fn metrics(&self) -> String {
        let address = self.running.as_ref().expect("the shop is open").admin_address;
        reqwest::get(format!("http://{address}/metrics")).await.unwrap().text().await.unwrap()
    }

    /// The time as the shop sees it.
    pub fn now(&self) -> Timestamp {
        self.clock.as_ref().map_or_else(system_now, ManualClock::now)
    }

    /// Moves the time.
    pub fn advance(&self, seconds: i64) {
        let clock = self.clock.as_ref().expect("the time is moved only where it stands still");
        clock.advance(std::time::Duration::from_secs(seconds.unsigned_abs()));
    }

    /// The holder of the manage token of a reservation.
    pub fn buyer(&self, reservation: ReservationId) -> Shopper {
        Shopper::new(&self.url(), &self.manage.token(reservation))
    }

    /// Whoever runs the shop.
    pub fn operator(&self) -> Operator {
        Operator::new(&self.url(), OPERATOR_TOKEN)
    }

    /// The manage token of a reservation.
    pub fn token(&self, reservation: ReservationId) -> String {
        self.manage.token(reservation)
    }

    /// The same buyer at another process of the shop.
    pub fn buyer_at(&self, url: &str, reservation: ReservationId) -> Shopper {
        Shopper::new(url, &self.manage.token(reservation))
    }

    /// The settings of a process of the shop that listens here.
    pub fn settings(&self, listen: &str) -> Vec<(&'static str, String)> {
        vec![
            ("DATABASE_URL", self.stores.database_url.clone()),
            ("REDIS_URL", self.stores.redis_url.clone()),
            ("BOOKING_SECRET", SECRET.to_owned()),
            ("BOOKING_LISTEN", listen.to_owned()),
            ("BOOKING_ADMIN_LISTEN", "127.0.0.1:0".to_owned()),
            ("RUST_LOG", "warn".to_owned()),
        ]
    }

    /// Two seats held by a buyer of their own for ten minutes.
    pub async fn reserve(&self) -> ReservationId {
        self.reserve_for(SignedDuration::from_mins(10)).await
    }

    /// Two seats held by a buyer of their own.
    pub async fn reserve_for(&self, hold: SignedDuration) -> ReservationId {
        let seat = self.seat.fetch_add(2, Ordering::SeqCst);
        self.reserve_seats(&[seat, seat + 1], hold, Uuid::new_v4(), 1250).await
    }

    /// These seats held by a buyer of their own, with this admission, at this price each.
    pub async fn reserve_seats(
        &self,
        seats: &[i32],
        hold: SignedDuration,
        sid: Uuid,
        price: i64,
    ) -> ReservationId {
        let id = ReservationId::at(self.now());
        let (now, fence) = (self.now(), self.fence.fetch_add(1, Ordering::SeqCst));
        let seat_count = i32::try_from(seats.len()).unwrap();
        sqlx::query(
            "INSERT INTO booking.reservations (id, show_id, drop, sid, buyer, status, seat_count, total_minor,
                 currency, fence, expires_at, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, 'pending', $6, $7, 'EUR', $8, $9, $10, $10)",
        )
        .bind(id)
        .bind(self.show)
        .bind(DROP)
        .bind(sid)
        .bind(format!("device:{}", id.0.simple()))
        .bind(seat_count)
        .bind(price * i64::from(seat_count))
        .bind(fence)
        .bind((now + hold).to_sqlx())
        .bind(now.to_sqlx())
        .execute(&self.pool)
        .await
        .unwrap();
        for seat in seats {
            self.claim(id, *seat, price).await;
        }
        self.add_slot(sid).await;
        id
    }

    async fn claim(&self, id: ReservationId, seat: i32, price: i64) {
        sqlx::query(
            "WITH wanted AS (
                 INSERT INTO booking.reservation_seats (reservation_id, seat, label, category, fare, price_minor)
                 VALUES ($1, $2, $3, 'standard', 'standard', $4))
             INSERT INTO booking.seat_claims (show_id, seat, reservation_id, live, claimed_at)
             VALUES ($5, $2, $1, true, $6)",
        )
        .bind(id)
        .bind(seat)
        .bind(label(seat))
        .bind(price)
        .bind(self.show)
        .bind(self.now().to_sqlx())
        .execute(&self.pool)
        .await
        .unwrap();
    }

    /// One value of the database, as text.
    pub async fn ask(&self, query: &'static str, id: impl Into<Uuid>) -> String {
        let found: Option<Option<String>> =
            sqlx::query_scalar(query).bind(id.into()).fetch_optional(&self.pool).await.unwrap();
        found.flatten().unwrap_or_default()
    }

    /// Runs a statement about one thing.
    pub async fn tell(&self, statement: &'static str, id: impl Into<Uuid>) {
        sqlx::query(statement).bind(id.into()).execute(&self.pool).await.unwrap();
    }

    /// Where a reservation is.
    pub async fn status(&self, id: ReservationId) -> String {
        self.ask("SELECT status FROM booking.reservations WHERE id = $1", id.0).await
    }

    /// The states of a reservation's payments, oldest first.
    pub async fn payments(&self, id: ReservationId) -> String {
        self.ask(
            "SELECT string_agg(state, ' ' ORDER BY created_at, id) FROM booking.payments WHERE reservation_id = $1",
            id.0,
        )
        .await
    }

    /// The only payment of a reservation.
    pub async fn payment(&self, id: ReservationId) -> PaymentId {
        sqlx::query_scalar("SELECT id FROM booking.payments WHERE reservation_id = $1")
            .bind(id)
            .fetch_one(&self.pool)
            .await
            .unwrap()
    }

    /// What the gateway says of the charges for a reservation, oldest first.
    pub async fn charges(&self, id: ReservationId) -> String {
        self.ask(
            "SELECT string_agg(charge.status, ' ' ORDER BY payment.created_at)
             FROM booking.payments AS payment
             JOIN sandbox_gateway.charges AS charge ON charge.idempotency_key = payment.id || ':authorise'
             WHERE payment.reservation_id = $1",
            id.0,
        )
        .await
    }

    /// The states of the refunds of a reservation's payments, oldest first.
    pub async fn refunds(&self, id: ReservationId) -> String {
        self.ask(
            "SELECT string_agg(refund.state, ' ' ORDER BY refund.id)
             FROM booking.refunds AS refund JOIN booking.payments AS payment ON payment.id = refund.payment_id
             WHERE payment.reservation_id = $1",
            id.0,
        )
        .await
    }

    /// How much of a reservation's price the gateway has given back.
    pub async fn given_back(&self, id: ReservationId) -> i64 {
        let sum = self.ask(
            "SELECT sum(charge.refunded_minor)::text
             FROM booking.payments AS payment
             JOIN sandbox_gateway.charges AS charge ON charge.idempotency_key = payment.id || ':authorise'
             WHERE payment.reservation_id = $1",
            id.0,
        );
        sum.await.parse().unwrap_or_default()
    }

    /// Two seats that are paid for; their booking.
    pub async fn book(&self, token: &str) -> (ReservationId, String) {
        let id = self.reserve().await;
        let booked = self.buyer(id).confirm(&id.to_string(), token, "k").await.expect(201);
        (id, booked.text("booking_id").to_owned())
    }

    /// The names of the checks of the money that do not hold.
    pub async fn broken_money_checks(&self) -> Vec<&'static str> {
        let checks = booking::audit::money(&self.pool, self.now()).await.unwrap();
        checks.iter().filter(|check| !check.holds()).map(|check| check.name).collect()
    }

    /// What the show's map in Redis says of a seat: `0` free, `1` held, `2` booked.
    pub async fn seat_byte(&self, seat: i32) -> Option<u8> {
        let mut redis = self.redis().await;
        let key = format!("{{show:{}}}:seats", self.show);
        let bytes: Vec<u8> = redis::cmd("GET").arg(key).query_async(&mut redis).await.unwrap();
        bytes.get(usize::try_from(seat).unwrap()).copied()
    }

    /// The seats of a reservation.
    pub async fn seats(&self, id: ReservationId) -> Vec<i32> {
        sqlx::query_scalar(
            "SELECT seat FROM booking.reservation_seats WHERE reservation_id = $1 ORDER BY seat",
        )
        .bind(id)
        .fetch_all(&self.pool)
        .await
        .unwrap()
    }

    /// Whether the slot of a reservation's admission lives.
    pub async fn slot_lives(&self, id: ReservationId) -> bool {
        let sid = self.ask("SELECT sid::text FROM booking.reservations WHERE id = $1", id.0).await;
        let mut redis = self.redis().await;
        let score: Option<String> = redis::cmd("ZSCORE")
            .arg(format!("{{drop:{DROP}}}:slots"))
            .arg(sid)
            .query_async(&mut redis)
            .await
            .unwrap();
        score.is_some()
    }

    /// Gives an admission a slot in Redis.
    pub async fn add_slot(&self, sid: Uuid) {
        let mut redis = self.redis().await;
        let lives_until = (self.now() + SignedDuration::from_mins(30)).as_millisecond();
        let (key, sid) = (format!("{{drop:{DROP}}}:slots"), sid.to_string());
        redis::cmd("ZADD").arg(key).arg(lives_until).arg(sid).exec_async(&mut redis).await.unwrap();
    }

    /// Marks the drop in Redis as restored in this epoch.
    pub async fn mark_drop(&self, epoch: i64) {
        let mut redis = self.redis().await;
        let info: String = redis::cmd("INFO").arg("server").query_async(&mut redis).await.unwrap();
        let run_id = info.lines().find_map(|line| line.strip_prefix("run_id:")).unwrap().trim().to_owned();
        let mut mark = redis::cmd("HSET");
        mark.arg(format!("{{drop:{DROP}}}:epoch")).arg("epoch").arg(epoch).arg("run_id").arg(run_id);
        mark.exec_async(&mut redis).await.unwrap();
    }

    pub async fn redis(&self) -> redis::aio::MultiplexedConnection {
        let client = redis::Client::open(self.stores.redis_url.as_str()).unwrap();
        client.get_multiplexed_async_connection().await.unwrap()
    }

    async fn make_show(&self) {
        let (movie, theatre, screen) = (Uuid::new_v4(), Uuid::new_v4(), Uuid::new_v4());
        let now = self.now();
        let statements = [
            "INSERT INTO booking.movies (id, title, duration_minutes, created_at, updated_at) VALUES ($1, 'A film', 90, $5, $5)",
            "INSERT INTO booking.theatres (id, name, city, time_zone, created_at, updated_at) VALUES ($2, 'A theatre', 'Here', 'UTC', $5, $5)",
            "INSERT INTO booking.screens (id, theatre_id, name, seat_count, created_at, updated_at) VALUES ($3, $2, 'One', $7, $5, $5)",
            "INSERT INTO booking.screen_seats (screen_id, seat_index, label, row_name, number, x, y, category)
             SELECT $3, n, 'A' || n + 1, 'A', n + 1, n, 0, 'standard' FROM generate_series(0, $7 - 1) AS n",
            "INSERT INTO booking.shows (id, movie_id, screen_id, drop, starts_at, ends_at, created_at, updated_at)
             VALUES ($4, $1, $3, $8, $6, $6 + interval '2 hours', $5, $5)",
            "INSERT INTO booking.show_prices (show_id, category, amount_minor, currency) VALUES ($4, 'standard', 1250, 'EUR')",
        ];
        for statement in statements {
            // Every statement names all parameters, so that one list of values serves them all.
            let named = format!(
                "WITH named AS (SELECT $1::uuid, $2::uuid, $3::uuid, $4::uuid, $5::timestamptz, $6::timestamptz, $7::integer, $8::text) {statement}"
            );
            sqlx::query(sqlx::AssertSqlSafe(named))
                .bind(movie)
                .bind(theatre)
                .bind(screen)
                .bind(self.show)
                .bind(now.to_sqlx())
                .bind((now + SignedDuration::from_hours(72)).to_sqlx())
                .bind(SEATS)
                .bind(DROP)
                .execute(&self.pool)
                .await
                .unwrap();
        }
    }
}

/// A seat's label.
pub fn label(seat: i32) -> String {
    format!("A{}", seat + 1)
}

fn system_now() -> Timestamp {
    Clock::System.now()
}
