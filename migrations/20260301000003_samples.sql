-- What the statistics of a drop need besides the ledger: the line as it was, ten seconds apart while it changes.

-- One row for each ten seconds, which all replicas write. `arrivals` counts the places taken after opening in this
-- epoch: arrivals are numbered in their scores, so the rows tell when each of them came. `gathered` is how many were in
-- the lobby, 0 after opening. The estimates were shown to visitors before and checked in these ten seconds.
CREATE TABLE waitroom.samples (
    drop             text NOT NULL CONSTRAINT samples_drop_exists REFERENCES waitroom.drops (slug),
    at               timestamptz NOT NULL,
    epoch            bigint NOT NULL,
    arrivals         bigint NOT NULL CONSTRAINT samples_arrivals_are_counted CHECK (arrivals >= 0),
    gathered         bigint NOT NULL CONSTRAINT samples_gathered_are_counted CHECK (gathered >= 0),
    waiting          bigint NOT NULL CONSTRAINT samples_waiting_are_counted CHECK (waiting >= 0),
    active           bigint NOT NULL CONSTRAINT samples_active_are_counted CHECK (active >= 0),
    estimates_held   bigint NOT NULL,
    estimates_missed bigint NOT NULL,
    CONSTRAINT samples_are_ten_seconds_apart PRIMARY KEY (drop, at)
);
