//! What the crowd comes for: a drop that calls quickly, with halls that are a little too small.

use std::time::Duration;

use anyhow::anyhow;
use jiff::SignedDuration;
use serde_json::{Value, json};
use shared::clock::Clock;

use super::site::Site;
use crate::demo::hall;
use crate::demo::operator::Operator;
use crate::exit::Failure;

/// The drop.
pub const DROP: &str = "chaos";
/// Seats a visitor there are: fewer than are wanted, more than those who pay at once take.
const SEATS_A_VISITOR: u64 = 2;
const SELLS_WITHIN: Duration = Duration::from_mins(1);
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Makes the shows and the drop, and waits until it sells.
pub async fn set(site: &Site, visitors: u64) -> Result<(), Failure> {
    let line = Operator::new(&site.addresses().waitroom, site.operator_token())?;
    let shop = Operator::new(&site.addresses().booking, site.operator_token())?;
    let shows = (visitors * SEATS_A_VISITOR).div_ceil(u64::from(hall::seat_count())).max(1);
    make_shows(&shop, shows).await?;
    let drop = json!({
        "slug": DROP,
        "title": "Chaos",
        "rate_per_minute": 1_200,
        "burst": 40,
        "max_active": 400,
    });
    line.post("drops", &drop).await?;
    line.act(&format!("drops/{DROP}/open"), "chaos begins").await?;
    wait_until_it_sells(&line).await
}

async fn make_shows(shop: &Operator, shows: u64) -> Result<(), Failure> {
    let theatre = json!({ "name": "The Tempest", "city": "Reykjavík", "time_zone": "Atlantic/Reykjavik" });
    let theatre = shop.post("theatres", &theatre).await?;
    let movie = json!({ "title": "Everything at Once", "duration_minutes": 90 });
    let movie = shop.post("movies", &movie).await?;
    let screen = json!({ "theatre_id": theatre["theatre_id"], "name": "Hall", "rows": hall::rows() });
    let screen = shop.post("screens", &screen).await?;
    let first = Clock::System.now() + SignedDuration::from_hours(72);
    for number in 0..shows {
        let after = SignedDuration::from_hours(3 * i64::try_from(number).unwrap_or_default());
        let show = json!({
            "movie_id": movie["movie_id"],
            "screen_id": screen["screen_id"],
            "starts_at": first + after,
            "drop": DROP,
            "prices": {
                "standard": { "amount_minor": 1450, "currency": "EUR" },
                "premium": { "amount_minor": 1950, "currency": "EUR" },
            },
        });
        shop.post("shows", &show).await?;
    }
    Ok(())
}

async fn wait_until_it_sells(line: &Operator) -> Result<(), Failure> {
    let ready = async {
        loop {
            let status: Value = line.get(&format!("drops/{DROP}")).await?.unwrap_or_default();
            if status["state"] == "open" && status["seats_left"].as_u64().is_some_and(|seats| seats > 0) {
                return Ok(());
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    let too_late = anyhow!("the drop did not begin to sell within {} s", SELLS_WITHIN.as_secs());
    tokio::time::timeout(SELLS_WITHIN, ready).await.map_err(|_| too_late)?
}
