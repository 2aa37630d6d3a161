//! Other seats for a reservation, asked of both stores.

use std::collections::BTreeSet;
use std::time::Duration;

use shared::store::StoreError;

use super::Store;
use super::reservations::{self, NewReservation, Swapped};
use crate::domain::holds::{Exchanged, SeatIndex};
use crate::domain::ids::{ReservationId, ShowId};

/// How often Redis is put right at most, where others change the same seats meanwhile.
const TRIES: usize = 8;
/// How often, and how far apart, it is tried while a store is away: together longer than an outage is borne.
const ATTEMPTS: usize = 60;
const PAUSE: Duration = Duration::from_secs(1);

impl Store {
    /// Gives a hold other seats. A show that Redis has no memory of is loaded first.
    pub async fn exchange_hold(
        &self,
        show: ShowId,
        id: ReservationId,
        seats: &[SeatIndex],
    ) -> Result<Exchanged, StoreError> {
        match self.holds.exchange(show, id, seats).await {
            Err(StoreError::Lost) if self.load_show(show).await? => {
                self.holds.exchange(show, id, seats).await
            }
            exchanged => exchanged,
        }
    }

    /// Records the seats of an exchanged hold.
    pub async fn record_exchange(&self, new: &NewReservation) -> Result<Swapped, StoreError> {
        reservations::exchange(&self.pool, new).await
    }

    /// Writes a reservation's hold in Redis as Postgres has it, and says which of its seats are not free. Only seats that
    /// are its own in either store are touched: another one may be in a hold that is just being recorded. It is looked at
    /// twice, because the truth may have moved on between reading and writing it.
    pub async fn restore_hold(&self, show: ShowId, id: ReservationId) -> Result<Vec<SeatIndex>, StoreError> {
        let mut taken = Vec::new();
        for _ in 0..TRIES {
            let before = self.reservation(id).await?;
            let held = self.holds.record(show, id).await?.map(|(_, seats)| seats);
            let owned = before.iter().filter(|known| known.status.is_live()).flat_map(|known| &known.seats);
            let own: BTreeSet<SeatIndex> =
                owned.map(|seat| seat.seat).chain(held.into_iter().flatten()).collect();
            taken = match self.settle(show, id, &Vec::from_iter(own)).await {
                // What Redis does not remember is loaded as Postgres has it.
                Err(StoreError::Lost) => return Ok(Vec::new()),
                settled => settled?,
            };
            if self.reservation(id).await? == before {
                break;
            }
        }
        Ok(taken)
    }

    /// After an exchange whose fate is not known: makes sure that it does not happen later, and says to Redis in the
    /// background what Postgres says, twice, because the first time may have come before what was still on its way.
    /// `fence` is that of the hold, where Redis gave one.
    pub fn settle_exchange_later(&self, show: ShowId, id: ReservationId, fence: Option<i64>) {
        let store = self.clone();
        drop(tokio::spawn(async move {
            let mut told = 0;
            for _ in 0..ATTEMPTS {
                match store.settle_exchange(show, id, fence).await {
                    Ok(()) => told += 1,
                    Err(error) => {
                        tracing::warn!(reservation.id = %id, %error, "an exchange's fate is not known yet");
                    }
                }
                if told == 2 {
                    return;
                }
                tokio::time::sleep(PAUSE).await;
            }
        }));
    }

    async fn settle_exchange(
        &self,
        show: ShowId,
        id: ReservationId,
        fence: Option<i64>,
    ) -> Result<(), StoreError> {
        if let Some(fence) = fence {
            reservations::give_up(&self.pool, id, fence).await?;
        }
        self.restore_hold(show, id).await.map(drop)
    }
}
