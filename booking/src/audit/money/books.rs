//! Our payments against the gateway's books. Ours says final only after the gateway has answered, so a payment of ours
//! that is final must agree at every moment; one that is under way may lag behind.

use shared::audit::Check;
use sqlx::PgPool;

use super::check;

pub(super) async fn captured_here_is_captured_there(pool: &PgPool) -> sqlx::Result<Check> {
    Ok(check!(
        pool,
        "money.captured_here_is_captured_there",
        "every payment we count as captured is in the gateway's books, with its amount",
        "a payment was captured according to us, not according to the gateway",
        "SELECT count(*) FROM booking.payments WHERE state IN ('captured', 'refunding', 'refunded')",
        "SELECT jsonb_build_object('payment_id', payment.id, 'reservation_id', payment.reservation_id,
                    'amount_minor', payment.amount_minor, 'charge', charge.id, 'captured_minor', charge.captured_minor)
         FROM booking.payments AS payment
         LEFT JOIN sandbox_gateway.charges AS charge ON charge.idempotency_key = payment.id || ':authorise'
         WHERE payment.gateway = 'sandbox' AND payment.state IN ('captured', 'refunding', 'refunded')
           AND (charge.id IS NULL OR charge.captured_minor <> payment.amount_minor
                OR charge.currency <> payment.currency OR charge.id::text <> payment.gateway_reference)"
    ))
}

pub(super) async fn captured_there_is_captured_here(pool: &PgPool) -> sqlx::Result<Check> {
    Ok(check!(
        pool,
        "money.captured_there_is_captured_here",
        "every capture in the gateway's books is a payment of ours that is captured, or about to be",
        "the gateway captured money that we do not know of",
        "SELECT count(*) FROM sandbox_gateway.charges WHERE captured_minor > 0",
        "SELECT jsonb_build_object('charge', charge.id, 'captured_minor', charge.captured_minor,
                    'payment_id', payment.id, 'state', payment.state)
         FROM sandbox_gateway.charges AS charge
         LEFT JOIN booking.payments AS payment ON charge.idempotency_key = payment.id || ':authorise'
         WHERE charge.captured_minor > 0
           AND (payment.id IS NULL OR payment.state NOT IN ('capturing', 'captured', 'refunding', 'refunded'))"
    ))
}

pub(super) async fn nothing_is_held_for_nobody(pool: &PgPool) -> sqlx::Result<Check> {
    Ok(check!(
        pool,
        "money.nothing_is_held_for_nobody",
        "every authorisation in the gateway's books belongs to a payment of ours that is under way, or whose buyer may come back",
        "the gateway holds money for a payment that is over, or that we do not know of",
        "SELECT count(*) FROM sandbox_gateway.charges WHERE status = 'authorised'",
        "SELECT jsonb_build_object('charge', charge.id, 'amount_minor', charge.amount_minor,
                    'payment_id', payment.id, 'state', payment.state)
         FROM sandbox_gateway.charges AS charge
         LEFT JOIN booking.payments AS payment ON charge.idempotency_key = payment.id || ':authorise'
         WHERE charge.status = 'authorised'
           AND (payment.id IS NULL OR payment.state NOT IN ('authorising', 'authorised', 'capturing', 'voiding'))
           AND NOT EXISTS (SELECT FROM booking.reservations AS waiting
                           WHERE waiting.id = payment.reservation_id AND payment.failure = 'action_required'
                             AND waiting.status IN ('pending', 'paying'))"
    ))
}

pub(super) async fn refusals_agree(pool: &PgPool) -> sqlx::Result<Check> {
    Ok(check!(
        pool,
        "money.refusals_agree",
        "a payment we count as declined, voided or failed took no money at the gateway",
        "a payment came to nothing according to us, and to something else according to the gateway",
        "SELECT count(*) FROM booking.payments WHERE state IN ('declined', 'voided', 'failed')",
        "SELECT jsonb_build_object('payment_id', payment.id, 'state', payment.state, 'charge', charge.id,
                    'status', charge.status, 'captured_minor', charge.captured_minor)
         FROM booking.payments AS payment
         LEFT JOIN sandbox_gateway.charges AS charge ON charge.idempotency_key = payment.id || ':authorise'
         WHERE payment.gateway = 'sandbox' AND payment.state IN ('declined', 'voided', 'failed')
           AND CASE WHEN payment.failure = 'action_required' AND payment.let_go_at IS NULL
                    THEN charge.captured_minor <> 0
                    ELSE charge.id IS NULL OR charge.captured_minor <> 0
                         OR charge.status NOT IN ('declined', 'action_required', 'voided') END"
    ))
}

