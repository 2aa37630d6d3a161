-- An attempt whose bank asked its buyer back has ended as declined, and its charge may still be approved. When the
-- reservation is over, or was paid for in another way, the gateway is told to expect nothing more: `let_go_at`.
ALTER TABLE booking.payments ADD COLUMN let_go_at timestamptz;

CREATE INDEX payments_asked_back ON booking.payments (reservation_id)
    WHERE state = 'declined' AND failure = 'action_required' AND let_go_at IS NULL;

-- What the sandbox gateway was told that a charge is for: a charge that its buyer approved goes on for that alone.
ALTER TABLE sandbox_gateway.charges ADD COLUMN reservation uuid;
