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

/// Servers and services, running.
pub struct Stage {
    redis: PrivateRedis,
    postgres: PrivatePostgres,
    waitroom: Running,
    booking: Running,
    _folder: tempfile::TempDir,
}

impl Stage {
    /// Starts everything with durable stores, as in production, and no limits of requests.
    pub async fn set() -> anyhow::Result<Self> {
        servers::install::ensure_installed(&[
            servers::install::Package::Redis,
            servers::install::Package::Postgres,
        ])
        .await?;
        let folder = tempfile::Builder::new().prefix("stanchion-bench-").tempdir()?;
        let redis = PrivateRedis::start(folder.path(), RedisOptions::durable()).await?;
        let postgres = PrivatePostgres::start(folder.path(), PostgresOptions::durable()).await?;
        shared::db::migrate(&postgres.url()).await?;
        let line_port = servers::ports::free_port()?;
        let mut vars = Vars::default()
            .with("RUST_LOG", "error")
            .with("REDIS_URL", redis.url())
            .with("DATABASE_URL", postgres.url())
            .with("WAITROOM_LISTEN", format!("127.0.0.1:{line_port}"))
            .with("WAITROOM_PUBLIC_URL", format!("http://127.0.0.1:{line_port}"))
            .with("WAITROOM_ADMIN_LISTEN", "127.0.0.1:0")
            .with("BOOKING_LISTEN", "127.0.0.1:0")
            .with("BOOKING_ADMIN_LISTEN", "127.0.0.1:0")
            .with("WAITROOM_SECRET", "bench bench bench bench bench bench")
            .with("BOOKING_SECRET", "bench bench bench bench bench bench")
            .with("OPERATOR_BOOTSTRAP_TOKEN", OPERATOR_TOKEN)
            .with("RATE_LIMIT_PER_IDENTITY", "0")
            .with("RATE_LIMIT_PER_ADDRESS", "0");
        shared::telemetry::start_logging(&mut vars);
        let (line, shop) =
            (waitroom::config::Config::from_vars(&mut vars), booking::Config::from_vars(&mut vars));
        vars.finish()?;
        let waitroom = waitroom::start(line, Clock::System).await?;
        let booking = booking::start(shop, Clock::System).await?;
        Ok(Self { redis, postgres, waitroom, booking, _folder: folder })
    }

    /// Stops everything.
    pub async fn clear(self) {
        self.booking.stop().await;
        self.waitroom.stop().await;
        self.redis.stop().await;
        self.postgres.stop().await;
    }

    /// Where the line is.
    pub fn line(&self) -> SocketAddr {
        self.waitroom.address
    }

    /// Where the shop is.
    pub fn shop(&self) -> SocketAddr {
        self.booking.address
    }

    /// Acts as an operator of the service at `address`.
    pub async fn operate(&self, address: SocketAddr, path: &str, body: &Value) -> anyhow::Result<Value> {
        let request = post(&format!("/v1/operator/{path}"), OPERATOR_TOKEN, body);
        let (status, body) = Connection::open(address).await?.send(request).await?;
        if !status.is_success() {
            bail!("{path}: {status} {}", String::from_utf8_lossy(&body));
        }
        Ok(serde_json::from_slice(&body)?)
    }

    /// Opens a drop that lets in `rate_per_minute` people.
    pub async fn open_drop(&self, slug: &str, rate_per_minute: u32) -> anyhow::Result<()> {
        let limits = json!({ "slug": slug, "title": slug, "rate_per_minute": rate_per_minute, "burst": rate_per_minute, "max_active": 100_000 });
        self.operate(self.line(), "drops", &limits).await?;
        self.operate(self.line(), &format!("drops/{slug}/open"), &json!({ "reason": "bench" })).await?;
        Ok(())
    }

    /// Joins the line of a drop; gives the place token.
    pub async fn join(&self, connection: &mut Connection, drop: &str) -> anyhow::Result<String> {
        let (status, body) = connection.send(join_request(drop)).await?;
        anyhow::ensure!(status == StatusCode::CREATED, "joining was answered {status}");
        let place: Value = serde_json::from_slice(&body)?;
        place["place_token"].as_str().map(str::to_owned).context("a place has a token")
    }

    /// The id of a show of `drop` in a new hall of `rows` rows of 100 seats.
    pub async fn open_show(&self, drop: &str, rows: u32) -> anyhow::Result<String> {
        let shop = self.shop();
        let id = |made: &Value, name: &str| {
            made[name].as_str().map(str::to_owned).with_context(|| format!("no {name}"))
        };
        let movie =
            self.operate(shop, "movies", &json!({ "title": "Bench", "duration_minutes": 100 })).await?;
        let theatre = self.operate(shop, "theatres", &json!({ "name": drop, "city": "Bench", "address": "1 Bench Street", "time_zone": "Europe/Berlin" })).await?;
        let seats: Vec<Value> = (1..=100)
            .map(|number| json!({ "number": number, "x": number, "category": "standard" }))
            .collect();
        let rows: Vec<Value> =
            (0..rows).map(|row| json!({ "row": row_name(row), "y": row, "seats": seats })).collect();
        let screen = json!({ "theatre_id": id(&theatre, "theatre_id")?, "name": "Bench", "rows": rows });
        let screen = self.operate(shop, "screens", &screen).await?;
        let show = json!({
            "movie_id": id(&movie, "movie_id")?, "screen_id": id(&screen, "screen_id")?, "drop": drop,
            "starts_at": "2099-01-01T20:00:00Z", "prices": { "standard": { "amount_minor": 1250, "currency": "EUR" } },
        });
        id(&self.operate(shop, "shows", &show).await?, "show_id")
    }
}

/// The name of the n-th row: A to Z.
pub fn row_name(row: u32) -> String {
    char::from_u32(u32::from(b'A') + row).into_iter().collect()
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
