//! What a booking is to have instead: parsed against what it has.

use shared::money::Money;

use super::BookedExchangeError;
use crate::domain::booking::{Booking, Ticket};
use crate::domain::catalogue::ShowPlan;
use crate::domain::holds::SeatIndex;
use crate::domain::reserve::{AskedSeat, Basket, ReserveError};

/// Seats for a booking that has others.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Choice {
    /// All that it is to have: seats that it keeps at the price that was paid, the others at what they cost now.
    pub basket: Basket,
    /// What it does not have yet, ascending.
    pub wanted: Vec<SeatIndex>,
    /// What it has.
    pub given: Vec<SeatIndex>,
}

impl Choice {
    /// Checks what was asked for against the show and the booking.
    pub fn parse(
        plan: &ShowPlan,
        booking: &Booking,
        asked: &[AskedSeat],
    ) -> Result<Self, BookedExchangeError> {
        let seats = booking.tickets.len();
        if asked.len() != seats {
            return Err(BookedExchangeError::SeatCountDiffers { seats });
        }
        let max = u32::try_from(seats).unwrap_or(u32::MAX);
        let parse = |asked: &[AskedSeat]| Basket::parse(plan, asked, max).map_err(ReserveError::from);
        // Seats before fares: of seats that are not there, nothing else is said.
        parse(asked)?;
        let asked = with_fares(plan, booking, asked)?;
        let mut basket = parse(&asked)?;
        for seat in &mut basket.seats {
            if let Some(ticket) = kept(booking, &seat.label) {
                seat.price = ticket.price;
            }
        }
        basket.total = basket
            .seats
            .iter()
            .try_fold(nothing(booking), |sum, seat| sum.checked_add(seat.price))
            .unwrap_or(basket.total);
        let is_new = |label: &str| kept(booking, label).is_none();
        let wanted = basket.seats.iter().filter(|seat| is_new(&seat.label)).map(|seat| seat.seat).collect();
        let given =
            booking.tickets.iter().filter_map(|ticket| Some(plan.seat(&ticket.seat)?.index)).collect();
        Ok(Self { basket, wanted, given })
    }
}

fn nothing(booking: &Booking) -> Money {
    Money::new(0, booking.total.currency)
}

/// The ticket that the booking has for this seat.
fn kept<'a>(booking: &'a Booking, label: &str) -> Option<&'a Ticket> {
    booking.tickets.iter().find(|ticket| ticket.seat == label)
}

/// The seats, each with a fare of the booking's: a seat that it keeps has its own, others the one that they name, and the
/// rest what is left, in the order of the seats.
fn with_fares(
    plan: &ShowPlan,
    booking: &Booking,
    asked: &[AskedSeat],
) -> Result<Vec<AskedSeat>, BookedExchangeError> {
    let differ = || {
        let fares = booking.tickets.iter().map(|ticket| ticket.fare.clone()).collect();
        BookedExchangeError::FaresDiffer { fares }
    };
    let mut left: Vec<&str> = booking.tickets.iter().map(|ticket| ticket.fare.as_str()).collect();
    let mut seats: Vec<AskedSeat> = asked.to_vec();
    seats.sort_by_key(|seat| plan.seat(&seat.label).map(|seat| seat.index));
    for seat in &mut seats {
        let own = kept(booking, &seat.label).map(|ticket| ticket.fare.as_str());
        if own.is_some_and(|own| seat.fare.as_deref().is_some_and(|fare| fare != own)) {
            return Err(differ());
        }
        seat.fare = seat.fare.take().or(own.map(str::to_owned));
        if let Some(fare) = &seat.fare {
            let index = left.iter().position(|known| known == fare).ok_or_else(differ)?;
            left.remove(index);
        }
    }
    let mut left = left.into_iter();
    for seat in seats.iter_mut().filter(|seat| seat.fare.is_none()) {
        seat.fare = left.next().map(str::to_owned);
    }
    Ok(seats)
}

#[cfg(test)]
pub(super) mod tests {
    use jiff::Timestamp;
    use shared::ids::Identity;
    use shared::money::Currency;
    use uuid::Uuid;

    use super::*;
    use crate::domain::booking::{BookingStatus, Reference, TicketStatus};
    use crate::domain::catalogue::sample::plan;
    use crate::domain::ids::{BookingId, ReservationId, ShowId, TicketId};

