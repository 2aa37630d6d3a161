//! The audit of the seats: who owns them, in Postgres and in Redis.

mod moment;
mod promises;

use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx as _;
use serde_json::Value;
use shared::audit::{Check, Finding};
use shared::redis::Redis;
use sqlx::PgPool;

/// A hold may be overdue so long before somebody must have ended it.
const SWEEP_GRACE: SignedDuration = SignedDuration::from_secs(5);

/// Checks that no seat has two owners, that what is recorded fits together, and that Redis says what Postgres says.
pub async fn seats(pool: &PgPool, redis: &Redis, now: Timestamp) -> anyhow::Result<Vec<Check>> {
    Ok(vec![
        one_live_owner(pool).await?,
        one_live_ticket(pool).await?,
        claims_fit_reservations(pool).await?,
        ended_own_nothing(pool).await?,
        confirmed_has_a_booking(pool).await?,
        nothing_past_its_time(pool, now).await?,
        promises::statuses_add_up(pool, now).await?,
        promises::no_old_fence(pool).await?,
        promises::paid_for_in_time(pool).await?,
        promises::tickets_fit_bookings(pool).await?,
        moment::redis_says_the_same(pool, redis, now).await?,
        moment::no_hold_past_its_time(pool, redis, now).await?,
    ])
}

/// Rows that contradict an invariant.
struct Offence {
    row: Value,
}

fn check(
    name: &'static str,
    invariant: &'static str,
    examined: Option<i64>,
    sentence: &str,
    offences: Vec<Offence>,
) -> Check {
    let findings = offences.into_iter().map(|offence| Finding::new(sentence, offence.row)).collect();
    let examined = examined.and_then(|count| u64::try_from(count).ok()).unwrap_or_default();
    Check::new(name, invariant, examined, findings)
}

/// Counts rather than trusts the index: the index may have been dropped.
async fn one_live_owner(pool: &PgPool) -> sqlx::Result<Check> {
    let examined =
        sqlx::query_scalar!("SELECT count(*) FROM booking.seat_claims WHERE live").fetch_one(pool).await?;
    let offences = sqlx::query_as!(
        Offence,
        r#"SELECT jsonb_build_object('show_id', show_id, 'seat', seat, 'reservations', jsonb_agg(reservation_id)) AS "row!"
           FROM booking.seat_claims WHERE live GROUP BY show_id, seat HAVING count(*) > 1"#,
    )
    .fetch_all(pool)
    .await?;
    let invariant = "a seat of a show has at most one live owner";
    Ok(check("seats.one_live_owner", invariant, examined, "a seat has more than one live owner", offences))
}

async fn one_live_ticket(pool: &PgPool) -> sqlx::Result<Check> {
    let examined = sqlx::query_scalar!("SELECT count(*) FROM booking.tickets WHERE status <> 'cancelled'")
        .fetch_one(pool)
        .await?;
    let offences = sqlx::query_as!(
        Offence,
        r#"SELECT jsonb_build_object('show_id', show_id, 'seat', label, 'tickets', jsonb_agg(id)) AS "row!"
           FROM booking.tickets WHERE status <> 'cancelled' GROUP BY show_id, seat, label HAVING count(*) > 1"#,
    )
    .fetch_all(pool)
    .await?;
    let invariant = "a seat of a show has at most one ticket that lets in";
    Ok(check("seats.one_live_ticket", invariant, examined, "a seat has more than one ticket", offences))
}

