//! What is measured on: private servers, both services, an operator, and drops and halls as the rows need them.

use std::net::SocketAddr;

use anyhow::{Context as _, bail};
use axum::body::Body;
use http::{Request, StatusCode};
use serde_json::{Value, json};
use servers::postgres::{PostgresOptions, PrivatePostgres};
use servers::redis::{PrivateRedis, RedisOptions};
use shared::clock::Clock;
use shared::config::Vars;
use shared::service::Running;

use crate::load::Connection;

const OPERATOR_TOKEN: &str = "the operator of a bench that lives for minutes";

/// Postgres counts a session's transactions at the latest so long after they ended.
const COUNTED_AFTER: std::time::Duration = std::time::Duration::from_millis(1_500);
const SEATS_A_ROW: usize = 100;

/// Private servers with durable stores, as in production.
pub struct Stores {
    redis: PrivateRedis,
    postgres: PrivatePostgres,
    _folder: tempfile::TempDir,
}

impl Stores {
    /// Starts both, empty but for the tables.
    pub async fn start() -> anyhow::Result<Self> {
        servers::install::ensure_installed(&[
            servers::install::Package::Redis,
            servers::install::Package::Postgres,
        ])
        .await?;
        let folder = tempfile::Builder::new().prefix("stanchion-bench-").tempdir()?;
        let redis = PrivateRedis::start(folder.path(), RedisOptions::durable()).await?;
        let postgres = PrivatePostgres::start(folder.path(), PostgresOptions::durable()).await?;
        shared::db::migrate(&postgres.url()).await?;
        Ok(Self { redis, postgres, _folder: folder })
    }

    /// The settings of a service that uses them and has no limits of requests. Its ports are any.
    pub fn settings(&self) -> anyhow::Result<Vec<(&'static str, String)>> {
        let (line_port, shop_port) = (servers::ports::free_port()?, servers::ports::free_port()?);
        let own = [
            ("REDIS_URL", self.redis.url()),
            ("DATABASE_URL", self.postgres.url()),
            ("WAITROOM_LISTEN", format!("127.0.0.1:{line_port}")),
            ("WAITROOM_PUBLIC_URL", format!("http://127.0.0.1:{line_port}")),
            ("BOOKING_LISTEN", format!("127.0.0.1:{shop_port}")),
            ("BOOKING_PUBLIC_URL", format!("http://127.0.0.1:{shop_port}")),
        ];
        let common = [
            ("RUST_LOG", "error"),
            ("WAITROOM_ADMIN_LISTEN", "127.0.0.1:0"),
            ("BOOKING_ADMIN_LISTEN", "127.0.0.1:0"),
            ("WAITROOM_SECRET", "bench bench bench bench bench bench"),
            ("BOOKING_SECRET", "bench bench bench bench bench bench"),
            ("OPERATOR_BOOTSTRAP_TOKEN", OPERATOR_TOKEN),
            ("RATE_LIMIT_PER_IDENTITY", "0"),
            ("RATE_LIMIT_PER_ADDRESS", "0"),
        ];
        Ok(own.into_iter().chain(common.map(|(name, value)| (name, value.to_owned()))).collect())
    }

    /// Where Redis is.
    pub fn redis_url(&self) -> String {
        self.redis.url()
    }

    /// Where Postgres is.
    pub fn database_url(&self) -> String {
        self.postgres.url()
    }

    /// Where the programs of Postgres's package are.
    pub fn postgres_programs(&self) -> &std::path::Path {
        self.postgres.programs()
    }

    /// Stops both.
    pub async fn stop(self) {
        self.redis.stop().await;
        self.postgres.stop().await;
    }
}

/// The name of the n-th row: A to Z, AA to ZZ.
fn row_name(row: u32) -> String {
    let letter = |number: u32| char::from_u32(u32::from(b'A') + number).expect("a letter");
    let last = letter(row % 26);
    if row < 26 { last.into() } else { [letter(row / 26 - 1), last].into_iter().collect() }
}

/// The label of a hall's n-th seat.
pub fn seat_label(seat: usize) -> String {
    let row = u32::try_from(seat / SEATS_A_ROW).expect("a hall has few rows");
    format!("{}{}", row_name(row), seat % SEATS_A_ROW + 1)
}

