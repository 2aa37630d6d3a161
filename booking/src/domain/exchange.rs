//! Other seats for a reservation, in one step: all or none, and it ends when it would have. Losers stop in Redis; Postgres
//! decides.

pub mod booked;

use std::collections::BTreeSet;

use shared::drop::Touched;
use shared::store::StoreError;

use super::catalogue::ShowPlan;
use super::holds::{Exchanged, Hold, SeatIndex};
use super::reservation::{Reservation, ReservationStatus};
use super::reserve::{AskedSeat, Basket, ReserveError, labels, strand_nobody};
use crate::store::Store;
use crate::store::reservations::{NewReservation, Refusal, Swapped};

/// Why seats were not exchanged.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// For a reason that reserving has too.
    #[error(transparent)]
    Reserve(#[from] ReserveError),
    /// The reservation is not pending any more.
    #[error("the reservation is {}", .0.as_str())]
    NotPending(ReservationStatus),
    /// Another exchange of the same reservation came first.
    #[error("another exchange came first")]
    Superseded,
}

impl From<StoreError> for ExchangeError {
    fn from(error: StoreError) -> Self {
        Self::Reserve(error.into())
    }
}

/// Gives a pending reservation other seats; what it no longer has is on sale when this answers.
pub async fn exchange(
    store: &Store,
    plan: &ShowPlan,
    reservation: &Reservation,
    asked: &[AskedSeat],
) -> Result<Reservation, ExchangeError> {
    let now = store.clock.now();
    if reservation.status != ReservationStatus::Pending {
        return Err(ExchangeError::NotPending(reservation.status));
    }
    if reservation.expires_at <= now {
        return Err(ExchangeError::NotPending(ReservationStatus::Expired));
    }
    if !plan.show.is_on_sale(now) {
        return Err(ReserveError::NotOnSale.into());
    }
    let basket =
        Basket::parse(plan, asked, most_seats(store, reservation).await?).map_err(ReserveError::Basket)?;
    let (old, wanted) = (seats_of(reservation), basket.indexes());
    let given: Vec<SeatIndex> = old.iter().copied().collect();
    strand_nobody(store, plan, &wanted, &given).await?;
    let hold = hold(store, plan, reservation, &wanted).await?;
    let new = NewReservation::exchanged(reservation, &basket, hold);
    record(store, plan, &new, &old).await?;
    Ok(Reservation { seats: basket.seats, total: basket.total, fence: new.hold.fence, ..reservation.clone() })
}

fn seats_of(reservation: &Reservation) -> BTreeSet<SeatIndex> {
    reservation.seats.iter().map(|seat| seat.seat).collect()
}

/// What the drop allows. After the admission has ended, a reservation gets no more seats than it has.
pub async fn most_seats(store: &Store, reservation: &Reservation) -> Result<u32, StoreError> {
    let own = u32::try_from(reservation.seats.len()).unwrap_or(u32::MAX);
    match store.touch_slot(&reservation.drop, reservation.sid, 1).await? {
        Touched::Live { settings, .. } => Ok(settings.max_seats),
        Touched::Ended => Ok(own),
    }
}

/// The hold with the other seats.
async fn hold(
    store: &Store,
    plan: &ShowPlan,
    reservation: &Reservation,
    wanted: &[SeatIndex],
) -> Result<Hold, ExchangeError> {
    let (show, id) = (reservation.show, reservation.id);
    match store.exchange_hold(show, id, wanted).await {
        Ok(Exchanged::Held(hold)) => Ok(hold),
        Ok(Exchanged::Unavailable(seats)) => Err(ReserveError::SeatsUnavailable(labels(plan, &seats)).into()),
        Ok(Exchanged::Booked) => Err(ExchangeError::NotPending(ReservationStatus::Confirmed)),
        Ok(Exchanged::Gone) => {
            let known = store.reservation(id).await?;
            let Some(known) = known.filter(|known| known.status == ReservationStatus::Pending) else {
                return Err(ExchangeError::NotPending(ReservationStatus::Expired));
            };
            if known.expires_at <= store.now().await? {
                return Err(ExchangeError::NotPending(ReservationStatus::Expired));
            }
            store.restore_hold(show, id, None).await?;
            Err(StoreError::Lost.into())
        }
        Err(error) => {
            if !matches!(error, StoreError::Lost) {
                // It may have been exchanged all the same.
                store.settle_exchange_later(show, id, None);
            }
            Err(error.into())
        }
    }
}

/// Makes the exchanged hold durable, or puts Redis right.
async fn record(
    store: &Store,
    plan: &ShowPlan,
    new: &NewReservation,
    old: &BTreeSet<SeatIndex>,
) -> Result<(), ExchangeError> {
    let (show, id) = (new.show, new.hold.id);
    let later = || store.settle_exchange_later(show, id, Some(new.hold.fence));
    let refused = match store.record_exchange(new).await {
        Ok(Swapped::Done) => {
            // Whoever put Redis right for another exchange meanwhile may have done it before this was recorded.
            if !matches!(store.holds.record(show, id).await, Ok(Some((fence, _))) if fence == new.hold.fence)
            {
                later();
            }
            return Ok(());
        }
        // The hold is the later one's.
        Ok(Swapped::Superseded) => return Err(ExchangeError::Superseded),
        Ok(refused) => refused,
        Err(error) => {
            later();
            return Err(error.into());
        }
    };
    let restored = store.restore_hold(show, id, Some(new.hold.fence)).await;
    let Some(taken) = restored.inspect_err(|_| later())? else { return Err(ExchangeError::Superseded) };
    Err(match refused {
        Swapped::Stays(status) => ExchangeError::NotPending(status),
        Swapped::Refused(Refusal::OldEpoch) => StoreError::Lost.into(),
        Swapped::Refused(Refusal::NotOnSale) => ReserveError::NotOnSale.into(),
        Swapped::Refused(Refusal::AdmissionSpent) => ReserveError::AdmissionSpent.into(),
        _ => {
            let wanted = |seat: &SeatIndex| new.seats.iter().any(|new| new.seat == *seat);
            let others: Vec<SeatIndex> =
                taken.into_iter().filter(|seat| wanted(seat) && !old.contains(seat)).collect();
            ReserveError::SeatsUnavailable(labels(plan, &others)).into()
        }
    })
}

impl NewReservation {
    /// What a reservation is to be after an exchange.
    pub(super) fn exchanged(reservation: &Reservation, basket: &Basket, hold: Hold) -> Self {
        Self {
            show: reservation.show,
            drop: reservation.drop.clone(),
            sid: reservation.sid,
            buyer: reservation.buyer.clone(),
            hold,
            cooldown_s: 0,
            seats: basket.seats.clone(),
            total: basket.total,
        }
    }
}
