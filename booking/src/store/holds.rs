//! A show's holds in Redis, under `{show:ID}`: keys, scripts and what their replies mean. The contract is
//! `domain::holds`; the scripts are in `lua/`.

mod changes;
#[cfg(test)]
mod contract;
mod exchange;
mod keys;
mod scripts;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use shared::clock::Clock;
use shared::redis::Redis;
use shared::store::{Dependency, StoreError, within};

pub use changes::Changes;
pub use keys::ShowKeys;
use scripts::Reply;
pub use scripts::take_hold_script;

use crate::domain::holds::{HoldRequest, OwnedSeats, Released, SeatIndex, SeatMap, SeatState, Taken};
use crate::domain::ids::{ReservationId, ShowId};

/// A replica that dies while it loads a show keeps the others waiting no longer.
const LEASE_MS: u64 = 2_000;

/// The holds of all shows, in Redis. Every call answers [`StoreError::Lost`] where Redis has no memory of the show.
#[derive(Clone)]
pub struct Holds {
    redis: Redis,
    clock: Clock,
    writes: Arc<AtomicU64>,
}

/// What Redis says of its memory of a show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It was filled in this epoch, by this run of the server.
    Loaded(i64),
    /// It was never filled, or by another run of the server.
    Missing,
}

/// A hold whose seats are to be written as Postgres has them.
#[derive(Clone, Copy, Debug)]
pub struct Settled {
    /// Whose hold.
    pub id: ReservationId,
    /// Only while it has this fence; `Some(None)`: only while there is no such hold; `None`: whatever it is.
    pub only_at: Option<Option<i64>>,
}

impl Settled {
    /// A hold, whatever it is.
    pub fn whatever(id: ReservationId) -> Self {
        Self { id, only_at: None }
    }

    fn only_at_word(self) -> String {
        match self.only_at {
            None => "any".to_owned(),
            Some(None) => "none".to_owned(),
            Some(Some(fence)) => fence.to_string(),
        }
    }
}

impl Holds {
    /// Holds kept in this Redis.
    pub fn new(redis: Redis, clock: Clock) -> Self {
        Self { redis, clock, writes: Arc::default() }
    }

    /// Holds all of the seats or none. Asking again for the same seats gives the same hold.
    pub async fn take(&self, show: ShowId, request: &HoldRequest) -> Result<Taken, StoreError> {
        let mut call = scripts::call(&scripts::TAKE_HOLD, show, &self.clock);
        let address = request.address.as_ref();
        call.key(ShowKeys::address(show, address.map_or("", |bound| &bound.digest)))
            .arg(request.id.to_string())
            .arg(request.buyer.as_str())
            .arg(u64::from(request.hold_s) * 1000)
            .arg(u64::from(request.cooldown_s) * 1000)
            .arg(address.map_or(0, |bound| bound.reservations))
            .arg(&request.seats);
        let reply = self.invoke("take_hold", call).await?;
        reply.taken(request.id)
    }

    /// Gives a hold back. Never touches what is booked.
    pub async fn release(&self, show: ShowId, id: ReservationId) -> Result<Released, StoreError> {
        let mut call = scripts::call(&scripts::RELEASE_HOLD, show, &self.clock);
        call.arg(id.to_string());
        let reply = self.invoke("release_hold", call).await?;
        match reply.word() {
            "RELEASED" => Ok(Released::Released),
            "GONE" => Ok(Released::Gone),
            "BOOKED" => Ok(Released::Booked),
            _ => Err(reply.unexpected()),
        }
    }

    /// Marks the seats of a reservation as booked, whether its hold still stands or not, and puts what it had before back on
    /// sale. Idempotent by its id and fence. `true`: there was no hold, or other seats were booked; the truth may have moved
    /// on since it was read, so that whoever read it should look again.
    pub async fn book(&self, show: ShowId, owned: &OwnedSeats) -> Result<bool, StoreError> {
        let mut call = scripts::call(&scripts::BOOK_SEATS, show, &self.clock);
        call.arg(owned.id.to_string()).arg(owned.buyer.as_str()).arg(owned.fence).arg(&owned.seats);
        self.invoke("book_seats", call).await?.either("ANEW", "BOOKED")
    }

    /// Puts the seats of a reservation back on sale, held or booked. Idempotent by its id: `false` says that it has
    /// none here.
    pub async fn free(&self, show: ShowId, id: ReservationId) -> Result<bool, StoreError> {
        let mut call = scripts::call(&scripts::FREE_SEATS, show, &self.clock);
        call.arg(id.to_string());
        let reply = self.invoke("free_seats", call).await?;
        reply.either("FREED", "GONE")
    }

    /// Makes a hold lapse at another time; `false` says that there is no such hold, or that it is booked.
    pub async fn move_lapse(
        &self,
        show: ShowId,
        id: ReservationId,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut call = scripts::call(&scripts::MOVE_LAPSE, show, &self.clock);
        call.arg(id.to_string()).arg(until.as_millisecond());
        let reply = self.invoke("move_lapse", call).await?;
        reply.either("MOVED", "GONE")
    }