/// Servers and both services, running.
pub struct Stage {
    stores: Stores,
    waitroom: Running,
    booking: Running,
}

impl Stage {
    /// Starts everything.
    pub async fn set() -> anyhow::Result<Self> {
        let stores = Stores::start().await?;
        let settings = stores.settings()?;
        let mut vars =
            settings.into_iter().fold(Vars::default(), |vars, (name, value)| vars.with(name, value));
        shared::telemetry::start_logging(&mut vars);
        let (line, shop) =
            (waitroom::config::Config::from_vars(&mut vars), booking::Config::from_vars(&mut vars));
        vars.finish()?;
        let waitroom = waitroom::start(line, Clock::System).await?;
        let booking = booking::start(shop, Clock::System).await?;
        Ok(Self { stores, waitroom, booking })
    }

    /// Stops both services; the servers go on.
    pub async fn leave(self) -> Stores {
        self.booking.stop().await;
        self.waitroom.stop().await;
        self.stores
    }

    /// The settings of another replica of this shop.
    pub fn settings(&self) -> anyhow::Result<Vec<(&'static str, String)>> {
        let mut settings = self.stores.settings()?;
        settings.retain(|(name, _)| *name != "WAITROOM_PUBLIC_URL");
        settings.push(("WAITROOM_PUBLIC_URL", self.waitroom.url()));
        Ok(settings)
    }

    /// The servers.
    pub fn stores(&self) -> &Stores {
        &self.stores
    }

