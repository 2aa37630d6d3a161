//! The shop: seats taken, seats refused, bookings paid, maps looked at.

mod crowd;
pub mod frames;
mod maps;
mod sales;
pub mod starts;
pub mod watchers;

use std::sync::Arc;

use booking::store::holds::{ShowKeys, take_hold_script};
use http::StatusCode;
use serde_json::json;

use crate::load;
use crate::reference::postgres::{self, Ground};
use crate::reference::redis::{RANDOM, ScriptCall, benchmark};
use crate::reference::{CONNECTIONS, gateway, plain_get};
use crate::stage::{Stage, post, seat_label};
use crate::table::{Bar, Row};
use sales::{Sale, Sold};

const DROP: &str = "bench-shop";
/// 20,000 seats.
const ROWS: u32 = 200;
/// Seats that are sold as fast as it goes.
const PAIRS: usize = 3_000;
/// Seats that are sold at a rate, and how many a second.
const RATES: [(u32, usize); 2] = [(120, 600), (600, 4_800)];
/// People who ask for a seat that is gone.
const LATE: usize = 200;
const REFUSALS: usize = 20_000;

/// Measures sales, refusals and maps in a hall of 20,000 seats.
pub async fn measure(stage: &Stage, bare: f64) -> anyhow::Result<Vec<Row>> {
    stage.open_drop(DROP, 1_000_000).await?;
    let show = stage.open_show(DROP, ROWS).await?;
    let mut hall = Hall { stage, show, sold: 0 };
    let mut rows = hall.pairs().await?;
    rows.extend(hall.refusals().await?);
    for (per_second, seats) in RATES {
        rows.extend(hall.at_rate(per_second, seats).await?);
    }
    let admissions = crowd::let_in(stage, DROP, 1 + watchers::CHANGES).await?;
    rows.extend(maps::measure(stage, &hall.show, &admissions[0], bare).await?);
    let watched = stage.open_show(DROP, 1).await?;
    rows.extend(watchers::measure(stage, &watched, &admissions).await?);
    Ok(rows)
}

/// A hall whose seats are sold in their order.
struct Hall<'a> {
    stage: &'a Stage,
    show: String,
    sold: usize,
}

