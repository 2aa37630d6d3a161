//! Recording that a reservation has other seats: one transaction, in which the unique index decides.

use jiff_sqlx::ToSqlx as _;
use shared::store::{StoreError, constraint};
use sqlx::{PgPool, PgTransaction};

use super::record::{self, NewReservation, Refusal, SqlSeat};
use crate::domain::ids::ReservationId;
use crate::domain::reservation::ReservationStatus;
use crate::store::error::SEAT_ALREADY_CLAIMED;
use crate::store::postgres;

/// What became of recording other seats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Swapped {
    /// They are recorded.
    Done,
    /// Postgres refused them; nothing was written.
    Refused(Refusal),
    /// The reservation is in this state, or overdue; nothing was written.
    Stays(ReservationStatus),
    /// A later exchange of the same reservation was recorded before; nothing was written.
    Superseded,
}

/// Records the seats of an exchanged hold; `new` says what the reservation is to be.
///
/// Errors: [`StoreError::Unavailable`] also means that they may have been recorded: see [`give_up`].
pub async fn exchange(pool: &PgPool, new: &NewReservation) -> Result<Swapped, StoreError> {
    postgres(async { decided(transaction(pool, new).await, Swapped::Refused(Refusal::SeatsOwned)) }).await
}

/// What the unique index has to say: `owned`, where somebody else has one of the seats.
pub(in crate::store) fn decided<T>(done: Result<T, StoreOr>, owned: T) -> Result<T, StoreError> {
    match done {
        Err(StoreOr::Sql(error)) if constraint(&error) == Some(SEAT_ALREADY_CLAIMED) => Ok(owned),
        Err(StoreOr::Sql(error)) => Err(error.into()),
        Err(StoreOr::Store(error)) => Err(error),
        Ok(done) => Ok(done),
    }
}

/// After an exchange that got no answer: makes sure that it is not recorded later, by taking its fence. Whether it was
/// recorded before, the reservation says. A transaction still under way is waited for by the row's lock.
pub async fn give_up(pool: &PgPool, id: ReservationId, fence: i64) -> Result<(), StoreError> {
    postgres(async {
        sqlx::query!("UPDATE booking.reservations SET fence = $2 WHERE id = $1 AND fence < $2", id.0, fence)
            .execute(pool)
            .await?;
        Ok(())
    })
    .await
}

pub(in crate::store) enum StoreOr {
    /// An error of the database: it may name a constraint.
    Sql(sqlx::Error),
    /// Any other.
    Store(StoreError),
}

impl From<sqlx::Error> for StoreOr {
    fn from(error: sqlx::Error) -> Self {
        Self::Sql(error)
    }
}

async fn transaction(pool: &PgPool, new: &NewReservation) -> Result<Swapped, StoreOr> {
    let mut tx = pool.begin().await?;
    let seats: Vec<SqlSeat> = new.seats.iter().map(|seat| seat.seat.cast_signed()).collect();
    // The show's row first, as everywhere; but a reservation that is paid for is told so, not that its admission is spent.
    let refusal = record::check_show(&mut tx, new, &seats, Some((&new.drop, new.sid))).await?;
    if let Some(stays) = lock(&mut tx, new).await? {
        return Ok(stays);
    }
    if let Some(refusal) = refusal {
        return Ok(Swapped::Refused(refusal));
    }
    if swap(&mut tx, new, &seats).await?.is_none() {
        return Ok(Swapped::Superseded);
    }
    tx.commit().await?;
    Ok(Swapped::Done)
}

/// Gives a reservation, whose row is locked, the seats that it is to have, which the unique index may refuse; answers the
/// labels of those it had and has no more. `None`: it has a later fence, and nothing was written.
pub(in crate::store) async fn swap(
    tx: &mut PgTransaction<'_>,
    new: &NewReservation,
    seats: &[SqlSeat],
) -> sqlx::Result<Option<Vec<String>>> {
    if !write(tx, new).await? {
        return Ok(None);
    }
    record::expire_overdue(tx, new, seats).await?;
    let given = give_back(tx, new, seats).await?;
    claim(tx, new, seats, &given).await?;
    Ok(Some(given))
}

