//! Filling Redis's memory of a show from Postgres, when it was lost or never there. The show's epoch is raised under a
//! row lock, and every recording of a hold checks that epoch under a share of the same lock: what was held before the
//! loss and not recorded can never be recorded after.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx as _;
use shared::store::StoreError;
use sqlx::PgTransaction;

use super::Store;
use super::holds::Mark;
use super::reservations::{live_owners, statuses};
use crate::domain::holds::{OwnedSeats, SeatState};
use crate::domain::ids::{ReservationId, ShowId};
use crate::domain::reservation::ReservationStatus;
use crate::store::postgres;

/// A payment past its deadline keeps its seats at least so long in Redis: its saga is about to end it.
const SAGA_GRACE: SignedDuration = SignedDuration::from_secs(60);

/// How long another replica's loading is waited for: so often, so far apart.
const LOOKS: usize = 20;
const LOOK_EVERY: Duration = Duration::from_millis(25);

/// A show as Postgres has it.
struct Snapshot {
    epoch: i64,
    states: Vec<SeatState>,
    owners: Vec<OwnedSeats>,
    cooling: Vec<(String, Timestamp)>,
}

impl Store {
    /// Fills Redis's memory of a show, or waits for another replica that is doing it. `false`: there is no such show.
    ///
    /// Errors: [`StoreError::Lost`] where the other one took too long.
    pub async fn load_show(&self, show: ShowId) -> Result<bool, StoreError> {
        let _one_at_a_time = self.loading.lock().await;
        let Some(seen) = self.epoch(show).await? else { return Ok(false) };
        if self.holds.marks(&[show]).await? == [Mark::Loaded(seen)] {
            return Ok(true);
        }
        if !self.holds.lease_loading(show).await? {
            return self.wait_for_load(show).await;
        }
        let loaded = self.fill(show).await;
        self.holds.end_lease(show).await?;
        loaded
    }

    /// Reads the epoch again: another replica may have filled the show just before the lease.
    async fn fill(&self, show: ShowId) -> Result<bool, StoreError> {
        let Some(seen) = self.epoch(show).await? else { return Ok(false) };
        if self.holds.marks(&[show]).await? == [Mark::Loaded(seen)] {
            return Ok(true);
        }
        let Some(snapshot) = self.raise_epoch(show, seen).await? else { return Err(StoreError::Lost) };
        let Snapshot { epoch, states, owners, cooling } = &snapshot;
        if self.holds.load(show, *epoch, states, owners, cooling).await? {
            metrics::counter!(crate::metrics::LOADS).increment(1);
            tracing::info!(show.id = %show, show.epoch = epoch, "a show was loaded into Redis");
            self.catch_up(show, &snapshot).await?;
        }
        Ok(true)
    }

    async fn wait_for_load(&self, show: ShowId) -> Result<bool, StoreError> {
        for _ in 0..LOOKS {
            tokio::time::sleep(LOOK_EVERY).await;
            if matches!(self.holds.marks(&[show]).await?[..], [Mark::Loaded(_)]) {
                return Ok(true);
            }
        }
        Err(StoreError::Lost)
    }

    async fn epoch(&self, show: ShowId) -> Result<Option<i64>, StoreError> {
        postgres(async {
            let epoch = sqlx::query_scalar!("SELECT epoch FROM booking.shows WHERE id = $1", show.0);
            Ok(epoch.fetch_optional(&self.pool).await?)
        })
        .await
    }

    /// Raises the epoch from what was seen and reads the show under the row's lock; `None`: somebody else raised it.
    async fn raise_epoch(&self, show: ShowId, seen: i64) -> Result<Option<Snapshot>, StoreError> {
        let now = self.clock.now();
        postgres(async {
            let mut tx = self.pool.begin().await?;
            let raised = sqlx::query!(
                r#"UPDATE booking.shows s SET epoch = epoch + 1 FROM booking.screens c
                   WHERE s.id = $1 AND s.epoch = $2 AND c.id = s.screen_id RETURNING s.epoch, c.seat_count"#,
                show.0,
                seen,
            )
            .fetch_optional(&mut *tx)
            .await?;
            let Some(raised) = raised else { return Ok(None) };
            let owners = live_owners(&mut *tx, show, None, now + SAGA_GRACE).await?;
            let blocked = blocked(&mut tx, show).await?;
            let cooling = cooling(&mut tx, show, now).await?;
            tx.commit().await?;
            let states = states(raised.seat_count.cast_unsigned(), &owners, &blocked);
            Ok(Some(Snapshot { epoch: raised.epoch, states, owners, cooling }))
        })
        .await
    }

    /// Between the snapshot and the mark, reservations may have ended or been confirmed, and their word to Redis was
    /// lost. Their fate is read again and said again, by their ids.
    async fn catch_up(&self, show: ShowId, snapshot: &Snapshot) -> Result<(), StoreError> {
        let ids: Vec<ReservationId> = snapshot.owners.iter().map(|owner| owner.id).collect();
        for (id, status) in statuses(&self.pool, &ids).await? {
            let Some(owner) = snapshot.owners.iter().find(|owner| owner.id == id) else { continue };
            match (status.is_live(), status == ReservationStatus::Confirmed, owner.expires_at) {
                (false, _, _) => drop(self.holds.free(show, id).await?),
                (true, true, Some(_)) => drop(self.holds.book(show, owner).await?),
                _ => {}
            }
        }
        Ok(())
    }
}

async fn blocked(tx: &mut PgTransaction<'_>, show: ShowId) -> sqlx::Result<Vec<i32>> {
    sqlx::query_scalar!("SELECT seat FROM booking.blocked_seats WHERE show_id = $1", show.0)
        .fetch_all(&mut **tx)
        .await
}

/// The cool-downs that still run, of reservations left to expire.
async fn cooling(
    tx: &mut PgTransaction<'_>,
    show: ShowId,
    now: Timestamp,
) -> sqlx::Result<Vec<(String, Timestamp)>> {
    let rows = sqlx::query!(
        r#"SELECT buyer, max(expires_at + make_interval(secs => cooldown_s)) AS "until!: jiff_sqlx::Timestamp"
           FROM booking.reservations
           WHERE show_id = $1 AND status = 'expired' AND expires_at + make_interval(secs => cooldown_s) > $2
           GROUP BY buyer"#,
        show.0,
        now.to_sqlx() as _,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.buyer, row.until.to_jiff())).collect())
}

fn states(seat_count: u32, owners: &[OwnedSeats], blocked: &[i32]) -> Vec<SeatState> {
    let mut states = vec![SeatState::Free; seat_count as usize];
    let mut write = |seat: u32, state| {
        if let Some(known) = states.get_mut(seat as usize) {
            *known = state;
        }
    };
    for seat in blocked {
        write(seat.cast_unsigned(), SeatState::Blocked);
    }
    for owner in owners {
        let state = if owner.expires_at.is_some() { SeatState::Held } else { SeatState::Booked };
        for seat in &owner.seats {
            write(*seat, state);
        }
    }
    states
}
