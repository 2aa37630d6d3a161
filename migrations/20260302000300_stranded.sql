-- Which single free seats a choice may leave: any (off), those at a wall or an aisle (lenient), none (strict).
-- `stranded_rule` is what earlier replicas read and write; nothing reads it from here on.
ALTER TABLE booking.shows
    ADD COLUMN stranded text NOT NULL DEFAULT 'off',
    ADD CONSTRAINT shows_stranded_is_known CHECK (stranded IN ('off', 'lenient', 'strict'));

UPDATE booking.shows SET stranded = 'strict' WHERE stranded_rule;
