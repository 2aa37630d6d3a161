//! Shows: a movie on a screen at a time, sold by a drop at prices by category.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared::ids::DropSlug;
use shared::money::{Currency, Money};
use utoipa::ToSchema;

use super::{InvalidField, Seat, is_word, must};
use crate::domain::cancel::CancelPolicy;
use crate::domain::ids::{MovieId, ScreenId, ShowId, TheatreId};
use crate::domain::seating::StrandedRule;

/// The fare that every category has.
pub const STANDARD_FARE: &str = "standard";
/// No seat costs more, in minor units.
const MAX_PRICE: i64 = 100_000_000;

/// Where a show is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ShowStatus {
    /// It will be, or is being, shown.
    Scheduled,
    /// It will not be shown.
    Cancelled,
    /// It is over.
    Completed,
}

impl ShowStatus {
    /// The word for it in the database and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Cancelled => "cancelled",
            Self::Completed => "completed",
        }
    }

    /// The status a word stands for.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Scheduled, Self::Cancelled, Self::Completed].into_iter().find(|status| status.as_str() == word)
    }
}

/// Prices by category, and by fare where a category has more than one: `{"standard": …, "standard/child": …}`. All in
/// one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct PriceList(BTreeMap<String, Money>);

impl PriceList {
    /// Prices under the keys described above.
    pub fn new(prices: BTreeMap<String, Money>) -> Self {
        Self(prices)
    }

    /// The price of a seat. A fare without a price of its own costs what the category does; `None` where the category
    /// has no price.
    pub fn price(&self, category: &str, fare: &str) -> Option<Money> {
        let own = self.0.get(&format!("{category}/{fare}"));
        own.or_else(|| self.0.get(category)).copied()
    }

    /// The currency; EUR where there are no prices.
    pub fn currency(&self) -> Currency {
        self.0.values().next().map_or(Currency::EUR, |price| price.currency)
    }

    /// Category, fare and price of every entry.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &str, Money)> {
        self.0.iter().map(|(key, price)| {
            let (category, fare) = key.split_once('/').unwrap_or((key, STANDARD_FARE));
            (category, fare, *price)
        })
    }

    /// Checks words, amounts and the one currency, and that every category of the screen has its standard price.
    pub fn check<'a>(&self, categories: impl Iterator<Item = &'a str>) -> Result<(), InvalidField> {
        must(!self.0.is_empty(), "prices", "must not be empty")?;
        for (category, fare, price) in self.entries() {
            let field = format!("prices.{category}");
            must(
                is_word(category) && is_word(fare),
                &field,
                "must be a category, or a category/fare, in lower case",
            )?;
            must((0..=MAX_PRICE).contains(&price.amount_minor), &field, "must not be negative or absurd")?;
            must(price.currency == self.currency(), &field, "must be in the same currency as the others")?;
            must(self.0.contains_key(category), &field, "must come with the category's own price")?;
        }
        for category in categories {
            must(self.0.contains_key(category), "prices", "must name every category of the screen's seats")?;
        }
        Ok(())
    }
}

/// What an operator says of a show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShowDetails {
    /// The movie.
    pub movie_id: MovieId,
    /// The screen.
    pub screen_id: ScreenId,
    /// When it begins.
    pub starts_at: Timestamp,
    /// When the screen is free again; by default after the movie's duration and 20 minutes.
    #[serde(default)]
    pub ends_at: Option<Timestamp>,
    /// The drop that sells it; without one, the safety net `open-sale` does.
    #[serde(default)]
    pub drop: Option<DropSlug>,
    /// The region it belongs to for life.
    #[serde(default = "default_region")]
    pub region: String,
    /// Prices by category.
    pub prices: PriceList,
    /// Which single free seats a reservation may leave: any (`off`), those at a wall or an aisle (`lenient`), none
    /// (`strict`).
    #[serde(default)]
    pub stranded_rule: StrandedRule,
    /// How much of its price a booking is given back, in percent, by the hours left before the show: the most hours first,
    /// nothing within the last one's. null: as the installation says.
    #[serde(default)]
    pub cancellation_policy: Option<CancelPolicy>,
}

fn default_region() -> String {
    "default".to_owned()
}

impl ShowDetails {
    /// Checks what the type does not say.
    pub fn check(&self) -> Result<(), InvalidField> {
        must(is_word(&self.region), "region", "must be a word in lower case")?;
        must(self.ends_at.is_none_or(|end| end > self.starts_at), "ends_at", "must be after starts_at")
    }
}

impl From<Show> for ShowDetails {
    fn from(show: Show) -> Self {
        Self {
            movie_id: show.movie.movie_id,
            screen_id: show.screen.screen_id,
            starts_at: show.starts_at,
            ends_at: Some(show.ends_at),
            drop: show.drop,
            region: show.region,
            prices: show.prices,
            stranded_rule: show.stranded_rule,
            cancellation_policy: show.cancellation_policy,
        }
    }
}

