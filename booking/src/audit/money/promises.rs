//! What was promised: a booking for money, money for a booking, an end for every payment, an answer for every key.

use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx as _;
use shared::audit::Check;
use sqlx::PgPool;

use super::check;

/// How long after its deadline a saga may still be ending: the longest pause between two looks at the gateway, and
/// the void.
const SAGA_GRACE: SignedDuration = SignedDuration::from_secs(60);
/// How long a refund may be under way: a gateway may be away for a while.
const REFUND_GRACE: SignedDuration = SignedDuration::from_secs(300);
/// How long a message may wait in the outbox.
const OUTBOX_GRACE: SignedDuration = SignedDuration::from_secs(60);

pub(super) async fn a_confirmed_booking_is_paid(pool: &PgPool) -> sqlx::Result<Check> {
    Ok(check!(
        pool,
        "money.a_confirmed_booking_is_paid",
        "a booking that its buyer may see was paid for in full, or costs nothing",
        "a booking was confirmed without its money",
        "SELECT count(*) FROM booking.bookings WHERE confirmed_at IS NOT NULL",
        "SELECT jsonb_build_object('booking_id', booking.id, 'total_minor', booking.total_minor,
                    'reservation_id', booking.reservation_id)
         FROM booking.bookings AS booking
         WHERE booking.confirmed_at IS NOT NULL AND booking.total_minor > 0
           AND NOT EXISTS (SELECT FROM booking.payments AS payment
                           WHERE payment.reservation_id = booking.reservation_id
                             AND payment.state IN ('captured', 'refunding', 'refunded')
                             AND payment.amount_minor = booking.total_minor
                             AND payment.currency = booking.currency)"
    ))
}

pub(super) async fn captured_money_has_a_booking(pool: &PgPool) -> sqlx::Result<Check> {
    Ok(check!(
        pool,
        "money.captured_money_has_a_booking",
        "captured money has a booking that is confirmed, or a refund, unless it was cancelled too late for one",
        "money was captured, and there is neither a booking nor a refund",
        "SELECT count(*) FROM booking.payments WHERE state IN ('captured', 'refunding', 'refunded')",
        "SELECT jsonb_build_object('payment_id', payment.id, 'reservation_id', payment.reservation_id,
                    'booking_id', booking.id, 'status', booking.status)
         FROM booking.payments AS payment
         LEFT JOIN booking.bookings AS booking ON booking.reservation_id = payment.reservation_id
         WHERE payment.state IN ('captured', 'refunding', 'refunded')
           AND booking.status IS DISTINCT FROM 'confirmed' AND booking.cancel_percent IS DISTINCT FROM 0
           AND NOT EXISTS (SELECT FROM booking.refunds
                           WHERE payment_id = payment.id AND state IN ('pending', 'refunded'))"
    ))
}

pub(super) async fn sagas_end(pool: &PgPool, now: Timestamp) -> sqlx::Result<Check> {
    Ok(check!(
        pool,
        "money.sagas_end",
        "no payment is unfinished after its deadline",
        "a payment is unfinished after its deadline",
        "SELECT count(*) FROM booking.payments",
        "SELECT jsonb_build_object('payment_id', payment.id, 'state', payment.state, 'attempts', payment.attempts,
                    'last_error', payment.last_error, 'reservation_id', reservation.id, 'status', reservation.status)
         FROM booking.payments AS payment
         JOIN booking.reservations AS reservation ON reservation.id = payment.reservation_id
         WHERE payment.state IN ('authorising', 'authorised', 'capturing', 'voiding')
           AND coalesce(reservation.payment_deadline, reservation.expires_at) < $1",
        (now - SAGA_GRACE).to_sqlx() as _
    ))
}

pub(super) async fn refunds_end(pool: &PgPool, now: Timestamp) -> sqlx::Result<Check> {
    Ok(check!(
        pool,
        "money.refunds_end",
        "no refund is unfinished for minutes, and none was given up",
        "a refund does not come to an end",
        "SELECT count(*) FROM booking.refunds",
        "SELECT jsonb_build_object('refund_id', id, 'payment_id', payment_id, 'state', state, 'attempts', attempts,
                    'last_error', last_error)
         FROM booking.refunds WHERE state = 'failed' OR (state = 'pending' AND created_at < $1)",
        (now - REFUND_GRACE).to_sqlx() as _
    ))
}

