-- book_reservation: writes a reservation's booking, unseen, and its tickets, and takes its payment on to the capture. One
-- statement, so that a sale in a hurry asks once. Every part that writes comes after the locks: the reservation first, then
-- its claims in seat order. The unique indexes on reservation and admission decide.
-- $1 reservation  $2 payment, NULL: nothing to pay  $3 the state it is recorded in  $4 the gateway's name for the charge
-- $5 booking  $6 its reference  $7 an id for each ticket  $8, $9 contact, where there is no payment that has it
-- $10 now  $11 until when nobody else takes the payment up  $12, $13 what the audit trail is told, of what  $14 by whom
-- $15 its payload
-- One row where there is such a reservation; "booked!" says whether it was booked.
WITH held AS (
    SELECT id, status, show_id, buyer, drop, sid, seat_count, total_minor, currency
    FROM booking.reservations WHERE id = $1 FOR UPDATE),
owned AS (
    SELECT seat FROM booking.seat_claims
    WHERE reservation_id = (SELECT id FROM held) AND live ORDER BY seat FOR UPDATE),
facts AS (
    SELECT held.*, (SELECT count(*) FROM owned) AS seats_owned,
           EXISTS (SELECT FROM booking.bookings AS other
                   WHERE other.drop = held.drop AND other.sid = held.sid AND spends_admission
                     AND other.reservation_id <> held.id) AS spent
    FROM held),
ready AS (
    SELECT * FROM facts
    WHERE seats_owned = seat_count AND seat_count = cardinality($7::uuid[]) AND NOT spent
      AND status = CASE WHEN $2::uuid IS NULL THEN 'pending' ELSE 'paying' END),
paid AS (
    UPDATE booking.payments AS payment
    SET state = 'capturing', gateway_reference = $4, authorised_at = coalesce(authorised_at, $10),
        updated_at = $10, next_attempt_at = $11
    FROM ready WHERE payment.id = $2 AND payment.state = $3
    RETURNING payment.id, contact_email, contact_name),
go AS (
    SELECT ready.*, coalesce(contact_email, $8) AS email, coalesce(contact_name, $9) AS name
    FROM ready LEFT JOIN paid ON true WHERE $2 IS NULL OR paid.id IS NOT NULL),
booked AS (
    INSERT INTO booking.bookings
        (id, reservation_id, reference, show_id, buyer, drop, sid, status, total_minor, currency,
         contact_email, contact_name, booked_at, updated_at)
    SELECT $5, id, $6, show_id, buyer, drop, sid, 'booked', total_minor, currency, email, name, $10, $10
    FROM go RETURNING id),
tickets AS (
    INSERT INTO booking.tickets
        (id, booking_id, show_id, seat, label, category, fare, price_minor, currency, status, created_at)
    SELECT ticket.id, booked.id, go.show_id, asked.seat, label, category, fare, price_minor, currency,
           'valid', $10
    FROM go CROSS JOIN booked
    CROSS JOIN (SELECT row_number() OVER (ORDER BY seat) AS nth, *
                FROM booking.reservation_seats WHERE reservation_id = $1) AS asked
    JOIN UNNEST($7::uuid[]) WITH ORDINALITY AS ticket (id, nth) ON ticket.nth = asked.nth
    RETURNING id, seat, label, category, fare, price_minor),
told AS (
    INSERT INTO booking.events (at, kind, aggregate_id, actor, payload)
    SELECT $10, event.kind, event.aggregate_id, $14, $15
    FROM go CROSS JOIN UNNEST($12::text[], $13::uuid[]) AS event (kind, aggregate_id))
SELECT status, seat_count, seats_owned AS "seats_owned!", spent AS "spent!",
       EXISTS (SELECT FROM booked) AS "booked!",
       show_id AS "show: ShowId", buyer AS "buyer: Identity", drop AS "drop: DropSlug", sid AS "sid: Sid",
       total_minor, currency,
       ARRAY (SELECT id FROM tickets ORDER BY seat) AS "ids!",
       ARRAY (SELECT label FROM tickets ORDER BY seat) AS "labels!",
       ARRAY (SELECT category FROM tickets ORDER BY seat) AS "categories!",
       ARRAY (SELECT fare FROM tickets ORDER BY seat) AS "fares!",
       ARRAY (SELECT price_minor FROM tickets ORDER BY seat) AS "prices!"
FROM facts
