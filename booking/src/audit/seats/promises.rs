//! What was promised of seats: each belongs to one plan, nobody lost one to somebody who came later, and tickets are for
//! the seats that were bought.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use shared::audit::Check;
use sqlx::PgPool;

use super::{Offence, SWEEP_GRACE, check, live_reservations};

/// Free, reserved, booked and blocked seats add up to the screen: every seat that somebody owns or that is blocked is
/// one of the screen's, none is both, and the screen has as many as it says.
pub(super) async fn statuses_add_up(pool: &PgPool, now: Timestamp) -> sqlx::Result<Check> {
    let examined = sqlx::query_scalar!("SELECT count(*) FROM booking.shows").fetch_one(pool).await?;
    let offences = sqlx::query_as!(
        Offence,
        r#"WITH owned AS (
               SELECT k.show_id, k.seat FROM booking.seat_claims k
               JOIN booking.reservations r ON r.id = k.reservation_id
               WHERE k.live AND NOT (r.status = 'pending' AND r.expires_at < $1)
           ), gone AS (
               SELECT show_id, seat, 'owned' AS why FROM owned
               UNION ALL SELECT show_id, seat, 'blocked' FROM booking.blocked_seats
           ), sums AS (
               SELECT h.id, c.id AS screen_id, c.seat_count AS screen,
                   (SELECT count(*) FROM booking.screen_seats s WHERE s.screen_id = c.id) AS seats,
                   (SELECT count(*) FROM gone g WHERE g.show_id = h.id AND g.why = 'owned') AS owned,
                   (SELECT count(*) FROM gone g WHERE g.show_id = h.id AND g.why = 'blocked') AS blocked,
                   (SELECT count(*) FROM booking.screen_seats s WHERE s.screen_id = c.id
                    AND NOT EXISTS (SELECT FROM gone g WHERE g.show_id = h.id AND g.seat = s.seat_index)) AS free
               FROM booking.shows h JOIN booking.screens c ON c.id = h.screen_id
           )
           SELECT jsonb_build_object('show_id', id, 'screen', screen, 'seats', seats, 'owned', owned,
                                     'blocked', blocked, 'free', free) AS "row!"
           FROM sums WHERE seats <> screen OR owned + blocked + free <> screen"#,
        (now - SWEEP_GRACE).to_sqlx() as _,
    )
    .fetch_all(pool)
    .await?;
    let invariant = "free, reserved, booked and blocked seats of a show add up to its screen";
    let sentence = "the seats of a show do not add up to its screen";
    Ok(check("seats.statuses_add_up", invariant, examined, sentence, offences))
}

/// Nobody owns a seat with an old fence: whoever claimed a seat while somebody owned it, with a later hold, shows that
/// the owner's had been lost.
pub(super) async fn no_old_fence(pool: &PgPool) -> sqlx::Result<Check> {
    let examined = live_reservations(pool).await?;
    let offences = sqlx::query_as!(
        Offence,
        r#"SELECT jsonb_build_object('show_id', own.show_id, 'seat', own.seat, 'reservation_id', holder.id,
                                     'status', holder.status, 'fence', holder.fence,
                                     'later_reservation', later.id, 'later_fence', later.fence) AS "row!"
           FROM booking.seat_claims own
           JOIN booking.reservations holder ON holder.id = own.reservation_id
           JOIN booking.seat_claims other
               ON other.show_id = own.show_id AND other.seat = own.seat AND other.reservation_id <> holder.id
           JOIN booking.reservations later ON later.id = other.reservation_id
           WHERE own.live AND later.fence > holder.fence AND other.claimed_at > own.claimed_at
           UNION ALL
           SELECT jsonb_build_object('show_id', show.id, 'reservation_id', holder.id, 'fence', holder.fence,
                                     'epoch', show.epoch)
           FROM booking.reservations holder JOIN booking.shows show ON show.id = holder.show_id
           WHERE holder.fence >> 32 > show.epoch"#,
    )
    .fetch_all(pool)
    .await?;
    let invariant = "nobody owns a seat that was held by somebody else after them";
    let sentence = "a reservation owns a seat with an old fence";
    Ok(check("seats.no_old_fence", invariant, examined, sentence, offences))
}

/// A reservation that was over is never paid for.
pub(super) async fn paid_for_in_time(pool: &PgPool) -> sqlx::Result<Check> {
    let examined = sqlx::query_scalar!("SELECT count(*) FROM booking.payments").fetch_one(pool).await?;
    let offences = sqlx::query_as!(
        Offence,
        r#"SELECT jsonb_build_object('reservation_id', r.id, 'payment_id', p.id, 'expires_at', r.expires_at,
                                     'paid_at', p.created_at) AS "row!"
           FROM booking.payments p JOIN booking.reservations r ON r.id = p.reservation_id
           WHERE p.created_at >= r.expires_at"#,
    )
    .fetch_all(pool)
    .await?;
    let invariant = "a payment begins before its reservation's time is over";
    let sentence = "a payment began after its reservation's time";
    Ok(check("seats.paid_for_in_time", invariant, examined, sentence, offences))
}

/// A confirmed booking has a ticket for each seat it owns; one that is over has none that lets in.
pub(super) async fn tickets_fit_bookings(pool: &PgPool) -> sqlx::Result<Check> {
    let examined =
        sqlx::query_scalar!("SELECT count(*) FROM booking.bookings WHERE confirmed_at IS NOT NULL")
            .fetch_one(pool)
            .await?;
    let offences = sqlx::query_as!(
        Offence,
        r#"WITH compared AS (
               SELECT b.id, b.status, b.total_minor,
                   (SELECT array_agg(t.seat ORDER BY t.seat) FROM booking.tickets t
                    WHERE t.booking_id = b.id AND t.status <> 'cancelled') AS tickets,
                   (SELECT sum(t.price_minor) FROM booking.tickets t
                    WHERE t.booking_id = b.id AND t.status <> 'cancelled') AS prices,
                   (SELECT array_agg(k.seat ORDER BY k.seat) FROM booking.seat_claims k
                    WHERE k.reservation_id = b.reservation_id AND k.live) AS owned
               FROM booking.bookings b
           )
           SELECT jsonb_build_object('booking_id', id, 'status', status, 'tickets', tickets, 'owned', owned,
                                     'total_minor', total_minor, 'prices_minor', prices) AS "row!"
           FROM compared
           WHERE CASE WHEN status = 'confirmed'
                      THEN tickets IS DISTINCT FROM owned OR prices IS DISTINCT FROM total_minor
                      WHEN status IN ('cancelled', 'refunded') THEN tickets IS NOT NULL OR owned IS NOT NULL
                      ELSE false END"#,
    )
    .fetch_all(pool)
    .await?;
    let invariant = "a confirmed booking has a ticket for each seat it owns, and one that is over has none";
    let sentence = "a booking's tickets are not its seats";
    Ok(check("seats.tickets_fit_bookings", invariant, examined, sentence, offences))
}
