//! What may be asked for: known seats, none twice, not too many, each at its price.

use std::collections::BTreeMap;

use shared::money::Money;

use crate::domain::catalogue::{STANDARD_FARE, Seat, ShowPlan};
use crate::domain::holds::SeatIndex;
use crate::domain::reservation::ReservedSeat;

/// No request may name more seats, whatever the drop allows.
pub const MAX_SEATS: usize = 100;

/// A seat as it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedSeat {
    /// The seat's label.
    pub label: String,
    /// The fare; `standard` where none is named.
    pub fare: Option<String>,
}

/// Why a basket cannot be asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BasketError {
    /// There is nothing in it.
    #[error("no seats were asked for")]
    Empty,
    /// The drop allows fewer.
    #[error("at most {max} seats may be reserved at once")]
    TooMany {
        /// How many it allows.
        max: usize,
    },
    /// Seats were named more than once.
    #[error("seats were named more than once")]
    Duplicates(Vec<String>),
    /// The screen has no such seats.
    #[error("the screen has no such seats")]
    Unknown(Vec<String>),
    /// There is no such fare.
    #[error("there is no such fare")]
    UnknownFares(Vec<String>),
}

/// Seats at their prices, in seat order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Basket {
    /// The seats.
    pub seats: Vec<ReservedSeat>,
    /// What they cost together.
    pub total: Money,
}

impl Basket {
    /// Checks what was asked for against the show and the drop's limit.
    pub fn parse(plan: &ShowPlan, asked: &[AskedSeat], max_seats: u32) -> Result<Self, BasketError> {
        let max = (max_seats as usize).min(MAX_SEATS);
        match asked.len() {
            0 => return Err(BasketError::Empty),
            count if count > max => return Err(BasketError::TooMany { max }),
            _ => {}
        }
        let found = find(plan, asked)?;
        let mut seats = Vec::with_capacity(found.len());
        let mut total = super::nothing(plan);
        for (seat, fare) in found.into_values() {
            let price = plan.show.prices.price(&seat.seat.category, fare);
            let price = price.ok_or_else(|| BasketError::UnknownFares(vec![fare.to_owned()]))?;
            total = total.checked_add(price).ok_or(BasketError::TooMany { max })?;
            seats.push(ReservedSeat {
                seat: seat.index,
                label: seat.label.clone(),
                category: seat.seat.category.clone(),
                fare: fare.to_owned(),
                price,
            });
        }
        Ok(Self { seats, total })
    }

    /// The seats' places in the screen's order, ascending.
    pub fn indexes(&self) -> Vec<SeatIndex> {
        self.seats.iter().map(|seat| seat.seat).collect()
    }
}

type Found<'a> = BTreeMap<SeatIndex, (&'a Seat, &'a str)>;

fn find<'a>(plan: &'a ShowPlan, asked: &'a [AskedSeat]) -> Result<Found<'a>, BasketError> {
    let (mut found, mut unknown, mut twice, mut fares) = (Found::new(), vec![], vec![], vec![]);
    for ask in asked {
        let fare = ask.fare.as_deref().unwrap_or(STANDARD_FARE);
        if !crate::domain::catalogue::is_fare(fare) {
            fares.push(fare.to_owned());
        }
        match plan.seat(&ask.label) {
            None => unknown.push(ask.label.clone()),
            Some(seat) => {
                if found.insert(seat.index, (seat, fare)).is_some() {
                    twice.push(ask.label.clone());
                }
            }
        }
    }
    match () {
        () if !unknown.is_empty() => Err(BasketError::Unknown(unknown)),
        () if !twice.is_empty() => Err(BasketError::Duplicates(twice)),
        () if !fares.is_empty() => Err(BasketError::UnknownFares(fares)),
        () => Ok(found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::catalogue::sample::plan;

    fn ask(labels: &[&str]) -> Vec<AskedSeat> {
        labels.iter().map(|label| AskedSeat { label: (*label).to_owned(), fare: None }).collect()
    }

    #[test]
    fn seats_are_put_in_order_and_priced() {
        let basket = Basket::parse(&plan(), &ask(&["A3", "A1"]), 10).unwrap();
        assert_eq!(basket.indexes(), [0, 2]);
        assert_eq!(basket.total.amount_minor, 2 * 1250);
    }

    #[test]
    fn a_basket_that_cannot_be_is_refused_by_name() {
        let parse = |labels: &[&str]| Basket::parse(&plan(), &ask(labels), 2).unwrap_err();
        assert_eq!(parse(&[]), BasketError::Empty);
        assert_eq!(parse(&["A1", "A2", "A3"]), BasketError::TooMany { max: 2 });
        assert_eq!(parse(&["A1", "A1"]), BasketError::Duplicates(vec!["A1".to_owned()]));
        assert_eq!(parse(&["A1", "Z9"]), BasketError::Unknown(vec!["Z9".to_owned()]));
    }

    #[test]
    fn a_fare_without_a_price_of_its_own_costs_the_standard() {
        let asked = [AskedSeat { label: "A1".to_owned(), fare: Some("child".to_owned()) }];
        let basket = Basket::parse(&plan(), &asked, 10).unwrap();
        assert_eq!((basket.seats[0].fare.as_str(), basket.total.amount_minor), ("child", 1250));
        let asked = [AskedSeat { label: "A1".to_owned(), fare: Some("Half Price!".to_owned()) }];
        assert!(matches!(Basket::parse(&plan(), &asked, 10), Err(BasketError::UnknownFares(_))));
    }
}
