//! Seats that an operator takes out of sale. The show's row is locked, so that no recording of a hold slips between.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use shared::store::StoreError;
use sqlx::PgTransaction;

use super::{Store, postgres};
use crate::domain::catalogue::ShowPlan;
use crate::domain::holds::SeatState;

/// Why seats were not blocked.
#[derive(Debug, thiserror::Error)]
pub enum BlockError {
    /// Somebody owns these.
    #[error("some of the seats are taken")]
    Owned(Vec<String>),
    /// The screen has no such seats.
    #[error("the screen has no such seats")]
    Unknown(Vec<String>),
    /// A store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for BlockError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// What an operator asks for.
#[derive(Clone, Debug)]
pub struct BlockRequest {
    /// Seats to take out of sale.
    pub block: Vec<String>,
    /// Seats to put back.
    pub unblock: Vec<String>,
    /// Why, for the audit trail.
    pub reason: String,
    /// Who asks.
    pub operator: String,
}

impl Store {
    /// Blocks and unblocks seats: all that was asked for, or nothing. Doing it again changes nothing.
    pub async fn block_seats(&self, plan: &ShowPlan, request: &BlockRequest) -> Result<(), BlockError> {
        let (block, unblock) = (indexes(plan, &request.block)?, indexes(plan, &request.unblock)?);
        let now = self.clock.now();
        postgres::<(), BlockError>(async {
            let mut tx = self.pool.begin().await?;
            let show = plan.show.show_id.0;
            sqlx::query!("SELECT id FROM booking.shows WHERE id = $1 FOR UPDATE", show)
                .fetch_one(&mut *tx)
                .await?;
            let owned = owned(&mut tx, show, &block, now).await?;
            if !owned.is_empty() {
                let labels = owned.iter().map(|seat| plan.seats[seat.cast_unsigned() as usize].label.clone());
                return Err(BlockError::Owned(labels.collect()));
            }
            write(&mut tx, show, &block, &unblock, request, now).await?;
            tx.commit().await?;
            Ok(())
        })
        .await?;
        self.tell_blocked(plan, &block, SeatState::Blocked).await?;
        self.tell_blocked(plan, &unblock, SeatState::Free).await?;
        Ok(())
    }

    async fn tell_blocked(&self, plan: &ShowPlan, seats: &[i32], state: SeatState) -> Result<(), StoreError> {
        let seats: Vec<u32> = seats.iter().map(|seat| seat.cast_unsigned()).collect();
        if seats.is_empty() {
            return Ok(());
        }
        match self.holds.block(plan.show.show_id, &seats, state).await {
            // What Redis does not remember is loaded as Postgres has it.
            Err(StoreError::Lost) => Ok(()),
            told => told,
        }
    }
}

fn indexes(plan: &ShowPlan, labels: &[String]) -> Result<Vec<i32>, BlockError> {
    let unknown: Vec<String> = labels.iter().filter(|label| plan.seat(label).is_none()).cloned().collect();
    if !unknown.is_empty() {
        return Err(BlockError::Unknown(unknown));
    }
    Ok(labels.iter().filter_map(|label| plan.seat(label)).map(|seat| seat.index.cast_signed()).collect())
}

/// Seats that somebody owns; overdue baskets do not count.
async fn owned(
    tx: &mut PgTransaction<'_>,
    show: uuid::Uuid,
    seats: &[i32],
    now: Timestamp,
) -> sqlx::Result<Vec<i32>> {
    sqlx::query_scalar!(
        r#"SELECT c.seat FROM booking.seat_claims c JOIN booking.reservations r ON r.id = c.reservation_id
           WHERE c.show_id = $1 AND c.live AND c.seat = ANY ($2) AND NOT (r.status = 'pending' AND r.expires_at <= $3)
           ORDER BY c.seat"#,
        show,
        seats,
        now.to_sqlx() as _,
    )
    .fetch_all(&mut **tx)
    .await
}

async fn write(
    tx: &mut PgTransaction<'_>,
    show: uuid::Uuid,
    block: &[i32],
    unblock: &[i32],
    request: &BlockRequest,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"WITH freed AS (
               DELETE FROM booking.blocked_seats WHERE show_id = $1 AND seat = ANY ($3)
           ), told AS (
               INSERT INTO booking.events (at, kind, aggregate_id, actor, payload)
               VALUES ($6, 'show.seats_blocked', $1, $5,
                       jsonb_build_object('block', $7::text[], 'unblock', $8::text[], 'reason', $4::text))
           )
           INSERT INTO booking.blocked_seats (show_id, seat, reason, blocked_by, blocked_at)
           SELECT $1, seat, $4, $5, $6 FROM UNNEST($2::integer[]) AS seat
           ON CONFLICT (show_id, seat) DO NOTHING"#,
        show,
        block,
        unblock,
        request.reason,
        request.operator,
        now.to_sqlx() as _,
        &request.block,
        &request.unblock,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
