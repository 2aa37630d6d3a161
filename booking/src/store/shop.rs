//! What a use case asks of both stores together: a hold and its durable twin, and the correction of one by the other.

use futures::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use shared::ids::{DropSlug, Identity, Sid};
use shared::store::StoreError;

use super::Store;
use super::holds::Settled;
use super::reservations::{self, NewReservation};
use crate::domain::holds::{HoldRequest, OwnedSeats, SeatIndex, SeatMap, SeatState, Taken};
use crate::domain::ids::{ReservationId, ShowId};
use crate::domain::reservation::{Reservation, ReservationStatus};

/// A payment that began so long ago, and is still under way, is looked after.
const PAYING_FOR: SignedDuration = SignedDuration::from_secs(2);

/// A payment past its deadline keeps its seats at least so long in Redis: its saga is about to end it.
const SAGA_GRACE: SignedDuration = SignedDuration::from_secs(60);

/// How often it is looked whether the truth has moved on while it was written.
const LOOKS: usize = 8;

impl Store {
    /// Checks that the admission's slot lives, and makes it live `for_s` seconds more.
    pub async fn touch_slot(
        &self,
        drop: &DropSlug,
        sid: Sid,
        for_s: u32,
    ) -> Result<shared::drop::Touched, StoreError> {
        shared::drop::touch_slot(&self.redis, &self.clock, drop, sid, for_s).await
    }

    /// Holds all of the seats or none. A show that Redis has no memory of is loaded first.
    pub async fn take_hold(&self, show: ShowId, request: &HoldRequest) -> Result<Taken, StoreError> {
        match self.holds.take(show, request).await {
            Err(StoreError::Lost) if self.load_show(show).await? => self.holds.take(show, request).await,
            taken => taken,
        }
    }

    /// The whole map of a show. A show that Redis has no memory of is loaded first.
    pub async fn seat_map(&self, show: ShowId) -> Result<SeatMap, StoreError> {
        match self.holds.map(show).await {
            Err(StoreError::Lost) if self.load_show(show).await? => self.holds.map(show).await,
            map => map,
        }
    }

    /// After Postgres refused a hold: writes its seats in Redis as Postgres has them, and says which are not free. `None`:
    /// the hold is not what it was, and what is true has to be found out anew.
    ///
    /// It is looked at twice: whoever owned a seat may have got others, or have given it back, between reading and writing
    /// that, and have said so to Redis before it was written.
    pub(super) async fn settle(
        &self,
        show: ShowId,
        hold: Settled,
        seats: &[SeatIndex],
    ) -> Result<Option<Vec<SeatIndex>>, StoreError> {
        let not_before = self.clock.now() + SAGA_GRACE;
        let mut truth = reservations::states_of(&self.pool, show, seats, not_before).await?;
        for _ in 0..LOOKS {
            let (states, owners) = &truth;
            if !self.holds.settle(show, hold, states, owners).await? {
                return Ok(None);
            }
            for owner in owners {
                self.align(show, owner.id).await?;
            }
            let now = reservations::states_of(&self.pool, show, seats, not_before).await?;
            if now == truth {
                break;
            }
            for old in owners.iter().filter(|old| !now.1.contains(old)) {
                self.restore(show, old).await?;
            }
            if hold.only_at.is_some() {
                return Ok(None);
            }
            truth = now;
        }
        let is_not_free = |(seat, state)| (state != SeatState::Free).then_some(seat);
        Ok(Some(truth.0.into_iter().filter_map(is_not_free).collect()))
    }

