-- record_reservation: makes a hold durable: the reservation, its seats at their prices, and a claim on each. One statement,
-- so that a sale in a hurry asks once. It first locks the show's row in share: while the show is being loaded, and while
-- seats of it are being blocked, nobody gets past here. The unique indexes decide.
-- $1 reservation  $2 show  $3 drop  $4 admission  $5 buyer  $6 the epoch the hold was taken in  $7 total  $8 currency
-- $9 fence  $10 cool-down, s  $11 expires at  $12 taken at
-- $13 seats, ascending  $14 labels  $15 categories  $16 fares  $17 prices
-- What was found, and whether it was written: not where something is in the way, nor where it was written before.
WITH show AS (
    SELECT epoch, status,
           EXISTS (SELECT FROM booking.blocked_seats AS b WHERE b.show_id = s.id AND b.seat = ANY ($13)) AS blocked,
           EXISTS (SELECT FROM booking.bookings AS k WHERE k.drop = $3 AND k.sid = $4 AND k.spends_admission) AS spent
    FROM booking.shows AS s WHERE s.id = $2 FOR SHARE OF s),
overdue AS (
    SELECT EXISTS (SELECT FROM booking.reservations AS r
                   WHERE r.show_id = $2 AND r.buyer = $5 AND r.status = 'pending' AND r.expires_at <= $12)
           OR EXISTS (SELECT FROM booking.seat_claims AS c JOIN booking.reservations AS r ON r.id = c.reservation_id
                      WHERE c.show_id = $2 AND c.seat = ANY ($13) AND c.live
                        AND r.status = 'pending' AND r.expires_at <= $12) AS found),
made AS (
    INSERT INTO booking.reservations
        (id, show_id, drop, sid, buyer, status, seat_count, total_minor, currency, fence, cooldown_s, expires_at,
         created_at, updated_at)
    SELECT $1, $2, $3, $4, $5, 'pending', cardinality($13::integer[]), $7, $8, $9, $10, $11, $12, $12
    FROM show CROSS JOIN overdue
    WHERE show.epoch = $6 AND show.status = 'scheduled' AND NOT show.blocked AND NOT show.spent AND NOT overdue.found
    ON CONFLICT (id) DO NOTHING
    RETURNING id),
asked AS (
    INSERT INTO booking.reservation_seats (reservation_id, seat, label, category, fare, price_minor)
    SELECT made.id, seat.*
    FROM made CROSS JOIN UNNEST($13::integer[], $14::text[], $15::text[], $16::text[], $17::bigint[]) AS seat),
claimed AS (
    INSERT INTO booking.seat_claims (show_id, seat, reservation_id, live, claimed_at)
    SELECT $2, seat, made.id, true, $12 FROM made CROSS JOIN UNNEST($13::integer[]) AS seat ORDER BY seat),
told AS (
    INSERT INTO booking.events (at, kind, aggregate_id, actor, payload)
    SELECT $12, 'reservation.made', made.id, $5, jsonb_build_object('show_id', $2::uuid, 'seats', $14::text[])
    FROM made)
SELECT epoch, status, blocked AS "blocked!", spent AS "spent!", overdue.found AS "overdue!",
       EXISTS (SELECT FROM made) AS "made!"
FROM show CROSS JOIN overdue
