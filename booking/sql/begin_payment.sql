-- begin_payment: writes the attempt, that its reservation is being paid for, and both into the audit trail.
-- $1 payment  $2 reservation  $3 gateway  $4 amount  $5 currency  $6 digest of the card's token  $7, $8 contact  $9 buyer
-- $10 idempotency key  $11 until when nobody else takes it up  $12 now  $13 the payment's deadline
-- $14 what the trail is told of the reservation, $15 of the payment
WITH attempt AS (
    INSERT INTO booking.payments
        (id, reservation_id, gateway, amount_minor, currency, state, token_digest, contact_email, contact_name, buyer,
         idempotency_key, next_attempt_at, created_at, updated_at)
    VALUES ($1, $2, $3, $4, $5, 'authorising', $6, $7, $8, $9, $10, $11, $12, $12)),
paying AS (
    UPDATE booking.reservations SET status = 'paying', payment_deadline = $13, updated_at = $12 WHERE id = $2)
INSERT INTO booking.events (at, kind, aggregate_id, actor, payload)
VALUES ($12, 'reservation.paying', $2, $9, $14), ($12, 'payment.authorising', $1, 'booking', $15)
