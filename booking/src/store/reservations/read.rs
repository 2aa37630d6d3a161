//! Reading reservations, and who owns which seats.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use shared::ids::{DropSlug, Identity, Sid};
use shared::money::{Currency, Money};
use shared::store::{Dependency, StoreError};
use sqlx::{PgExecutor, PgPool};

use super::record::{SqlSeat, reservation_id, seat_index};
use crate::domain::holds::{OwnedSeats, SeatIndex, SeatState};
use crate::domain::ids::{BookingId, ReservationId, ShowId};
use crate::domain::reservation::{Reservation, ReservationStatus, ReservedSeat};
use crate::store::postgres;

/// A reservation with its seats; its booking is named once the buyer may see it.
pub async fn find(pool: &PgPool, id: ReservationId) -> Result<Option<Reservation>, StoreError> {
    postgres(async {
        let row = sqlx::query!(
            r#"SELECT r.show_id, r.drop, r.sid, r.buyer, r.status, r.total_minor, r.currency, r.fence,
                   r.expires_at AS "expires_at: jiff_sqlx::Timestamp",
                   r.payment_deadline AS "payment_deadline: jiff_sqlx::Timestamp",
                   r.created_at AS "created_at: jiff_sqlx::Timestamp", r.ended_at AS "ended_at: jiff_sqlx::Timestamp",
                   b.id AS "booking_id?"
               FROM booking.reservations r
               LEFT JOIN booking.bookings b ON b.reservation_id = r.id AND b.confirmed_at IS NOT NULL
               WHERE r.id = $1"#,
            id.0,
        )
        .fetch_optional(pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let currency: Currency = parsed(&row.currency)?;
        Ok(Some(Reservation {
            id,
            show: ShowId(row.show_id),
            drop: parsed::<DropSlug>(&row.drop)?,
            sid: Sid(row.sid),
            buyer: parsed::<Identity>(&row.buyer)?,
            status: status(&row.status)?,
            seats: seats(pool, id, currency).await?,
            total: Money::new(row.total_minor, currency),
            fence: row.fence,
            expires_at: row.expires_at.to_jiff(),
            payment_deadline: row.payment_deadline.map(jiff_sqlx::Timestamp::to_jiff),
            created_at: row.created_at.to_jiff(),
            ended_at: row.ended_at.map(jiff_sqlx::Timestamp::to_jiff),
            booking: row.booking_id.map(BookingId),
        }))
    })
    .await
}

async fn seats(pool: &PgPool, id: ReservationId, currency: Currency) -> sqlx::Result<Vec<ReservedSeat>> {
    let rows = sqlx::query!(
        r#"SELECT seat, label, category, fare, price_minor FROM booking.reservation_seats
           WHERE reservation_id = $1 ORDER BY seat"#,
        id.0,
    )
    .fetch_all(pool)
    .await?;
    let seat = rows.into_iter().map(|row| ReservedSeat {
        seat: seat_index(row.seat),
        label: row.label,
        category: row.category,
        fare: row.fare,
        price: Money::new(row.price_minor, currency),
    });
    Ok(seat.collect())
}

/// Every reservation that owns seats of a show, or those of `only` alone: as Redis must have them. One that is being
/// paid for lapses with its payment's deadline, and not before `not_before`: only its saga ends it.
pub async fn live_owners(
    db: impl PgExecutor<'_>,
    show: ShowId,
    only: Option<&[SeatIndex]>,
    not_before: Timestamp,
) -> Result<Vec<OwnedSeats>, StoreError> {
    let only: Option<Vec<SqlSeat>> = only.map(|seats| seats.iter().map(|seat| seat.cast_signed()).collect());
    let rows = sqlx::query!(
        r#"SELECT r.id, r.buyer, r.fence, r.cooldown_s,
               CASE r.status WHEN 'pending' THEN r.expires_at
                             WHEN 'paying' THEN greatest(r.payment_deadline, $3)
               END AS "expires_at: jiff_sqlx::Timestamp",
               array_agg(c.seat ORDER BY c.seat) AS "seats!"
           FROM booking.seat_claims c JOIN booking.reservations r ON r.id = c.reservation_id
           WHERE c.show_id = $1 AND c.live
             AND ($2::integer[] IS NULL OR c.reservation_id IN (
                 SELECT reservation_id FROM booking.seat_claims WHERE show_id = $1 AND live AND seat = ANY ($2)))
           GROUP BY r.id ORDER BY r.id"#,
        show.0,
        only.as_deref(),
        not_before.to_sqlx() as _,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(OwnedSeats {
                id: reservation_id(row.id),
                buyer: parsed::<Identity>(&row.buyer)?,
                fence: row.fence,
                expires_at: row.expires_at.map(jiff_sqlx::Timestamp::to_jiff),
                cooldown_s: row.cooldown_s.cast_unsigned(),
                seats: row.seats.into_iter().map(seat_index).collect(),
            })
        })
        .collect()
}

