//! Publishes, for every drop with shows on sale, how many seats are left and how this replica is doing.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use shared::drop::{Health, write_health};
use shared::ids::DropSlug;
use shared::store::StoreError;

use crate::app::AppState;
use crate::domain::holds::SeatState;
use crate::metrics::{POOL_WAIT_SECONDS, SEATS_BLOCKED, SEATS_BOOKED, SEATS_FREE, SEATS_HELD};
use crate::store::catalogue;

#[derive(Default)]
struct Stock {
    free: u64,
    held: u64,
    booked: u64,
    blocked: u64,
}

/// One round; whether it was published. What cannot be measured is not: health that grows old stops the line by itself.
pub async fn run(app: &AppState) -> bool {
    let published = publish(app).await;
    if let Err(error) = &published {
        tracing::debug!(%error, "health could not be published");
    }
    published.is_ok()
}

async fn publish(app: &AppState) -> Result<(), StoreError> {
    let store = &app.store;
    let stock = stock(app).await?;
    let pool_wait_ms = pool_wait_ms(app).await?;
    let load = app.load.load();
    let at_ms = store.now().await?.as_millisecond();
    for (drop, stock) in stock {
        let Stock { free, held, .. } = stock;
        let health = Health {
            at_ms,
            free,
            held,
            p99_ms: load.p99_ms,
            error_share: load.error_share,
            in_flight: load.in_flight,
            pool_wait_ms,
        };
        write_health(&store.redis, &drop, &health).await?;
        show_stock(&drop, &stock);
    }
    Ok(())
}

fn show_stock(drop: &DropSlug, stock: &Stock) {
    let seats = [
        (SEATS_FREE, stock.free),
        (SEATS_HELD, stock.held),
        (SEATS_BOOKED, stock.booked),
        (SEATS_BLOCKED, stock.blocked),
    ];
    for (name, seats) in seats {
        #[expect(clippy::cast_precision_loss, reason = "a drop has far fewer than 2^52 seats")]
        metrics::gauge!(name, "drop" => drop.to_string()).set(seats as f64);
    }
}

/// The seats of every drop with shows on sale. A drop with a show that is being loaded is left out for this round.
async fn stock(app: &AppState) -> Result<BTreeMap<DropSlug, Stock>, StoreError> {
    let mut stock: BTreeMap<DropSlug, Stock> = BTreeMap::new();
    let mut unknown: BTreeSet<DropSlug> = BTreeSet::new();
    for known in catalogue::on_sale(&app.store.pool, app.clock.now()).await? {
        match app.store.holds.map(known.show).await {
            Ok(map) => {
                let stock = stock.entry(known.drop).or_default();
                stock.free += map.count(SeatState::Free) as u64;
                stock.held += map.count(SeatState::Held) as u64;
                stock.booked += map.count(SeatState::Booked) as u64;
                stock.blocked += map.count(SeatState::Blocked) as u64;
            }
            Err(StoreError::Lost) => drop(unknown.insert(known.drop)),
            Err(error) => return Err(error),
        }
    }
    stock.retain(|drop, _| !unknown.contains(drop));
    Ok(stock)
}

async fn pool_wait_ms(app: &AppState) -> Result<f64, StoreError> {
    let started = Instant::now();
    drop(app.store.pool.acquire().await?);
    let waited = started.elapsed().as_secs_f64();
    metrics::gauge!(POOL_WAIT_SECONDS).set(waited);
    Ok(waited * 1000.0)
}
