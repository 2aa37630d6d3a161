-- lock_claims: locks the claims of a reservation in seat order. A statement of its own: one that waited for the
-- reservation would not see the claims that were written meanwhile.
-- $1 reservation  $2 its drop  $3 its admission
-- How many seats it still owns, and whether its admission was used for another booking.
SELECT (SELECT count(*) FROM (SELECT FROM booking.seat_claims
                              WHERE reservation_id = $1 AND live ORDER BY seat FOR UPDATE) AS owned) AS "seats_owned!",
       EXISTS (SELECT FROM booking.bookings
               WHERE drop = $2 AND sid = $3 AND spends_admission AND reservation_id <> $1) AS "spent!"