/// At most `limit` reservations whose payments began before `begun_before` and are under way, with their shows, as Redis
/// must have them: they lapse with their payments' deadlines, and not before `not_before`.
pub async fn paying(
    pool: &PgPool,
    begun_before: Timestamp,
    not_before: Timestamp,
    limit: i64,
) -> Result<Vec<(ShowId, OwnedSeats)>, StoreError> {
    postgres(async {
        let rows = sqlx::query!(
            r#"SELECT r.id, r.show_id, r.buyer, r.fence, r.cooldown_s,
                   greatest(r.payment_deadline, $2) AS "until!: jiff_sqlx::Timestamp",
                   ARRAY (SELECT seat FROM booking.seat_claims c
                          WHERE c.reservation_id = r.id AND c.live ORDER BY seat) AS "seats!"
               FROM booking.reservations r WHERE r.status = 'paying' AND r.updated_at <= $1
               ORDER BY r.payment_deadline LIMIT $3"#,
            begun_before.to_sqlx() as _,
            not_before.to_sqlx() as _,
            limit,
        )
        .fetch_all(pool)
        .await?;
        rows.into_iter()
            .map(|row| {
                let owned = OwnedSeats {
                    id: reservation_id(row.id),
                    buyer: parsed::<Identity>(&row.buyer)?,
                    fence: row.fence,
                    expires_at: Some(row.until.to_jiff()),
                    cooldown_s: row.cooldown_s.cast_unsigned(),
                    seats: row.seats.into_iter().map(seat_index).collect(),
                };
                Ok((ShowId(row.show_id), owned))
            })
            .collect()
    })
    .await
}

/// What Postgres says of these seats of a show, and who owns them.
pub async fn states_of(
    pool: &PgPool,
    show: ShowId,
    seats: &[SeatIndex],
    not_before: Timestamp,
) -> Result<(Vec<(SeatIndex, SeatState)>, Vec<OwnedSeats>), StoreError> {
    postgres(async {
        let owners = live_owners(pool, show, Some(seats), not_before).await?;
        let asked: Vec<SqlSeat> = seats.iter().map(|seat| seat.cast_signed()).collect();
        let blocked = sqlx::query_scalar!(
            "SELECT seat FROM booking.blocked_seats WHERE show_id = $1 AND seat = ANY ($2)",
            show.0,
            &asked,
        )
        .fetch_all(pool)
        .await?;
        let state = |seat: SeatIndex| match owners.iter().find(|owner| owner.seats.contains(&seat)) {
            Some(owner) if owner.expires_at.is_none() => SeatState::Booked,
            Some(_) => SeatState::Held,
            None if blocked.contains(&seat.cast_signed()) => SeatState::Blocked,
            None => SeatState::Free,
        };
        let states = seats.iter().map(|seat| (*seat, state(*seat))).collect();
        Ok((states, owners))
    })
    .await
}

/// The statuses of these reservations, where they are known.
pub async fn statuses(
    pool: &PgPool,
    ids: &[ReservationId],
) -> Result<Vec<(ReservationId, ReservationStatus)>, StoreError> {
    let ids: Vec<uuid::Uuid> = ids.iter().map(|id| id.0).collect();
    postgres(async {
        let rows = sqlx::query!("SELECT id, status FROM booking.reservations WHERE id = ANY ($1)", &ids)
            .fetch_all(pool)
            .await?;
        rows.into_iter().map(|row| Ok((reservation_id(row.id), status(&row.status)?))).collect()
    })
    .await
}

/// A status as the database has it.
pub(super) fn status(text: &str) -> Result<ReservationStatus, StoreError> {
    parsed(text)
}

/// Text of the database as the type it was written from.
fn parsed<T>(text: &str) -> Result<T, StoreError>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|error: T::Err| StoreError::unexpected(Dependency::Postgres, error.to_string()))
}