    /// Starts another replica of the shop, in this process.
    pub async fn another_shop(&self, settings: &[(&'static str, String)]) -> anyhow::Result<Running> {
        let all = self.settings()?.into_iter().chain(settings.iter().cloned());
        let mut vars = all.fold(Vars::default(), |vars, (name, value)| vars.with(name, value));
        let config = booking::Config::from_vars(&mut vars);
        booking::start(config, Clock::System).await
    }

    /// Transactions that Postgres has ended since it began, once its counters are up to date.
    pub async fn transactions(&self) -> anyhow::Result<f64> {
        tokio::time::sleep(COUNTED_AFTER).await;
        let pool = shared::db::pool(&self.stores.database_url(), "bench", 1)?;
        let query = "SELECT sum(xact_commit + xact_rollback)::float8 FROM pg_stat_database";
        let transactions = sqlx::query_scalar(query).fetch_one(&pool).await?;
        pool.close().await;
        Ok(transactions)
    }

    /// Where Redis is.
    pub fn redis_url(&self) -> anyhow::Result<url::Url> {
        Ok(self.stores.redis_url().parse()?)
    }

    /// How many commands Redis has processed and how many transactions Postgres has ended since they began.
    pub async fn commands(&self) -> anyhow::Result<f64> {
        let mut redis =
            redis::Client::open(self.stores.redis_url())?.get_multiplexed_async_connection().await?;
        let stats: redis::InfoDict = redis::cmd("INFO").arg("stats").query_async(&mut redis).await?;
        let commands: f64 = stats.get("total_commands_processed").context("Redis counts its commands")?;
        let pool = shared::db::pool(&self.stores.database_url(), "bench", 1)?;
        let transactions: f64 =
            sqlx::query_scalar("SELECT sum(xact_commit + xact_rollback)::float8 FROM pg_stat_database")
                .fetch_one(&pool)
                .await?;
        pool.close().await;
        Ok(commands + transactions)
    }

    /// Where the line is.
    pub fn line(&self) -> SocketAddr {
        self.waitroom.address
    }

    /// Where the line is, as a browser is told.
    pub fn line_url(&self) -> String {
        self.waitroom.url()
    }

    /// Where the shop is, as a browser is told.
    pub fn shop_url(&self) -> String {
        self.booking.url()
    }

    /// Where the shop is.
    pub fn shop(&self) -> SocketAddr {
        self.booking.address
    }

    /// Opens a drop that lets in `rate_per_minute` people.
    pub async fn open_drop(&self, slug: &str, rate_per_minute: u32) -> anyhow::Result<()> {
        open_drop(self.line(), slug, rate_per_minute).await
    }

    /// Joins the line of a drop; gives the place token.
    pub async fn join(&self, connection: &mut Connection, drop: &str) -> anyhow::Result<String> {
        let (status, body) = connection.send(join_request(drop)).await?;
        anyhow::ensure!(status == StatusCode::CREATED, "joining was answered {status}");
        let place: Value = serde_json::from_slice(&body)?;
        place["place_token"].as_str().map(str::to_owned).context("a place has a token")
    }

    /// The id of a show of `drop` in a new hall of `rows` rows of 100 seats. A drop may have several.
    pub async fn open_show(&self, drop: &str, rows: u32) -> anyhow::Result<String> {
        let shop = self.shop();
        let id = |made: &Value, name: &str| {
            made[name].as_str().map(str::to_owned).with_context(|| format!("no {name}"))
        };
        let movie = operate(shop, "movies", &json!({ "title": "Bench", "duration_minutes": 100 })).await?;
        let theatre = operate(shop, "theatres", &json!({ "name": format!("{drop}, {rows} rows"), "city": "Bench", "address": "1 Bench Street", "time_zone": "Europe/Berlin" })).await?;
        let seats: Vec<Value> = (1..=SEATS_A_ROW)
            .map(|number| json!({ "number": number, "x": number, "category": "standard" }))
            .collect();
        let rows: Vec<Value> =
            (0..rows).map(|row| json!({ "row": row_name(row), "y": row, "seats": seats })).collect();
        let screen = json!({ "theatre_id": id(&theatre, "theatre_id")?, "name": "Bench", "rows": rows });
        let screen = operate(shop, "screens", &screen).await?;
        let show = json!({
            "movie_id": id(&movie, "movie_id")?, "screen_id": id(&screen, "screen_id")?, "drop": drop,
            "starts_at": "2099-01-01T20:00:00Z", "prices": { "standard": { "amount_minor": 1250, "currency": "EUR" } },
        });
        id(&operate(shop, "shows", &show).await?, "show_id")
    }
}

/// Acts as an operator of the service at `address`.
pub async fn operate(address: SocketAddr, path: &str, body: &Value) -> anyhow::Result<Value> {
    operator_request(address, post(&format!("/v1/operator/{path}"), OPERATOR_TOKEN, body)).await
}

/// Changes a drop, whatever version it has.
pub async fn change_drop(address: SocketAddr, slug: &str, body: &Value) -> anyhow::Result<Value> {
    let mut request = post(&format!("/v1/operator/drops/{slug}"), OPERATOR_TOKEN, body);
    *request.method_mut() = http::Method::PATCH;
    request.headers_mut().insert(http::header::IF_MATCH, http::HeaderValue::from_static("*"));
    operator_request(address, request).await
}

async fn operator_request(address: SocketAddr, request: Request<Body>) -> anyhow::Result<Value> {
    let path = request.uri().path().to_owned();
    let (status, body) = Connection::open(address).await?.send(request).await?;
    if !status.is_success() {
        bail!("{path}: {status} {}", String::from_utf8_lossy(&body));
    }
    Ok(serde_json::from_slice(&body)?)
}

/// Opens a drop at this waiting room that lets in `rate_per_minute` people.
pub async fn open_drop(line: SocketAddr, slug: &str, rate_per_minute: u32) -> anyhow::Result<()> {
    let limits = json!({ "slug": slug, "title": slug, "rate_per_minute": rate_per_minute, "burst": rate_per_minute, "max_active": 100_000 });
    operate(line, "drops", &limits).await?;
    operate(line, &format!("drops/{slug}/open"), &json!({ "reason": "bench" })).await?;
    Ok(())
}

/// A new visitor's request for a place.
pub fn join_request(drop: &str) -> Request<Body> {
    let path = format!("/v1/drops/{drop}/places");
    Request::post(path).header("host", "bench").body(Body::empty()).expect("the path is one of ours")
}

/// A request with a bearer token and a JSON body.
pub fn post(path: &str, token: &str, body: &Value) -> Request<Body> {
    Request::post(path)
        .header("host", "bench")
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()))
        .expect("the path and the token are ours")
}
