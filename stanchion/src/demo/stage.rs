//! Sets the stage: a catalogue in an empty shop, a show with seats to sell, and the demo drop open or about to be. What an
//! earlier run left is kept; a finished demo is renewed by adding a show to the same drop.

use std::time::Duration;

use anyhow::anyhow;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::DROP;
use super::catalogue;
use super::hall;
use super::operator::Operator;
use crate::exit::Failure;

/// Calls a minute: a line that moves while one looks at it, and lasts for a few minutes.
const RATE_PER_MINUTE: u32 = 120;
/// How long a new drop's lobby is open: time to open the page and to see others come.
const LOBBY: SignedDuration = SignedDuration::from_secs(30);
const BURST: u32 = 10;
const MAX_ACTIVE: u32 = 100;
const SELLS_WITHIN: Duration = Duration::from_secs(15);
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// When the drop opens.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// At once.
    Now,
    /// After a lobby. A drop that an earlier run has opened stays open.
    AfterLobby,
}

/// What stands.
pub struct Stage {
    /// How many seats a crowd may take so that half the hall is left.
    pub allowance: usize,
    /// When the drop opens, where it has not opened yet.
    pub opens_at: Option<Timestamp>,
}

/// Sets it.
pub async fn set(
    line: &Operator,
    shop: &Operator,
    now: Timestamp,
    opening: Opening,
) -> Result<Stage, Failure> {
    let mut shows = shows_of_the_drop(shop).await?;
    if shows.is_empty() {
        catalogue::load(shop, now).await?;
    } else if on_sale(&shows, now) == 0 {
        catalogue::renew(shop, latest(&shows), now).await?;
    }
    shows = shows_of_the_drop(shop).await?;
    let opens_at = open_the_drop(line, now, opening).await?;
    wait_until_it_sells(line).await?;
    let half = u64::from(hall::seat_count() / 2);
    let allowance = usize::try_from(on_sale(&shows, now).saturating_sub(half)).unwrap_or_default();
    Ok(Stage { allowance, opens_at })
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

/// Opens the drop, or gives the time at which it opens by itself.
async fn open_the_drop(
    line: &Operator,
    now: Timestamp,
    opening: Opening,
) -> Result<Option<Timestamp>, Failure> {
    let drop = match line.get(&format!("operator/drops/{DROP}")).await? {
        Some(drop) => drop,
        None => line.post("drops", &the_drop(now, opening)).await?,
    };
    match drop["state"].as_str().unwrap_or_default() {
        "scheduled" | "lobby" => {
            if let Some(opens_at) = opens_by_itself(&drop).filter(|_| opening == Opening::AfterLobby) {
                return Ok(Some(opens_at));
            }
            line.act(&format!("drops/{DROP}/open"), "the demo starts").await?;
        }
        "closed" => {
            return Err(Failure::configuration(format!(
                "the drop \"{DROP}\" in this data was closed, which cannot be undone; choose another folder with --data-dir"
            )));
        }
        _ => {}
    }
    Ok(None)
}

fn opens_by_itself(drop: &Value) -> Option<Timestamp> {
    drop["opens_at"].as_str()?.parse().ok()
}

/// A replica hears of a change, and of the seats there are, within a second or two.
async fn wait_until_it_sells(line: &Operator) -> Result<(), Failure> {
    let ready = async {
        loop {
            let status = line.get(&format!("drops/{DROP}")).await?.unwrap_or_default();
            let has_seats = status["seats_left"].as_u64().is_some_and(|seats| seats > 0);
            match status["state"].as_str() {
                Some("lobby" | "open") if has_seats => return Ok(()),
                Some("paused") => return Ok(()),
                _ => tokio::time::sleep(LOOK_EVERY).await,
            }
        }
    };
    let too_late = anyhow!("the drop did not begin to sell within {} s", SELLS_WITHIN.as_secs());
    tokio::time::timeout(SELLS_WITHIN, ready).await.map_err(|_| too_late)?
}

fn the_drop(now: Timestamp, opening: Opening) -> Value {
    let mut drop = json!({
        "slug": DROP,
        "title": "The Lanterns of Sorrow Bay: midnight premiere",
        "rate_per_minute": RATE_PER_MINUTE,
        "burst": BURST,
        "max_active": MAX_ACTIVE,
    });
    if opening == Opening::AfterLobby {
        drop["lobby_opens_at"] = json!(now);
        drop["opens_at"] = json!(now + LOBBY);
    }
    drop
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
