//! Giving a reservation back: Postgres decides, then Redis is told.

use std::time::Duration;

use shared::store::StoreError;

use super::reservation::{Reservation, ReservationStatus};
use crate::store::Store;
use crate::store::reservations::Ended;

/// How often Redis is told again, and how long is waited between: together longer than an outage is borne.
const TRIES: usize = 60;
const PAUSE: Duration = Duration::from_secs(1);

/// What became of giving a reservation back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// It has ended, now or before.
    Ended,
    /// Its payment is under way.
    Paying,
    /// It is a booking now.
    Confirmed,
}

/// Gives a reservation back. Its seats are on sale again when this answers, or as soon as Redis can be told.
pub async fn release(store: &Store, reservation: &Reservation) -> Result<Release, StoreError> {
    let ended = store.release_reservation(reservation.id, &reservation.buyer, store.clock.now()).await;
    if ended.is_err() {
        // It may have ended all the same; then Redis must hear of it, whether the client asks again or not.
        tell_later(store, reservation, 2);
    }
    match ended? {
        Ended::Stays(ReservationStatus::Paying) => return Ok(Release::Paying),
        Ended::Stays(ReservationStatus::Confirmed) => return Ok(Release::Confirmed),
        // Told again also where it had ended before: the first request may have died between the two stores.
        Ended::Released | Ended::Stays(_) => {}
    }
    if let Err(error) = store.align(reservation.show, reservation.id).await {
        tracing::warn!(reservation.id = %reservation.id, %error, "Redis will be told later that a reservation ended");
        tell_later(store, reservation, 1);
    }
    Ok(Release::Ended)
}

/// Says to Redis in the background what Postgres says, until it was said `times` times: twice where the first time may
/// have come before a commit that was still under way.
fn tell_later(store: &Store, reservation: &Reservation, times: usize) {
    let store = store.clone();
    let (show, id) = (reservation.show, reservation.id);
    store.later.clone().spawn(async move {
        let mut told = 0;
        for _ in 0..TRIES {
            tokio::time::sleep(PAUSE).await;
            told += usize::from(store.align(show, id).await.is_ok());
            if told == times {
                return;
            }
        }
    });
}
