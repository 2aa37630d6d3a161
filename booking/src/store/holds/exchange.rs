//! Other seats for a hold.

use redis::AsyncCommands as _;
use shared::store::{Dependency, StoreError, within};

use super::scripts::{self, Reply};
use super::{Holds, ShowKeys};
use crate::domain::holds::{Exchanged, Hold, SeatIndex};
use crate::domain::ids::{ReservationId, ShowId};

impl Holds {
    /// Gives a hold other seats, all or none; what it no longer has is on sale. It lapses when it did.
    pub async fn exchange(
        &self,
        show: ShowId,
        id: ReservationId,
        seats: &[SeatIndex],
    ) -> Result<Exchanged, StoreError> {
        let mut call = scripts::call(&scripts::EXCHANGE_SEATS, show, &self.clock);
        call.arg(id.to_string()).arg(seats);
        self.invoke("exchange_seats", call).await?.exchanged(id)
    }

    /// The fence that a hold has in Redis, and its seats; `None` where there is no such hold.
    pub async fn record(
        &self,
        show: ShowId,
        id: ReservationId,
    ) -> Result<Option<(i64, Vec<SeatIndex>)>, StoreError> {
        let (mut redis, keys) = (self.redis.clone(), ShowKeys::of(show));
        let read = redis.hget(keys.holds(), id.to_string());
        let record: Option<String> = within(Dependency::Redis, read).await?;
        Ok(record.and_then(|record| {
            let mut fields = record.split('|');
            let fence = fields.next()?.parse().ok()?;
            let seats = fields.nth(1)?.split(',').map(|seat| seat.parse().ok()).collect::<Option<_>>()?;
            Some((fence, seats))
        }))
    }
}

impl Reply {
    fn exchanged(&self, id: ReservationId) -> Result<Exchanged, StoreError> {
        match self.word() {
            "HELD" => Ok(Exchanged::Held(Hold {
                id,
                at: self.time(0)?,
                fence: self.value(1)?,
                expires_at: self.time(2)?,
            })),
            "GONE" => Ok(Exchanged::Gone),
            "BOOKED" => Ok(Exchanged::Booked),
            "TAKEN" => Ok(Exchanged::Unavailable(self.rest(1)?)),
            _ => Err(self.unexpected()),
        }
    }
}
