-- take_key: takes an idempotency key for the work that this transaction begins. No row written: it was taken before.
-- $1 buyer  $2 key  $3 route  $4 digest of the body  $5 reservation  $6 now  $7 keys made before this are forgotten
INSERT INTO booking.idempotency_keys AS known
    (buyer, key, route, body_digest, status, reservation_id, created_at)
VALUES ($1, $2, $3, $4, 'running', $5, $6)
ON CONFLICT (buyer, key) DO UPDATE
SET route = excluded.route, body_digest = excluded.body_digest, status = 'running',
    reservation_id = excluded.reservation_id, created_at = excluded.created_at, response_status = NULL,
    response_headers = NULL, response_body = NULL, finished_at = NULL
WHERE known.status = 'finished' AND known.created_at < $7