pub(super) async fn what_is_being_paid_has_a_payment(pool: &PgPool) -> sqlx::Result<Check> {
    Ok(check!(
        pool,
        "money.what_is_being_paid_has_a_payment",
        "a reservation that is being paid for has a payment under way, and none has a booking that waits for nothing",
        "a reservation waits for a payment that is not under way",
        "SELECT count(*) FROM booking.reservations WHERE status = 'paying'",
        "SELECT jsonb_build_object('reservation_id', reservation.id, 'status', reservation.status,
                    'booking_id', booking.id, 'booking', booking.status)
         FROM booking.reservations AS reservation
         LEFT JOIN booking.bookings AS booking ON booking.reservation_id = reservation.id
         WHERE (reservation.status = 'paying' OR booking.status = 'booked')
           AND NOT EXISTS (SELECT FROM booking.payments AS payment
                           WHERE payment.reservation_id = reservation.id
                             AND payment.state IN ('authorising', 'authorised', 'capturing', 'voiding'))"
    ))
}

pub(super) async fn the_outbox_is_sent(pool: &PgPool, now: Timestamp) -> sqlx::Result<Check> {
    Ok(check!(
        pool,
        "money.the_outbox_is_sent",
        "what must leave the service leaves it within a minute",
        "a message waits in the outbox",
        "SELECT count(*) FROM booking.outbox",
        "SELECT jsonb_build_object('id', id, 'destination', destination, 'aggregate_id', aggregate_id,
                    'attempts', attempts, 'last_error', last_error)
         FROM booking.outbox WHERE sent_at IS NULL AND dead_at IS NULL AND created_at < $1",
        (now - OUTBOX_GRACE).to_sqlx() as _
    ))
}

pub(super) async fn answers_are_true(pool: &PgPool) -> sqlx::Result<Check> {
    Ok(check!(
        pool,
        "money.answers_are_true",
        "a key answered with 201 has the booking it names, a running one has a payment under way, and a payment that is over has answered",
        "an idempotency key says something else than what happened",
        "SELECT count(*) FROM booking.idempotency_keys WHERE route = 'POST /v1/bookings'",
        "SELECT jsonb_build_object('reservation_id', known.reservation_id, 'status', known.status,
                    'response_status', known.response_status, 'booking_id', booking.id, 'booking', booking.status)
         FROM booking.idempotency_keys AS known
         LEFT JOIN booking.bookings AS booking
             ON booking.reservation_id = known.reservation_id AND booking.confirmed_at IS NOT NULL
         WHERE known.route = 'POST /v1/bookings'
           AND CASE WHEN known.status = 'running' THEN
                   NOT EXISTS (SELECT FROM booking.payments AS payment
                               WHERE payment.buyer = known.buyer AND payment.idempotency_key = known.key
                                 AND payment.reservation_id = known.reservation_id
                                 AND payment.state IN ('authorising', 'authorised', 'capturing', 'voiding'))
               WHEN known.response_status = 201 THEN
                   booking.id IS NULL
                   OR convert_from(known.response_body, 'UTF8')::jsonb ->> 'booking_id' <> booking.id::text
               ELSE false END"
    ))
}

/// Exchanged for other seats, a booking has other tickets than its buyer was first told of, but as many; and what is gone
/// says that it was replaced.
pub(super) async fn answered_tickets_are_kept(pool: &PgPool) -> sqlx::Result<Check> {
    Ok(check!(
        pool,
        "money.answered_tickets_are_kept",
        "a confirmed booking has as many tickets as its buyer was told of, the same ones or such as replaced them",
        "a buyer was given tickets that are not there",
        "SELECT count(*) FROM booking.idempotency_keys WHERE route = 'POST /v1/bookings' AND response_status = 201",
        "SELECT jsonb_build_object('booking_id', booking.id, 'answered', answered.tickets)
         FROM (SELECT reservation_id, convert_from(response_body, 'UTF8')::jsonb -> 'tickets' AS tickets
               FROM booking.idempotency_keys
               WHERE route = 'POST /v1/bookings' AND response_status = 201) AS answered
         JOIN booking.bookings AS booking
             ON booking.reservation_id = answered.reservation_id AND booking.status = 'confirmed'
         WHERE jsonb_array_length(answered.tickets) <>
                   (SELECT count(*) FROM booking.tickets AS own
                    WHERE own.booking_id = booking.id AND own.status <> 'cancelled')
            OR EXISTS (SELECT FROM jsonb_array_elements(answered.tickets) AS told
                       WHERE NOT EXISTS (
                           SELECT FROM booking.tickets AS own
                           WHERE own.id = (told ->> 'ticket_id')::uuid AND own.booking_id = booking.id
                             AND (own.status <> 'cancelled' OR own.replaced_at IS NOT NULL)))"
    ))
}
