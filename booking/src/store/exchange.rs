//! Other seats for a reservation, asked of both stores.

use std::collections::BTreeSet;
use std::time::Duration;

use shared::store::StoreError;

use super::Store;
use super::holds::Settled;
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

    /// Writes a reservation's hold in Redis as Postgres has it, and says which of its seats are not free. `None`: the hold
    /// has a later fence than `fence`, and whoever gave it that one answers for it.
    ///
    /// The hold's fence is given to Postgres first, so that no exchange under way is recorded after it was read; and what
    /// was read is written only while the hold still has that fence. Only seats that are its own in either store are
    /// touched: another one may be in a hold that is just being recorded. It is looked at twice, because the reservation
    /// may have ended between reading and writing it.
    pub async fn restore_hold(
        &self,
        show: ShowId,
        id: ReservationId,
        fence: Option<i64>,
    ) -> Result<Option<Vec<SeatIndex>>, StoreError> {
        let mut taken = Vec::new();
        for _ in 0..TRIES {
            let held = self.holds.record(show, id).await?;
            let seen = held.as_ref().map(|(seen, _)| *seen);
            if seen.zip(fence).is_some_and(|(seen, own)| seen > own) {
                return Ok(None);
            }
            if let Some(last) = seen.max(fence) {
                reservations::give_up(&self.pool, id, last).await?;
            }
            let before = self.reservation(id).await?;
            let owned = before.iter().filter(|known| known.status.is_live()).flat_map(|known| &known.seats);
            let held = held.into_iter().flat_map(|(_, seats)| seats);
            let own: BTreeSet<SeatIndex> = owned.map(|seat| seat.seat).chain(held).collect();
            match self.settle(show, Settled { id, only_at: Some(seen) }, &Vec::from_iter(own)).await {
                // What Redis does not remember is loaded as Postgres has it.
                Err(StoreError::Lost) => return Ok(Some(Vec::new())),
                Ok(None) => continue,
                settled => taken = settled?.unwrap_or_default(),
            }
            if self.reservation(id).await? == before {
                break;
            }
        }
        Ok(Some(taken))
    }

    /// After an exchange whose fate is not known: makes sure that it does not happen later, and says to Redis in the
    /// background what Postgres says. `fence` is that of the hold, where Redis gave one; where it did not, Redis is told
    /// twice, because the exchange itself may have been on its way the first time.
    pub fn settle_exchange_later(&self, show: ShowId, id: ReservationId, fence: Option<i64>) {
        let (store, times) = (self.clone(), if fence.is_some() { 1 } else { 2 });
        drop(tokio::spawn(async move {
            let mut told = 0;
            for _ in 0..ATTEMPTS {
                match store.restore_hold(show, id, fence).await {
                    Ok(_) => told += 1,
                    Err(error) => {
                        tracing::warn!(reservation.id = %id, %error, "an exchange's fate is not known yet");
                    }
                }
                if told == times {
                    return;
                }
                tokio::time::sleep(PAUSE).await;
            }
        }));
    }
}
