-- Priority passes: the place of whoever has one is called from the side list once the drop is open.

-- `place` is the identity's first place in the drop (generation 0), which stands for all of them. A pass that was taken
-- back stays as a row; Redis is filled from those that were not.
CREATE TABLE waitroom.passes (
    id       uuid PRIMARY KEY,
    drop     text NOT NULL CONSTRAINT passes_drop_exists REFERENCES waitroom.drops (slug),
    place    uuid NOT NULL,
    account  text,
    issuer   text,
    reason   text,
    given_by text NOT NULL,
    given_at timestamptz NOT NULL,
    taken_by text,
    taken_at timestamptz,
    CONSTRAINT passes_issuer_has_an_account CHECK (issuer IS NULL OR account IS NOT NULL),
    CONSTRAINT passes_taking_is_recorded CHECK ((taken_by IS NULL) = (taken_at IS NULL))
);

CREATE UNIQUE INDEX passes_one_live_an_identity ON waitroom.passes (drop, place) WHERE taken_at IS NULL;
CREATE INDEX passes_by_drop ON waitroom.passes (drop, id) WHERE taken_at IS NULL;