/// The movie of a show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ShowMovie {
    /// Its id.
    pub movie_id: MovieId,
    /// Its title.
    pub title: String,
    /// How long it runs.
    pub duration_minutes: i32,
}

/// The theatre of a show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ShowTheatre {
    /// Its id.
    pub theatre_id: TheatreId,
    /// Its name.
    pub name: String,
    /// The city.
    pub city: String,
    /// Its time zone (IANA).
    pub time_zone: String,
}

/// The screen of a show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ShowScreen {
    /// Its id.
    pub screen_id: ScreenId,
    /// Its name.
    pub name: String,
}

/// A show as everybody may see it, without its seats.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Show {
    /// Its id.
    pub show_id: ShowId,
    /// The movie.
    pub movie: ShowMovie,
    /// The theatre.
    pub theatre: ShowTheatre,
    /// The screen.
    pub screen: ShowScreen,
    /// When it begins.
    pub starts_at: Timestamp,
    /// When it ends.
    pub ends_at: Timestamp,
    /// Where it is.
    pub status: ShowStatus,
    /// Prices by category.
    pub prices: PriceList,
    /// The drop that sells it; null means `open-sale`.
    pub drop: Option<DropSlug>,
    /// The region it belongs to.
    pub region: String,
    /// Which single free seats a reservation may leave.
    pub stranded_rule: StrandedRule,
    /// How much of its price a booking is given back, in percent, by the hours left before the show: the most hours first,
    /// nothing within the last one's. null: as the installation says.
    pub cancellation_policy: Option<CancelPolicy>,
}

impl Show {
    /// The drop whose admissions open this show.
    pub fn sold_by(&self) -> DropSlug {
        self.drop.clone().unwrap_or_else(DropSlug::open_sale)
    }

    /// What percentage a booking of it is given back for at this time, where it has no policy of its own by this one;
    /// `None`: it is too late.
    pub fn cancel_percent(&self, default: &CancelPolicy, now: Timestamp) -> Option<u8> {
        let policy = self.cancellation_policy.as_ref().unwrap_or(default);
        let is_off = self.status == ShowStatus::Cancelled;
        if is_off { Some(100) } else { policy.percent(self.starts_at.duration_since(now)) }
    }

    /// Whether its seats can be reserved at this time.
    pub fn is_on_sale(&self, now: Timestamp) -> bool {
        self.status == ShowStatus::Scheduled && now < self.ends_at
    }
}

/// A show with everything about it that does not change from moment to moment.
#[derive(Clone, Debug)]
pub struct ShowPlan {
    /// The show.
    pub show: Show,
    /// Its seats, in order.
    pub seats: Vec<Seat>,
    /// A seat's place in the order, by its label.
    pub by_label: HashMap<String, usize>,
    /// Changes whenever the show does.
    pub updated_at: Timestamp,
}

impl ShowPlan {
    /// A show with its seats, in order.
    pub fn new(show: Show, seats: Vec<Seat>, updated_at: Timestamp) -> Self {
        let by_label = seats.iter().enumerate().map(|(index, seat)| (seat.label.clone(), index)).collect();
        Self { show, seats, by_label, updated_at }
    }

    /// The seat of this label.
    pub fn seat(&self, label: &str) -> Option<&Seat> {
        self.by_label.get(label).map(|index| &self.seats[*index])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prices(entries: &[(&str, i64, Currency)]) -> PriceList {
        let entry = |(key, amount, currency): &(&str, i64, Currency)| {
            ((*key).to_owned(), Money::new(*amount, *currency))
        };
        PriceList::new(entries.iter().map(entry).collect())
    }

    #[test]
    fn a_fare_has_a_price_of_its_own_or_costs_the_standard() {
        let list = prices(&[("standard", 1200, Currency::EUR), ("standard/child", 800, Currency::EUR)]);
        assert_eq!(list.price("standard", "standard").unwrap().amount_minor, 1200);
        assert_eq!(list.price("standard", "child").unwrap().amount_minor, 800);
        assert_eq!(list.price("standard", "senior").unwrap().amount_minor, 1200);
        assert_eq!(list.price("box", "standard"), None);
    }

    #[test]
    fn prices_are_in_one_currency_and_name_every_category() {
        let usd: Currency = "USD".parse().unwrap();
        assert!(prices(&[("a", 1, Currency::EUR)]).check(["a"].into_iter()).is_ok());
        assert!(prices(&[("a", 1, Currency::EUR)]).check(["a", "b"].into_iter()).is_err());
        assert!(prices(&[("a", 1, Currency::EUR), ("b", 1, usd)]).check(["a"].into_iter()).is_err());
        assert!(prices(&[("a", -1, Currency::EUR)]).check(["a"].into_iter()).is_err());
        assert!(prices(&[("a/child", 1, Currency::EUR)]).check([].into_iter()).is_err());
    }
}
