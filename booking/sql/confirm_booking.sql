-- confirm_booking: the buyer sees the booking. Writes the final states of payment, booking and reservation together with the
-- answer to every repetition of the request, the audit trail, and what must reach others. The reservation is locked first.
-- $1 reservation  $2 payment, NULL: there was nothing to pay  $3 now
-- $4 status, $5 headers and $6 body of the answer  $7, $8 whose key it answers, where no payment says it
-- $9 what the audit trail is told, $10 of what, $11 its payloads
-- $12 what the outbox's rows belong to, $13 where they go, $14 what they say, $15 when they are due
-- The ids of the outbox's rows, in their order; no row where the payment has moved on.
WITH held AS (
    SELECT r.id FROM booking.reservations AS r JOIN booking.bookings AS b ON b.reservation_id = r.id
    WHERE r.id = $1 AND r.status IN ('pending', 'paying') AND b.status = 'booked'
    FOR UPDATE OF r),
ended AS (
    UPDATE booking.payments AS payment
    SET state = 'captured', failure = NULL, last_error = NULL, next_attempt_at = NULL, updated_at = $3, ended_at = $3,
        captured_at = $3
    FROM held WHERE payment.id = $2 AND payment.reservation_id = held.id AND payment.state = 'capturing'
    RETURNING payment.id, buyer, idempotency_key),
go AS (
    SELECT held.id, coalesce(ended.buyer, $7) AS buyer, coalesce(ended.idempotency_key, $8) AS key
    FROM held LEFT JOIN ended ON true WHERE $2::uuid IS NULL OR ended.id IS NOT NULL),
confirmed AS (
    UPDATE booking.bookings AS booking SET status = 'confirmed', confirmed_at = $3, updated_at = $3
    FROM go WHERE booking.reservation_id = go.id),
sold AS (
    UPDATE booking.reservations AS reservation SET status = 'confirmed', updated_at = $3
    FROM go WHERE reservation.id = go.id),
answered AS (
    UPDATE booking.idempotency_keys AS known
    SET status = 'finished', response_status = $4, response_headers = $5, response_body = $6, finished_at = $3
    FROM go WHERE known.buyer = go.buyer AND known.key = go.key AND known.status = 'running'),
told AS (
    INSERT INTO booking.events (at, kind, aggregate_id, actor, payload)
    SELECT $3, event.kind, event.aggregate_id, 'booking', event.payload
    FROM go CROSS JOIN UNNEST($9::text[], $10::uuid[], $11::jsonb[]) AS event (kind, aggregate_id, payload)),
sent AS (
    INSERT INTO booking.outbox (aggregate_id, destination, kind, payload, created_at, next_attempt_at)
    SELECT message.aggregate_id, message.destination, 'changed', message.payload, $3, $15
    FROM go CROSS JOIN UNNEST($12::uuid[], $13::text[], $14::jsonb[]) AS message (aggregate_id, destination, payload)
    RETURNING id)
SELECT ARRAY (SELECT id FROM sent ORDER BY id) AS "rows!" FROM go