    fn money(amount: i64) -> Money {
        Money::new(amount, Currency::EUR)
    }

    /// A booking of A1 at the standard fare and A2 at a child's, when they cost 10 euros.
    pub(crate) fn booking() -> Booking {
        let show = ShowId(Uuid::from_u128(1));
        let ticket = |seat: &str, fare: &str| Ticket {
            id: TicketId(Uuid::new_v4()),
            show,
            seat: seat.to_owned(),
            category: "standard".to_owned(),
            fare: fare.to_owned(),
            price: money(1000),
            status: TicketStatus::Valid,
        };
        Booking {
            id: BookingId(Uuid::from_u128(2)),
            reservation: ReservationId(Uuid::from_u128(3)),
            reference: Reference("7KQ2M9XA".to_owned()),
            show,
            buyer: Identity::device("ann"),
            status: BookingStatus::Confirmed,
            total: money(2000),
            booked_at: Timestamp::UNIX_EPOCH,
            tickets: vec![ticket("A1", "standard"), ticket("A2", "child")],
        }
    }

    fn ask(seats: &[(&str, Option<&str>)]) -> Vec<AskedSeat> {
        let seat = |(label, fare): &(&str, Option<&str>)| AskedSeat {
            label: (*label).to_owned(),
            fare: fare.map(str::to_owned),
        };
        seats.iter().map(seat).collect()
    }

    fn parse(seats: &[(&str, Option<&str>)]) -> Result<Choice, BookedExchangeError> {
        Choice::parse(&plan(), &booking(), &ask(seats))
    }

    fn fares(choice: &Choice) -> Vec<(&str, &str)> {
        choice.basket.seats.iter().map(|seat| (seat.label.as_str(), seat.fare.as_str())).collect()
    }

    #[test]
    fn a_seat_that_is_kept_keeps_its_fare_and_its_price_and_the_others_get_what_is_left() {
        let choice = parse(&[("A3", None), ("A2", None)]).unwrap();
        assert_eq!(fares(&choice), [("A2", "child"), ("A3", "standard")]);
        assert_eq!(
            (choice.basket.total, choice.wanted, choice.given),
            (money(1000 + 1250), vec![2], vec![0, 1])
        );
    }

    #[test]
    fn fares_may_be_named_but_not_changed() {
        let choice = parse(&[("A3", Some("child")), ("A4", None)]).unwrap();
        assert_eq!(fares(&choice), [("A3", "child"), ("A4", "standard")]);
        let other = [
            [("A3", Some("child")), ("A4", Some("child"))],
            [("A1", Some("child")), ("A2", Some("standard"))],
            [("A1", None), ("A3", Some("senior"))],
        ];
        for seats in other {
            let refused = parse(&seats).unwrap_err();
            assert!(
                matches!(&refused, BookedExchangeError::FaresDiffer { fares } if *fares == ["standard", "child"]),
                "{seats:?}: {refused:?}"
            );
        }
    }

    #[test]
    fn only_seats_at_the_price_that_was_paid_cost_the_same() {
        use super::super::cost_the_same;
        let labels = |labels: [&str; 2]| labels.map(str::to_owned);
        assert!(cost_the_same(&booking(), &plan(), &labels(["A1", "A2"])));
        assert!(!cost_the_same(&booking(), &plan(), &labels(["A2", "A3"])), "A3 costs more than A1 did");
        assert!(!cost_the_same(&booking(), &plan(), &labels(["A1", "A2"])[..1]), "as many");
    }

    #[test]
    fn the_seats_that_it_has_are_no_change() {
        let choice = parse(&[("A2", Some("child")), ("A1", None)]).unwrap();
        assert_eq!((choice.basket.total, choice.wanted), (money(2000), vec![]));
    }

    #[test]
    fn what_is_no_seat_or_not_as_many_is_refused() {
        for seats in [&[("A3", None)][..], &[("A3", None), ("A4", None), ("A1", None)], &[]] {
            let refused = parse(seats).unwrap_err();
            assert!(matches!(refused, BookedExchangeError::SeatCountDiffers { seats: 2 }), "{refused:?}");
        }
        for seats in [[("A3", None), ("A3", None)], [("A3", None), ("Z9", None)]] {
            let refused = parse(&seats).unwrap_err();
            assert!(matches!(refused, BookedExchangeError::Reserve(ReserveError::Basket(_))), "{refused:?}");
        }
    }
}
