//! Other seats for a booking that is paid for: as many, at the same fares, for the same price, in one step. What it has
//! stays its own until Postgres has decided; what it wants is held meanwhile, under a name of its own, and lapses by itself
//! if nobody comes back.

mod choice;

use std::time::Duration;

use shared::ids::Identity;
use shared::money::Money;
use shared::store::StoreError;

use self::choice::Choice;
#[cfg(test)]
pub(crate) use self::choice::tests::booking as sample;
use super::ReserveError;
use crate::domain::booking::{Booking, BookingStatus, TicketStatus};
use crate::domain::cancel::CancelPolicy;
use crate::domain::catalogue::{Show, ShowPlan, ShowStatus};
use crate::domain::holds::{Hold, HoldRequest, Taken};
use crate::domain::ids::ReservationId;
use crate::domain::reservation::Reservation;
use crate::domain::reserve::{AskedSeat, labels, strand_nobody, wait};
use crate::metrics::money as measured;
use crate::store::Store;
use crate::store::bookings::{self, BookedSwap, Swapped};
use crate::store::courier::Courier;
use crate::store::reservations::{NewReservation, Refusal};

/// For how long the wanted seats are held, seconds: longer than Postgres is waited for, and so short that what a crash leaves
/// is on sale again soon.
const HOLD_S: u32 = 10;

/// Why a booking's seats were not exchanged.
#[derive(Debug, thiserror::Error)]
pub enum BookedExchangeError {
    /// For a reason that reserving has too.
    #[error(transparent)]
    Reserve(#[from] ReserveError),
    /// There is no such booking.
    #[error("there is no such booking")]
    NotFound,
    /// It was given back.
    #[error("the booking is {}", .0.as_str())]
    NotConfirmed(BookingStatus),
    /// It could not be given back any more either.
    #[error("the show is too near")]
    TooLate,
    /// A ticket has let somebody in.
    #[error("a ticket has been used")]
    AlreadyUsed,
    /// More seats were asked for, or fewer.
    #[error("a booking keeps the number of its seats")]
    SeatCountDiffers {
        /// How many it has.
        seats: usize,
    },
    /// Other fares were asked for.
    #[error("a booking keeps its fares")]
    FaresDiffer {
        /// Its fares, one a seat.
        fares: Vec<String>,
    },
    /// The seats cost something else.
    #[error("the booking cost {total}, the other seats cost {new_total}")]
    PriceDiffers {
        /// What was paid.
        total: Money,
        /// What the other seats cost.
        new_total: Money,
    },
    /// Another exchange of the same booking came first.
    #[error("another exchange of the booking came first")]
    Superseded,
    /// Another exchange of the same booking is under way.
    #[error("another exchange of the booking is under way")]
    UnderWay {
        /// When it is over, at the latest.
        retry_after: Duration,
    },
}

impl From<StoreError> for BookedExchangeError {
    fn from(error: StoreError) -> Self {
        Self::Reserve(error.into())
    }
}

/// Whether these seats, at the booking's fares, cost what was paid for it.
pub fn cost_the_same(booking: &Booking, plan: &ShowPlan, seats: &[String]) -> bool {
    let asked: Vec<AskedSeat> =
        seats.iter().map(|label| AskedSeat { label: label.clone(), fare: None }).collect();
    Choice::parse(plan, booking, &asked).is_ok_and(|choice| choice.basket.total == booking.total)
}

/// Gives bookings other seats.
#[derive(Clone)]
pub struct Exchanger {
    store: Store,
    courier: Courier,
    policy: CancelPolicy,
}

impl Exchanger {
    /// Exchanges in these stores while this policy, where the show has none, allows that a booking is given back.
    pub fn new(store: Store, courier: Courier, policy: CancelPolicy) -> Self {
        Self { store, courier, policy }
    }

    /// Whether the booking may have other seats at this moment, as far as it is known without asking the stores.
    pub fn allowed(&self, booking: &Booking, show: &Show) -> Result<(), BookedExchangeError> {
        if booking.status != BookingStatus::Confirmed {
            return Err(BookedExchangeError::NotConfirmed(booking.status));
        }
        if booking.tickets.iter().any(|ticket| ticket.status == TicketStatus::Used) {
            return Err(BookedExchangeError::AlreadyUsed);
        }
        if show.status == ShowStatus::Cancelled {
            return Err(ReserveError::NotOnSale.into());
        }
        let may_be_given_back = show.cancel_percent(&self.policy, self.store.clock.now());
        may_be_given_back.map(|_percent| ()).ok_or(BookedExchangeError::TooLate)
    }

    /// Gives a booking, as its buyer saw it, other seats; what it no longer has is on sale when this answers. Asked again
    /// for seats that it has, it answers the same.
    pub async fn exchange(
        &self,
        booking: &Booking,
        plan: &ShowPlan,
        asked: &[AskedSeat],
    ) -> Result<Booking, BookedExchangeError> {
        use ReserveError::{SeatsUnavailable, Stranded};
        match self.once(booking, plan, asked).await {
            // What is in the way may be the same exchange, done since the booking was read.
            Err(BookedExchangeError::Reserve(refused @ (SeatsUnavailable(_) | Stranded(_)))) => {
                let now = bookings::find(&self.store.pool, booking.id).await?;
                let now = now.filter(|now| now.status == BookingStatus::Confirmed);
                let is_done =
                    |now: &Booking| Choice::parse(plan, now, asked).is_ok_and(|now| now.wanted.is_empty());
                now.filter(is_done).ok_or(refused.into())
            }
            done => done,
        }
    }

