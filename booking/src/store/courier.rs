//! Brings what was committed to Redis: slots of admissions that are used up, and the seats of reservations that changed
//! hands. It reads the state of the moment, so a message may come late, twice, or after a newer one.

use futures::future::join_all;
use jiff::Timestamp;
use shared::batch::Batches;
use shared::drop::end_slot;
use shared::ids::Identity;
use shared::store::{Dependency, StoreError, within};

use crate::domain::holds::{OwnedSeats, SeatIndex, SeatState};
use crate::domain::ids::{ReservationId, ShowId};
use crate::domain::outbox::{Message, Row};
use crate::domain::reservation::ReservationStatus;
use crate::store::bookings::unexpected;
use crate::store::holds::Settled;
use crate::store::{Store, outbox};

/// Delivers messages of the outbox.
#[derive(Clone)]
pub struct Courier {
    store: Store,
    sent: Batches<Vec<i64>, ()>,
}

/// How many deliveries are noted at once, at most.
const NOTED_AT_ONCE: usize = 64;

/// Who owns seats, and for how long, as Postgres has it.
#[derive(Debug, PartialEq, Eq)]
struct Truth {
    show: ShowId,
    status: ReservationStatus,
    seats: OwnedSeats,
}

impl Courier {
    /// A courier between these stores.
    pub fn new(store: Store) -> Self {
        let (pool, clock) = (store.pool.clone(), store.clock.clone());
        let sent = Batches::new(NOTED_AT_ONCE, move |delivered: Vec<Vec<i64>>| {
            let (pool, now) = (pool.clone(), clock.now());
            async move {
                if let Err(error) = outbox::sent(&pool, &delivered.concat(), now).await {
                    tracing::debug!(error = %error, "delivered messages will be delivered again");
                }
                vec![(); delivered.len()]
            }
        });
        Self { store, sent }
    }

    /// The stores it goes between.
    pub(super) fn store(&self) -> &Store {
        &self.store
    }

    /// Delivers one message.
    pub async fn deliver(&self, message: &Message) -> Result<(), StoreError> {
        match message {
            Message::SlotEnd { drop, sid } => {
                let ended = end_slot(&self.store.redis, &self.store.clock, drop, *sid).await;
                forgotten(ended.map(|_ended| ()))
            }
            Message::SeatMap { reservation } => forgotten(self.write_seats(*reservation).await),
        }
    }

    /// Delivers messages that were written a moment ago. What fails is left to the outbox's worker.
    pub async fn deliver_now(&self, rows: Vec<Row>) {
        let delivered = join_all(rows.iter().map(async |row| {
            let delivered = self.deliver(&row.message).await;
            delivered
                .inspect_err(|error| tracing::debug!(error = %error, "a message is left to the outbox"))
                .is_ok()
        }))
        .await;
        let sent: Vec<i64> =
            rows.iter().zip(delivered).filter(|(_, ok)| *ok).map(|(row, _)| row.id).collect();
        let noted = self.sent.clone();
        self.store.later.spawn(async move { noted.ask(sent).await });
    }

    /// Makes a hold lapse at this time. Whether it still stands is Postgres's to say. A show that Redis has no memory
    /// of is loaded first.
    pub async fn extend_hold(
        &self,
        show: ShowId,
        reservation: ReservationId,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        match self.store.holds.move_lapse(show, reservation, until).await {
            // The load read the reservation as it still is, and so its own expiry.
            Err(StoreError::Lost) if self.store.load_show(show).await? => {
                self.store.holds.move_lapse(show, reservation, until).await.map(|_moved| ())
            }
            moved => moved.map(|_moved| ()),
        }
    }

    /// Writes into the show's map what Postgres says of a reservation's seats. Where Redis did not know it so, it is looked
    /// at twice, because the truth may have moved on between reading and writing it.
    pub async fn write_seats(&self, reservation: ReservationId) -> Result<(), StoreError> {
        let mut truth = self.truth(reservation).await?;
        loop {
            let Some(known) = truth else { return Ok(()) };
            if !self.write(&known).await? {
                return Ok(());
            }
            truth = self.truth(reservation).await?;
            if truth.as_ref() == Some(&known) {
                return Ok(());
            }
        }
    }

    /// `true` says that Redis did not know it so: a lost hold was written anew, or a booking has other seats.
    async fn write(&self, truth: &Truth) -> Result<bool, StoreError> {
        let Truth { show, status, seats } = truth;
        match (status.is_live() && !seats.seats.is_empty(), seats.expires_at) {
            (false, _) => self.store.holds.free(*show, seats.id).await.map(|_freed| false),
            (true, None) => self.store.holds.book(*show, seats).await,
            (true, Some(until)) => {
                let moved = self.store.holds.move_lapse(*show, seats.id, until).await?;
                if moved || until <= self.store.clock.now() {
                    return Ok(false);
                }
                let held: Vec<_> = seats.seats.iter().map(|seat| (*seat, SeatState::Held)).collect();
                let hold = Settled::whatever(seats.id);
                self.store.holds.settle(*show, hold, &held, std::slice::from_ref(seats)).await
            }
        }
    }

    async fn truth(&self, id: ReservationId) -> Result<Option<Truth>, StoreError> {
        let query = sqlx::query!(
            r#"SELECT show_id AS "show: ShowId", buyer AS "buyer: Identity", status, fence, cooldown_s,
                      CASE status WHEN 'pending' THEN expires_at WHEN 'paying' THEN payment_deadline END
                          AS "until: jiff_sqlx::Timestamp",
                      ARRAY (SELECT seat FROM booking.seat_claims
                             WHERE reservation_id = $1 AND live ORDER BY seat) AS "seats!"
               FROM booking.reservations WHERE id = $1"#,
            id.0,
        );
        let row = within(Dependency::Postgres, query.fetch_optional(&self.store.pool)).await?;
        let Some(row) = row else { return Ok(None) };
        let seats: Result<Vec<SeatIndex>, _> = row.seats.into_iter().map(SeatIndex::try_from).collect();
        let owned = OwnedSeats {
            id,
            buyer: row.buyer,
            fence: row.fence,
            expires_at: row.until.map(jiff_sqlx::Timestamp::to_jiff),
            cooldown_s: u32::try_from(row.cooldown_s).map_err(unexpected)?,
            seats: seats.map_err(unexpected)?,
        };
        Ok(Some(Truth { show: row.show, status: row.status.parse().map_err(unexpected)?, seats: owned }))
    }
}

/// What Redis does not remember it need not be told: a show is loaded as Postgres has it, and a drop's new epoch has its
/// slot ends sent again.
fn forgotten(told: Result<(), StoreError>) -> Result<(), StoreError> {
    match told {
        Err(StoreError::Lost) => Ok(()),
        told => told,
    }
}
