//! Both services on stores of the test's own, with a small hall and a drop that is open.

use std::net::SocketAddr;
use std::time::Duration;

use harness::actors::{Operator, Reply, Shopper, Visitor};
use harness::eventually;
use harness::proxy::Proxy;
use harness::stores::TestStores;
use jiff::SignedDuration;
use serde_json::{Value, json};
use servers::ports::free_port;
use shared::clock::Clock;
use shared::config::Vars;
use shared::service::Running;

const DROP: &str = "midnight-premiere";
const OPERATOR_TOKEN: &str = "the operator of an installation under test";
const SOON: Duration = Duration::from_secs(30);

/// A waiting room and a shop.
pub struct Installation {
    /// The show that the drop sells: three rows of ten seats at 12.50 EUR.
    pub show: String,
    waitroom: Running,
    booking: Running,
    _stores: TestStores,
}

impl Installation {
    /// Starts both and opens the drop.
    pub async fn start() -> Self {
        let stores = TestStores::new().await;
        let redis_url = stores.redis_url.clone();
        Self::on(stores, redis_url).await
    }

    /// The same with a Redis that can be cut off.
    pub async fn with_redis_behind_a_proxy() -> (Self, Proxy) {
        let stores = TestStores::new().await;
        let proxy = Proxy::start(&stores.redis_url).await;
        let redis_url = proxy.url(&stores.redis_url);
        (Self::on(stores, redis_url).await, proxy)
    }

    async fn on(stores: TestStores, redis_url: String) -> Self {
        let _already_installed = rustls::crypto::ring::default_provider().install_default();
        let vars = settings(&stores, free_address(), free_address());
        let mut vars = vars.with("REDIS_URL", redis_url);
        let line = waitroom::config::Config::from_vars(&mut vars);
        let shop = booking::Config::from_vars(&mut vars);
        vars.finish().unwrap();
        let waitroom = waitroom::start(line, Clock::System).await.unwrap();
        let booking = booking::start(shop, Clock::System).await.unwrap();
        let show = stage(&waitroom.url(), &booking.url()).await;
        Self { show, waitroom, booking, _stores: stores }
    }

    /// Where the line is, with a slash.
    pub fn waitroom(&self) -> String {
        format!("{}/", self.waitroom.url())
    }

    /// Where the shop is, with a slash.
    pub fn booking(&self) -> String {
        format!("{}/", self.booking.url())
    }

    /// Who runs the line.
    pub fn operator(&self) -> Operator {
        Operator::new(&self.waitroom.url(), OPERATOR_TOKEN)
    }

    /// Stops both: from here on nobody answers.
    pub async fn close(self) {
        self.booking.stop().await;
        self.waitroom.stop().await;
    }

    /// How many seats are in which state.
    pub async fn stats(&self) -> Value {
        let shopper = Shopper::without_token(&self.booking.url());
        shopper.get(&format!("/v1/shows/{}/seat-stats", self.show)).await.expect(200).json
    }

    /// Who runs the shop.
    pub fn shop_operator(&self) -> Operator {
        Operator::new(&self.booking.url(), OPERATOR_TOKEN)
    }

    /// Another show of the drop, in a hall of its own, with these settings besides.
    pub async fn add_show(&self, screen: &str, rows: &Value, settings: Value) -> String {
        add_show(&self.shop_operator(), screen, rows, settings).await
    }

    /// Somebody else goes through the line and is faster.
    pub async fn sell_to_somebody_else(&self, seats: &[&str]) {
        self.sell_in(&self.show, seats).await;
    }

    /// The same in another show.
    pub async fn sell_in(&self, show: &str, seats: &[&str]) {
        self.shopper().await.reserve(show, seats).await.expect(201);
    }

    /// Somebody else buys these seats of a show: their booking, as they read it.
    pub async fn book(&self, show: &str, seats: &[&str]) -> Reply {
        let shopper = self.shopper().await;
        let reserved = shopper.reserve(show, seats).await.expect(201);
        shopper.confirm(reserved.text("reservation_id"), "tok_ok", "the-only-attempt").await.expect(201)
    }

