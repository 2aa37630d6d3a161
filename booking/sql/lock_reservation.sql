-- lock_reservation: locks a reservation: before its claims, as every transaction does.
-- $1 reservation
SELECT status, expires_at AS "expires_at: jiff_sqlx::Timestamp", total_minor, currency, seat_count, drop, sid
FROM booking.reservations WHERE id = $1 FOR UPDATE
