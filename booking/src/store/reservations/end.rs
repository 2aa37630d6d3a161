//! Ends of reservations that no payment decides: released by the buyer, left to expire, given up before they began.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use shared::store::StoreError;
use sqlx::PgPool;

use super::record::{NewReservation, expire};
use crate::domain::ids::{ReservationId, ShowId};
use crate::domain::reservation::ReservationStatus;
use crate::store::postgres;

/// What became of giving a reservation back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It is released now.
    Released,
    /// It is in this state and stays so.
    Stays(ReservationStatus),
}

/// Releases a pending reservation and its claims; any other is left as it is.
pub async fn release(
    pool: &PgPool,
    id: ReservationId,
    actor: &str,
    now: Timestamp,
) -> Result<Ended, StoreError> {
    postgres(async {
        let mut tx = pool.begin().await?;
        let status = sqlx::query_scalar!("SELECT status FROM booking.reservations WHERE id = $1 FOR UPDATE", id.0)
            .fetch_one(&mut *tx)
            .await?;
        let status = super::read::status(&status)?;
        if status != ReservationStatus::Pending {
            return Ok(Ended::Stays(status));
        }
        sqlx::query!(
            r#"WITH ended AS (
                   UPDATE booking.reservations SET status = 'released', ended_at = $2, updated_at = $2 WHERE id = $1
               ), told AS (
                   INSERT INTO booking.events (at, kind, aggregate_id, actor)
                   VALUES ($2, 'reservation.released', $1, $3)
               )
               UPDATE booking.seat_claims SET live = false, ended_at = $2 WHERE reservation_id = $1 AND live"#,
            id.0,
            now.to_sqlx() as _,
            actor,
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(Ended::Released)
    })
    .await
}

/// Decides the fate of a reservation whose recording got no answer: `true` says that it was recorded and stands;
/// `false` that it is not and never will be, because its id is taken by a row that says released. A recording still
/// under way is waited for by the id's uniqueness.
pub async fn abandon(pool: &PgPool, new: &NewReservation) -> Result<bool, StoreError> {
    let seat_count = i32::try_from(new.seats.len()).expect("a reservation has few seats");
    postgres(async {
        sqlx::query!(
            r#"INSERT INTO booking.reservations
                   (id, show_id, drop, sid, buyer, status, seat_count, total_minor, currency, fence, expires_at,
                    created_at, updated_at, ended_at)
               VALUES ($1, $2, $3, $4, $5, 'released', $6, $7, $8, $9, $10, $11, $11, $11)
               ON CONFLICT (id) DO NOTHING"#,
            new.hold.id.0,
            new.show.0,
            new.drop.as_str(),
            new.sid.0,
            new.buyer.as_str(),
            seat_count,
            new.total.amount_minor,
            new.total.currency.as_str(),
            new.hold.fence,
            new.hold.expires_at.to_sqlx() as _,
            new.hold.at.to_sqlx() as _,
        )
        .execute(pool)
        .await?;
        let status = sqlx::query_scalar!("SELECT status FROM booking.reservations WHERE id = $1", new.hold.id.0)
            .fetch_one(pool)
            .await?;
        Ok(super::read::status(&status)?.is_live())
    })
    .await
}

/// Expires at most `limit` overdue pending reservations; those that somebody is working on are left for the next
/// time. Answers which, and of which shows.
pub async fn sweep(
    pool: &PgPool,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<(ReservationId, ShowId)>, StoreError> {
    postgres(async {
        let mut tx = pool.begin().await?;
        let due = sqlx::query!(
            r#"SELECT id, show_id FROM booking.reservations WHERE status = 'pending' AND expires_at <= $1
               ORDER BY expires_at, id LIMIT $2 FOR UPDATE SKIP LOCKED"#,
            now.to_sqlx() as _,
            limit,
        )
        .fetch_all(&mut *tx)
        .await?;
        let ids: Vec<uuid::Uuid> = due.iter().map(|row| row.id).collect();
        if !ids.is_empty() {
            expire(&mut tx, &ids, now).await?;
            tx.commit().await?;
        }
        Ok(due.into_iter().map(|row| (ReservationId(row.id), ShowId(row.show_id))).collect())
    })
    .await
}
