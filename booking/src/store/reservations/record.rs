//! Recording a hold as a reservation: one statement, in which the unique indexes decide.

use crate::store::postgres;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use shared::ids::{DropSlug, Identity, Sid};
use shared::money::Money;
use shared::store::{StoreError, constraint};
use sqlx::{PgExecutor, PgPool, PgTransaction};

use crate::domain::holds::{Hold, SeatIndex};
use crate::domain::ids::{ReservationId, ShowId};
use crate::domain::reservation::ReservedSeat;
use crate::store::error::{BUYER_HAS_A_RESERVATION, SEAT_ALREADY_CLAIMED};

/// A reservation as it is to be recorded.
#[derive(Clone, Debug)]
pub struct NewReservation {
    /// The show.
    pub show: ShowId,
    /// The drop it was admitted by.
    pub drop: DropSlug,
    /// The admission.
    pub sid: Sid,
    /// Whose.
    pub buyer: Identity,
    /// The hold it makes durable.
    pub hold: Hold,
    /// How long its buyer waits after leaving it to expire, seconds.
    pub cooldown_s: u32,
    /// Its seats, ascending.
    pub seats: Vec<ReservedSeat>,
    /// What they cost together.
    pub total: Money,
}

/// What became of recording it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It is recorded now.
    New,
    /// It was recorded before.
    Already,
    /// Postgres refused it; nothing was written.
    Refused(Refusal),
}

/// Why Postgres refused a hold that Redis gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Somebody owns one of the seats.
    SeatsOwned,
    /// One of the seats is blocked.
    SeatsBlocked,
    /// The hold is of an earlier epoch: Redis lost its memory of the show since.
    OldEpoch,
    /// The buyer has a live reservation of this show.
    BuyerHasOne,
    /// The admission bought something already.
    AdmissionSpent,
    /// The show is not on sale any more.
    NotOnSale,
}

/// Records a hold. Recording it again changes nothing.
///
/// Errors: [`StoreError::Unavailable`] also means that it may have been recorded: look it up before undoing anything.
pub async fn record(pool: &PgPool, new: &NewReservation) -> Result<Recorded, StoreError> {
    postgres(async {
        match transaction(pool, new).await {
            Err(error) => match constraint(&error) {
                Some(SEAT_ALREADY_CLAIMED) => Ok(Recorded::Refused(Refusal::SeatsOwned)),
                Some(BUYER_HAS_A_RESERVATION) => Ok(Recorded::Refused(Refusal::BuyerHasOne)),
                _ => Err(error.into()),
            },
            Ok(recorded) => Ok(recorded),
        }
    })
    .await
}

/// What is overdue and in the way is expired first, where there is such a thing; mostly one statement is all.
async fn transaction(pool: &PgPool, new: &NewReservation) -> sqlx::Result<Recorded> {
    let seats: Vec<i32> = new.seats.iter().map(|seat| seat.seat.cast_signed()).collect();
    if let Some(recorded) = write(pool, new, &seats).await? {
        return Ok(recorded);
    }
    let mut tx = pool.begin().await?;
    let admission = Some((&new.drop, new.sid));
    if let Some(refusal) = check_show(&mut tx, new, &seats, admission).await? {
        return Ok(Recorded::Refused(refusal));
    }
    expire_overdue(&mut tx, new, &seats).await?;
    let recorded = write(&mut *tx, new, &seats).await?;
    tx.commit().await?;
    recorded.ok_or_else(|| sqlx::Error::Protocol("what was expired is still in the way".to_owned()))
}

/// `None`: something overdue is in the way, and nothing was written.
async fn write(
    executor: impl PgExecutor<'_>,
    new: &NewReservation,
    seats: &[SqlSeat],
) -> sqlx::Result<Option<Recorded>> {
    let column = |of: fn(&ReservedSeat) -> &str| -> Vec<String> {
        new.seats.iter().map(|seat| of(seat).to_owned()).collect()
    };
    let prices: Vec<i64> = new.seats.iter().map(|seat| seat.price.amount_minor).collect();
    let row = sqlx::query_file!(
        "sql/record_reservation.sql",
        new.hold.id.0,
        new.show.0,
        new.drop.as_str(),
        new.sid.0,
        new.buyer.as_str(),
        new.hold.epoch(),
        new.total.amount_minor,
        new.total.currency.as_str(),
        new.hold.fence,
        new.cooldown_s.cast_signed(),
        new.hold.expires_at.to_sqlx() as _,
        new.hold.at.to_sqlx() as _,
        seats,
        &column(|seat| &seat.label),
        &column(|seat| &seat.category),
        &column(|seat| &seat.fare),
        &prices,
    )
    .fetch_one(executor)
    .await?;
    let show = Sold { epoch: row.epoch, status: &row.status, spent: row.spent, blocked: row.blocked };
    Ok(match (row.made, show.refusal(new)) {
        (true, _) => Some(Recorded::New),
        (false, Some(refusal)) => Some(Recorded::Refused(refusal)),
        (false, None) if row.overdue => None,
        (false, None) => Some(Recorded::Already),
    })
}