pub(super) async fn refunds_agree(pool: &PgPool) -> sqlx::Result<Check> {
    Ok(check!(
        pool,
        "money.refunds_agree",
        "what we count as refunded is what the gateway gave back, unless a refund is under way",
        "the gateway gave back another sum than we count",
        "SELECT count(*) FROM sandbox_gateway.charges WHERE captured_minor > 0",
        "SELECT jsonb_build_object('payment_id', payment.id, 'refunded_here', refunds.done,
                    'refunded_there', charge.refunded_minor)
         FROM booking.payments AS payment
         JOIN sandbox_gateway.charges AS charge ON charge.idempotency_key = payment.id || ':authorise'
         CROSS JOIN LATERAL (
             SELECT coalesce(sum(amount_minor) FILTER (WHERE state = 'refunded'), 0) AS done,
                    coalesce(sum(amount_minor) FILTER (WHERE state = 'pending'), 0) AS under_way
             FROM booking.refunds WHERE payment_id = payment.id) AS refunds
         WHERE charge.refunded_minor NOT BETWEEN refunds.done AND refunds.done + refunds.under_way"
    ))
}

pub(super) async fn the_gateways_books_add_up(pool: &PgPool) -> sqlx::Result<Check> {
    Ok(check!(
        pool,
        "money.the_gateways_books_add_up",
        "the operations of a charge add up to what the charge says",
        "the gateway's operations do not add up to its charge",
        "SELECT count(*) FROM sandbox_gateway.charges",
        "SELECT jsonb_build_object('charge', charge.id, 'captured_minor', charge.captured_minor,
                    'captures', operations.captured, 'refunded_minor', charge.refunded_minor,
                    'refunds', operations.refunded)
         FROM sandbox_gateway.charges AS charge
         CROSS JOIN LATERAL (
             SELECT coalesce(sum(amount_minor) FILTER (WHERE kind = 'capture'), 0) AS captured,
                    coalesce(sum(amount_minor) FILTER (WHERE kind = 'refund'), 0) AS refunded
             FROM sandbox_gateway.operations WHERE charge_id = charge.id) AS operations
         WHERE operations.captured <> charge.captured_minor OR operations.refunded <> charge.refunded_minor
            OR charge.captured_minor > charge.amount_minor"
    ))
}

pub(super) async fn one_capture_a_booking(pool: &PgPool) -> sqlx::Result<Check> {
    Ok(check!(
        pool,
        "money.one_capture_a_booking",
        "a reservation is paid for at most once, by our count and by the gateway's, money that went back at once apart",
        "a reservation was paid for more than once",
        "SELECT count(DISTINCT reservation_id) FROM booking.payments",
        "SELECT jsonb_build_object('reservation_id', payment.reservation_id,
                    'payments', jsonb_agg(DISTINCT payment.id), 'captures', count(operation.id))
         FROM booking.payments AS payment
         LEFT JOIN sandbox_gateway.charges AS charge ON charge.idempotency_key = payment.id || ':authorise'
         LEFT JOIN sandbox_gateway.operations AS operation
             ON operation.charge_id = charge.id AND operation.kind = 'capture'
         WHERE NOT EXISTS (SELECT FROM booking.refunds WHERE payment_id = payment.id AND cause = 'late_capture')
         GROUP BY payment.reservation_id
         HAVING count(operation.id) > 1
             OR count(DISTINCT payment.id) FILTER (WHERE payment.state IN ('captured', 'refunding', 'refunded')) > 1"
    ))
}

pub(super) async fn refunds_stay_within_captures(pool: &PgPool) -> sqlx::Result<Check> {
    Ok(check!(
        pool,
        "money.refunds_stay_within_captures",
        "no more is given back than was taken, by our count and by the gateway's",
        "more was given back than was taken",
        "SELECT count(*) FROM booking.refunds",
        "SELECT jsonb_build_object('payment_id', payment.id, 'captured_minor', payment.amount_minor,
                    'refunds_minor', refunds.total, 'refunded_there', charge.refunded_minor)
         FROM booking.payments AS payment
         LEFT JOIN sandbox_gateway.charges AS charge ON charge.idempotency_key = payment.id || ':authorise'
         CROSS JOIN LATERAL (
             SELECT coalesce(sum(amount_minor), 0) AS total FROM booking.refunds
             WHERE payment_id = payment.id AND state <> 'failed') AS refunds
         WHERE refunds.total > CASE WHEN payment.state IN ('captured', 'refunding', 'refunded')
                                    THEN payment.amount_minor ELSE 0 END
            OR charge.refunded_minor > charge.captured_minor"
    ))
}