    /// Puts the seats of at most `limit` overdue holds back on sale and begins their buyers' cool-downs.
    pub async fn lapse(&self, show: ShowId, limit: usize) -> Result<Vec<ReservationId>, StoreError> {
        let mut call = scripts::call(&scripts::LAPSE_HOLDS, show, &self.clock);
        call.arg(limit);
        self.invoke("lapse_holds", call).await?.lapsed()
    }

    /// The whole map; overdue holds count as free.
    pub async fn map(&self, show: ShowId) -> Result<SeatMap, StoreError> {
        let call = scripts::call(&scripts::READ_SEATS, show, &self.clock);
        self.invoke("read_seats", call).await?.seat_map()
    }

    /// Takes free seats out of sale, or puts blocked ones back.
    pub async fn block(&self, show: ShowId, seats: &[SeatIndex], state: SeatState) -> Result<(), StoreError> {
        let mut call = scripts::call(&scripts::BLOCK_SEATS, show, &self.clock);
        call.arg(state.byte()).arg(seats);
        self.invoke("block_seats", call).await?.expect("WRITTEN")
    }

    /// After Postgres refused a hold: lets go of it and writes its seats, and who owns them, as Postgres has them. `false`:
    /// the hold is not the one that was meant, and nothing was written.
    pub async fn settle(
        &self,
        show: ShowId,
        hold: Settled,
        seats: &[(SeatIndex, SeatState)],
        owners: &[OwnedSeats],
    ) -> Result<bool, StoreError> {
        let mut call = scripts::call(&scripts::SETTLE_SEATS, show, &self.clock);
        call.arg(hold.id.to_string()).arg(hold.only_at_word()).arg(seats.len());
        for (seat, state) in seats {
            call.arg(*seat).arg(state.byte());
        }
        for owner in owners {
            scripts::add_owner(&mut call, owner);
        }
        self.invoke("settle_seats", call).await?.either("SETTLED", "MOVED")
    }

    /// Fills Redis's memory of a show; `false` says that somebody was faster.
    pub async fn load(
        &self,
        show: ShowId,
        epoch: i64,
        states: &[SeatState],
        owners: &[OwnedSeats],
        cooling: &[(String, Timestamp)],
    ) -> Result<bool, StoreError> {
        let bytes: Vec<u8> = states.iter().map(|state| state.byte()).collect();
        let mut call = scripts::call_unguarded(&scripts::LOAD_SHOW, show);
        call.arg(epoch).arg(epoch << 32).arg(bytes).arg(cooling.len());
        for (buyer, until) in cooling {
            call.arg(buyer).arg(until.as_millisecond());
        }
        for owner in owners {
            scripts::add_owner(&mut call, owner);
        }
        let reply = self.invoke("load_show", call).await?;
        reply.either("LOADED", "OLDER")
    }

    /// Takes the lease under which one replica loads a show while the others wait; `false`: another one has it. It only
    /// spares work: what keeps loading right is the epoch.
    pub async fn lease_loading(&self, show: ShowId) -> Result<bool, StoreError> {
        let mut redis = self.redis.clone();
        let mut take = redis::cmd("SET");
        take.arg(ShowKeys::lease(show)).arg(1).arg("NX").arg("PX").arg(LEASE_MS);
        let taken: Option<String> = within(Dependency::Redis, take.query_async(&mut redis)).await?;
        Ok(taken.is_some())
    }

    /// Gives the lease back.
    pub async fn end_lease(&self, show: ShowId) -> Result<(), StoreError> {
        let mut redis = self.redis.clone();
        let mut end = redis::cmd("DEL");
        end.arg(ShowKeys::lease(show));
        within(Dependency::Redis, end.exec_async(&mut redis)).await
    }

    /// What Redis says of its memory of these shows, in their order.
    pub async fn marks(&self, shows: &[ShowId]) -> Result<Vec<Mark>, StoreError> {
        scripts::marks(&self.redis, shows).await
    }

    /// Grows with everything that is asked of Redis here and may have changed something: what was read before is old.
    pub fn writes(&self) -> u64 {
        self.writes.load(Ordering::Acquire)
    }

    async fn invoke(
        &self,
        script: &'static str,
        call: redis::ScriptInvocation<'_>,
    ) -> Result<Reply, StoreError> {
        let mut redis = self.redis.clone();
        let answered = within(Dependency::Redis, call.invoke_async(&mut redis)).await;
        if !script.starts_with("read_") {
            self.writes.fetch_add(1, Ordering::Release);
        }
        Reply::new(script, answered?)
    }
}

/// How many holds of a show have yet to lapse, and which of them should have by this time. For the audit.
pub async fn overdue_holds(
    redis: &Redis,
    show: ShowId,
    by: Timestamp,
) -> Result<(u64, Vec<String>), StoreError> {
    let keys = ShowKeys::of(show);
    let mut redis = redis.clone();
    let mut all = redis::cmd("ZCARD");
    all.arg(keys.expiries());
    let count: u64 = within(Dependency::Redis, all.query_async(&mut redis)).await?;
    let mut late = redis::cmd("ZRANGEBYSCORE");
    late.arg(keys.expiries()).arg("-inf").arg(by.as_millisecond());
    let overdue: Vec<String> = within(Dependency::Redis, late.query_async(&mut redis)).await?;
    Ok((count, overdue))
}
