//! Why seats could not be had, as the page of a show tells it.

use serde::Deserialize as _;
use serde_json::Value;
use shared::money::Money;
use shared::problem::Problem;

use super::Access;
use crate::http::codes;

/// Why nothing was reserved, or not found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Notice {
    /// Somebody was faster.
    SeatsTaken { seats: Vec<String> },
    /// Seats that nobody would buy would be left.
    Stranded { seats: Vec<String> },
    /// One basket at a time.
    HasReservation { id: String },
    /// After a basket that was left to expire.
    Cooling { seconds: u64 },
    /// The form was empty.
    NothingChosen,
    /// There are not so many seats of that kind.
    NothingFound,
    /// A booking keeps what was paid for it.
    PriceDiffers { paid: Money, now: Money },
    /// A booking keeps the number of its seats.
    SeatCount,
    /// Somebody else with the booking's key was changing it.
    Meanwhile,
    /// The booking cannot be changed any more: the show is near.
    TooLate,
    /// The booking cannot be changed any more: a ticket has let somebody in.
    Used,
    /// Another rule.
    Other { sentence: String },
}

/// How the page tells a refusal; one that says nothing about seats is an error like any other.
pub(in super::super) fn refusal(
    problem: &Problem,
    access: Access,
) -> Result<(Access, Option<Notice>), Problem> {
    let document = problem.document();
    if is(problem, &codes::ADMISSION_ENDED) || is(problem, &codes::ADMISSION_SPENT) {
        return Ok((Access::TurnOver, None));
    }
    if is(problem, &codes::WRONG_DROP) {
        return Ok((Access::NeedsTurn, None));
    }
    if is(problem, &codes::SHOW_NOT_ON_SALE) {
        return Ok((Access::NotOnSale, None));
    }
    let notice = if is(problem, &codes::SEATS_UNAVAILABLE) {
        Notice::SeatsTaken { seats: texts(&document["unavailable_seats"]) }
    } else if is(problem, &codes::STRANDED_SEAT) {
        Notice::Stranded { seats: texts(&document["stranded_seats"]) }
    } else if let (true, Some(id)) =
        (is(problem, &codes::RESERVATION_LIMIT), document["reservation_id"].as_str())
    {
        Notice::HasReservation { id: id.to_owned() }
    } else if let (true, Some(paid), Some(now)) =
        (is(problem, &codes::PRICE_DIFFERS), money(&document["total"]), money(&document["new_total"]))
    {
        Notice::PriceDiffers { paid, now }
    } else if is(problem, &codes::SEAT_COUNT_DIFFERS) {
        Notice::SeatCount
    } else if is(problem, &codes::COOLING_DOWN) {
        Notice::Cooling { seconds: document["retry_after_s"].as_u64().unwrap_or(1) }
    } else if problem.status().is_client_error() && !is(problem, &shared::problem::codes::RATE_LIMITED) {
        Notice::Other { sentence: problem.sentence().to_owned() }
    } else {
        return Err(problem.clone());
    };
    Ok((access, Some(notice)))
}

/// Whether a problem has this code.
pub(in super::super) fn is(problem: &Problem, code: &shared::problem::Code) -> bool {
    problem.code().code == code.code
}

fn money(amount: &Value) -> Option<Money> {
    Money::deserialize(amount).ok()
}

fn texts(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use shared::money::Currency;

    use super::*;

    #[test]
    fn refusals_find_their_words() {
        let told = |problem: Problem| refusal(&problem, Access::Open);
        let taken = Problem::from(&codes::SEATS_UNAVAILABLE).with("unavailable_seats", vec!["A1"]);
        let expected = (Access::Open, Some(Notice::SeatsTaken { seats: vec!["A1".to_owned()] }));
        assert_eq!(told(taken).unwrap(), expected);
        let stranded = Problem::from(&codes::STRANDED_SEAT).with("stranded_seats", vec!["A1"]);
        let expected = (Access::Open, Some(Notice::Stranded { seats: vec!["A1".to_owned()] }));
        assert_eq!(told(stranded).unwrap(), expected);
        let (paid, now) = (Money::new(2500, Currency::EUR), Money::new(3600, Currency::EUR));
        let differs =
            Problem::from(&codes::PRICE_DIFFERS).with("total", json!(paid)).with("new_total", json!(now));
        assert_eq!(told(differs).unwrap(), (Access::Open, Some(Notice::PriceDiffers { paid, now })));
        let count = Problem::from(&codes::SEAT_COUNT_DIFFERS).with("seats", 2);
        assert_eq!(told(count).unwrap(), (Access::Open, Some(Notice::SeatCount)));
        assert_eq!(told(Problem::from(&codes::ADMISSION_ENDED)).unwrap(), (Access::TurnOver, None));
        assert!(told(Problem::from(&shared::problem::codes::DEPENDENCY_UNAVAILABLE)).is_err());
        assert!(told(Problem::from(&shared::problem::codes::RATE_LIMITED)).is_err());
    }
}
