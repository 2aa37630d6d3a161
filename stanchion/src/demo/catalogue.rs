//! The demo's catalogue: one theatre, one hall, three films that nobody has made.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::DROP;
use super::hall;
use super::operator::Operator;
use crate::exit::Failure;

/// Shows start at least this long ahead, so that cancelling refunds everything.
const AHEAD: SignedDuration = SignedDuration::from_hours(48);
const DAY_S: i64 = 86_400;

/// The film that the demo drop sells. Its show starts at midnight.
fn premiere() -> Value {
    json!({
        "title": "The Lanterns of Sorrow Bay",
        "description": "The last lighthouse keeper of a drowned coast answers a signal that was sent forty years ago, \
                        by herself.",
        "duration_minutes": 134,
        "genre": "Mystery",
        "language": "English",
        "release_date": "2027-01-15",
        "rating": "12",
        "cast": ["Ilse Marchetti", "Tomasz Adeyemi", "Rún Halldórsdóttir"],
        "keywords": ["lighthouse", "time", "sea"],
    })
}

/// The films that run beside it, with the hour (UTC, which is Reykjavík's time) at which they start.
fn others() -> [(Value, i64); 2] {
    [
        (
            json!({
                "title": "A Cartographer's Heart",
                "description": "Two rival map makers are hired to draw the same island, which moves.",
                "duration_minutes": 108,
                "genre": "Comedy",
                "language": "English",
                "release_date": "2026-10-02",
                "rating": "6",
                "cast": ["Beatriz Okonkwo", "Lev Ashgrove"],
                "keywords": ["maps", "island", "rivals"],
            }),
            17,
        ),
        (
            json!({
                "title": "Nine Floors of Silence",
                "description": "A lift technician, a burglar and a cellist spend one night between the seventh and the \
                                eighth floor.",
                "duration_minutes": 97,
                "genre": "Thriller",
                "language": "French",
                "release_date": "2026-11-20",
                "rating": "16",
                "cast": ["Amandine Koro", "Viktor Sæther", "Noor Castellane"],
                "keywords": ["night", "heist", "cello"],
            }),
            20,
        ),
    ]
}

fn theatre() -> Value {
    json!({
        "name": "Aurora Picture House",
        "chain": "Aurora",
        "city": "Reykjavík",
        "address": "Norðurstígur 4, 101 Reykjavík",
        "time_zone": "Atlantic/Reykjavik",
        "latitude": 64.1490,
        "longitude": -21.9426,
    })
}

fn prices() -> Value {
    json!({
        "standard": { "amount_minor": 1450, "currency": "EUR" },
        "premium": { "amount_minor": 1950, "currency": "EUR" },
    })
}

/// Loads everything into an empty shop; the premiere is sold by the demo drop, the rest freely.
///
/// # Errors
/// When the shop refuses something.
pub async fn load(shop: &Operator, now: Timestamp) -> Result<(), Failure> {
    let theatre_id = created(shop, "theatres", &theatre(), "theatre_id").await?;
    let screen = json!({ "theatre_id": theatre_id, "name": "Great Hall", "rows": hall::rows() });
    let screen_id = created(shop, "screens", &screen, "screen_id").await?;
    let midnight = first_midnight(now)?;
    let movie_id = created(shop, "movies", &premiere(), "movie_id").await?;
    add_premiere(shop, &movie_id, &screen_id, midnight).await?;
    for (movie, hour) in others() {
        let movie_id = created(shop, "movies", &movie, "movie_id").await?;
        let starts_at = midnight + SignedDuration::from_hours(hour);
        let show = json!({ "movie_id": movie_id, "screen_id": screen_id, "starts_at": starts_at, "prices": prices() });
        shop.post("shows", &show).await?;
    }
    Ok(())
}

/// One more show of the premiere, at the first midnight after the last one and far enough ahead.
///
/// # Errors
/// When the shop refuses it.
pub async fn renew(shop: &Operator, last: &Value, now: Timestamp) -> Result<(), Failure> {
    let last_start: Timestamp = last["starts_at"].as_str().unwrap_or_default().parse().unwrap_or(now);
    let midnight = first_midnight(now.max(last_start - AHEAD + SignedDuration::from_hours(1)))?;
    add_premiere(shop, text(&last["movie"]["movie_id"]), text(&last["screen"]["screen_id"]), midnight).await
}

async fn add_premiere(
    shop: &Operator,
    movie_id: &str,
    screen_id: &str,
    at: Timestamp,
) -> Result<(), Failure> {
    let show = json!({
        "movie_id": movie_id,
        "screen_id": screen_id,
        "starts_at": at,
        "drop": DROP,
        "prices": prices(),
    });
    shop.post("shows", &show).await?;
    Ok(())
}

/// The first midnight that is far enough ahead.
fn first_midnight(now: Timestamp) -> Result<Timestamp, Failure> {
    let earliest = (now + AHEAD).as_second();
    let midnight = earliest.div_euclid(DAY_S) * DAY_S + DAY_S;
    Ok(Timestamp::from_second(midnight).map_err(anyhow::Error::new)?)
}

async fn created(shop: &Operator, kind: &str, body: &Value, id: &str) -> Result<String, Failure> {
    let made = shop.post(kind, body).await?;
    Ok(text(&made[id]).to_owned())
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_premiere_is_at_the_first_midnight_two_days_ahead() {
        let now: Timestamp = "2026-11-21T02:00:00Z".parse().unwrap();
        assert_eq!(first_midnight(now).unwrap().to_string(), "2026-11-24T00:00:00Z");
        let midnight: Timestamp = "2026-11-21T00:00:00Z".parse().unwrap();
        assert_eq!(first_midnight(midnight).unwrap().to_string(), "2026-11-24T00:00:00Z");
    }
}