/// Locks the reservation; something, where it cannot be exchanged. Only what is pending and not overdue can.
async fn lock(tx: &mut PgTransaction<'_>, new: &NewReservation) -> Result<Option<Swapped>, StoreOr> {
    let row = sqlx::query!(
        r#"SELECT status, fence, expires_at <= $2 AS "is_overdue!"
           FROM booking.reservations WHERE id = $1 FOR UPDATE"#,
        new.hold.id.0,
        new.hold.at.to_sqlx() as _,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(match super::read::status(&row.status).map_err(StoreOr::Store)? {
        ReservationStatus::Pending if row.is_overdue => Some(Swapped::Stays(ReservationStatus::Expired)),
        ReservationStatus::Pending if row.fence >= new.hold.fence => Some(Swapped::Superseded),
        ReservationStatus::Pending => None,
        other => Some(Swapped::Stays(other)),
    })
}

/// Gives up the seats that the reservation is no longer to have, and answers their labels.
async fn give_back(
    tx: &mut PgTransaction<'_>,
    new: &NewReservation,
    seats: &[SqlSeat],
) -> sqlx::Result<Vec<String>> {
    sqlx::query!(
        r#"UPDATE booking.seat_claims SET live = false, ended_at = $3
           WHERE reservation_id = $1 AND live AND seat <> ALL ($2)"#,
        new.hold.id.0,
        seats,
        new.hold.at.to_sqlx() as _,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query_scalar!(
        "DELETE FROM booking.reservation_seats WHERE reservation_id = $1 AND seat <> ALL ($2) RETURNING label",
        new.hold.id.0,
        seats,
    )
    .fetch_all(&mut **tx)
    .await
}

/// `false`: it has a later fence.
async fn write(tx: &mut PgTransaction<'_>, new: &NewReservation) -> sqlx::Result<bool> {
    let written = sqlx::query!(
        r#"UPDATE booking.reservations SET fence = $2, seat_count = $3, total_minor = $4, updated_at = $5
           WHERE id = $1 AND fence < $2"#,
        new.hold.id.0,
        new.hold.fence,
        i32::try_from(new.seats.len()).expect("a reservation has few seats"),
        new.total.amount_minor,
        new.hold.at.to_sqlx() as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(written.rows_affected() > 0)
}

/// Claims the seats that it did not have; one that it had once before is claimed anew.
async fn claim(
    tx: &mut PgTransaction<'_>,
    new: &NewReservation,
    seats: &[SqlSeat],
    given: &[String],
) -> sqlx::Result<()> {
    let labels: Vec<String> = new.seats.iter().map(|seat| seat.label.clone()).collect();
    let categories: Vec<String> = new.seats.iter().map(|seat| seat.category.clone()).collect();
    let fares: Vec<String> = new.seats.iter().map(|seat| seat.fare.clone()).collect();
    let prices: Vec<i64> = new.seats.iter().map(|seat| seat.price.amount_minor).collect();
    sqlx::query!(
        r#"WITH asked AS (
               INSERT INTO booking.reservation_seats (reservation_id, seat, label, category, fare, price_minor)
               SELECT $1, * FROM UNNEST($3::integer[], $4::text[], $5::text[], $6::text[], $7::bigint[])
               ON CONFLICT (reservation_id, seat)
               DO UPDATE SET fare = excluded.fare, price_minor = excluded.price_minor
           ), told AS (
               INSERT INTO booking.events (at, kind, aggregate_id, actor, payload)
               VALUES ($8, 'reservation.exchanged', $1, $9,
                       jsonb_build_object('show_id', $2::uuid, 'seats', $4::text[], 'given_back', $10::text[]))
           )
           INSERT INTO booking.seat_claims AS known (show_id, seat, reservation_id, live, claimed_at)
           SELECT $2, seat, $1, true, $8 FROM UNNEST($3::integer[]) AS seat ORDER BY seat
           ON CONFLICT (reservation_id, seat)
           DO UPDATE SET live = true, ended_at = NULL, claimed_at = excluded.claimed_at WHERE NOT known.live"#,
        new.hold.id.0,
        new.show.0,
        seats,
        &labels,
        &categories,
        &fares,
        &prices,
        new.hold.at.to_sqlx() as _,
        new.buyer.as_str(),
        given,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
