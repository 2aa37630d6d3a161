//! Sets the stage: a catalogue in an empty shop, a show with seats to sell, and the demo drop open. What an earlier run
//! left is kept; a finished demo is renewed by adding a show to the same drop.

use std::time::Duration;

use anyhow::anyhow;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::DROP;
use super::catalogue;
use super::hall;
use super::operator::Operator;
use crate::exit::Failure;

/// Calls a minute: a line that moves while one looks at it.
const RATE_PER_MINUTE: u32 = 180;
const BURST: u32 = 10;
const MAX_ACTIVE: u32 = 100;
const SELLS_WITHIN: Duration = Duration::from_secs(15);
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// How many seats a crowd may take so that half the hall is left.
pub async fn set(line: &Operator, shop: &Operator, now: Timestamp) -> Result<usize, Failure> {
    let mut shows = shows_of_the_drop(shop).await?;
    if shows.is_empty() {
        catalogue::load(shop, now).await?;
    } else if on_sale(&shows, now) == 0 {
        catalogue::renew(shop, latest(&shows), now).await?;
    }
    shows = shows_of_the_drop(shop).await?;
    open_the_drop(line).await?;
    wait_until_it_sells(line).await?;
    let half = u64::from(hall::seat_count() / 2);
    Ok(usize::try_from(on_sale(&shows, now).saturating_sub(half)).unwrap_or_default())
}

async fn shows_of_the_drop(shop: &Operator) -> Result<Vec<Value>, Failure> {
    let list = shop.get(&format!("drops/{DROP}/shows")).await?.unwrap_or_default();
    Ok(list["items"].as_array().cloned().unwrap_or_default())
}

/// Seats that can still be had in shows to come.
fn on_sale(shows: &[Value], now: Timestamp) -> u64 {
    shows
        .iter()
        .filter(|show| show["status"] == "scheduled" && starts_at(show) > now)
        .filter_map(|show| show["available_seats"].as_u64())
        .sum()
}

fn latest(shows: &[Value]) -> &Value {
    shows.iter().max_by_key(|show| starts_at(show)).unwrap_or(&Value::Null)
}

fn starts_at(show: &Value) -> Timestamp {
    show["starts_at"].as_str().and_then(|text| text.parse().ok()).unwrap_or(Timestamp::MIN)
}

async fn open_the_drop(line: &Operator) -> Result<(), Failure> {
    let drop = match line.get(&format!("operator/drops/{DROP}")).await? {
        Some(drop) => drop,
        None => line.post("drops", &the_drop()).await?,
    };
    match drop["state"].as_str().unwrap_or_default() {
        "scheduled" | "lobby" => {
            line.act(&format!("drops/{DROP}/open"), "the demo starts").await?;
        }
        "closed" => {
            return Err(Failure::configuration(format!(
                "the drop \"{DROP}\" in this data was closed, which cannot be undone; choose another folder with --data-dir"
            )));
        }
        _ => {}
    }
    Ok(())
}

/// A replica hears of a change, and of the seats there are, within a second or two.
async fn wait_until_it_sells(line: &Operator) -> Result<(), Failure> {
    let ready = async {
        loop {
            let status = line.get(&format!("drops/{DROP}")).await?.unwrap_or_default();
            let has_seats = status["seats_left"].as_u64().is_some_and(|seats| seats > 0);
            match status["state"].as_str() {
                Some("open") if has_seats => return Ok(()),
                Some("paused") => return Ok(()),
                _ => tokio::time::sleep(LOOK_EVERY).await,
            }
        }
    };
    let too_late = anyhow!("the drop did not begin to sell within {} s", SELLS_WITHIN.as_secs());
    tokio::time::timeout(SELLS_WITHIN, ready).await.map_err(|_| too_late)?
}

fn the_drop() -> Value {
    json!({
        "slug": DROP,
        "title": "The Lanterns of Sorrow Bay: midnight premiere",
        "rate_per_minute": RATE_PER_MINUTE,
        "burst": BURST,
        "max_active": MAX_ACTIVE,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(starts_at: &str, status: &str, available: u64) -> Value {
        json!({ "starts_at": starts_at, "status": status, "available_seats": available })
    }

    #[test]
    fn only_shows_to_come_have_seats_on_sale() {
        let now: Timestamp = "2026-11-21T00:00:00Z".parse().unwrap();
        let shows = [
            show("2026-11-20T00:00:00Z", "scheduled", 5),
            show("2026-11-22T00:00:00Z", "cancelled", 7),
            show("2026-11-23T00:00:00Z", "scheduled", 11),
        ];
        assert_eq!(on_sale(&shows, now), 11);
        assert_eq!(latest(&shows)["available_seats"], 11);
        assert_eq!(on_sale(&shows[..2], now), 0, "a finished demo must be renewed");
    }
}
