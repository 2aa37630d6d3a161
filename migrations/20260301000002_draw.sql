-- The draw: the salt that may turn its circle of scores, the roster of those who were in the lobby at opening, and how
-- long somebody who is away keeps their place.

-- `salt_source` is named before the lobby opens; a drop that names one opens only with a `salt`, which then stands.
-- The roster columns are written once, together, after opening; `roster` names the pages that are in force.
ALTER TABLE waitroom.drops
    ADD COLUMN return_grace_s integer NOT NULL DEFAULT 900
        CONSTRAINT drops_return_grace_is_sane CHECK (return_grace_s BETWEEN 0 AND 86400),
    ADD COLUMN salt_source text,
    ADD COLUMN salt text,
    ADD COLUMN roster uuid,
    ADD COLUMN roster_sha256 bytea CONSTRAINT drops_roster_digest_has_32_bytes CHECK (octet_length(roster_sha256) = 32),
    ADD COLUMN roster_count bigint CONSTRAINT drops_roster_count_is_sane CHECK (roster_count >= 0),
    ADD COLUMN roster_stored_at timestamptz,
    ADD CONSTRAINT drops_salt_has_a_source CHECK (salt IS NULL OR salt_source IS NOT NULL),
    ADD CONSTRAINT drops_roster_is_whole
        CHECK (num_nulls(roster, roster_sha256, roster_count, roster_stored_at) IN (0, 4));

-- A roster in draw order, 16 bytes a place, in pages: a million places are 16 MB. A replica writes its pages under a
-- name of its own before the drop's row says that they are in force; pages of other names are left over and are deleted.
CREATE TABLE waitroom.roster_pages (
    drop   text NOT NULL CONSTRAINT roster_pages_drop_exists REFERENCES waitroom.drops (slug),
    roster uuid NOT NULL,
    number integer NOT NULL CONSTRAINT roster_pages_count_from_zero CHECK (number >= 0),
    places bytea NOT NULL CONSTRAINT roster_pages_hold_whole_ids CHECK (octet_length(places) % 16 = 0),
    CONSTRAINT roster_page_is_written_once PRIMARY KEY (drop, roster, number)
);

-- Ids are random: trying to compress them costs time and gains nothing.
ALTER TABLE waitroom.roster_pages ALTER COLUMN places SET STORAGE EXTERNAL;
