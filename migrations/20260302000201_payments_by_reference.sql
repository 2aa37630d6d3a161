-- A gateway's charge is found again by the name the gateway gave it.
CREATE INDEX payments_by_reference ON booking.payments (gateway_reference);