    async fn once(
        &self,
        booking: &Booking,
        plan: &ShowPlan,
        asked: &[AskedSeat],
    ) -> Result<Booking, BookedExchangeError> {
        if booking.status != BookingStatus::Confirmed {
            return Err(BookedExchangeError::NotConfirmed(booking.status));
        }
        let choice = Choice::parse(plan, booking, asked)?;
        if choice.wanted.is_empty() {
            return Ok(booking.clone());
        }
        self.allowed(booking, &plan.show)?;
        if choice.basket.total != booking.total {
            let (total, new_total) = (booking.total, choice.basket.total);
            return Err(BookedExchangeError::PriceDiffers { total, new_total });
        }
        strand_nobody(&self.store, plan, &choice.basket.indexes(), &choice.given).await?;
        let reservation = self.store.reservation(booking.reservation).await?;
        let reservation = reservation.ok_or(BookedExchangeError::NotFound)?;
        let hold = self.hold(plan, booking.reservation, &choice).await?;
        self.record(booking, plan, &reservation, &choice, hold).await
    }

    /// A hold on the seats that the booking does not have. A booking has one at a time: it stands for the exchange, not for
    /// its buyer, who may have a basket of the same show.
    async fn hold(
        &self,
        plan: &ShowPlan,
        reservation: ReservationId,
        choice: &Choice,
    ) -> Result<Hold, BookedExchangeError> {
        let request = HoldRequest {
            id: ReservationId::at(self.store.clock.now()),
            buyer: Identity::device(&format!("exchange-{reservation}")),
            hold_s: HOLD_S,
            cooldown_s: 0,
            seats: choice.wanted.clone(),
            address: None,
        };
        let under_way = |at, until| BookedExchangeError::UnderWay { retry_after: wait(at, until) };
        match self.store.take_hold(plan.show.show_id, &request).await? {
            // The same: its first asking was not seen to its end, or is asked twice at once.
            Taken::New(hold) | Taken::Same(hold) => Ok(hold),
            Taken::Unavailable(seats) => Err(ReserveError::SeatsUnavailable(labels(plan, &seats)).into()),
            Taken::Limit { at, expires_at, .. } | Taken::AddressLimit { at, expires_at } => {
                Err(under_way(at, expires_at))
            }
            Taken::Cooling { at, until } => Err(under_way(at, until)),
        }
    }

    /// Makes the exchange durable, and says it to Redis. Where Postgres does not answer, the outbox says what became of it,
    /// and the hold lapses.
    async fn record(
        &self,
        booking: &Booking,
        plan: &ShowPlan,
        reservation: &Reservation,
        choice: &Choice,
        hold: Hold,
    ) -> Result<Booking, BookedExchangeError> {
        let held = hold.id;
        let hold = Hold { id: booking.reservation, ..hold };
        let new = NewReservation::exchanged(reservation, &choice.basket, hold);
        let now = self.store.clock.now();
        let swap = BookedSwap { booking, new, policy: &self.policy, now };
        let refused = match bookings::exchange(&self.store.pool, &swap).await? {
            Swapped::Done(exchanged, row) => {
                measured::booking("exchanged");
                self.courier.deliver_now(vec![row]).await;
                self.let_go(plan, held).await;
                return Ok(exchanged);
            }
            Swapped::Already(exchanged) => {
                if let Err(error) = self.courier.write_seats(booking.reservation).await {
                    tracing::debug!(%error, "an exchange is said to Redis by the outbox");
                }
                self.let_go(plan, held).await;
                return Ok(exchanged);
            }
            Swapped::Refused(refusal) => return Err(self.refused(refusal, plan, held, choice).await?),
            Swapped::Ended(status) => BookedExchangeError::NotConfirmed(status),
            Swapped::Superseded => BookedExchangeError::Superseded,
            Swapped::Used => BookedExchangeError::AlreadyUsed,
            Swapped::TooLate => BookedExchangeError::TooLate,
            Swapped::Gone => BookedExchangeError::NotFound,
        };
        self.let_go(plan, held).await;
        Err(refused)
    }

    /// Puts Redis right after Postgres refused the seats, and says why it did.
    async fn refused(
        &self,
        refusal: Refusal,
        plan: &ShowPlan,
        held: ReservationId,
        choice: &Choice,
    ) -> Result<BookedExchangeError, StoreError> {
        if matches!(refusal, Refusal::SeatsOwned | Refusal::SeatsBlocked) {
            let taken = self.store.settle_refused(plan.show.show_id, held, &choice.wanted).await?;
            return Ok(ReserveError::SeatsUnavailable(labels(plan, &taken)).into());
        }
        self.let_go(plan, held).await;
        match refusal {
            Refusal::NotOnSale => Ok(ReserveError::NotOnSale.into()),
            // Redis has lost its memory of the show since the seats were held.
            _ => Err(StoreError::Lost),
        }
    }

    /// Lets go of what was held for the exchange. Where Redis does not hear it, it lapses.
    async fn let_go(&self, plan: &ShowPlan, held: ReservationId) {
        if let Err(error) = self.store.holds.release(plan.show.show_id, held).await {
            tracing::debug!(%error, "what an exchange held lapses by itself");
        }
    }
}
