-- Scans of tickets at the gates. `told` is what the gate was told and is told again under the same `scan_id`; `told_at`
-- and `told_gate` say of a ticket that was used before when and where that was. `counts` is the scan that let in: one a
-- ticket. `is_report`: the gate had no network, let in by itself, and told of it later.
CREATE TABLE booking.check_ins (
    scan_id     text NOT NULL CONSTRAINT check_ins_scan_is_recorded_once PRIMARY KEY,
    ticket_id   uuid NOT NULL REFERENCES booking.tickets (id),
    show_id     uuid NOT NULL REFERENCES booking.shows (id),
    gate        text,
    scanned_by  text NOT NULL,
    scanned_at  timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    is_report   boolean NOT NULL,
    told        text NOT NULL,
    told_at     timestamptz,
    told_gate   text,
    counts      boolean NOT NULL,
    CONSTRAINT check_ins_told_is_known CHECK (told IN ('let_in', 'already_used', 'ticket_cancelled')),
    CONSTRAINT check_ins_only_who_was_let_in_counts CHECK (NOT counts OR told = 'let_in')
);

CREATE UNIQUE INDEX check_ins_one_counts_a_ticket ON booking.check_ins (ticket_id) WHERE counts;
CREATE INDEX check_ins_by_ticket ON booking.check_ins (ticket_id);
CREATE INDEX check_ins_by_show ON booking.check_ins (show_id, received_at);
