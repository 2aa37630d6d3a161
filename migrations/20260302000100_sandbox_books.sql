-- The sandbox gateway's books are read in the order of their making, a page at a time.

CREATE INDEX charges_by_creation ON sandbox_gateway.charges (created_at, id);