/// A show as a reservation finds it.
struct Sold<'a> {
    epoch: i64,
    status: &'a str,
    spent: bool,
    blocked: bool,
}

impl Sold<'_> {
    fn refusal(&self, new: &NewReservation) -> Option<Refusal> {
        match self {
            Self { epoch, .. } if *epoch != new.hold.epoch() => Some(Refusal::OldEpoch),
            Self { status, .. } if *status != "scheduled" => Some(Refusal::NotOnSale),
            Self { spent: true, .. } => Some(Refusal::AdmissionSpent),
            Self { blocked: true, .. } => Some(Refusal::SeatsBlocked),
            _ => None,
        }
    }
}

/// Locks the show's row in share: while it is being loaded, and while seats are being blocked, nobody gets past here. Whether
/// the admission is spent is asked where one is named.
pub(in crate::store) async fn check_show(
    tx: &mut PgTransaction<'_>,
    new: &NewReservation,
    seats: &[SqlSeat],
    admission: Option<(&DropSlug, Sid)>,
) -> sqlx::Result<Option<Refusal>> {
    let show = sqlx::query!(
        r#"SELECT epoch, status,
               EXISTS (SELECT FROM booking.blocked_seats b WHERE b.show_id = s.id AND b.seat = ANY ($2)) AS "blocked!",
               EXISTS (SELECT FROM booking.bookings k WHERE k.drop = $3 AND k.sid = $4 AND k.spends_admission) AS "spent!"
           FROM booking.shows s WHERE s.id = $1 FOR SHARE OF s"#,
        new.show.0,
        seats,
        admission.map(|(drop, _)| drop.as_str()),
        admission.map(|(_, sid)| sid.0),
    )
    .fetch_one(&mut **tx)
    .await?;
    let show = Sold { epoch: show.epoch, status: &show.status, spent: show.spent, blocked: show.blocked };
    Ok(show.refusal(new))
}

/// Expires what is overdue and in the way, by the time at which the hold was taken: claims on these seats, and the
/// buyer's own last reservation.
pub(in crate::store) async fn expire_overdue(
    tx: &mut PgTransaction<'_>,
    new: &NewReservation,
    seats: &[SqlSeat],
) -> sqlx::Result<()> {
    let overdue = sqlx::query_scalar!(
        r#"SELECT id FROM booking.reservations r
           WHERE show_id = $1 AND status = 'pending' AND expires_at <= $2
             AND (buyer = $3 OR id IN (SELECT reservation_id FROM booking.seat_claims
                                       WHERE show_id = $1 AND live AND seat = ANY ($4)))
           ORDER BY id FOR UPDATE"#,
        new.show.0,
        new.hold.at.to_sqlx() as _,
        new.buyer.as_str(),
        seats,
    )
    .fetch_all(&mut **tx)
    .await?;
    if overdue.is_empty() { Ok(()) } else { expire(tx, &overdue, new.hold.at).await }
}

/// Ends these pending reservations as expired. Their rows are locked by the caller.
pub(super) async fn expire(
    tx: &mut PgTransaction<'_>,
    ids: &[uuid::Uuid],
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"WITH ended AS (
               UPDATE booking.reservations SET status = 'expired', ended_at = $2, updated_at = $2
               WHERE id = ANY ($1) AND status = 'pending' RETURNING id
           ), freed AS (
               UPDATE booking.seat_claims SET live = false, ended_at = $2
               WHERE live AND reservation_id IN (SELECT id FROM ended)
           )
           INSERT INTO booking.events (at, kind, aggregate_id, actor)
           SELECT $2, 'reservation.expired', id, 'booking' FROM ended ORDER BY id"#,
        ids,
        now.to_sqlx() as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A seat's index as SQL has it.
pub(in crate::store) type SqlSeat = i32;

/// A seat's index as the domain has it.
pub(super) fn seat_index(seat: SqlSeat) -> SeatIndex {
    seat.cast_unsigned()
}

/// The id of a recorded reservation.
pub(super) fn reservation_id(id: uuid::Uuid) -> ReservationId {
    ReservationId(id)
}
