//! How soon a service that was just started is ready, with nothing in Redis.

use std::net::SocketAddr;
use std::time::Duration;

use http::StatusCode;
use tokio::time::Instant;

use crate::child::{Role, Serving};
use crate::load::Connection;
use crate::reference::plain_get;
use crate::stage::Stores;
use crate::table::{Bar, Row};

const PATIENCE: Duration = Duration::from_secs(30);

/// Measures the start of both services, from the beginning of the process to the first time it says that it is ready.
pub async fn measure(stores: &Stores) -> anyhow::Result<Vec<Row>> {
    let mut redis = redis::Client::open(stores.redis_url())?.get_multiplexed_async_connection().await?;
    let mut settings = stores.settings()?;
    let mut rows = Vec::new();
    let mut running = Vec::new();
    for (role, what, setting) in [
        (Role::Waitroom, "waitroom: start to ready, empty Redis", "WAITROOM_ADMIN_LISTEN"),
        (Role::Booking, "booking: start to ready, empty Redis", "BOOKING_ADMIN_LISTEN"),
    ] {
        redis::cmd("FLUSHALL").exec_async(&mut redis).await?;
        let admin = SocketAddr::from(([127, 0, 0, 1], servers::ports::free_port()?));
        settings.retain(|(name, _)| *name != setting);
        settings.push((setting, admin.to_string()));
        let began = Instant::now();
        running.push(Serving::start(role, &settings).await?);
        let mut connection = Connection::open(admin).await?;
        while connection.send(plain_get("/readyz")).await?.0 != StatusCode::OK {
            anyhow::ensure!(began.elapsed() < PATIENCE, "{what}: it never was");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        rows.push(Row::new("shop", what, began.elapsed().as_secs_f64(), " s").bar(Bar::AtMost(2.0)));
    }
    Ok(rows)
}