    /// Writes an owner anew that was written with seats that it has no more. Boxed: it settles in its turn.
    fn restore<'a>(&'a self, show: ShowId, old: &'a OwnedSeats) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move { self.restore_hold(show, old.id, Some(old.fence)).await.map(drop) })
    }

    /// After Postgres refused a new hold: writes its seats in Redis as Postgres has them, and says which are not free.
    pub async fn settle_refused(
        &self,
        show: ShowId,
        refused: ReservationId,
        seats: &[SeatIndex],
    ) -> Result<Vec<SeatIndex>, StoreError> {
        Ok(self.settle(show, Settled::whatever(refused), seats).await?.unwrap_or_default())
    }

    /// Says to Redis what Postgres says of a reservation's seats. Idempotent, and right whatever happened before. Where
    /// Redis did not know it so, it is looked at twice, because it may have ended between reading and writing it.
    pub async fn align(&self, show: ShowId, id: ReservationId) -> Result<(), StoreError> {
        let mut found = reservations::find(&self.pool, id).await?;
        loop {
            let told = match &found {
                Some(found) if found.status == ReservationStatus::Confirmed => {
                    self.holds.book(show, &OwnedSeats::booked(found)).await
                }
                Some(found) if found.status.is_live() => Ok(false),
                _ => self.holds.free(show, id).await.map(|_freed| false),
            };
            match told {
                Ok(true) => {}
                // What Redis does not remember is loaded as Postgres has it.
                Ok(false) | Err(StoreError::Lost) => return Ok(()),
                Err(error) => return Err(error),
            }
            let before = found;
            found = reservations::find(&self.pool, id).await?;
            if found == before {
                return Ok(());
            }
        }
    }

    /// Makes the holds of at most `limit` payments that take a while last as long as these: only a payment's own end ends
    /// its hold. One may be shorter, or gone, where Redis was loaded while the payment began.
    pub async fn keep_paying(&self, limit: i64) -> Result<(), StoreError> {
        let now = self.now().await?;
        for (show, owned) in
            reservations::paying(&self.pool, now - PAYING_FOR, now + SAGA_GRACE, limit).await?
        {
            let Some(until) = owned.expires_at else { continue };
            match self.holds.move_lapse(show, owned.id, until).await {
                // What Redis does not remember is loaded as Postgres has it.
                Ok(true) | Err(StoreError::Lost) => {}
                Ok(false) => self.hold_anew(show, &owned).await?,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Writes a lost hold anew, and then what has become of it meanwhile.
    async fn hold_anew(&self, show: ShowId, owned: &OwnedSeats) -> Result<(), StoreError> {
        let held: Vec<_> = owned.seats.iter().map(|seat| (*seat, SeatState::Held)).collect();
        let hold = Settled::whatever(owned.id);
        match self.holds.settle(show, hold, &held, std::slice::from_ref(owned)).await {
            Ok(_) => self.align(show, owned.id).await,
            Err(StoreError::Lost) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// After a recording that got no answer: decides its fate in Postgres and says it to Redis, trying until both have
    /// answered or the hold has lapsed by itself.
    pub async fn resolve(&self, new: &NewReservation) {
        while self.clock.now() < new.hold.expires_at {
            match self.try_resolve(new).await {
                Ok(()) => return,
                Err(error) => {
                    tracing::warn!(reservation.id = %new.hold.id, %error, "a reservation's fate is not known yet");
                    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
                }
            }
        }
    }

    async fn try_resolve(&self, new: &NewReservation) -> Result<(), StoreError> {
        if !reservations::abandon(&self.pool, new).await? {
            match self.holds.release(new.show, new.hold.id).await {
                Ok(_) | Err(StoreError::Lost) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Records a hold as a reservation.
    pub async fn record(&self, new: &NewReservation) -> Result<reservations::Recorded, StoreError> {
        reservations::record(&self.pool, new).await
    }

    /// A reservation.
    pub async fn reservation(&self, id: ReservationId) -> Result<Option<Reservation>, StoreError> {
        reservations::find(&self.pool, id).await
    }

    /// Releases a pending reservation in Postgres.
    pub async fn release_reservation(
        &self,
        id: ReservationId,
        actor: &Identity,
        now: Timestamp,
    ) -> Result<reservations::Ended, StoreError> {
        reservations::release(&self.pool, id, actor.as_str(), now).await
    }
}

impl OwnedSeats {
    /// The seats of a confirmed reservation.
    pub fn booked(reservation: &Reservation) -> Self {
        Self {
            id: reservation.id,
            buyer: reservation.buyer.clone(),
            fence: reservation.fence,
            expires_at: None,
            cooldown_s: 0,
            seats: reservation.seats.iter().map(|seat| seat.seat).collect(),
        }
    }
}
