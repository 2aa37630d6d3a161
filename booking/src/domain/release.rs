//! Giving a reservation back: Postgres decides, then Redis is told.

use std::time::Duration;

use shared::store::StoreError;

use super::ids::{ReservationId, ShowId};
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
    let ended = store.release_reservation(reservation.id, &reservation.buyer, store.clock.now()).await?;
    match ended {
        Ended::Stays(ReservationStatus::Paying) => return Ok(Release::Paying),
        Ended::Stays(ReservationStatus::Confirmed) => return Ok(Release::Confirmed),
        // Told again also where it had ended before: the first request may have died between the two stores.
        Ended::Released | Ended::Stays(_) => {}
    }
    if let Err(error) = store.align(reservation.show, reservation.id).await {
        tracing::warn!(reservation.id = %reservation.id, %error, "Redis will be told later that a reservation ended");
        let store = store.clone();
        let (show, id) = (reservation.show, reservation.id);
        drop(tokio::spawn(async move { tell_later(&store, show, id).await }));
    }
    Ok(Release::Ended)
}

async fn tell_later(store: &Store, show: ShowId, id: ReservationId) {
    for _ in 0..TRIES {
        tokio::time::sleep(PAUSE).await;
        if store.align(show, id).await.is_ok() {
            return;
        }
    }
}