    /// The private link of a booking.
    pub fn link_of(&self, booking: &Reply) -> String {
        format!("{}b/{}#{}", self.booking(), booking.text("booking_id"), booking.text("manage_token"))
    }

    /// Somebody else who went through the line.
    async fn shopper(&self) -> Shopper {
        let visitor = Visitor::new(&self.waitroom.url(), DROP);
        visitor.join().await;
        visitor.wait_until("called", SOON).await;
        visitor.shop(&self.booking.url()).await
    }
}

fn free_address() -> SocketAddr {
    ([127, 0, 0, 1], free_port().unwrap()).into()
}

fn settings(stores: &TestStores, line: SocketAddr, shop: SocketAddr) -> Vars {
    Vars::default()
        .with("DATABASE_URL", &stores.database_url)
        .with("WAITROOM_LISTEN", line.to_string())
        .with("WAITROOM_ADMIN_LISTEN", "127.0.0.1:0")
        .with("BOOKING_LISTEN", shop.to_string())
        .with("BOOKING_ADMIN_LISTEN", "127.0.0.1:0")
        .with("WAITROOM_PUBLIC_URL", format!("http://{line}"))
        .with("BOOKING_PUBLIC_URL", format!("http://{shop}"))
        .with("WAITROOM_SECRET", "the secret of a line under test, long enough")
        .with("BOOKING_SECRET", "the secret of a shop under test, long enough")
        .with("OPERATOR_BOOTSTRAP_TOKEN", OPERATOR_TOKEN)
}

/// Makes the hall and its show, and opens the drop.
async fn stage(waitroom: &str, booking: &str) -> String {
    // The first connections to a database that has just been made take their time on a busy machine.
    for (url, path) in [(waitroom, "/v1/operator/drops"), (booking, "/v1/operator/movies")] {
        let operator = Shopper::new(url, OPERATOR_TOKEN);
        eventually(SOON, || async {
            let reply = operator.get(path).await;
            if reply.status == 503 { Err(reply.body) } else { Ok(()) }
        })
        .await;
    }
    let shop = Operator::new(booking, OPERATOR_TOKEN);
    let show = add_show(&shop, "Great hall", &rows(), json!({})).await;
    let line = Operator::new(waitroom, OPERATOR_TOKEN);
    let drop = json!({ "slug": DROP, "title": "Midnight premiere", "rate_per_minute": 6000, "burst": 100 });
    line.create_drop(drop).await.expect(201);
    line.open(DROP).await.expect(200);
    show
}

/// A show of the drop in a hall of its own.
async fn add_show(shop: &Operator, screen: &str, rows: &Value, mut show: Value) -> String {
    let movie = json!({ "title": "The Long Night", "duration_minutes": 124, "genre": "Drama" });
    let movie = shop.create_movie(movie).await.expect(201);
    let theatre = json!({ "name": "Lumière", "city": "Berlin", "time_zone": "Europe/Berlin" });
    let theatre = shop.create_theatre(theatre).await.expect(201);
    let screen = json!({ "theatre_id": theatre.text("theatre_id"), "name": screen, "rows": rows });
    let screen = shop.create_screen(screen).await.expect(201);
    show["movie_id"] = json!(movie.text("movie_id"));
    show["screen_id"] = json!(screen.text("screen_id"));
    show["starts_at"] = json!(Clock::System.now() + SignedDuration::from_hours(72));
    show["drop"] = json!(DROP);
    if show["prices"].is_null() {
        show["prices"] = json!({ "standard": { "amount_minor": 1250, "currency": "EUR" } });
    }
    shop.create_show(show).await.expect(201).text("show_id").to_owned()
}

/// Rows A to C of ten seats, with an aisle in the middle.
fn rows() -> Value {
    let seat = |number: i32| json!({ "number": number, "x": number + i32::from(number > 5) });
    let row = |(y, name): (i32, &str)| json!({ "row": name, "y": y, "seats": (1..=10).map(seat).collect::<Vec<_>>() });
    [(1, "A"), (2, "B"), (3, "C")].into_iter().map(row).collect()
}
