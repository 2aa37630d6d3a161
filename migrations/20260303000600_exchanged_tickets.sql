-- Other seats for a paid booking.

-- When a ticket's booking got another seat in its place: the ticket is cancelled from then on, and its booking no longer
-- names it.
ALTER TABLE booking.tickets
    ADD COLUMN replaced_at timestamptz,
    ADD CONSTRAINT tickets_replaced_let_nobody_in CHECK (replaced_at IS NULL OR status = 'cancelled');

-- A booking that comes back to a seat that it gave away has a second ticket for it. That a seat has one ticket that lets in
-- is tickets_one_live_a_seat's to decide.
CREATE INDEX tickets_by_booking ON booking.tickets (booking_id, seat);

ALTER TABLE booking.tickets DROP CONSTRAINT tickets_one_a_seat_and_booking;
