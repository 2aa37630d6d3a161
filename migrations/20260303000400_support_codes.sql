-- Support codes: short names of places, for people who ask for help by telephone.

-- `place` is the identity's first place in the drop (generation 0), which stands for all of them: the code goes on being
-- good when the place is requeued. Made when a visitor asks for one.
CREATE TABLE waitroom.support_codes (
    drop    text NOT NULL CONSTRAINT support_codes_drop_exists REFERENCES waitroom.drops (slug),
    code    text NOT NULL CONSTRAINT support_codes_are_crockford_base32 CHECK (code ~ '^[0-9A-HJKMNP-TV-Z]{8}$'),
    place   uuid NOT NULL,
    made_at timestamptz NOT NULL,
    CONSTRAINT support_codes_are_unique PRIMARY KEY (drop, code),
    CONSTRAINT support_codes_one_a_place UNIQUE (drop, place)
);