impl Hall<'_> {
    /// Lets so many people in, who will buy the next seats at this shop.
    async fn sale(&mut self, shop: std::net::SocketAddr, seats: usize) -> anyhow::Result<Sale> {
        let admissions = Arc::new(crowd::let_in(self.stage, DROP, seats).await?);
        let first_seat = self.sold;
        self.sold += seats;
        Ok(Sale { shop, show: self.show.clone(), admissions, first_seat })
    }

    async fn pairs(&mut self) -> anyhow::Result<Vec<Row>> {
        let sold = self.sale(self.stage.shop(), PAIRS).await?.as_fast_as_it_goes().await?;
        let raw = raw_pairs(self.stage).await?;
        let gateway = format!("http://{}", gateway::start().await?);
        let settings = [("SANDBOX_GATEWAY_URL", gateway), ("SANDBOX_WEBHOOKS", "false".to_owned())];
        let shop = self.stage.another_shop(&settings).await?;
        let without_books = self.sale(shop.address, PAIRS).await?.as_fast_as_it_goes().await?;
        shop.stop().await;
        let row = |what, sold: &Sold| {
            Row::new("shop", what, sold.per_second(), " pairs/s").unexpected(sold.unexpected())
        };
        Ok(vec![
            row("reserve then confirm, unique seats", &sold)
                .against("pgbench on the same transactions", raw)
                .bar(Bar::AtLeast(0.6)),
            row("reserve then confirm, pairs a second", &sold).bar(Bar::AtLeast(1_000.0)),
            Row::throughput("shop", "of these: reserve", &sold.reserve),
            Row::throughput("shop", "of these: confirm", &sold.confirm),
            row("the same, a gateway without books and webhooks", &without_books)
                .against("pgbench on the same transactions", raw),
        ])
    }

    /// Seats that were sold are asked for; the transactions of Postgres are those beyond what the shop does by itself.
    async fn refusals(&self) -> anyhow::Result<Vec<Row>> {
        let late = Arc::new(crowd::let_in(self.stage, DROP, LATE).await?);
        let (path, sold) = (format!("/v1/shows/{}/reserve", self.show), self.sold);
        let before = self.stage.transactions().await?;
        tokio::time::sleep(std::time::Duration::from_secs(2)).await;
        let began = std::time::Instant::now();
        let between = self.stage.transactions().await?;
        let by_itself_a_second = (between - before) / (2.0 + began.elapsed().as_secs_f64());
        let began = std::time::Instant::now();
        let refused = load::run(self.stage.shop(), CONNECTIONS, REFUSALS, StatusCode::CONFLICT, move |n| {
            post(&path, &late[n % LATE], &json!({ "seats": [seat_label(n % sold)] }))
        })
        .await?;
        let after = self.stage.transactions().await?;
        let given = after - between - by_itself_a_second * began.elapsed().as_secs_f64();
        let raw = raw_refusals(self.stage, &self.show).await?;
        Ok(vec![
            Row::throughput("shop", "reserve refused (seat taken)", &refused)
                .against("redis-benchmark on the same script", raw)
                .bar(Bar::AtLeast(0.6)),
            Row::new(
                "shop",
                "SQL transactions a refused reserve",
                given.max(0.0) / f64::from(u32::try_from(REFUSALS)?),
                "",
            )
            .bar(Bar::AtMost(0.001)),
        ])
    }

    async fn at_rate(&mut self, per_second: u32, seats: usize) -> anyhow::Result<Vec<Row>> {
        let sold = self.sale(self.stage.shop(), seats).await?.at_rate(per_second).await?;
        let reached = format!("{:.0}/s were reached", sold.per_second());
        let bars = if per_second == 600 { [10.0, 50.0] } else { [200.0, 200.0] };
        let names = if per_second == 600 { AT_600 } else { AT_120 };
        let figures = [&sold.reserve, &sold.confirm].into_iter().flat_map(|measured| {
            [(0.5, bars[0]), (0.99, bars[1])].map(|(share, bar)| (measured.quantile_ms(share), bar))
        });
        let row = |(what, (ms, bar))| {
            let row = Row::new("shop", what, ms, " ms").bar(Bar::AtMost(bar));
            row.unexpected(sold.unexpected()).note(reached.clone())
        };
        Ok(names.into_iter().zip(figures).map(row).collect())
    }
}

const AT_120: [&str; 4] = [
    "reserve at 120 bookings/s, p50",
    "reserve at 120 bookings/s, p99",
    "confirm at 120 bookings/s, p50",
    "confirm at 120 bookings/s, p99",
];
const AT_600: [&str; 4] = [
    "reserve at 600 bookings/s, p50",
    "reserve at 600 bookings/s, p99",
    "confirm at 600 bookings/s, p50",
    "confirm at 600 bookings/s, p99",
];

/// What Postgres does when nothing but Postgres is asked.
async fn raw_pairs(stage: &Stage) -> anyhow::Result<f64> {
    let show = stage.open_show(DROP, 100).await?;
    let mut connection = load::Connection::open(stage.shop()).await?;
    let (status, _) = connection.send(plain_get(&format!("/v1/shows/{show}/seat-stats"))).await?;
    anyhow::ensure!(status == StatusCode::OK, "the seats were not loaded: {status}");
    let show = show.parse()?;
    let url = stage.stores().database_url().parse()?;
    postgres::pairs(&Ground { url: &url, programs: stage.stores().postgres_programs(), show, seats: 10_000 })
        .await
}

/// What Redis does when nothing but Redis is asked: the script of holding, for the first seat, which is sold.
async fn raw_refusals(stage: &Stage, show: &str) -> anyhow::Result<f64> {
    let show = show.parse()?;
    let mut keys = ShowKeys::of(show).0.to_vec();
    keys.push(ShowKeys::address(show, "none"));
    let arguments =
        ["0", "00000000-0000-7000-8000-000000000000", RANDOM, "300000", "0", "0", "0"].map(str::to_owned);
    let call = ScriptCall { sha: take_hold_script().get_hash(), keys: &keys, arguments: &arguments };
    benchmark(&stage.redis_url()?, &call, REFUSALS).await
}