/// No partial reservation: a live one owns every seat it was asked for, no other, and all of them exist.
async fn claims_fit_reservations(pool: &PgPool) -> sqlx::Result<Check> {
    let examined = live_reservations(pool).await?;
    let offences = sqlx::query_as!(
        Offence,
        r#"WITH live AS (
               SELECT r.id, r.status, r.show_id, r.seat_count, c.seat_count AS screen,
                   (SELECT array_agg(seat ORDER BY seat) FROM booking.reservation_seats s
                    WHERE s.reservation_id = r.id) AS asked,
                   (SELECT array_agg(seat ORDER BY seat) FROM booking.seat_claims k
                    WHERE k.reservation_id = r.id AND k.live AND k.show_id = r.show_id) AS owned
               FROM booking.reservations r
               JOIN booking.shows h ON h.id = r.show_id JOIN booking.screens c ON c.id = h.screen_id
               WHERE r.status IN ('pending', 'paying', 'confirmed')
           )
           SELECT jsonb_build_object('reservation_id', id, 'status', status, 'seat_count', seat_count,
                                     'asked', asked, 'owned', owned) AS "row!"
           FROM live
           WHERE asked IS DISTINCT FROM owned OR cardinality(owned) <> seat_count OR owned[cardinality(owned)] >= screen"#,
    )
    .fetch_all(pool)
    .await?;
    let invariant = "a live reservation owns every seat it was asked for, no other, and all of them exist";
    let sentence = "a reservation does not own the seats it was asked for";
    Ok(check("seats.claims_fit_reservations", invariant, examined, sentence, offences))
}

/// How many reservations live.
async fn live_reservations(pool: &PgPool) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar!(
        "SELECT count(*) FROM booking.reservations WHERE status IN ('pending', 'paying', 'confirmed')"
    )
    .fetch_one(pool)
    .await
}

async fn ended_own_nothing(pool: &PgPool) -> sqlx::Result<Check> {
    let examined = sqlx::query_scalar!(
        "SELECT count(*) FROM booking.reservations WHERE status IN ('expired', 'released', 'cancelled')"
    )
    .fetch_one(pool)
    .await?;
    let offences = sqlx::query_as!(
        Offence,
        r#"SELECT jsonb_build_object('reservation_id', r.id, 'status', r.status, 'seats', jsonb_agg(c.seat)) AS "row!"
           FROM booking.seat_claims c JOIN booking.reservations r ON r.id = c.reservation_id
           WHERE c.live AND r.status IN ('expired', 'released', 'cancelled') GROUP BY r.id"#,
    )
    .fetch_all(pool)
    .await?;
    let invariant = "a reservation that ended owns no seat";
    Ok(check(
        "seats.ended_own_nothing",
        invariant,
        examined,
        "a reservation that ended still owns seats",
        offences,
    ))
}

async fn confirmed_has_a_booking(pool: &PgPool) -> sqlx::Result<Check> {
    let examined =
        sqlx::query_scalar!("SELECT count(*) FROM booking.reservations WHERE status = 'confirmed'")
            .fetch_one(pool)
            .await?;
    let offences = sqlx::query_as!(
        Offence,
        r#"SELECT jsonb_build_object('reservation_id', r.id, 'reservation', r.status, 'booking_id', b.id,
                                     'booking', b.status) AS "row!"
           FROM booking.reservations r LEFT JOIN booking.bookings b ON b.reservation_id = r.id
           WHERE (r.status = 'confirmed' AND b.status IS DISTINCT FROM 'confirmed')
              OR (r.status <> 'confirmed' AND b.status = 'confirmed')"#,
    )
    .fetch_all(pool)
    .await?;
    let invariant = "a reservation is confirmed if and only if it has a confirmed booking";
    let sentence = "a reservation and its booking do not agree";
    Ok(check("seats.confirmed_has_a_booking", invariant, examined, sentence, offences))
}

async fn nothing_past_its_time(pool: &PgPool, now: Timestamp) -> sqlx::Result<Check> {
    let examined = sqlx::query_scalar!("SELECT count(*) FROM booking.reservations WHERE status = 'pending'")
        .fetch_one(pool)
        .await?;
    let offences = sqlx::query_as!(
        Offence,
        r#"SELECT jsonb_build_object('reservation_id', id, 'expires_at', expires_at) AS "row!"
           FROM booking.reservations WHERE status = 'pending' AND expires_at < $1"#,
        (now - SWEEP_GRACE).to_sqlx() as _,
    )
    .fetch_all(pool)
    .await?;
    let invariant = "a reservation that is overdue is expired within seconds";
    Ok(check("seats.nothing_past_its_time", invariant, examined, "a reservation outlived its time", offences))
}
